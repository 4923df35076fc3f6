//! A crash in words: message, place, registers, calls.

use crate::{
    arch::interrupts::{TrapFrame, exceptions::Description},
    platform::{
        clock::KernelClock,
        memory::address_space,
        serial::{COM1, COM2},
    },
};
use core::{
    arch::asm,
    fmt::{self, Display, Write},
    panic::PanicInfo,
};
use system_core::{
    address::VirtAddr,
    backtrace::{FrameWalk, MAX_FRAMES},
    text::FixedText,
};
use system_platform::Clock;
use x86_64::registers::control::{Cr0, Cr2, Cr3, Cr4};

/// Longer messages are cut.
const MESSAGE_BYTES: usize = 1024;

/// An address in the kernel's code, shown with its function's name where that is known.
#[derive(Clone, Copy, Debug)]
pub struct Place(
    /// The address.
    pub u64,
);

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::symbols().and_then(|symbols| symbols.lookup(self.0)) {
            Some(symbol) => symbol.fmt(f),
            None => write!(f, "{:#018x}", self.0),
        }
    }
}

/// What happened and where.
pub struct Report {
    message: FixedText<MESSAGE_BYTES>,
    /// Source file and line, where the compiler left them.
    location: Option<(FixedText<160>, u32)>,
    /// The registers at an exception.
    frame: Option<TrapFrame>,
    calls: [u64; MAX_FRAMES],
    call_count: usize,
}

/// The word at an address, where reading it cannot fault.
fn read_word(address: u64) -> Option<u64> {
    let last_byte = VirtAddr(address.checked_add(7)?);
    for end in [VirtAddr(address), last_byte] {
        if !end.is_canonical() {
            return None;
        }
        address_space::translate(end)?;
    }
    // SAFETY: both ends of the word are mapped, and every mapping of this kernel can be read.
    Some(unsafe { (address as *const u64).read_unaligned() })
}

impl Report {
    fn new(message: &dyn Display, frame_pointer: u64) -> Self {
        let mut text = FixedText::new();
        let _ = write!(text, "{message}");
        let mut report = Self {
            message: text,
            location: None,
            frame: None,
            calls: [0; MAX_FRAMES],
            call_count: 0,
        };
        for return_address in FrameWalk::new(frame_pointer, read_word) {
            // The call itself, not the instruction after it, which may belong to another function.
            report.push_call(return_address.saturating_sub(1));
        }
        report
    }

    fn push_call(&mut self, address: u64) {
        if let Some(slot) = self.calls.get_mut(self.call_count) {
            *slot = address;
            self.call_count += 1;
        }
    }

    /// Reports an exception. For its handler, before another page fault can change CR2.
    pub fn of_exception(frame: &TrapFrame) -> Self {
        let mut report = Self::new(&Description::new(frame), frame.rbp);
        // The frame chain knows callers only; the first place is the instruction itself.
        report.calls.copy_within(..MAX_FRAMES - 1, 1);
        report.calls[0] = frame.rip;
        report.call_count = (report.call_count + 1).min(MAX_FRAMES);
        report.frame = Some(frame.clone());
        report
    }

    /// Reports a panic. For the panic handler, whose own frames the backtrace starts with.
    pub fn of_panic(info: &PanicInfo<'_>) -> Self {
        let frame_pointer: u64;
        // SAFETY: reads a register.
        unsafe {
            asm!("mov {}, rbp", out(reg) frame_pointer, options(nomem, nostack, preserves_flags));
        }
        let mut report = Self::new(&info.message(), frame_pointer);
        report.location = info.location().map(|location| {
            let mut file = FixedText::new();
            let _ = file.write_str(location.file());
            (file, location.line())
        });
        report
    }

    /// What happened.
    pub fn message(&self) -> &str {
        self.message.as_str()
    }

    /// Source file and line.
    pub fn location(&self) -> Option<(&str, u32)> {
        self.location.as_ref().map(|(file, line)| (file.as_str(), *line))
    }

    /// The registers at the exception, if it was one.
    pub fn registers(&self) -> Option<[(&'static str, u64); 22]> {
        let frame = self.frame.as_ref()?;
        let mut registers = [("", 0); 22];
        registers[..18].copy_from_slice(&frame.registers());
        registers[18] = ("cr0", Cr0::read_raw());
        registers[19] = ("cr2", Cr2::read_raw());
        registers[20] = ("cr3", Cr3::read_raw().0.start_address().as_u64());
        registers[21] = ("cr4", Cr4::read_raw());
        Some(registers)
    }

    /// The calls that led here, innermost first.
    pub fn calls(&self) -> impl Iterator<Item = Place> {
        self.calls[..self.call_count].iter().map(|address| Place(*address))
    }

    fn write_text(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "\r\n\r\nLLM OS stopped: {}\r\n", self.message())?;
        if let Some((file, line)) = self.location() {
            write!(out, "  at {file}:{line}\r\n")?;
        }
        if let Some(registers) = self.registers() {
            for row in registers.chunks(3) {
                for (name, value) in row {
                    write!(out, "  {name:>6} {value:016x}")?;
                }
                out.write_str("\r\n")?;
            }
        }
        for (index, place) in self.calls().enumerate() {
            write!(out, "  {index:2}  {:016x}  {place}\r\n", place.0)?;
        }
        out.write_str("\r\n")
    }

    /// Writes the report to the first serial port, in lines for people.
    pub fn write_to_serial(&self) {
        let _ = self.write_text(&mut COM1.crash_writer());
    }

    /// Writes the report to the event log, as its last line.
    pub fn write_to_event_log(&self) {
        let location = self.location().map(|(file, line)| system_events::Location { file, line });
        let _ = system_events::write_panic_line(
            &mut COM2.crash_writer(),
            KernelClock.now_ms(),
            &self.message(),
            location,
            self.calls(),
        );
    }
}
