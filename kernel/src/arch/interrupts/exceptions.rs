//! The CPU's exceptions: breakpoints are noted and return, all others end in a crash report.

use super::TrapFrame;
use crate::{panic, platform::serial};
use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicU64, Ordering},
};
use system_core::exception::{Access, PageFaultCode, SelectorCode, exception_name, has_error_code};
use x86_64::registers::{control::Cr2, rflags::RFlags};

const DEBUG: u64 = 1;
const NON_MASKABLE: u64 = 2;
const BREAKPOINT: u64 = 3;
const DOUBLE_FAULT: u64 = 8;
const PAGE_FAULT: u64 = 14;

/// Addresses below are taken for a null pointer and an offset from it.
const NULL_POINTER_END: u64 = 64 * 1024;

static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);

/// Breakpoints passed since the start.
pub fn breakpoint_count() -> u64 {
    BREAKPOINTS.load(Ordering::Relaxed)
}

/// Handles an exception; returns only where the interrupted code can go on.
pub(super) fn handle(frame: &mut TrapFrame) {
    match frame.vector {
        BREAKPOINT | DEBUG => note_breakpoint(frame),
        // The CPU that crashed stops the others this way.
        NON_MASKABLE if panic::is_in_progress() => panic::halt(),
        _ => panic::report_exception(frame),
    }
}

fn note_breakpoint(frame: &mut TrapFrame) {
    BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
    // A debug exception would otherwise follow every further instruction.
    frame.rflags &= !RFlags::TRAP_FLAG.bits();
    let mut line = system_core::text::FixedText::<160>::new();
    let place = panic::Place(frame.rip);
    let _ = write!(line, "{} at {place}, going on\r\n", exception_name(frame.vector));
    serial::COM1.write(line.as_str().as_bytes());
}

/// An exception in words: its name, what its error code means, and the likely reason.
pub struct Description<'a> {
    frame: &'a TrapFrame,
    /// The address that a page fault was about, as CR2 had it when the report began.
    fault_address: u64,
}

impl<'a> Description<'a> {
    /// Describes the exception that is being handled on this CPU.
    pub fn new(frame: &'a TrapFrame) -> Self {
        Self { frame, fault_address: Cr2::read_raw() }
    }

    fn fmt_page_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = PageFaultCode(self.frame.error_code);
        write!(f, "page fault at {:#x}: {code}", self.fault_address)?;
        if let Some(stack) = panic::guard_page_owner(self.fault_address) {
            write!(f, " (stack overflow: guard page of the stack \"{stack}\")")
        } else if self.fault_address < NULL_POINTER_END {
            f.write_str(" (null pointer)")
        } else if code.access() == Access::Execute && self.fault_address == self.frame.rip {
            f.write_str(" (jump to data)")
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = exception_name(self.frame.vector);
        match self.frame.vector {
            PAGE_FAULT => self.fmt_page_fault(f),
            DOUBLE_FAULT => match panic::guard_page_owner(self.frame.rsp) {
                Some(stack) => {
                    write!(f, "{name} (stack overflow: guard page of the stack \"{stack}\")")
                }
                None => write!(f, "{name}, last page fault at {:#x}", self.fault_address),
            },
            vector if has_error_code(vector) => {
                write!(f, "{name}: {}", SelectorCode(self.frame.error_code))
            }
            _ => f.write_str(name),
        }
    }
}
