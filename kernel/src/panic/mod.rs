//! The end: what is shown when the kernel cannot go on.
//!
//! A [`report::Report`] is made of a panic or an exception and written to the first serial port as
//! text, to the event log as one line, and to the screen. Nothing here allocates or takes a lock
//! that the interrupted code may hold. Afterwards the machine stays halted, so that the screen can
//! be read, or the emulator ends, where the command line says `panic=exit`.

mod pixels;
mod report;
mod screen;
mod vga_text;

pub use report::Place;

use crate::{
    arch::{interrupts::TrapFrame, smp},
    boot::FramebufferInfo,
    platform::{executor::halt_forever, memory},
    power,
};
use core::{
    panic::PanicInfo,
    ptr::NonNull,
    sync::atomic::{AtomicU32, Ordering},
};
use pixels::Pixels;
use report::Report;
use spin::Once;
use system_core::{address::VirtAddr, symbols::SymbolTable};
use vga_text::VgaText;

/// Where and how a crash is shown.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    /// Pixels, mapped at the address.
    Pixels(FramebufferInfo, NonNull<u8>),
    /// VGA text memory of 80 x 25 cells, mapped at the address.
    Text(NonNull<u16>),
    /// There is none.
    None,
}

/// What a crash report needs to know beforehand.
#[derive(Clone, Copy, Debug)]
pub struct CrashContext {
    /// Where it is drawn.
    pub screen: Screen,
    /// The kernel's own ELF file.
    pub kernel_file: Option<&'static [u8]>,
    /// Ends the emulator after the report instead of halting.
    pub exits_emulator: bool,
}

// SAFETY: the screen's memory stays mapped for ever and is written only by the console until a
// crash, and by the crash report, which runs once, after it.
unsafe impl Send for CrashContext {}
// SAFETY: the value is never changed.
unsafe impl Sync for CrashContext {}

/// What [`power::exit_emulator`] is told; QEMU exits with 35.
const EXIT_CODE: u32 = 0x11;

static CONTEXT: Once<CrashContext> = Once::new();

/// How many reports were begun.
static REPORTS: AtomicU32 = AtomicU32::new(0);

/// Sets up what crash reports need; before, they go to the serial ports alone and without names.
/// The first call counts.
pub fn configure(context: CrashContext) {
    CONTEXT.call_once(|| context);
}

/// Whether a crash is being reported or was.
pub fn is_in_progress() -> bool {
    REPORTS.load(Ordering::Relaxed) > 0
}

/// Stops this CPU for good.
pub fn halt() -> ! {
    halt_forever()
}

/// The stack that a fault at `address` has overflowed.
pub fn guard_page_owner(address: u64) -> Option<&'static str> {
    memory::stacks::guarded_owner(VirtAddr(address))
}

/// The kernel's symbols.
fn symbols() -> Option<SymbolTable<'static>> {
    SymbolTable::parse(CONTEXT.get()?.kernel_file?).ok()
}

/// Reports an exception that nothing handles.
pub fn report_exception(frame: &TrapFrame) -> ! {
    x86_64::instructions::interrupts::disable();
    finish(&Report::of_exception(frame))
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    x86_64::instructions::interrupts::disable();
    finish(&Report::of_panic(info))
}

/// Shows the report everywhere and ends.
fn finish(report: &Report) -> ! {
    match REPORTS.fetch_add(1, Ordering::SeqCst) {
        0 => {}
        // The report itself has failed, or another CPU crashed too: tell what is known on the one
        // device that needs the least.
        1 => {
            report.write_to_serial();
            end();
        }
        _ => halt(),
    }
    smp::stop_others();
    report.write_to_serial();
    report.write_to_event_log();
    match CONTEXT.get().map_or(Screen::None, |context| context.screen) {
        Screen::Pixels(info, address) => screen::draw(report, &mut Pixels::new(&info, address)),
        Screen::Text(cells) => screen::draw(report, &mut VgaText::new(cells)),
        Screen::None => {}
    }
    end()
}

fn end() -> ! {
    if CONTEXT.get().is_some_and(|context| context.exits_emulator) {
        power::exit_emulator(EXIT_CODE);
    }
    halt()
}
