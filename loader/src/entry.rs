//! The assembly at both ends of the loader: where Multiboot loaders enter it, and where other CPUs do.

use core::arch::global_asm;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};
use system_boot::HHDM_OFFSET;

const STACK_BYTES: usize = 128 << 10;

global_asm!(
    include_str!("entry.s"),
    boot = sym crate::boot,
    hhdm = const HHDM_OFFSET,
    stack = const STACK_BYTES,
);

unsafe extern "C" {
    static image_start: u8;
    static image_end: u8;
    static ap_trampoline: u8;
    static ap_trampoline_end: u8;
    /// HHDM address of the record for the CPU that starts next; 0 once it has taken it.
    safe static ap_record: AtomicU64;
    /// Physical address of the kernel's page tables.
    safe static ap_page_map: AtomicU64;
    /// Operand of `lgdt`: the segments at their HHDM address.
    static hhdm_gdt_pointer: u8;
}

/// Physical addresses of the loader itself, its stack and its first page tables included.
pub fn image() -> Range<u64> {
    (&raw const image_start).addr() as u64..(&raw const image_end).addr() as u64
}

/// Physical address of the operand that loads the segments at their HHDM address.
pub fn gdt_pointer() -> u64 {
    (&raw const hhdm_gdt_pointer).addr() as u64
}

/// Copies the trampoline to the page at physical address `page`. Started CPUs switch to the page tables
/// at `page_map`.
///
/// # Safety
/// `page` is a page of memory below 1 MiB that nobody uses.
pub unsafe fn install_trampoline(page: u32, page_map: u64) {
    let code = &raw const ap_trampoline;
    let len = (&raw const ap_trampoline_end).addr() - code.addr();
    // SAFETY: source: `len` bytes of our own code, less than a page. Destination: identity mapped, and
    // nobody's (the caller's duty).
    unsafe { core::ptr::copy_nonoverlapping(code, page as *mut u8, len) };
    ap_page_map.store(page_map, Ordering::SeqCst);
}

/// Leaves the record (HHDM address) for the next CPU that starts.
pub fn offer_record(record: u64) {
    ap_record.store(record, Ordering::SeqCst);
}

/// Whether the CPU that was started has taken its record.
pub fn is_record_taken() -> bool {
    ap_record.load(Ordering::SeqCst) == 0
}
