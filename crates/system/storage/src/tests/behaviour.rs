//! What a store does on a disk that does nothing wrong.

use super::{Records, delete, executor::block_on, format, key, noise, open, put};
use crate::{Batch, Effort, FormatOptions, Key, MAX_RECORD_BYTES, OpenError, Store, StoreError};
use alloc::{collections::BTreeMap, rc::Rc, vec, vec::Vec};
use proptest::prelude::*;
use system_platform::{BlockDevice, FaultyDisk, MemoryDisk, Partition, PowerCutDisk, pace};

fn disk(segments: u64) -> Rc<FaultyDisk<MemoryDisk>> {
    let disk = Rc::new(FaultyDisk::new(MemoryDisk::new(512, (16 + segments * 8) * 8)));
    format(Rc::<FaultyDisk<MemoryDisk>>::clone(&disk));
    disk
}

fn commit(store: &Store<'_>, batch: Batch) -> Result<(), StoreError> {
    pace::run(store.commit(batch))
}

/// Compacts until there is nothing left to do.
fn compact(store: &Store<'_>, effort: Effort) {
    let mut steps = 0;
    while pace::run(store.compact_step(effort)).unwrap() {
        steps += 1;
        assert!(steps < 10_000, "it comes to an end");
    }
}

#[test]
fn keeps_the_last_version_of_each_record_over_openings() {
    let disk = disk(16);
    for round in 0..3 {
        let store = open(&disk).unwrap();
        let mut batch = Batch::new();
        batch.put(key(1), vec![round; 10]).put(key(round.into()), noise(9, 5000));
        batch.put(Key::new(7, 1), Vec::new()).delete(key(99));
        commit(&store, batch).unwrap();
    }
    let store = open(&disk).unwrap();
    assert_eq!(store.keys(0..=u16::MAX), [key(0), key(1), key(2), Key::new(7, 1)]);
    assert_eq!(store.keys(2..=9), [Key::new(7, 1)]);
    assert_eq!(pace::run(store.get(key(1))), Ok(Some(vec![2; 10])));
    assert_eq!(pace::run(store.get(key(2))), Ok(Some(noise(9, 5000))));
    assert_eq!(pace::run(store.get(Key::new(7, 1))), Ok(Some(Vec::new())));
    assert_eq!(pace::run(store.get(key(5))), Ok(None));
    assert_eq!((store.len_bytes(key(2)), store.len_bytes(key(5))), (Some(5000), None));
    commit(&store, delete(2)).unwrap();
    assert_eq!((pace::run(store.get(key(2))), store.last_id(1)), (Ok(None), Some(2)));
    assert_eq!(open(&disk).unwrap().keys(1..=1), [key(0), key(1)]);
    assert_eq!(store.damages(), []);
}

#[test]
fn of_several_changes_of_a_key_in_a_batch_the_last_holds() {
    let disk = disk(16);
    let store = open(&disk).unwrap();
    let mut batch = Batch::new();
    batch.put(key(1), vec![1]).delete(key(1)).put(key(1), vec![3]);
    batch.put(key(2), vec![1]).delete(key(2));
    assert_eq!((batch.payload_bytes(), batch.is_empty()), (3, false));
    commit(&store, batch).unwrap();
    assert_eq!(store.keys(0..=9), [key(1)]);
    assert_eq!(pace::run(store.get(key(1))), Ok(Some(vec![3])));
    assert_eq!(store.usage().tombstones, 0);
    let flushes = disk.flushes();
    commit(&store, Batch::new()).unwrap();
    commit(&store, delete(77)).unwrap();
    assert_eq!(disk.flushes(), flushes, "there was nothing to write");
}

#[test]
fn a_record_of_64_mebibytes_is_kept_and_moved_by_compaction() {
    let bytes = 160 << 20;
    let disk: Rc<MemoryDisk> = Rc::new(MemoryDisk::new(4096, bytes / 4096));
    let options = FormatOptions { store: 1, segment_bytes: None };
    pace::run(Store::format(Rc::<MemoryDisk>::clone(&disk) as _, options)).unwrap();
    let store = open(&disk).unwrap();
    let large = noise(5, 64 << 20);
    // A neighbour in the first and in the last segment, so that deleting them makes both worth it.
    let mut batch = Batch::new();
    batch.put(key(1), noise(1, 900_000)).put(key(2), large.clone()).put(key(3), noise(3, 900_000));
    block_on(store.commit(batch)).unwrap();
    let mut batch = Batch::new();
    batch.delete(key(1)).delete(key(3));
    commit(&store, batch).unwrap();
    compact(&store, Effort::Erase);
    drop(store);
    let store = open(&disk).unwrap();
    assert!(pace::run(store.get(key(2))) == Ok(Some(large)));
    assert_eq!(store.damages(), []);
    let too_large = vec![0; MAX_RECORD_BYTES + 1];
    let len_bytes = too_large.len();
    assert_eq!(
        commit(&store, put(4, &too_large)),
        Err(StoreError::TooLarge { key: key(4), len_bytes })
    );
}

