//! The memory map: from the firmware's list to the one that Limine promises, where usable and
//! bootloader-reclaimable regions are page aligned and overlap nothing.

use crate::PAGE_BYTES;
use core::{fmt, ops::Range};

/// How many regions a map holds. Firmware of large machines lists about a hundred.
pub const CAPACITY: usize = 256;

/// What a region is for. The discriminants are Limine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum RegionKind {
    /// Free memory.
    Usable = 0,
    /// Not memory, or memory that the firmware keeps.
    Reserved = 1,
    /// ACPI tables.
    AcpiReclaimable = 2,
    /// ACPI non-volatile storage.
    AcpiNvs = 3,
    /// Memory that failed.
    BadMemory = 4,
    /// Page tables, responses, stacks: free once the kernel has moved off them.
    BootloaderReclaimable = 5,
    /// The kernel and the modules.
    ExecutableAndModules = 6,
    /// Pixels.
    Framebuffer = 7,
}

impl RegionKind {
    /// The kind that a Multiboot (or BIOS E820) type stands for. Unknown ones are nobody's memory.
    pub fn from_multiboot(code: u32) -> Self {
        match code {
            1 => Self::Usable,
            3 => Self::AcpiReclaimable,
            4 => Self::AcpiNvs,
            5 => Self::BadMemory,
            _ => Self::Reserved,
        }
    }
}

/// Physical addresses `start..end` and what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First byte.
    pub start: u64,
    /// After the last byte.
    pub end: u64,
    /// What it is for.
    pub kind: RegionKind,
}

impl Region {
    const EMPTY: Self = Self { start: 0, end: 0, kind: RegionKind::Reserved };

    /// Length in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.end - self.start
    }

    fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// More regions than [`CAPACITY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapFull;

impl fmt::Display for MapFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the memory map has more than {CAPACITY} regions")
    }
}

/// A list of regions.
#[derive(Clone)]
pub struct MemoryMap {
    regions: [Region; CAPACITY],
    len: usize,
}

impl Default for MemoryMap {
    fn default() -> Self {
        Self { regions: [Region::EMPTY; CAPACITY], len: 0 }
    }
}

impl MemoryMap {
    /// The regions so far.
    pub fn regions(&self) -> &[Region] {
        &self.regions[..self.len]
    }

    /// Adds a region; an empty one is left out.
    pub fn push(&mut self, region: Region) -> Result<(), MapFull> {
        if region.is_empty() {
            return Ok(());
        }
        *self.regions.get_mut(self.len).ok_or(MapFull)? = region;
        self.len += 1;
        Ok(())
    }

    /// Makes a firmware's list trustworthy: usable regions shrink to whole pages, and lose whatever
    /// another region claims as well (firmware lists do overlap).
    pub fn normalise(&mut self) -> Result<(), MapFull> {
        for region in &mut self.regions[..self.len] {
            if region.kind == RegionKind::Usable {
                region.start = region.start.next_multiple_of(PAGE_BYTES);
                region.end = page_floor(region.end).max(region.start);
            }
        }
        self.sort_and_merge();
        let claimed = self.clone();
        for region in claimed.regions().iter().filter(|region| region.kind != RegionKind::Usable) {
            self.cut(region.start..region.end, None)?;
        }
        self.sort_and_merge();
        Ok(())
    }

    /// Gives the usable part of `range`, widened to whole pages, to `kind`.
    pub fn claim(&mut self, range: Range<u64>, kind: RegionKind) -> Result<(), MapFull> {
        self.cut(range, Some(kind))
    }

    /// Sorts the regions by address and joins neighbours of one kind.
    pub fn sort_and_merge(&mut self) {
        self.regions[..self.len].sort_unstable_by_key(|region| region.start);
        let mut kept: usize = 0;
        for index in 0..self.len {
            let region = self.regions[index];
            if region.is_empty() {
                continue;
            }
            match kept.checked_sub(1).map(|last| &mut self.regions[last]) {
                Some(last) if last.kind == region.kind && region.start <= last.end => {
                    last.end = last.end.max(region.end);
                }
                _ => {
                    self.regions[kept] = region;
                    kept += 1;
                }
            }
        }
        self.len = kept;
    }

