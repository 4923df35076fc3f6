//! Looking at every page of a hierarchy.

use super::{
    Access, ENTRIES_PER_TABLE, PageTables, PhysAddr, TableMemory, Translation, VirtAddr,
    align_down, bit, entry_bytes,
};

impl PageTables {
    /// The first page, from address 0 upwards, that `is_wanted` accepts. It is called with every
    /// mapped page up to there, of whatever size.
    pub fn find_page(
        &self,
        memory: &impl TableMemory,
        mut is_wanted: impl FnMut(VirtAddr, Translation) -> bool,
    ) -> Option<VirtAddr> {
        find_in_table(memory, self.root, 4, VirtAddr(0), &mut is_wanted)
    }
}

/// Searches a table at `level` whose first entry is for the address `start`.
fn find_in_table(
    memory: &impl TableMemory,
    table: PhysAddr,
    level: u32,
    start: VirtAddr,
    is_wanted: &mut impl FnMut(VirtAddr, Translation) -> bool,
) -> Option<VirtAddr> {
    (0..ENTRIES_PER_TABLE).find_map(|index| {
        let entry = memory.read_entry(table, index);
        if entry & bit::PRESENT == 0 {
            return None;
        }
        let page_bytes = entry_bytes(level);
        let virt = canonical(start.0 + index as u64 * page_bytes);
        let phys = PhysAddr(entry & bit::ADDRESS);
        if level > 1 && entry & bit::LARGE == 0 {
            return find_in_table(memory, phys, level - 1, virt, is_wanted);
        }
        // A large page's entry has an attribute where a small page's has its lowest address bit.
        let phys = PhysAddr(align_down(phys.0, page_bytes));
        let access = Access::from_bits(entry);
        is_wanted(virt, Translation { address: phys, page_bytes, access }).then_some(virt)
    })
}

/// Fills the upper bits of an address with copies of bit 47.
const fn canonical(address: u64) -> VirtAddr {
    VirtAddr(((address << 16) as i64 >> 16) as u64)
}
