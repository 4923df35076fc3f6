//! The global allocator: talc over a region that grows from frames.
//!
//! The region is contiguous in virtual memory alone, so an array may be as large as all free frames
//! together, however scattered they are. It grows by what a request lacks, in 2 MiB pages where
//! there are such blocks. Freed memory stays with the heap. A request that the free frames cannot
//! meet fails at once, without taking any of them, and `try_reserve` reports it.

use super::{address_space, frames, layout};
use core::{alloc::Layout, ptr::NonNull};
use spin::Mutex;
use system_core::{
    address::{PAGE_BYTES, VirtAddr, align_up},
    frames::FRAMES_PER_LARGE_PAGE,
    paging::Access,
};
use talc::{
    TalcLock,
    base::{CHUNK_UNIT, Talc, binning::Binning},
    source::Source,
};

const LARGE_PAGE_BYTES: u64 = FRAMES_PER_LARGE_PAGE * PAGE_BYTES;
/// What talc may add to a request: its own tables (once), a tag and rounding.
const OVERHEAD_BYTES: u64 = 8192;
/// Frames that growing leaves for page tables and stacks.
const RESERVED_FRAMES: u64 = 64;

#[global_allocator]
static HEAP: TalcLock<Mutex<()>, GrowingRegion> = TalcLock::new(GrowingRegion::new());

/// Bytes that the heap has taken and handed out.
#[derive(Clone, Copy, Debug)]
pub struct HeapUsage {
    /// Taken from the frame allocator.
    pub reserved_bytes: u64,
    /// Handed out now.
    pub used_bytes: u64,
}

/// How much the heap holds.
pub fn usage() -> HeapUsage {
    let heap = HEAP.lock();
    HeapUsage {
        reserved_bytes: heap.source.mapped_bytes,
        used_bytes: heap.counters().allocated_bytes as u64,
    }
}

/// talc's source of memory: the mapped part of [`layout::HEAP`].
#[derive(Debug)]
struct GrowingRegion {
    /// Bytes from the region's start that are mapped.
    mapped_bytes: u64,
    /// Where talc thinks the heap ends, once there is one.
    heap_end: Option<NonNull<u8>>,
}

// SAFETY: the pointer is an address in a region that belongs to the heap alone, on whichever CPU.
unsafe impl Send for GrowingRegion {}

impl GrowingRegion {
    const fn new() -> Self {
        Self { mapped_bytes: 0, heap_end: None }
    }

    fn end_address(&self) -> u64 {
        layout::HEAP.start.0 + self.mapped_bytes
    }

    /// Maps at least `wanted_bytes` more, or nothing when the frames do not suffice.
    fn grow(&mut self, wanted_bytes: u64) -> Result<(), OutOfFrames> {
        let free_bytes = frames::free_frames().saturating_sub(RESERVED_FRAMES) * PAGE_BYTES;
        // One table for each 2 MiB, if there are no large blocks.
        let available = free_bytes - free_bytes / FRAMES_PER_LARGE_PAGE;
        let whole_large_pages =
            align_up(self.end_address().saturating_add(wanted_bytes), LARGE_PAGE_BYTES)
                - self.end_address();
        let len_bytes = if whole_large_pages <= available {
            whole_large_pages
        } else {
            align_up(wanted_bytes, PAGE_BYTES)
        };
        if len_bytes > available || len_bytes > layout::HEAP.len_bytes - self.mapped_bytes {
            return Err(OutOfFrames);
        }
        let target = self.mapped_bytes + len_bytes;
        while self.mapped_bytes < target {
            self.mapped_bytes += self.map_next_page(target - self.mapped_bytes)?;
        }
        Ok(())
    }

    /// Maps one page, large if it fits, and returns its size.
    fn map_next_page(&self, left_bytes: u64) -> Result<u64, OutOfFrames> {
        let address = VirtAddr(self.end_address());
        let fits_large =
            address.0.is_multiple_of(LARGE_PAGE_BYTES) && left_bytes >= LARGE_PAGE_BYTES;
        let large = if fits_large { frames::allocate_large() } else { None };
        let (frame, bytes) = match large {
            Some(frame) => (frame, LARGE_PAGE_BYTES),
            None => (frames::allocate().ok_or(OutOfFrames)?, PAGE_BYTES),
        };
        address_space::map(address, frame.address(), bytes, Access::READ_WRITE)
            .map_err(|_| OutOfFrames)?;
        Ok(bytes)
    }
}

/// The frames do not suffice.
struct OutOfFrames;

// SAFETY: neither growing nor mapping allocates from the heap.
unsafe impl Source for GrowingRegion {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let needed = layout.size() as u64 + layout.align() as u64 + OVERHEAD_BYTES;
        let spare = talc.source.heap_end.map_or(0, |end| {
            // SAFETY: `end` is what talc returned last.
            let reserved = unsafe { talc.reserved(end) };
            end.as_ptr() as u64 - reserved.up_to.as_ptr() as u64
        });
        let before = talc.source.mapped_bytes;
        let wanted = needed.saturating_sub(spare).max(CHUNK_UNIT as u64);
        let result = talc.source.grow(wanted);
        if talc.source.mapped_bytes > before {
            let end = talc.source.end_address() as *mut u8;
            talc.source.heap_end = match talc.source.heap_end {
                // SAFETY: everything up to the new end was mapped just now, for the heap alone.
                Some(old_end) => Some(unsafe { talc.extend(old_end, end) }),
                None => {
                    let len_bytes = talc.source.mapped_bytes as usize;
                    // SAFETY: the region is mapped from its start to `end`, for the heap alone.
                    unsafe { talc.claim(layout::HEAP.start.0 as *mut u8, len_bytes) }
                }
            };
        }
        result.map_err(|OutOfFrames| ())
    }
}