#[test]
fn a_full_store_says_so_loses_nothing_and_takes_records_again_after_deletions() {
    let disk = disk(12);
    let store = open(&disk).unwrap();
    let mut model = Records::new();
    let error = loop {
        let id = model.len() as u64;
        match commit(&store, put(id, &noise(id, 3000))) {
            Ok(()) => drop(model.insert(key(id), noise(id, 3000))),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { needed_bytes: 3000, .. }), "{error}");
    assert!(model.len() > 40, "of {} kB", 12 * 28);
    let reopened = open(&disk).unwrap();
    for (key, payload) in &model {
        assert_eq!(pace::run(reopened.get(*key)).unwrap().as_ref(), Some(payload));
    }
    for id in 0..20 {
        commit(&reopened, delete(id)).unwrap();
    }
    for id in 0..15 {
        commit(&reopened, put(id, &noise(id, 3000))).unwrap();
    }
}

#[test]
fn replacing_a_record_for_ever_never_fills_the_store() {
    let disk = disk(9);
    let store = open(&disk).unwrap();
    for round in 0..2000 {
        commit(&store, put(round % 3, &noise(round, 2000))).unwrap();
    }
    let usage = store.usage();
    assert_eq!(usage.records, 3);
    assert_eq!(pace::run(store.get(key(1))), Ok(Some(noise(1999, 2000))));
}

#[test]
fn compaction_leaves_nothing_of_what_was_deleted_on_the_device() {
    let disk = Rc::new(PowerCutDisk::new(512, (16 + 16 * 8) * 8, 1));
    format(Rc::<PowerCutDisk>::clone(&disk));
    let store = open(&disk).unwrap();
    let secret = |id: u64| noise(id + 1000, 32);
    for id in 0..40 {
        let mut payload = secret(id);
        payload.extend(noise(id, (id as usize * 331) % 5000));
        commit(&store, put(id, &payload)).unwrap();
    }
    assert!((0..40).all(|id| disk.holds(&secret(id))));
    for id in (0..40).filter(|id| id % 3 == 0) {
        commit(&store, delete(id)).unwrap();
    }
    commit(&store, put(1, b"another")).unwrap();
    compact(&store, Effort::Erase);
    pace::run(store.close()).unwrap();
    for id in 0..40 {
        let is_gone = id % 3 == 0 || id == 1;
        assert_eq!(disk.holds(&secret(id)), !is_gone, "{id}");
    }
    // Nothing of the deleted ones is left that tombstones would have to hide.
    assert_eq!((store.usage().tombstones, store.usage().erasing_bytes), (0, 0));
    let records = store.usage().records;
    drop(store);
    assert_eq!(open(&disk).unwrap().usage().records, records);
}

#[test]
fn the_log_has_an_end_that_is_known_when_its_last_segment_is_erased() {
    let disk = disk(16);
    let store = open(&disk).unwrap();
    // Six pages fill a segment; what is deleted stands in the next one.
    for id in 0..7 {
        commit(&store, put(id, &noise(id, 1000))).unwrap();
    }
    commit(&store, delete(6)).unwrap();
    pace::run(store.close()).unwrap();
    compact(&store, Effort::Erase);
    assert_eq!(store.usage().tombstones, 0);
    let store = open(&disk).unwrap();
    assert_eq!((store.damages(), store.usage().damaged_bytes), (Vec::new(), 0));
    assert_eq!(store.keys(0..=9).len(), 6);
    commit(&store, put(8, b"goes on")).unwrap();
    assert_eq!(open(&disk).unwrap().usage().records, 7);
}

#[test]
fn what_was_on_the_device_before_is_erased_before_it_is_written_to() {
    let old = noise(1, 48);
    let disk = Rc::new(PowerCutDisk::new(512, (16 + 16 * 8) * 8, 1));
    for block in 0..disk.info().blocks {
        let mut bytes = [0; 512];
        bytes[100..148].copy_from_slice(&old);
        pace::run(disk.write(block, &bytes)).unwrap();
    }
    assert_eq!(open(&disk).err(), Some(OpenError::Foreign));
    format(Rc::<PowerCutDisk>::clone(&disk));
    let store = open(&disk).unwrap();
    commit(&store, put(1, b"new")).unwrap();
    assert!(disk.holds(&old));
    compact(&store, Effort::Space);
    pace::run(store.close()).unwrap();
    // What is left stands before the first segment, around the superblocks.
    let mut head = vec![0; 16 * 4096];
    let mut rest = vec![0; 16 * 8 * 4096];
    pace::run(disk.read(0, &mut head)).unwrap();
    pace::run(disk.read(16 * 8, &mut rest)).unwrap();
    let holds = |bytes: &[u8]| bytes.windows(48).any(|window| window == old);
    assert!(!holds(&rest));
    assert_eq!(pace::run(open(&disk).unwrap().get(key(1))), Ok(Some(b"new".to_vec())));
}

