//! The kernel's page tables.
//!
//! Changes are serialised by a lock; lookups take none, so that a crash report can ask about any
//! address. That is sound because tables are only ever added: where a page is unmapped, its entry
//! is cleared and the tables above it stay.

use super::{frames, layout};
use crate::{
    arch::{cpu::CpuFeatures, entry, paging},
    boot::EarlyInfo,
};
use core::sync::atomic::{AtomicU64, Ordering};
use spin::{Mutex, Once};
use system_core::{
    address::{PAGE_BYTES, PhysAddr, VirtAddr, align_down, align_up},
    frames::Frame,
    paging::{Access, MapError, PageTables, TableMemory, Translation},
    ranges::{merge_adjacent, without},
};

static TABLES: Once<PageTables> = Once::new();
static CHANGES: Mutex<()> = Mutex::new(());
/// Pages that are unmapped at once.
const UNMAP_PAGES: usize = 128;
/// How often pages were unmapped.
static UNMAPPINGS: AtomicU64 = AtomicU64::new(0);
static HHDM_OFFSET: AtomicU64 = AtomicU64::new(0);

// Bounds of the image's segments, from the linker script.
unsafe extern "C" {
    static __text_start: u8;
    static __text_end: u8;
    static __rodata_start: u8;
    static __rodata_end: u8;
    static __data_start: u8;
    static __data_end: u8;
}

/// Sets frames and page tables up and switches to them.
///
/// # Panics
/// When memory is too small for the tables, or the boot loader's map contradicts itself.
///
/// # Safety
/// 1. Called once, on the boot CPU, with the boot loader's page tables active.
/// 2. `early` is what the boot loader told.
pub unsafe fn init(early: &EarlyInfo, features: &CpuFeatures) {
    HHDM_OFFSET.store(early.hhdm_offset, Ordering::Relaxed);
    // SAFETY: once, with the boot loader's map, whose direct map covers all of it.
    unsafe { frames::init(early.memory_map(), early.hhdm_offset) };
    let mut window = DirectMap;
    let tables = PageTables::new(&mut window, features.paging)
        .expect("there is a frame for the root page table");
    let image = image_segments();
    for (start, end, access) in image {
        let target = PhysAddr(start.0 - early.kernel_virtual_base.0 + early.kernel_physical_base.0);
        tables
            .map(&mut window, start, target, end.0 - start.0, access)
            .expect("the kernel image fits the empty tables");
    }
    let image_start = early.kernel_physical_base.0;
    let image_end = image_start + (image[2].1.0 - image[0].0.0);
    let memory = early.memory_map().filter(|region| region.kind.is_memory());
    let memory = merge_adjacent(memory.map(|region| {
        align_down(region.start.0, PAGE_BYTES)..align_up(region.end().0, PAGE_BYTES)
    }));
    // The image is left out: through the direct map its code would be writable.
    for range in memory.flat_map(|range| without(range, image_start..image_end)) {
        let start = direct(PhysAddr(range.start));
        let len_bytes = range.end - range.start;
        assert!(start.0 + len_bytes <= layout::HEAP.start.0, "the direct map runs into the heap");
        tables
            .map(&mut window, start, PhysAddr(range.start), len_bytes, Access::READ_WRITE)
            .expect("entries of the memory map do not overlap");
    }
    TABLES.call_once(|| tables);
    entry::publish_page_tables(tables.root().0, features.paging.has_no_execute);
    // SAFETY: the tables map the image; the direct map holds the current stack, which is the boot
    // loader's; `cpu::enable` has set EFER.NXE.
    unsafe { paging::load_page_tables(tables.root()) };
}

/// Code, constants and data of the image, with their rights.
fn image_segments() -> [(VirtAddr, VirtAddr, Access); 3] {
    let segment = |start: *const u8, end: *const u8, access| {
        (VirtAddr(start as u64), VirtAddr(end as u64), access)
    };
    [
        segment(&raw const __text_start, &raw const __text_end, Access::READ_EXECUTE),
        segment(&raw const __rodata_start, &raw const __rodata_end, Access::READ),
        segment(&raw const __data_start, &raw const __data_end, Access::READ_WRITE),
    ]
}

/// The virtual address of `address` in the direct map.
pub fn direct(address: PhysAddr) -> VirtAddr {
    VirtAddr(HHDM_OFFSET.load(Ordering::Relaxed) + address.0)
}

/// Maps a range; see [`PageTables::map`].
///
/// # Errors
/// See [`MapError`].
pub fn map(virt: VirtAddr, phys: PhysAddr, len_bytes: u64, access: Access) -> Result<(), MapError> {
    let _guard = CHANGES.lock();
    tables().map(&mut DirectMap, virt, phys, len_bytes, access)
}

