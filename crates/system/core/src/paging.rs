//! Four-level page tables (Intel SDM volume 3, 4.5): building them and reading them back.
//!
//! [`PageTables`] does the arithmetic; the tables themselves are reached through [`TableMemory`],
//! which the kernel implements on its direct map and the tests on a plain map. Ranges are mapped
//! with the largest pages that their alignment allows. Tables are never taken away, so a lookup needs
//! no lock; whoever unmaps a page sees to it that no CPU uses a translation that it remembers.

mod visit;

use crate::address::{PAGE_BYTES, PhysAddr, VirtAddr, align_down};
use core::fmt;

/// Entries in one table.
pub const ENTRIES_PER_TABLE: usize = 512;

/// Bits of a table entry (Intel SDM volume 3, tables 4-15 to 4-20).
mod bit {
    pub const PRESENT: u64 = 1 << 0;
    pub const WRITABLE: u64 = 1 << 1;
    pub const WRITE_THROUGH: u64 = 1 << 3;
    pub const CACHE_DISABLE: u64 = 1 << 4;
    pub const LARGE: u64 = 1 << 7;
    pub const NO_EXECUTE: u64 = 1 << 63;
    pub const ADDRESS: u64 = 0x000f_ffff_ffff_f000;
}

/// How accesses to a page go through the caches. The encoding takes it that entry 1 of the page
/// attribute table is write-combining and entry 3 uncached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Ordinary memory.
    WriteBack,
    /// Writes are gathered: frame buffers.
    WriteCombining,
    /// Every access reaches the device: registers.
    Uncached,
}

/// What a page may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether it may be written.
    pub is_writable: bool,
    /// Whether instructions may be fetched from it.
    pub is_executable: bool,
    /// How it is cached.
    pub caching: Caching,
}

impl Access {
    /// Constants: read only.
    pub const READ: Self =
        Self { is_writable: false, is_executable: false, caching: Caching::WriteBack };
    /// Data: read and write, never executed.
    pub const READ_WRITE: Self = Self { is_writable: true, ..Self::READ };
    /// Code: read and execute, never written.
    pub const READ_EXECUTE: Self = Self { is_executable: true, ..Self::READ };

    /// Memory of a device: read and write with the given caching.
    pub const fn device(caching: Caching) -> Self {
        Self { is_writable: true, is_executable: false, caching }
    }

    const fn to_bits(self, has_no_execute: bool) -> u64 {
        let caching = match self.caching {
            Caching::WriteBack => 0,
            Caching::WriteCombining => bit::WRITE_THROUGH,
            Caching::Uncached => bit::WRITE_THROUGH | bit::CACHE_DISABLE,
        };
        let writable = if self.is_writable { bit::WRITABLE } else { 0 };
        let no_execute = if self.is_executable || !has_no_execute { 0 } else { bit::NO_EXECUTE };
        bit::PRESENT | caching | writable | no_execute
    }

    const fn from_bits(entry: u64) -> Self {
        let caching = match (entry & bit::CACHE_DISABLE != 0, entry & bit::WRITE_THROUGH != 0) {
            (false, false) => Caching::WriteBack,
            (false, true) => Caching::WriteCombining,
            (true, _) => Caching::Uncached,
        };
        Self {
            is_writable: entry & bit::WRITABLE != 0,
            is_executable: entry & bit::NO_EXECUTE == 0,
            caching,
        }
    }
}

/// The memory that page tables live in.
pub trait TableMemory {
    /// Entry `index` of the table at `table`.
    fn read_entry(&self, table: PhysAddr, index: usize) -> u64;
    /// Sets entry `index` of the table at `table`.
    fn write_entry(&mut self, table: PhysAddr, index: usize, entry: u64);
    /// A frame for a new table, all entries zero; `None` when memory is full.
    fn allocate_table(&mut self) -> Option<PhysAddr>;
}

/// Why a range could not be mapped. Pages before the offending one stay mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// An address or the length is no multiple of 4 KiB.
    Misaligned,
    /// The range leaves the half of the address space that it starts in.
    NotCanonical,
    /// This page is in use.
    AlreadyMapped(VirtAddr),
    /// No frame is left for a table.
    OutOfFrames,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misaligned => write!(f, "range is not page-aligned"),
            Self::NotCanonical => write!(f, "range is not canonical"),
            Self::AlreadyMapped(page) => write!(f, "page {page} is mapped already"),
            Self::OutOfFrames => write!(f, "no frame left for a page table"),
        }
    }
}

impl core::error::Error for MapError {}

/// What the CPU's paging can do beyond the basics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagingFeatures {
    /// Pages can be protected from execution (EFER.NXE is set).
    pub has_no_execute: bool,
    /// Pages of 1 GiB exist.
    pub has_1gib_pages: bool,
}

/// Where a virtual address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The physical address.
    pub address: PhysAddr,
    /// Size of the page it lies in, in bytes.
    pub page_bytes: u64,
    /// What the page may be used for.
    pub access: Access,
}

impl Translation {
    /// Where the first address of a page leads.
    const fn of_page(entry: u64, level: u32) -> Self {
        let page_bytes = entry_bytes(level);
        let address = PhysAddr(align_down(entry & bit::ADDRESS, page_bytes));
        Self { address, page_bytes, access: Access::from_bits(entry) }
    }
}

