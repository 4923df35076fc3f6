//! The page tables that the kernel is entered with: four levels, in an [`Arena`].
//!
//! Entries: Intel SDM volume 3A, section 4.5.

use crate::elf::pages_of;
use crate::{Arena, HHDM_OFFSET, KernelElf, MemoryMap, OutOfMemory, PAGE_BYTES, RegionKind};
use core::ops::Range;

const PRESENT: u64 = 1;
const WRITABLE: u64 = 1 << 1;
const LARGE: u64 = 1 << 7;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS_MASK: u64 = 0x000f_ffff_ffff_f000;
const LARGE_PAGE_BYTES: u64 = 2 << 20;
const FOUR_GIB: u64 = 4 << 30;

/// A tree of page tables.
#[derive(Clone, Copy, Debug)]
pub struct PageTables {
    root: u64,
}

impl PageTables {
    /// A tree that maps nothing.
    pub fn new(arena: &mut Arena<'_>) -> Result<Self, OutOfMemory> {
        Ok(Self { root: arena.allocate(PAGE_BYTES, PAGE_BYTES)? })
    }

    /// The physical address for CR3.
    pub fn root(&self) -> u64 {
        self.root
    }

    /// Maps the kernel, whose first page lies at physical address `physical_base`, each segment with
    /// its own permissions.
    pub fn map_kernel(
        &self,
        arena: &mut Arena<'_>,
        elf: &KernelElf<'_>,
        physical_base: u64,
    ) -> Result<(), OutOfMemory> {
        let span = elf.span();
        for segment in elf.segments() {
            let writable = if segment.is_writable { WRITABLE } else { 0 };
            let no_execute = if segment.is_executable { 0 } else { NO_EXECUTE };
            for page in pages_of(segment).step_by(PAGE_BYTES as usize) {
                let frame = physical_base + (page - span.start);
                self.map_page(arena, page, frame | writable | no_execute)?;
            }
        }
        Ok(())
    }

    /// Maps the first 4 GiB and every region of `memory` that is not reserved at [`HHDM_OFFSET`]. The
    /// code that switches to these tables runs there too, so it may be executed.
    pub fn map_physical_memory(
        &self,
        arena: &mut Arena<'_>,
        memory: &MemoryMap,
    ) -> Result<(), OutOfMemory> {
        self.map_large(arena, HHDM_OFFSET, 0..FOUR_GIB)?;
        for region in memory.regions() {
            if !matches!(region.kind, RegionKind::Reserved | RegionKind::BadMemory) {
                self.map_large(arena, HHDM_OFFSET, region.start.max(FOUR_GIB)..region.end)?;
            }
        }
        Ok(())
    }

    /// Maps physical `range` at the same addresses: the loader's own code, until it has left it.
    pub fn map_identity(
        &self,
        arena: &mut Arena<'_>,
        range: Range<u64>,
    ) -> Result<(), OutOfMemory> {
        self.map_large(arena, 0, range)
    }

    fn map_large(
        &self,
        arena: &mut Arena<'_>,
        offset: u64,
        range: Range<u64>,
    ) -> Result<(), OutOfMemory> {
        let start = range.start & !(LARGE_PAGE_BYTES - 1);
        for frame in (start..range.end).step_by(LARGE_PAGE_BYTES as usize) {
            let table = self.table(arena, offset + frame, 1)?;
            arena.set_word(
                entry_address(table, offset + frame, 1),
                frame | PRESENT | WRITABLE | LARGE,
            );
        }
        Ok(())
    }

    fn map_page(&self, arena: &mut Arena<'_>, page: u64, entry: u64) -> Result<(), OutOfMemory> {
        let table = self.table(arena, page, 0)?;
        arena.set_word(entry_address(table, page, 0), entry | PRESENT);
        Ok(())
    }

    /// The table of `level` (0 holds pages, 1 large pages) that covers `address`, made if need be.
    fn table(&self, arena: &mut Arena<'_>, address: u64, level: u32) -> Result<u64, OutOfMemory> {
        let mut table = self.root;
        for parent_level in (level + 1..4).rev() {
            let entry = entry_address(table, address, parent_level);
            if arena.word(entry) & PRESENT == 0 {
                let child = arena.allocate(PAGE_BYTES, PAGE_BYTES)?;
                arena.set_word(entry, child | PRESENT | WRITABLE);
            }
            table = arena.word(entry) & ADDRESS_MASK;
        }
        Ok(table)
    }

    /// What `address` is mapped to: the physical address and whether it may be written and executed.
    #[cfg(test)]
    fn look_up(&self, arena: &Arena<'_>, address: u64) -> Option<(u64, bool, bool)> {
        let mut table = self.root;
        for level in (0..4).rev() {
            let entry = arena.word(entry_address(table, address, level));
            if entry & PRESENT == 0 {
                return None;
            }
            if level == 0 || entry & LARGE != 0 {
                let offset = address & ((1 << (12 + 9 * level)) - 1);
                let access = (entry & WRITABLE != 0, entry & NO_EXECUTE == 0);
                return Some(((entry & ADDRESS_MASK) + offset, access.0, access.1));
            }
            table = entry & ADDRESS_MASK;
        }
        None
    }
}

fn entry_address(table: u64, address: u64, level: u32) -> u64 {
    table + (address >> (12 + 9 * level) & 511) * 8
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::Region;
    use std::vec;

    #[test]
    fn memory_above_4_gib_is_mapped_and_reserved_holes_are_not() {
        let mut memory = vec![0; 1 << 20];
        let mut arena = Arena::new(0x10_0000, &mut memory);
        let mut map = MemoryMap::default();
        let high = FOUR_GIB + 0x1000..FOUR_GIB + (6 << 20);
        map.push(Region { start: high.start, end: high.end, kind: RegionKind::Usable }).unwrap();
        map.push(Region { start: 1 << 40, end: 2 << 40, kind: RegionKind::Reserved }).unwrap();
        let tables = PageTables::new(&mut arena).unwrap();
        tables.map_physical_memory(&mut arena, &map).unwrap();
        let look_up = |physical| tables.look_up(&arena, HHDM_OFFSET + physical);
        for physical in [0, 0xfee0_0020, high.start, high.end - 1] {
            assert_eq!(look_up(physical), Some((physical, true, true)), "{physical:#x}");
        }
        assert_eq!(look_up(1 << 40), None);
        assert_eq!(tables.look_up(&arena, 0x1000), None);
    }

    #[test]
    fn identity_covers_the_range_alone() {
        let mut memory = vec![0; 1 << 16];
        let mut arena = Arena::new(0x10_0000, &mut memory);
        let tables = PageTables::new(&mut arena).unwrap();
        tables.map_identity(&mut arena, 0x8000..0x20_0001).unwrap();
        assert_eq!(tables.look_up(&arena, 0x8000), Some((0x8000, true, true)));
        assert_eq!(tables.look_up(&arena, 0x20_0000), Some((0x20_0000, true, true)));
        assert_eq!(tables.look_up(&arena, 0x40_0000), None);
    }

    #[test]
    fn too_small_an_arena_is_an_error() {
        let mut memory = vec![0; 3 * 4096];
        let mut arena = Arena::new(0x10_0000, &mut memory);
        let tables = PageTables::new(&mut arena).unwrap();
        assert!(tables.map_identity(&mut arena, 0..4 << 30).is_err());
    }
}