/// Maps the pages of a physical range read-only in the direct map where nothing is mapped yet.
///
/// # Errors
/// [`MapError::OutOfFrames`] and [`MapError::NotCanonical`].
pub fn map_missing_read_only(start: PhysAddr, len_bytes: u64) -> Result<(), MapError> {
    let end = start.0.checked_add(len_bytes).ok_or(MapError::NotCanonical)?;
    if direct(PhysAddr(0)).0.checked_add(end).is_none_or(|end| end > layout::HEAP.start.0) {
        return Err(MapError::NotCanonical);
    }
    let _guard = CHANGES.lock();
    for page in (align_down(start.0, PAGE_BYTES)..end).step_by(PAGE_BYTES as usize) {
        let virt = direct(PhysAddr(page));
        if translate(virt).is_none() {
            tables().map(&mut DirectMap, virt, PhysAddr(page), PAGE_BYTES, Access::READ)?;
        }
    }
    Ok(())
}

/// Unmaps whatever is mapped in a range of whole pages and gives its frames back. This CPU forgets
/// them at once, others do so by [`forget_unmapped`].
///
/// # Safety
/// 1. Nobody uses the range any more, and its frames were mapped nowhere else.
/// 2. No other CPU accesses it before it has called [`forget_unmapped`].
pub unsafe fn unmap_and_free(start: VirtAddr, len_bytes: u64) {
    let _guard = CHANGES.lock();
    // Translations have to be forgotten before the frames are somebody else's, and nothing can be
    // allocated here: so a piece at a time, whose frames fit the stack.
    let mut done = 0;
    while done < len_bytes {
        let mut piece = [None; UNMAP_PAGES];
        for slot in &mut piece {
            if done >= len_bytes {
                break;
            }
            *slot = tables().unmap_page(&mut DirectMap, VirtAddr(start.0 + done));
            done += slot.map_or(PAGE_BYTES, |page| page.page_bytes);
        }
        UNMAPPINGS.fetch_add(1, Ordering::SeqCst);
        paging::forget_translations();
        for page in piece.into_iter().flatten() {
            let count = page.page_bytes / PAGE_BYTES;
            // SAFETY: the caller vouches for the frames, this CPU has forgotten them, and others do
            // before they come back to the range.
            unsafe { frames::deallocate(Frame::containing(page.address), count) };
        }
    }
}

/// Has this CPU forget what was unmapped since it has `seen` the last time. To be called before
/// anything that reads what may lie where something was unmapped.
pub fn forget_unmapped(seen: &AtomicU64) {
    let now = UNMAPPINGS.load(Ordering::SeqCst);
    if seen.swap(now, Ordering::Relaxed) != now {
        paging::forget_translations();
    }
}

/// Where an address leads; `None` when nothing is mapped there. Takes no lock.
pub fn translate(address: VirtAddr) -> Option<Translation> {
    TABLES.get()?.translate(&DirectMap, address)
}

/// The first page, from address 0 upwards, that `is_wanted` accepts; see
/// [`PageTables::find_page`]. Takes no lock.
pub fn find_page(is_wanted: impl FnMut(VirtAddr, Translation) -> bool) -> Option<VirtAddr> {
    tables().find_page(&DirectMap, is_wanted)
}

fn tables() -> &'static PageTables {
    TABLES.get().expect("page tables are set up before anything is mapped")
}

/// Page tables reached through the direct map: the boot loader's at first, then our own.
struct DirectMap;

impl DirectMap {
    fn entry(table: PhysAddr, index: usize) -> *mut u64 {
        (direct(table).0 as *mut u64).wrapping_add(index)
    }
}

impl TableMemory for DirectMap {
    fn read_entry(&self, table: PhysAddr, index: usize) -> u64 {
        // SAFETY: `PageTables` passes only tables that `allocate_table` returned and indices below
        // 512; the direct map covers all frames.
        unsafe { Self::entry(table, index).read_volatile() }
    }

    fn write_entry(&mut self, table: PhysAddr, index: usize, entry: u64) {
        // SAFETY: as for reading; writers hold the lock on changes, or run before there are others.
        unsafe { Self::entry(table, index).write_volatile(entry) };
    }

    fn allocate_table(&mut self) -> Option<PhysAddr> {
        let table = frames::allocate()?.address();
        // SAFETY: the frame was free, so it is ours alone, and the direct map covers it.
        unsafe { Self::entry(table, 0).write_bytes(0, PAGE_BYTES as usize / 8) };
        Some(table)
    }
}
