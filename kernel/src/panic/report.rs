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
    arch::{asm, x86_64::__cpuid},
    fmt::{self, Display, Write},
    panic::PanicInfo,
};
use system_core::{address::VirtAddr, backtrace::FrameWalk, text::FixedText};
use system_platform::Clock;
use x86_64::registers::control::{Cr0, Cr2, Cr3, Cr4};

/// Longer messages are cut.
const MESSAGE_BYTES: usize = 1024;
/// Lines of the list of calls.
const MAX_CALLS: usize = 48;

/// An address in the kernel's code, shown with its function's name where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// A place that was called from, once or, by a recursive function, several times in a row.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Where.
    pub place: Place,
    /// How often in a row; at least 1.
    pub count: usize,
}

impl Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        if self.count > 1 { write!(f, ", {} times", self.count) } else { Ok(()) }
    }
}

/// What happened and where.
pub struct Report {
    message: FixedText<MESSAGE_BYTES>,
    /// Source file and line, where the compiler left them.
    location: Option<(FixedText<160>, u32)>,
    /// The registers at an exception.
    frame: Option<TrapFrame>,
    /// The local APIC's id of the CPU that it happened on.
    cpu: u32,
    uptime_ms: u64,
    calls: [Call; MAX_CALLS],
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
    /// A report whose first call is at `address`, if that is known, and whose others are on the
    /// chain from `frame_pointer`.
    fn new(message: &dyn Display, address: Option<u64>, frame_pointer: u64) -> Self {
        let mut text = FixedText::new();
        let _ = write!(text, "{message}");
        let mut report = Self {
            message: text,
            location: None,
            frame: None,
            cpu: __cpuid(1).ebx >> 24,
            uptime_ms: KernelClock.now_ms(),
            calls: [Call { place: Place(0), count: 0 }; MAX_CALLS],
            call_count: 0,
        };
        // The call itself, not the instruction after it, which may belong to another function.
        let callers = FrameWalk::new(frame_pointer, read_word).map(|address| address - 1);
        for address in address.into_iter().chain(callers) {
            report.push_call(Place(address));
        }
        report
    }

    fn push_call(&mut self, place: Place) {
        if let Some(last) = self.calls[..self.call_count].last_mut()
            && last.place == place
        {
            last.count += 1;
        } else if let Some(slot) = self.calls.get_mut(self.call_count) {
            *slot = Call { place, count: 1 };
            self.call_count += 1;
        }
    }

    /// Reports an exception. For its handler, before another page fault can change CR2.
    pub fn of_exception(frame: &TrapFrame) -> Self {
        let mut report = Self::new(&Description::new(frame), Some(frame.rip), frame.rbp);
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
        let mut report = Self::new(&info.message(), None, frame_pointer);
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
    pub fn calls(&self) -> &[Call] {
        &self.calls[..self.call_count]
    }

    /// The local APIC's id of the CPU that it happened on.
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// Milliseconds from the kernel's entry to the crash.
    pub fn uptime_ms(&self) -> u64 {
        self.uptime_ms
    }

    fn write_text(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "\r\n\r\nLLM OS stopped: {}\r\n", self.message())?;
        if let Some((file, line)) = self.location() {
            write!(out, "  at {file}:{line}\r\n")?;
        }
        write!(out, "  on CPU {}, {} ms after the start\r\n", self.cpu, self.uptime_ms)?;
        if let Some(registers) = self.registers() {
            for row in registers.chunks(3) {
                for (name, value) in row {
                    write!(out, "  {name:>6} {value:016x}")?;
                }
                out.write_str("\r\n")?;
            }
        }
        for (index, call) in self.calls().iter().enumerate() {
            write!(out, "  {index:2}  {:016x}  {call}\r\n", call.place.0)?;
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
        let mut log = COM2.crash_writer();
        // The crash may have cut another line off.
        let _ = log.write_str("\n");
        let _ = system_events::write_panic_line(
            &mut log,
            self.uptime_ms,
            &self.message(),
            location,
            self.calls().iter(),
        );
    }
}
