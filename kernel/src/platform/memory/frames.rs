//! The one frame allocator, filled from the memory map.

use crate::boot::{MemoryRegion, RegionKind};
use core::slice;
use spin::Mutex;
use system_core::{
    address::{PAGE_BYTES, PhysAddr, VirtAddr, align_down, align_up},
    frames::{Frame, FrameAllocator, FrameCounts},
};

/// Firmware is known to scribble over the first MiB, and other CPUs start there.
const LOWEST_ADDRESS: u64 = 1 << 20;

static FRAMES: Mutex<Option<FrameAllocator<'static>>> = Mutex::new(None);

/// Sets the allocator up over all usable memory, with its bitmap in the first region that has room.
///
/// # Panics
/// When no region has room: the machine has no memory to speak of.
///
/// # Safety
/// 1. Called once.
/// 2. The map is true, and nothing but the map's kinds uses memory that it calls usable.
/// 3. `hhdm_offset + a` is writable for every usable address `a`.
pub unsafe fn init(map: impl Iterator<Item = MemoryRegion> + Clone, hhdm_offset: u64) {
    let managed =
        |kind: RegionKind| matches!(kind, RegionKind::Usable | RegionKind::BootloaderReclaimable);
    let highest = map
        .clone()
        .filter(|region| managed(region.kind))
        .map(|region| region.end().0)
        .max()
        .unwrap_or(0);
    let words = FrameAllocator::bitmap_words(highest / PAGE_BYTES);
    let bitmap_bytes = align_up(words as u64 * 8, PAGE_BYTES);
    let bitmap_start = map
        .clone()
        .filter_map(|region| usable_range(&region))
        .find(|(start, end)| end - start >= bitmap_bytes)
        .map(|(start, _)| start)
        .expect("a region of free memory has room for the frame bitmap");
    let bitmap_address = VirtAddr(hhdm_offset + bitmap_start);
    // SAFETY: the range is usable memory by the caller's map, writable, and left out below, so it is
    // nobody else's for good.
    let bitmap = unsafe { slice::from_raw_parts_mut(bitmap_address.0 as *mut u64, words) };
    let mut frames = FrameAllocator::new(bitmap);
    for (start, end) in map.filter_map(|region| usable_range(&region)) {
        let start = if start == bitmap_start { start + bitmap_bytes } else { start };
        add(&mut frames, start, end);
    }
    *FRAMES.lock() = Some(frames);
}

/// The whole frames of a usable region, above the first MiB; `None` when there are none.
fn usable_range(region: &MemoryRegion) -> Option<(u64, u64)> {
    (region.kind == RegionKind::Usable).then(|| whole_frames(region)).flatten()
}

fn whole_frames(region: &MemoryRegion) -> Option<(u64, u64)> {
    let start = align_up(region.start.0.max(LOWEST_ADDRESS), PAGE_BYTES);
    let end = align_down(region.end().0, PAGE_BYTES);
    (start < end).then_some((start, end))
}

fn add(frames: &mut FrameAllocator<'_>, start: u64, end: u64) {
    if start < end {
        frames.add(Frame::containing(PhysAddr(start)), (end - start) / PAGE_BYTES);
    }
}

/// Adds the boot loader's memory to the free frames.
///
/// # Safety
/// 1. Called once.
/// 2. Nobody reads the boot loader's answers any more, and no CPU uses its stacks and page tables.
pub unsafe fn reclaim_boot_loader_memory(map: &[MemoryRegion]) {
    with(|frames| {
        for region in map.iter().filter(|region| region.kind == RegionKind::BootloaderReclaimable) {
            if let Some((start, end)) = whole_frames(region) {
                add(frames, start, end);
            }
        }
    });
}

/// Takes one frame.
pub fn allocate() -> Option<Frame> {
    with(FrameAllocator::allocate)
}

/// Takes an aligned block of 2 MiB.
pub fn allocate_large() -> Option<Frame> {
    with(FrameAllocator::allocate_large)
}

/// Takes the lowest run of adjacent frames that ends below an address.
pub fn allocate_run(count: u64, end: PhysAddr) -> Option<Frame> {
    with(|frames| frames.allocate_run(count, Frame::containing(end)))
}

/// Gives `count` adjacent frames back.
///
/// # Safety
/// 1. They were taken from here, and nobody uses them any more.
/// 2. No CPU accesses them by a translation that it remembers.
pub unsafe fn deallocate(first: Frame, count: u64) {
    with(|frames| frames.deallocate(first, count));
}

/// Frames free now.
pub fn free_frames() -> u64 {
    with(|frames| frames.free_frames())
}

/// All counts.
pub fn counts() -> FrameCounts {
    with(|frames| frames.counts())
}

fn with<R>(action: impl FnOnce(&mut FrameAllocator<'static>) -> R) -> R {
    action(FRAMES.lock().as_mut().expect("frames are set up before anything takes one"))
}
