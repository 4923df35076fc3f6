//! Memory for a file: contiguous in the address space, made of whatever frames are free, and given back
//! when its owner goes.

use super::{address_space, frames, layout};
use core::{
    fmt, slice,
    sync::atomic::{AtomicU32, Ordering},
};
use system_core::{
    address::{PAGE_BYTES, VirtAddr, align_up},
    frames::FRAMES_PER_LARGE_PAGE,
    paging::Access,
};

const LARGE_PAGE_BYTES: u64 = FRAMES_PER_LARGE_PAGE * PAGE_BYTES;
/// Frames that are left for page tables and stacks.
const RESERVED_FRAMES: u64 = 64;
/// Each file gets a part of the region, so that the page tables of one that has gone serve the next.
const SLOTS: u32 = 16;
const SLOT_BYTES: u64 = layout::FILES.len_bytes / SLOTS as u64;

/// A bit for each part of the region that is in use.
static USED_SLOTS: AtomicU32 = AtomicU32::new(0);

/// Memory that holds a file.
#[derive(Debug)]
pub struct FileMemory {
    slot: u32,
    len_bytes: usize,
}

/// There is no memory for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes that it takes.
    pub needed: u64,
    /// Bytes that are free.
    pub free: u64,
}

impl FileMemory {
    /// Memory for `len_bytes`, with anything in it.
    ///
    /// # Errors
    /// There are not enough frames, or there are too many files.
    pub fn allocate(len_bytes: usize) -> Result<Self, OutOfMemory> {
        let mapped_bytes = align_up(len_bytes as u64, PAGE_BYTES);
        let free = frames::free_frames().saturating_sub(RESERVED_FRAMES) * PAGE_BYTES;
        // One table for each 2 MiB, if there are no large blocks.
        let needed = mapped_bytes + mapped_bytes / FRAMES_PER_LARGE_PAGE;
        let error = OutOfMemory { needed, free };
        if needed > free || mapped_bytes > SLOT_BYTES {
            return Err(error);
        }
        let take = |used: u32| {
            let slot = used.trailing_ones();
            (slot < SLOTS).then(|| used | 1 << slot)
        };
        let taken = USED_SLOTS.fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        let slot = taken.map_err(|_| error)?.trailing_ones();
        // From here on dropping it gives back what is mapped.
        let memory = Self { slot, len_bytes };
        memory.map(mapped_bytes).ok_or(error)?;
        Ok(memory)
    }

    fn start(&self) -> VirtAddr {
        VirtAddr(layout::FILES.start.0 + u64::from(self.slot) * SLOT_BYTES)
    }

    fn map(&self, mapped_bytes: u64) -> Option<()> {
        let mut done = 0;
        while done < mapped_bytes {
            let fits_large = mapped_bytes - done >= LARGE_PAGE_BYTES;
            let aligned = done.is_multiple_of(LARGE_PAGE_BYTES);
            let large = if fits_large && aligned { frames::allocate_large() } else { None };
            let (frame, bytes) = match large {
                Some(frame) => (frame, LARGE_PAGE_BYTES),
                None => (frames::allocate()?, PAGE_BYTES),
            };
            let address = VirtAddr(self.start().0 + done);
            let mapped = address_space::map(address, frame.address(), bytes, Access::READ_WRITE);
            if mapped.is_err() {
                // SAFETY: it was taken just now and is mapped nowhere.
                unsafe { frames::deallocate(frame, bytes / PAGE_BYTES) };
                return None;
            }
            done += bytes;
        }
        Some(())
    }

    /// What is in it, to be changed.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes are mapped there, writable and for this owner alone, which is
        // borrowed meanwhile; whatever a frame holds is bytes.
        unsafe { slice::from_raw_parts_mut(self.start().0 as *mut u8, self.len_bytes) }
    }

    /// What is in it, without a tie to its owner.
    ///
    /// # Safety
    /// 1. Nothing reads it when its owner has gone.
    /// 2. [`Self::bytes_mut`] is not called again.
    pub unsafe fn lend(&self) -> &'static [u8] {
        // SAFETY: so many bytes are mapped there until the owner goes, and nobody writes to them;
        // the caller sees to both.
        unsafe { slice::from_raw_parts(self.start().0 as *const u8, self.len_bytes) }
    }
}

impl Drop for FileMemory {
    fn drop(&mut self) {
        let mapped_bytes = align_up(self.len_bytes as u64, PAGE_BYTES);
        // SAFETY: 1. what was lent is not read any more, and the frames were taken for this file
        // alone. 2. Other CPUs read files in jobs only, and forget before each of them.
        unsafe { address_space::unmap_and_free(self.start(), mapped_bytes) };
        USED_SLOTS.fetch_and(!(1 << self.slot), Ordering::AcqRel);
    }
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { needed, free } = self;
        write!(f, "the file needs {needed} bytes of memory, {free} are free")
    }
}

impl core::error::Error for OutOfMemory {}
