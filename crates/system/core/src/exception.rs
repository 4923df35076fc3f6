//! What the CPU's exceptions and their error codes mean, in words (Intel SDM volume 3, chapter 6).

use core::fmt;

/// The first vector that is not an exception of the CPU's own.
pub const EXCEPTION_COUNT: u64 = 32;

/// The name of an exception vector.
pub const fn exception_name(vector: u64) -> &'static str {
    match vector {
        0 => "divide error",
        1 => "debug exception",
        2 => "non-maskable interrupt",
        3 => "breakpoint",
        4 => "overflow",
        5 => "bound range exceeded",
        6 => "invalid opcode",
        7 => "device not available",
        8 => "double fault",
        9 => "coprocessor segment overrun",
        10 => "invalid task-state segment",
        11 => "segment not present",
        12 => "stack-segment fault",
        13 => "general protection fault",
        14 => "page fault",
        16 => "x87 floating-point error",
        17 => "alignment check",
        18 => "machine check",
        19 => "SIMD floating-point error",
        20 => "virtualization exception",
        21 => "control protection exception",
        28 => "hypervisor injection exception",
        29 => "VMM communication exception",
        30 => "security exception",
        _ => "reserved exception",
    }
}

/// Whether the CPU pushes an error code for the vector.
pub const fn has_error_code(vector: u64) -> bool {
    matches!(vector, 8 | 10..=14 | 17 | 21 | 29 | 30)
}

/// What was tried when a page fault was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A data read.
    Read,
    /// A data write.
    Write,
    /// An instruction fetch.
    Execute,
}

/// The error code of a page fault (SDM volume 3, 4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFaultCode(
    /// The code as the CPU pushed it.
    pub u64,
);

impl PageFaultCode {
    /// Whether the page was there and its rights forbade the access.
    pub const fn is_present(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the CPU was in user mode.
    pub const fn is_user(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// Whether a reserved bit was set in a page-table entry.
    pub const fn is_reserved_bit_set(self) -> bool {
        self.0 & 1 << 3 != 0
    }

    /// What was tried.
    pub const fn access(self) -> Access {
        if self.0 & 1 << 4 != 0 {
            Access::Execute
        } else if self.0 & 1 << 1 != 0 {
            Access::Write
        } else {
            Access::Read
        }
    }
}

impl fmt::Display for PageFaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = match self.access() {
            Access::Read => "read",
            Access::Write => "write",
            Access::Execute => "execution",
        };
        let mode = if self.is_user() { "user" } else { "kernel" };
        let page = if self.is_reserved_bit_set() {
            "a page with a reserved bit set"
        } else {
            match (self.is_present(), self.access()) {
                (false, _) => "a page that is not present",
                (true, Access::Read) => "a page that may not be read",
                (true, Access::Write) => "a read-only page",
                (true, Access::Execute) => "a page that may not be executed",
            }
        };
        write!(f, "{access} of {page}, in {mode} mode")
    }
}

/// The error code of faults that concern a segment selector (SDM volume 3, 6.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectorCode(
    /// The code as the CPU pushed it.
    pub u64,
);

impl fmt::Display for SelectorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("no selector involved");
        }
        let index = self.0 >> 3 & 0x1fff;
        let table = match self.0 >> 1 & 3 {
            0 => "GDT",
            2 => "LDT",
            _ => "IDT",
        };
        write!(f, "entry {index} of the {table} (selector {:#x})", self.0 & 0xfff8)?;
        if self.0 & 1 != 0 { f.write_str(", by an event from outside") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn page_fault_codes_are_put_into_words() {
        for (code, text) in [
            (0b00000, "read of a page that is not present, in kernel mode"),
            (0b00010, "write of a page that is not present, in kernel mode"),
            (0b00011, "write of a read-only page, in kernel mode"),
            (0b10001, "execution of a page that may not be executed, in kernel mode"),
            (0b10101, "execution of a page that may not be executed, in user mode"),
            (0b00111, "write of a read-only page, in user mode"),
            (0b01001, "read of a page with a reserved bit set, in kernel mode"),
        ] {
            assert_eq!(PageFaultCode(code).to_string(), text);
        }
    }

    #[test]
    fn selector_codes_name_the_table() {
        assert_eq!(SelectorCode(0).to_string(), "no selector involved");
        assert_eq!(SelectorCode(0x28).to_string(), "entry 5 of the GDT (selector 0x28)");
        assert_eq!(SelectorCode(0x2c).to_string(), "entry 5 of the LDT (selector 0x28)");
        assert_eq!(
            SelectorCode(0x40 << 3 | 3).to_string(),
            "entry 64 of the IDT (selector 0x200), by an event from outside"
        );
    }

    #[test]
    fn vectors_with_error_codes_are_those_of_the_manual() {
        let with_code: alloc::vec::Vec<u64> =
            (0..EXCEPTION_COUNT).filter(|vector| has_error_code(*vector)).collect();
        assert_eq!(with_code, [8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);
        for vector in with_code {
            assert_ne!(exception_name(vector), "reserved exception");
        }
    }
}
