//! Page tables in a plain map instead of memory, compared with a flat list of pages.

use super::*;
use proptest::prelude::*;
use std::{collections::BTreeMap, vec::Vec};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const HIGH: u64 = 0xffff_8000_0000_0000;
const ALL: PagingFeatures = PagingFeatures { has_no_execute: true, has_1gib_pages: true };

/// Tables in a map; a table that was never allocated must not be touched.
#[derive(Default)]
struct FakeMemory {
    tables: BTreeMap<u64, Vec<u64>>,
    limit: Option<usize>,
}

impl TableMemory for FakeMemory {
    fn read_entry(&self, table: PhysAddr, index: usize) -> u64 {
        self.tables[&table.0][index]
    }

    fn write_entry(&mut self, table: PhysAddr, index: usize, entry: u64) {
        self.tables.get_mut(&table.0).expect("a table that was allocated")[index] = entry;
    }

    fn allocate_table(&mut self) -> Option<PhysAddr> {
        if self.limit == Some(self.tables.len()) {
            return None;
        }
        let address = (self.tables.len() as u64 + 1) * PAGE_BYTES;
        self.tables.insert(address, std::vec![0; ENTRIES_PER_TABLE]);
        Some(PhysAddr(address))
    }
}

fn empty(features: PagingFeatures) -> (FakeMemory, PageTables) {
    let mut memory = FakeMemory::default();
    let tables = PageTables::new(&mut memory, features).expect("no limit");
    (memory, tables)
}

#[test]
fn uses_the_largest_pages_that_fit() {
    let (mut memory, tables) = empty(ALL);
    let start = GIB - 2 * MIB - PAGE_BYTES;
    let map = tables.map(
        &mut memory,
        VirtAddr(HIGH + start),
        PhysAddr(start),
        GIB + 2 * MIB + PAGE_BYTES,
        Access::READ_WRITE,
    );
    assert_eq!(map, Ok(()));
    for (offset, page_bytes) in [(0, PAGE_BYTES), (PAGE_BYTES, 2 * MIB), (3 * MIB, GIB)] {
        let found = tables.translate(&memory, VirtAddr(HIGH + start + offset)).expect("mapped");
        assert_eq!(found.page_bytes, page_bytes);
        assert_eq!(found.address, PhysAddr(start + offset));
    }
    // Root, one level-3 table, one level-2 table, one level-1 table.
    assert_eq!(memory.tables.len(), 4);
}

#[test]
fn does_without_1gib_pages_where_the_cpu_has_none() {
    let (mut memory, tables) = empty(PagingFeatures { has_1gib_pages: false, ..ALL });
    tables.map(&mut memory, VirtAddr(HIGH), PhysAddr(0), GIB, Access::READ).expect("free range");
    let found = tables.translate(&memory, VirtAddr(HIGH + GIB - 1)).expect("mapped");
    assert_eq!(found.page_bytes, 2 * MIB);
}

#[test]
fn sets_no_execute_on_everything_but_code() {
    for access in [
        Access::READ,
        Access::READ_WRITE,
        Access::device(Caching::Uncached),
        Access::device(Caching::WriteCombining),
    ] {
        assert_ne!(access.to_bits(true) & bit::NO_EXECUTE, 0);
        assert_eq!(Access::from_bits(access.to_bits(true)), access);
    }
    let code = Access::READ_EXECUTE.to_bits(true);
    assert_eq!(code & (bit::NO_EXECUTE | bit::WRITABLE), 0);
    // The bit is reserved, and faults, on a CPU without the feature.
    assert_eq!(Access::READ.to_bits(false) & bit::NO_EXECUTE, 0);
}

#[test]
fn refuses_ranges_that_make_no_sense() {
    let (mut memory, tables) = empty(ALL);
    let mut map = |virt, phys, len| {
        tables.map(&mut memory, VirtAddr(virt), PhysAddr(phys), len, Access::READ)
    };
    assert_eq!(map(HIGH + 1, 0, PAGE_BYTES), Err(MapError::Misaligned));
    assert_eq!(map(HIGH, 1, PAGE_BYTES), Err(MapError::Misaligned));
    assert_eq!(map(HIGH, 0, 1), Err(MapError::Misaligned));
    assert_eq!(map(1 << 47, 0, PAGE_BYTES), Err(MapError::NotCanonical));
    assert_eq!(map((1 << 47) - PAGE_BYTES, 0, 2 * PAGE_BYTES), Err(MapError::NotCanonical));
    assert_eq!(map(u64::MAX - 4095, 0, 2 * PAGE_BYTES), Err(MapError::NotCanonical));
    assert_eq!(map(u64::MAX - 4095, 0, PAGE_BYTES), Ok(()));
}

#[test]
fn says_which_page_is_taken_even_inside_a_large_one() {
    let (mut memory, tables) = empty(ALL);
    tables
        .map(&mut memory, VirtAddr(HIGH), PhysAddr(0), 2 * MIB, Access::READ_WRITE)
        .expect("free range");
    let inside = VirtAddr(HIGH + MIB);
    assert_eq!(
        tables.map(&mut memory, inside, PhysAddr(0), PAGE_BYTES, Access::READ),
        Err(MapError::AlreadyMapped(inside))
    );
}

