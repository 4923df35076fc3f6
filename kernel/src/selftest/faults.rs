//! Faults to provoke by name, so that people and tests see what the kernel makes of them.

use crate::arch::provoke;

/// A fault that can be provoked.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// What it is called by.
    pub name: &'static str,
    /// What the CPU or the kernel does about it.
    pub expectation: &'static str,
    provoke: fn(),
}

fn panic_on_purpose() {
    panic!("panic on purpose");
}

const fn fault(name: &'static str, expectation: &'static str, provoke: fn()) -> Fault {
    Fault { name, expectation, provoke }
}

/// All of them; `breakpoint` is the only one that the system survives.
pub const FAULTS: [Fault; 11] = [
    fault(
        "breakpoint",
        "a line on the serial port, and on",
        x86_64::instructions::interrupts::int3,
    ),
    fault("divide", "divide error", provoke::divide_by_zero),
    fault("double-fault", "double fault", provoke::fault_twice),
    fault("execute-data", "page fault: no execution of data", provoke::execute_data),
    fault("general-protection", "general protection fault", provoke::load_bad_selector),
    fault("invalid-opcode", "invalid opcode", provoke::execute_invalid_opcode),
    fault("null-pointer", "page fault: null pointer", provoke::read_null),
    fault("panic", "panic", panic_on_purpose),
    fault("stack-overflow", "page fault: guard page", provoke::overflow_stack),
    fault("unmapped-read", "page fault: page not present", provoke::read_unmapped),
    fault("write-constant", "page fault: read-only page", provoke::write_constant),
];

impl Fault {
    /// The fault that is called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        FAULTS.into_iter().find(|fault| fault.name == name)
    }

    /// Commits it. Returns only from those that the system survives.
    pub fn provoke(self) {
        (self.provoke)();
    }
}
