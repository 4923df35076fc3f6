//! The two privileged steps of paging; the arithmetic is in `system_core::paging`.

use system_core::address::PhysAddr;
use x86_64::{
    registers::control::{Cr3, Cr3Flags},
    structures::paging::PhysFrame,
};

/// Makes the page tables at `root` this CPU's own.
///
/// # Safety
/// 1. The tables map the running code, the current stack and everything referenced from now on,
///    with sufficient rights.
/// 2. EFER.NXE is set if they contain no-execute bits.
pub unsafe fn load_page_tables(root: PhysAddr) {
    let frame = PhysFrame::containing_address(x86_64::PhysAddr::new(root.0));
    // SAFETY: the caller vouches for the tables.
    unsafe { Cr3::write(frame, Cr3Flags::empty()) };
}

/// Has this CPU forget all translations that it remembers.
pub fn forget_translations() {
    let (root, flags) = Cr3::read();
    // SAFETY: the tables stay the same. No page is global, so writing the register drops everything
    // (Intel SDM volume 3, 4.10.4.1).
    unsafe { Cr3::write(root, flags) };
}
