//! Physical memory as the loader sees it: the first 4 GiB, identity mapped by `entry.s`.

use core::cell::OnceCell;
use core::ops::Range;
use system_boot::PhysicalMemory;

const FOUR_GIB: u64 = 4 << 30;

/// The first 4 GiB, for reading, without the arena.
pub struct IdentityMapped {
    arena: OnceCell<Range<u64>>,
}

impl IdentityMapped {
    /// All of it.
    ///
    /// # Safety
    /// 1. The first 4 GiB are identity mapped as long as this value lives.
    /// 2. Nobody writes to them meanwhile, except to the loader's own image and through the slice
    ///    that [`Self::take_arena`] returns.
    pub unsafe fn new() -> Self {
        Self { arena: OnceCell::new() }
    }

    /// Takes `range` out, for writing. `None` when it is out of reach or when it was called before.
    ///
    /// # Safety
    /// `range` is memory, and it overlaps neither the loader's image nor any slice that
    /// [`PhysicalMemory::bytes`] returned so far.
    pub unsafe fn take_arena(&self, range: Range<u64>) -> Option<&'static mut [u8]> {
        if range.start == 0 || range.start >= range.end || range.end > FOUR_GIB {
            return None;
        }
        self.arena.set(range.clone()).ok()?;
        let len = (range.end - range.start) as usize;
        // SAFETY: mapped (duty 1 of `new`), not null (checked above), and from now on nobody's but
        // the caller's: `bytes` keeps clear of it, and slices from before do not overlap it.
        Some(unsafe { core::slice::from_raw_parts_mut(range.start as *mut u8, len) })
    }
}

impl PhysicalMemory for IdentityMapped {
    fn bytes(&self, address: u64, len_bytes: usize) -> Option<&[u8]> {
        let end = address.checked_add(len_bytes as u64).filter(|end| *end <= FOUR_GIB)?;
        let is_free =
            self.arena.get().is_none_or(|arena| end <= arena.start || arena.end <= address);
        if address == 0 || !is_free {
            return None;
        }
        // SAFETY: mapped (duty 1 of `new`), not null, and nobody writes to it (duty 2; the arena is
        // kept clear of just above).
        Some(unsafe { core::slice::from_raw_parts(address as *const u8, len_bytes) })
    }
}

impl drivers_acpi::PhysicalMemory for IdentityMapped {
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool {
        match self.bytes(phys, buffer.len()) {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }
}