#[test]
fn opening_reads_tables_and_not_what_records_hold() {
    let bytes = 64 << 20;
    let disk = Rc::new(FaultyDisk::new(MemoryDisk::new(512, bytes / 512)));
    let options = FormatOptions { store: 1, segment_bytes: None };
    pace::run(Store::format(Rc::<FaultyDisk<_>>::clone(&disk) as _, options)).unwrap();
    let store = open(&disk).unwrap();
    for group in 0..20 {
        let mut batch = Batch::new();
        for id in 0..400 {
            batch.put(key(group * 400 + id), noise(id, 4000));
        }
        block_on(store.commit(batch)).unwrap();
    }
    // The last group is read in whole.
    commit(&store, put(1, b"the last")).unwrap();
    drop(store);
    let before = disk.read_blocks();
    let store = open(&disk).unwrap();
    let read_bytes = (disk.read_blocks() - before) * 512;
    assert_eq!(store.usage().records, 8000);
    let held = store.usage().live_bytes;
    assert!(read_bytes * 10 < held, "{read_bytes} bytes read of {held}");
}

#[test]
fn a_visitor_sees_every_record_of_its_kinds_once_and_few_reads_are_made() {
    let disk = disk(64);
    let store = open(&disk).unwrap();
    let mut model = Records::new();
    for id in 0..300 {
        let (key, payload) = (Key::new((id % 3) as u16, id), noise(id, (id as usize * 37) % 900));
        let mut batch = Batch::new();
        batch.put(key, payload.clone());
        if id == 100 {
            batch.put(Key::new(1, 1000), noise(1, 20_000));
            model.insert(Key::new(1, 1000), noise(1, 20_000));
        }
        commit(&store, batch).unwrap();
        model.insert(key, payload);
    }
    compact(&store, Effort::Space);
    model.retain(|key, _| key.kind > 0);
    let before = disk.read_blocks();
    let mut seen = Records::new();
    let visit = store.visit(1..=2, |key, payload| {
        assert!(seen.insert(key, payload.unwrap().to_vec()).is_none(), "{key:?} twice");
    });
    pace::run(visit).unwrap();
    assert!(seen == model);
    let read_bytes = (disk.read_blocks() - before) * 512;
    let held = store.usage().live_bytes;
    assert!(read_bytes < held * 3, "{read_bytes} bytes read of {held}");
}

#[test]
fn a_store_in_a_partition_leaves_its_neighbours_alone() {
    let disk = Rc::new(MemoryDisk::from_bytes(512, vec![0xaa; 4 << 20]));
    {
        let device = Rc::<MemoryDisk>::clone(&disk);
        let part = Rc::new(Partition::new(device, 100, 4900).unwrap());
        let options = FormatOptions { store: 3, segment_bytes: None };
        pace::run(Store::format(Rc::<Partition>::clone(&part) as _, options)).unwrap();
        let store = open(&part).unwrap();
        for id in 0..100 {
            commit(&store, put(id % 10, &noise(id, 9000))).unwrap();
        }
        compact(&store, Effort::Erase);
        assert_eq!(open(&part).unwrap().usage().records, 10);
    }
    let bytes = Rc::into_inner(disk).expect("nobody else has it").into_bytes();
    assert!(bytes[..100 * 512].iter().chain(&bytes[5000 * 512..]).all(|byte| *byte == 0xaa));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_store_is_a_map_whatever_is_done_to_it(
        operations in proptest::collection::vec((0_u8..8, 0_u64..20, 0_usize..9000), 1..80),
        large in any::<bool>(),
    ) {
        let disk = disk(if large { 40 } else { 12 });
        let mut store = open(&disk).unwrap();
        let mut model: BTreeMap<Key, Vec<u8>> = BTreeMap::new();
        for (number, (operation, id, len)) in operations.into_iter().enumerate() {
            match operation {
                0..4 => {
                    let payload = noise(number as u64, len);
                    match commit(&store, put(id, &payload)) {
                        Ok(()) => drop(model.insert(key(id), payload)),
                        Err(error) => {
                            let is_full = matches!(error, StoreError::Full { .. });
                            prop_assert!(is_full && !large, "{}", error);
                        }
                    }
                }
                4 | 5 => {
                    commit(&store, delete(id)).unwrap();
                    model.remove(&key(id));
                }
                6 => {
                    let effort = if len % 2 == 0 { Effort::Space } else { Effort::Erase };
                    let outcome = pace::run(store.compact_step(effort));
                    let is_fine = matches!(outcome, Ok(_) | Err(StoreError::Full { .. }));
                    prop_assert!(is_fine, "{:?}", outcome);
                }
                _ => store = open(&disk).unwrap(),
            }
            prop_assert_eq!(store.keys(0..=9), model.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(&pace::run(store.get(key(id))).unwrap(), &model.get(&key(id)).cloned());
        }
    }
}