    /// The largest usable piece within `bounds`.
    pub fn largest_usable(&self, bounds: Range<u64>) -> Option<Range<u64>> {
        self.regions()
            .iter()
            .filter(|region| region.kind == RegionKind::Usable)
            .map(|region| region.start.max(bounds.start)..region.end.min(bounds.end))
            .filter(|piece| piece.start < piece.end)
            .max_by_key(|piece| piece.end - piece.start)
    }

    /// Takes `range` from the usable regions; what was taken becomes `replacement`, or nothing.
    fn cut(&mut self, range: Range<u64>, replacement: Option<RegionKind>) -> Result<(), MapFull> {
        let cut_start = page_floor(range.start);
        let cut_end = range.end.checked_next_multiple_of(PAGE_BYTES).unwrap_or(u64::MAX);
        // Pieces pushed below lie outside the cut or are not usable, so only the present ones count.
        for index in 0..self.len {
            let region = self.regions[index];
            let (start, end) = (region.start.max(cut_start), region.end.min(cut_end));
            if region.kind != RegionKind::Usable || start >= end {
                continue;
            }
            self.regions[index].end = start;
            self.push(Region { start: end, end: region.end, kind: RegionKind::Usable })?;
            if let Some(kind) = replacement {
                self.push(Region { start, end, kind })?;
            }
        }
        Ok(())
    }
}

fn page_floor(address: u64) -> u64 {
    address & !(PAGE_BYTES - 1)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use RegionKind::*;
    use std::vec::Vec;

    fn map(regions: &[(u64, u64, RegionKind)]) -> MemoryMap {
        let mut map = MemoryMap::default();
        for &(start, end, kind) in regions {
            map.push(Region { start, end, kind }).unwrap();
        }
        map
    }

    fn list(map: &MemoryMap) -> Vec<(u64, u64, RegionKind)> {
        map.regions().iter().map(|region| (region.start, region.end, region.kind)).collect()
    }

    #[test]
    fn usable_regions_shrink_to_whole_pages() {
        let mut map = map(&[(0x1234, 0x9fc00, Usable), (0x9fc00, 0xa0000, Reserved)]);
        map.normalise().unwrap();
        assert_eq!(list(&map), [(0x2000, 0x9f000, Usable), (0x9fc00, 0xa0000, Reserved)]);
    }

    #[test]
    fn overlapping_firmware_regions_lose_their_usable_part() {
        let mut map = map(&[
            (0x0, 0x10000, Usable),
            (0x8000, 0x20000, Usable),
            (0x4800, 0x5800, AcpiNvs),
            (0x1f000, 0x30000, Reserved),
        ]);
        map.normalise().unwrap();
        assert_eq!(
            list(&map),
            [
                (0x0, 0x4000, Usable),
                (0x4800, 0x5800, AcpiNvs),
                (0x6000, 0x1f000, Usable),
                (0x1f000, 0x30000, Reserved),
            ]
        );
    }

    #[test]
    fn claims_split_usable_memory_and_leave_the_rest_alone() {
        let mut map = map(&[(0x0, 0x8000, Usable), (0x8000, 0xa000, Reserved)]);
        map.claim(0x2100..0x3001, ExecutableAndModules).unwrap();
        map.claim(0x7000..0x9000, BootloaderReclaimable).unwrap();
        map.sort_and_merge();
        assert_eq!(
            list(&map),
            [
                (0x0, 0x2000, Usable),
                (0x2000, 0x4000, ExecutableAndModules),
                (0x4000, 0x7000, Usable),
                (0x7000, 0x8000, BootloaderReclaimable),
                (0x8000, 0xa000, Reserved),
            ]
        );
    }

    #[test]
    fn the_largest_piece_is_measured_within_the_bounds() {
        let map =
            map(&[(0x0, 0x5000, Usable), (0x10000, 0x90000, Usable), (0xa0000, 0xf0000, Reserved)]);
        assert_eq!(map.largest_usable(0..0x12000), Some(0x0..0x5000));
        assert_eq!(map.largest_usable(0x1000..u64::MAX), Some(0x10000..0x90000));
        assert_eq!(map.largest_usable(0xa0000..0xb0000), None);
    }

    #[test]
    fn a_full_map_is_an_error_not_a_crash() {
        let mut map = MemoryMap::default();
        for index in 0..CAPACITY as u64 {
            map.push(Region { start: index * 0x4000, end: index * 0x4000 + 0x3000, kind: Usable })
                .unwrap();
        }
        assert_eq!(map.claim(0x1000..0x2000, Framebuffer), Err(MapFull));
    }
}
