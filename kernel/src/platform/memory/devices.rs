//! Windows on physical addresses that are not working memory: device registers, frame buffers and
//! the firmware's tables.

use super::{address_space, layout};
use core::{
    ptr::NonNull,
    slice,
    sync::atomic::{AtomicU64, Ordering},
};
use system_core::{
    address::{PAGE_BYTES, PhysAddr, VirtAddr, align_down, align_up},
    paging::{Access, Caching, MapError},
};

/// Bytes of [`layout::DEVICES`] given away.
static USED_BYTES: AtomicU64 = AtomicU64::new(0);

/// Windows start at multiples of this plus the physical offset, so that large ones get large pages.
const WINDOW_ALIGN: u64 = 2 << 20;

/// Makes `len_bytes` of a device's memory accessible, for good. Every call makes a window of its
/// own.
///
/// # Errors
/// See [`MapError`].
pub fn map_device(
    start: PhysAddr,
    len_bytes: u64,
    caching: Caching,
) -> Result<NonNull<u8>, MapError> {
    let end = start.0.checked_add(len_bytes).ok_or(MapError::NotCanonical)?;
    let first_page = align_down(start.0, PAGE_BYTES);
    let mapped_bytes = align_up(end, PAGE_BYTES) - first_page;
    let lead = first_page % WINDOW_ALIGN;
    let size = align_up(lead + mapped_bytes, WINDOW_ALIGN);
    let offset = USED_BYTES.fetch_add(size, Ordering::Relaxed);
    if offset.checked_add(size).is_none_or(|end| end > layout::DEVICES.len_bytes) {
        return Err(MapError::NotCanonical);
    }
    let window = VirtAddr(layout::DEVICES.start.0 + offset + lead);
    address_space::map(window, PhysAddr(first_page), mapped_bytes, Access::device(caching))?;
    let address = window.0 + (start.0 - first_page);
    Ok(NonNull::new(address as *mut u8).expect("the device region is not at address 0"))
}

/// The firmware's bytes at a physical address (ACPI tables, for instance), read-only.
///
/// # Errors
/// When the range cannot exist, or no frame is left for page tables.
pub fn firmware_bytes(start: PhysAddr, len_bytes: usize) -> Result<&'static [u8], MapError> {
    address_space::map_missing_read_only(start, len_bytes as u64)?;
    let address = address_space::direct(start).0 as *const u8;
    // SAFETY: the range was mapped above or before and stays mapped. The firmware's tables are not
    // written to after the start; a range that a faulty table invents reads as some bytes.
    Ok(unsafe { slice::from_raw_parts(address, len_bytes) })
}