#[test]
fn unmaps_whole_pages_and_keeps_their_tables() {
    let (mut memory, tables) = empty(ALL);
    let len = 2 * MIB + PAGE_BYTES;
    let map = |memory: &mut FakeMemory, phys| {
        tables.map(memory, VirtAddr(HIGH), PhysAddr(phys), len, Access::READ_WRITE)
    };
    map(&mut memory, 2 * MIB).expect("free range");
    let count = memory.tables.len();
    assert_eq!(tables.unmap_page(&mut memory, VirtAddr(HIGH + PAGE_BYTES)), None, "within a page");
    let large = tables.unmap_page(&mut memory, VirtAddr(HIGH)).expect("mapped");
    assert_eq!((large.address, large.page_bytes), (PhysAddr(2 * MIB), 2 * MIB));
    let small = tables.unmap_page(&mut memory, VirtAddr(HIGH + 2 * MIB)).expect("mapped");
    assert_eq!((small.address, small.page_bytes), (PhysAddr(4 * MIB), PAGE_BYTES));
    for at in [HIGH, HIGH + 2 * MIB] {
        assert_eq!(tables.translate(&memory, VirtAddr(at)), None);
        assert_eq!(tables.unmap_page(&mut memory, VirtAddr(at)), None);
    }
    assert_eq!(tables.unmap_page(&mut memory, VirtAddr(1 << 47)), None);
    map(&mut memory, 8 * MIB).expect("free again");
    assert_eq!(memory.tables.len(), count);
}

#[test]
fn reports_that_no_table_is_left() {
    let (mut memory, tables) = empty(ALL);
    memory.limit = Some(3);
    assert_eq!(
        tables.map(&mut memory, VirtAddr(HIGH), PhysAddr(0), PAGE_BYTES, Access::READ),
        Err(MapError::OutOfFrames)
    );
}

#[test]
fn finds_nothing_at_addresses_that_cannot_exist() {
    let (memory, tables) = empty(ALL);
    assert_eq!(tables.translate(&memory, VirtAddr(1 << 47)), None);
    assert_eq!(tables.translate(&memory, VirtAddr(HIGH)), None);
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![
        Just(Access::READ),
        Just(Access::READ_WRITE),
        Just(Access::READ_EXECUTE),
        Just(Access::device(Caching::Uncached)),
        Just(Access::device(Caching::WriteCombining)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Ranges within 8 MiB, with and without alignment to 2 MiB: the model is a flat map from page
    /// number to frame number.
    #[test]
    fn translates_like_a_flat_map_of_pages(
        ranges in prop::collection::vec(
            (0_u64..2048, 0_u64..2048, 1_u64..1500, any::<bool>(), access()),
            1..8,
        ),
        has_1gib_pages in any::<bool>(),
    ) {
        let (mut memory, tables) = empty(PagingFeatures { has_1gib_pages, ..ALL });
        let mut model: BTreeMap<u64, (u64, Access)> = BTreeMap::new();
        for (page, frame, pages, is_aligned, access) in ranges {
            let (page, frame) = if is_aligned { (page & !511, frame & !511) } else { (page, frame) };
            let free = (page..page + pages).take_while(|page| !model.contains_key(page)).count();
            let result = tables.map(
                &mut memory,
                VirtAddr(HIGH + page * PAGE_BYTES),
                PhysAddr(frame * PAGE_BYTES),
                pages * PAGE_BYTES,
                access,
            );
            let mapped = match result {
                Ok(()) => {
                    prop_assert_eq!(free as u64, pages);
                    pages
                }
                // A large page that does not fit is refused as a whole.
                Err(MapError::AlreadyMapped(at)) => {
                    let refused = (at.0 - HIGH) / PAGE_BYTES;
                    prop_assert!(refused <= page + free as u64);
                    refused - page
                }
                Err(other) => return Err(TestCaseError::fail(std::format!("{other}"))),
            };
            model.extend((0..mapped).map(|i| (page + i, (frame + i, access))));
        }
        for page in 0..4096 {
            let found = tables.translate(&memory, VirtAddr(HIGH + page * PAGE_BYTES + 5));
            let expected = model.get(&page).copied();
            prop_assert_eq!(
                found.map(|found| (found.address.0, found.access)),
                expected.map(|(frame, access)| (frame * PAGE_BYTES + 5, access))
            );
        }
    }
}

#[test]
fn visits_every_page_once_and_finds_the_first_that_is_wanted() {
    let (mut memory, tables) = empty(ALL);
    let code = VirtAddr(HIGH + 5 * GIB);
    for (virt, len_bytes, access) in [
        (VirtAddr(3 * PAGE_BYTES), 2 * PAGE_BYTES, Access::READ_WRITE),
        (VirtAddr(HIGH), GIB + 2 * MIB, Access::READ),
        (code, PAGE_BYTES, Access::READ_EXECUTE),
    ] {
        tables.map(&mut memory, virt, PhysAddr(4 * GIB), len_bytes, access).expect("mapped");
    }
    let mut visited = Vec::new();
    let none = tables.find_page(&memory, |page, translation| {
        assert_eq!(tables.translate(&memory, page), Some(translation));
        visited.push((page, translation.page_bytes));
        false
    });
    assert_eq!(none, None);
    let expected = [
        (VirtAddr(3 * PAGE_BYTES), PAGE_BYTES),
        (VirtAddr(4 * PAGE_BYTES), PAGE_BYTES),
        (VirtAddr(HIGH), GIB),
        (VirtAddr(HIGH + GIB), 2 * MIB),
        (code, PAGE_BYTES),
    ];
    assert_eq!(visited, expected);
    let executable = tables.find_page(&memory, |_, translation| translation.access.is_executable);
    assert_eq!(executable, Some(code));
}
