//! Disks that lie, lose, shrink or hold something else.

use super::{delete, executor::block_on, format, key, noise, open, put};
use crate::{
    Damage, Effort, FormatOptions, OpenError, PAGE_BYTES, Place, Store, StoreError, bytes::checksum,
};
use alloc::{rc::Rc, string::ToString, vec, vec::Vec};
use proptest::prelude::*;
use system_platform::{BlockDevice, BlockError, FaultyDisk, MemoryDisk, pace};

const BLOCKS_PER_PAGE: u64 = 8;
const SEGMENT_PAGES: u64 = 8;

type Disk = Rc<FaultyDisk<MemoryDisk>>;

fn disk() -> Disk {
    let blocks = (16 + 16 * SEGMENT_PAGES) * BLOCKS_PER_PAGE;
    let disk = Rc::new(FaultyDisk::new(MemoryDisk::new(512, blocks)));
    format(Rc::<FaultyDisk<_>>::clone(&disk) as _);
    disk
}

/// A store with one record of 1,000 bytes a group: one page each, six in a segment.
fn filled(records: u64) -> Disk {
    let disk = disk();
    let store = open(&disk).unwrap();
    for id in 0..records {
        pace::run(store.commit(put(id, &noise(id, 1000)))).unwrap();
    }
    disk
}

/// The page of the device that holds a record.
fn page_of(disk: &Disk, id: u64) -> u64 {
    let store = open(disk).unwrap();
    let state = store.shared.state.borrow();
    let piece = *state.index.record(key(id)).unwrap().piece(0).unwrap();
    state.superblock.geometry.first_page(piece.segment)
        + u64::from(piece.offset) / PAGE_BYTES as u64
}

/// Which of so many records are as they were written. The others have to be said to be damaged, or
/// there is damage to places in which there may have been records.
fn readable(store: &Store<'_>, records: u64) -> Vec<u64> {
    let lost = |damage: &Damage| damage.place == Place::Records;
    let mut good = Vec::new();
    for id in 0..records {
        match pace::run(store.get(key(id))) {
            Ok(Some(payload)) => {
                assert_eq!(payload, noise(id, 1000));
                good.push(id);
            }
            Ok(None) => assert!(store.damages().iter().any(lost), "{id} is gone without a word"),
            Err(StoreError::Damaged(damage)) => {
                assert_eq!(damage.place, Place::Payload(key(id)));
                assert!(store.damages().contains(&damage));
            }
            Err(error) => panic!("{error}"),
        }
    }
    good
}

#[test]
fn a_flipped_bit_in_a_payload_costs_that_record_alone() {
    let disk = filled(20);
    let page = page_of(&disk, 7);
    disk.flip_bit(page * BLOCKS_PER_PAGE + 1, 77);
    let store = open(&disk).unwrap();
    assert_eq!(store.damages(), []);
    assert_eq!(readable(&store, 20), (0..20).filter(|id| *id != 7).collect::<Vec<_>>());
    let damage = store.damages()[0];
    // Behind the header and the table of the chunk.
    assert_eq!(damage.offset_bytes, page * PAGE_BYTES as u64 + 96);
    assert_eq!(
        damage.to_string(),
        std::format!("record 1/7 is damaged: 1000 bytes at {:#x}", damage.offset_bytes)
    );
    let mut seen = Vec::new();
    let visit = store.visit(0..=9, |key, payload| seen.push((key.id, payload.is_ok())));
    pace::run(visit).unwrap();
    assert_eq!(seen.len(), 20);
    assert!(seen.iter().all(|(id, is_good)| *is_good == (*id != 7)));

    // Compaction leaves it where it is, and goes on elsewhere; what replaces it is good.
    let mut steps = 0;
    while pace::run(store.compact_step(Effort::Space)).unwrap() {
        steps += 1;
        assert!(steps < 1000);
    }
    assert!(store.usage().damaged_bytes > 0);
    pace::run(store.commit(put(7, &noise(7, 1000)))).unwrap();
    assert_eq!(readable(&store, 20).len(), 20);
}

#[test]
fn an_unreadable_block_costs_the_records_in_it_alone() {
    let disk = filled(20);
    let page = page_of(&disk, 3);
    disk.make_unreadable(page * BLOCKS_PER_PAGE + 1);
    let store = open(&disk).unwrap();
    assert_eq!(readable(&store, 20).len(), 19);
}

