//! The last step: into the kernel.

use crate::entry;
use core::arch::asm;
use system_boot::HHDM_OFFSET;

/// A kernel that is ready to run.
pub struct Launch {
    /// Physical address of its page tables.
    pub page_map: u64,
    /// Virtual address of its first instruction.
    pub entry: u64,
    /// Physical address of the end of its stack, a multiple of 16.
    pub stack_end: u64,
}

impl Launch {
    /// Enters the kernel as Limine does: its page tables, segments and stack, a return address of 0.
    ///
    /// # Safety
    /// 1. The page tables map the loader's image at its own addresses, all memory at
    ///    [`HHDM_OFFSET`], and executable code of the kernel at `entry`.
    /// 2. At least 16 bytes below `stack_end` belong to the stack.
    pub unsafe fn go(self) -> ! {
        // SAFETY: the code that runs on is mapped at the same address after CR3 changes, and so is
        // the operand of `lgdt` (duty 1); the push stays on the stack (duty 2).
        unsafe {
            asm!(
                "mov cr3, {page_map}",
                "lgdt [{gdt}]",
                "mov rsp, {stack}",
                "xor ebp, ebp",
                "push rbp",
                "jmp {entry}",
                page_map = in(reg) self.page_map,
                gdt = in(reg) entry::gdt_pointer(),
                stack = in(reg) self.stack_end + HHDM_OFFSET,
                entry = in(reg) self.entry,
                options(noreturn),
            )
        }
    }
}

/// Waits for an interrupt with interrupts off: forever.
pub fn halt() {
    // SAFETY: stops this CPU; nothing is left to do.
    unsafe { asm!("cli", "hlt", options(nomem, nostack)) };
}