/// One four-level hierarchy of page tables.
#[derive(Clone, Copy, Debug)]
pub struct PageTables {
    root: PhysAddr,
    features: PagingFeatures,
}

/// Bytes that one entry of a table at `level` spans: level 1 holds 4 KiB pages, level 4 is the root.
const fn entry_bytes(level: u32) -> u64 {
    PAGE_BYTES << (9 * (level - 1))
}

const fn entry_index(address: VirtAddr, level: u32) -> usize {
    (address.0 / entry_bytes(level)) as usize % ENTRIES_PER_TABLE
}

impl PageTables {
    /// An empty hierarchy; `None` when there is no frame for its root.
    pub fn new(memory: &mut impl TableMemory, features: PagingFeatures) -> Option<Self> {
        Some(Self { root: memory.allocate_table()?, features })
    }

    /// The root table's address, for the CPU's CR3.
    pub const fn root(&self) -> PhysAddr {
        self.root
    }

    /// Maps `len_bytes` from `virt` on to the memory from `phys` on.
    ///
    /// # Errors
    /// See [`MapError`].
    pub fn map(
        &self,
        memory: &mut impl TableMemory,
        virt: VirtAddr,
        phys: PhysAddr,
        len_bytes: u64,
        access: Access,
    ) -> Result<(), MapError> {
        if !(virt.0 | phys.0 | len_bytes).is_multiple_of(PAGE_BYTES) {
            return Err(MapError::Misaligned);
        }
        let last = VirtAddr(virt.0.wrapping_add(len_bytes.saturating_sub(1)));
        if !virt.is_canonical() || !last.is_canonical() || last.0 >> 63 != virt.0 >> 63 {
            return Err(MapError::NotCanonical);
        }
        let mut done = 0;
        while done < len_bytes {
            let (page, target) = (VirtAddr(virt.0 + done), PhysAddr(phys.0 + done));
            let level = self.page_level(page, target, len_bytes - done);
            self.map_page(memory, page, target, level, access)?;
            done += entry_bytes(level);
        }
        Ok(())
    }

    /// Unmaps the page at `virt` and gives where it led; `None` when nothing is mapped there, or a
    /// page that begins elsewhere. The tables stay for whatever is mapped there next.
    pub fn unmap_page(&self, memory: &mut impl TableMemory, virt: VirtAddr) -> Option<Translation> {
        if !virt.is_canonical() {
            return None;
        }
        let mut table = self.root;
        for level in (1..=4).rev() {
            let index = entry_index(virt, level);
            let entry = memory.read_entry(table, index);
            if entry & bit::PRESENT == 0 {
                return None;
            }
            if level == 1 || entry & bit::LARGE != 0 {
                let page = Translation::of_page(entry, level);
                if !virt.0.is_multiple_of(page.page_bytes) {
                    return None;
                }
                memory.write_entry(table, index, 0);
                return Some(page);
            }
            table = PhysAddr(entry & bit::ADDRESS);
        }
        None
    }

    /// Where `address` leads; `None` when nothing is mapped there.
    pub fn translate(&self, memory: &impl TableMemory, address: VirtAddr) -> Option<Translation> {
        if !address.is_canonical() {
            return None;
        }
        let mut table = self.root;
        for level in (1..=4).rev() {
            let entry = memory.read_entry(table, entry_index(address, level));
            if entry & bit::PRESENT == 0 {
                return None;
            }
            if level == 1 || entry & bit::LARGE != 0 {
                let page = Translation::of_page(entry, level);
                let offset = address.0 % page.page_bytes;
                return Some(Translation { address: PhysAddr(page.address.0 + offset), ..page });
            }
            table = PhysAddr(entry & bit::ADDRESS);
        }
        None
    }

    /// The highest level whose pages fit at this place.
    fn page_level(&self, virt: VirtAddr, phys: PhysAddr, len_bytes: u64) -> u32 {
        let largest = if self.features.has_1gib_pages { 3 } else { 2 };
        (2..=largest)
            .rev()
            .find(|&level| {
                let bytes = entry_bytes(level);
                (virt.0 | phys.0).is_multiple_of(bytes) && len_bytes >= bytes
            })
            .unwrap_or(1)
    }

    fn map_page(
        &self,
        memory: &mut impl TableMemory,
        virt: VirtAddr,
        phys: PhysAddr,
        level: u32,
        access: Access,
    ) -> Result<(), MapError> {
        let mut table = self.root;
        for above in (level + 1..=4).rev() {
            let index = entry_index(virt, above);
            let entry = memory.read_entry(table, index);
            table = if entry & bit::PRESENT == 0 {
                let child = memory.allocate_table().ok_or(MapError::OutOfFrames)?;
                // Rights are narrowed by the last level alone.
                memory.write_entry(table, index, child.0 | bit::PRESENT | bit::WRITABLE);
                child
            } else if entry & bit::LARGE != 0 {
                return Err(MapError::AlreadyMapped(virt));
            } else {
                PhysAddr(entry & bit::ADDRESS)
            };
        }
        let index = entry_index(virt, level);
        if memory.read_entry(table, index) & bit::PRESENT != 0 {
            return Err(MapError::AlreadyMapped(virt));
        }
        let size = if level > 1 { bit::LARGE } else { 0 };
        let entry = phys.0 | size | access.to_bits(self.features.has_no_execute);
        memory.write_entry(table, index, entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