#[test]
fn a_damaged_chunk_in_the_middle_is_reported_and_not_cut_off() {
    // Five groups in one segment, none of which has a directory yet.
    let disk = filled(5);
    let page = page_of(&disk, 2);
    disk.flip_bit(page * BLOCKS_PER_PAGE, 70);
    let store = open(&disk).unwrap();
    let damage = Damage {
        place: Place::Records,
        offset_bytes: page * PAGE_BYTES as u64,
        len_bytes: PAGE_BYTES as u64,
    };
    assert_eq!(store.damages(), [damage]);
    assert_eq!(readable(&store, 5), [0, 1, 3, 4]);
    pace::run(store.commit(put(9, b"goes on"))).unwrap();
    assert_eq!(open(&disk).unwrap().damages(), [damage]);
}

#[test]
fn a_damaged_end_is_cut_off_only_if_nothing_says_that_it_was_acknowledged() {
    for is_closed in [false, true] {
        let disk = filled(5);
        if is_closed {
            pace::run(open(&disk).unwrap().close()).unwrap();
        }
        let page = page_of(&disk, 4);
        disk.flip_bit(page * BLOCKS_PER_PAGE, 70);
        let store = open(&disk).unwrap();
        assert_eq!(store.damages().len(), usize::from(is_closed));
        assert_eq!(store.keys(0..=9).len(), 4);
        pace::run(store.commit(put(9, b"goes on"))).unwrap();
        let store = open(&disk).unwrap();
        assert_eq!(store.damages().len(), usize::from(is_closed));
        assert_eq!(pace::run(store.get(key(9))), Ok(Some(b"goes on".to_vec())));
    }
}

#[test]
fn damaged_headers_and_directories_cost_no_record() {
    let disk = filled(30);
    let first_segment = page_of(&disk, 0) - 1;
    let page_of_directory = first_segment + SEGMENT_PAGES - 1;
    disk.flip_bit(first_segment * BLOCKS_PER_PAGE, 70);
    disk.flip_bit((page_of_directory + 1) * BLOCKS_PER_PAGE - 1, 511 * 8);
    disk.flip_bit(8 * BLOCKS_PER_PAGE, 300);
    let store = open(&disk).unwrap();
    let places: Vec<Place> = store.damages().iter().map(|damage| damage.place).collect();
    assert_eq!(places, [Place::Superblock, Place::SegmentHeader, Place::Directory]);
    assert_eq!(readable(&store, 30).len(), 30);
}

#[test]
fn a_tombstone_outlives_damage_that_may_hide_an_older_version() {
    let disk = filled(20);
    let store = open(&disk).unwrap();
    pace::run(store.commit(delete(1))).unwrap();
    drop(store);
    // The first segment is lost for now: its header, its first chunk and its directory.
    let first_segment = page_of(&disk, 0) - 1;
    for page in [0, 1, SEGMENT_PAGES - 1] {
        disk.make_unreadable((first_segment + page) * BLOCKS_PER_PAGE);
        disk.make_unreadable((first_segment + page) * BLOCKS_PER_PAGE + 7);
    }
    let store = open(&disk).unwrap();
    assert!(store.usage().damaged_bytes > 0 && store.usage().tombstones == 1);
    let mut steps = 0;
    while pace::run(store.compact_step(Effort::Erase)).unwrap() {
        steps += 1;
        assert!(steps < 1000);
    }
    assert_eq!(store.usage().tombstones, 1);
    assert_eq!(pace::run(store.get(key(1))), Ok(None));
    drop(store);
    // It can be read again.
    let disk = Rc::into_inner(disk).expect("nobody else has it").into_inner();
    let store = open(&Rc::new(disk)).unwrap();
    assert_eq!(pace::run(store.get(key(1))), Ok(None));
    assert_eq!(readable_but(&store, 1), (2..20).chain([0]).collect());
}

fn readable_but(store: &Store<'_>, gone: u64) -> alloc::collections::BTreeSet<u64> {
    let good = |id: &u64| pace::run(store.get(key(*id))) == Ok(Some(noise(*id, 1000)));
    (0..20).filter(|id| *id != gone).filter(good).collect()
}

#[test]
fn disks_without_a_store_of_ours_have_errors_of_their_own() {
    let open_bytes = |bytes: Vec<u8>| open(&Rc::new(MemoryDisk::from_bytes(512, bytes))).err();
    assert_eq!(open_bytes(vec![0; 1 << 20]), Some(OpenError::Unformatted));
    assert_eq!(open_bytes(vec![7; 1 << 20]), Some(OpenError::Foreign));
    assert_eq!(open_bytes(Vec::new()), Some(OpenError::Unformatted));

    let disk = filled(3);
    let mut bytes = vec![0; disk.info().len_bytes() as usize];
    pace::run(disk.read(0, &mut bytes)).unwrap();
    let mut damaged = bytes.clone();
    damaged[30] ^= 1;
    damaged[8 * PAGE_BYTES + 30] ^= 1;
    assert_eq!(open_bytes(damaged), Some(OpenError::NoSuperblock));

    let mut newer = bytes.clone();
    newer[8] = 2;
    let crc = checksum(&newer[..48]);
    newer[48..52].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(open_bytes(newer.clone()), Some(OpenError::Newer { version: 2 }));
    let newer: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::from_bytes(512, newer));
    let store = pace::run(Store::open_read_only(newer)).unwrap();
    assert_eq!(readable(&store, 3).len(), 3);

    let write_protected = Rc::new(MemoryDisk::from_bytes(512, bytes).read_only());
    assert_eq!(open(&write_protected).err(), Some(OpenError::Device(BlockError::ReadOnly)));
    let odd: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::new(8192, 100));
    let options = FormatOptions { store: 1, segment_bytes: None };
    assert_eq!(
        pace::run(Store::format(odd, options)),
        Err(OpenError::BlockSize { block_bytes: 8192 })
    );
    let small: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::new(512, 100));
    assert_eq!(
        pace::run(Store::format(small, options)).unwrap_err().to_string(),
        "a store takes 327680 bytes, but the disk has 51200"
    );
    disk.make_unreadable(0);
    assert_eq!(readable(&open(&disk).unwrap(), 3).len(), 3);
    disk.make_unreadable(8 * BLOCKS_PER_PAGE);
    disk.make_unreadable(8 * BLOCKS_PER_PAGE + 1);
    assert_eq!(open(&disk).err(), Some(OpenError::NoSuperblock));
    disk.set_gone(true);
    assert_eq!(open(&disk).err(), Some(OpenError::Device(BlockError::Gone)));
}

#[test]
fn a_disk_that_got_smaller_is_read_as_far_as_it_is_there() {
    let disk = filled(20);
    let mut bytes = vec![0; disk.info().len_bytes() as usize];
    pace::run(disk.read(0, &mut bytes)).unwrap();
    // Records are in the first four segments.
    let (needed, found) = (bytes.len() as u64, (16 + 2 * 8) * PAGE_BYTES);
    bytes.truncate(found);
    let disk = Rc::new(MemoryDisk::from_bytes(512, bytes));
    let shrunk = OpenError::Shrunk { needed_bytes: needed, found_bytes: found as u64 };
    assert_eq!(open(&disk).err(), Some(shrunk));
    let store =
        pace::run(Store::open_read_only(Rc::<MemoryDisk>::clone(&disk) as Rc<dyn BlockDevice>))
            .unwrap();
    assert_eq!(readable(&store, 20).len(), 12);
    assert_eq!(block_on(store.commit(put(1, b""))), Err(StoreError::ReadOnly));
    assert_eq!(block_on(store.compact_step(Effort::Space)), Err(StoreError::ReadOnly));
}

#[test]
fn opening_for_reading_writes_nothing() {
    let disk = filled(10);
    disk.fail_after(0);
    let device = Rc::<FaultyDisk<_>>::clone(&disk) as Rc<dyn BlockDevice>;
    let store = pace::run(Store::open_read_only(device)).unwrap();
    assert_eq!(readable(&store, 10).len(), 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flipped_bits_anywhere_never_panic_and_never_pass_for_records(
        flips in proptest::collection::vec((0_u64..(16 + 16 * 8) * 8, 0_usize..4096), 1..6),
        is_closed in any::<bool>(),
    ) {
        let disk = filled(25);
        if is_closed {
            pace::run(open(&disk).unwrap().close()).unwrap();
        }
        for (block, bit) in flips {
            disk.flip_bit(block, bit);
        }
        let Ok(store) = open(&disk) else { return Ok(()) };
        for id in 0..25 {
            match pace::run(store.get(key(id))) {
                Ok(Some(payload)) => prop_assert_eq!(payload, noise(id, 1000)),
                Ok(None) | Err(StoreError::Damaged(_)) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
        prop_assert!(store.keys(0..=u16::MAX).iter().all(|key| key.kind == 1 && key.id < 25));
        for _ in 0..50 {
            prop_assert!(pace::run(store.compact_step(Effort::Space)).is_ok());
        }
        pace::run(store.commit(put(30, b"new"))).unwrap();
        let again = open(&disk).unwrap();
        prop_assert_eq!(pace::run(again.get(key(30))), Ok(Some(b"new".to_vec())));
    }
}
