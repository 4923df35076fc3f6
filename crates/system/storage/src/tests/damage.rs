//! Damage other than by power cuts.

use super::{contents, disk, formatted, open, put};
use crate::{Damage, Log, OpenError, PAGE_BYTES, StoreError};
use alloc::{rc::Rc, vec, vec::Vec};
use proptest::prelude::*;
use system_platform::{BlockDevice, MemoryDisk, pace};

fn read_page(disk: &MemoryDisk, page: u64) -> Vec<u8> {
    let mut bytes = vec![0; PAGE_BYTES];
    pace::run(disk.read(page * 8, &mut bytes)).unwrap();
    bytes
}

fn write_page(disk: &MemoryDisk, page: u64, bytes: &[u8]) {
    pace::run(disk.write(page * 8, bytes)).unwrap();
}

fn flip(disk: &MemoryDisk, page: u64, byte: usize) {
    let mut bytes = read_page(disk, page);
    bytes[byte] ^= 0x10;
    write_page(disk, page, &bytes);
}

#[test]
fn what_is_no_store_is_told_from_what_is_damaged() {
    let (disk, log) = formatted(200);
    drop(log);
    let kind = |disk: &Rc<MemoryDisk>| pace::run(Log::open(disk.clone())).map(|_| ()).unwrap_err();
    assert_eq!(kind(&super::disk(200)), OpenError::NotAStore);
    let small = super::disk(60);
    let error = pace::run(Log::format(small, 1)).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::TooSmall { .. }), "{error}");
    // The version stands behind the magic number.
    let page = read_page(&disk, 0);
    let mut newer = page.clone();
    newer[8] = 9;
    write_page(&disk, 0, &newer);
    assert_eq!(kind(&disk), OpenError::Newer { version: 9 });
    write_page(&disk, 0, &page);
    flip(&disk, 0, 30);
    assert_eq!(kind(&disk), OpenError::NoSuperblock);
    write_page(&disk, 0, &page);
    let bytes = (0..100).flat_map(|page| read_page(&disk, page)).collect();
    let shrunk = Rc::new(MemoryDisk::from_bytes(512, bytes));
    assert!(matches!(kind(&shrunk), OpenError::Shrunk { found: 409_600, .. }));
}

#[test]
fn one_damaged_superblock_is_reported_and_the_other_holds() {
    let (disk, mut log) = formatted(200);
    put(&mut log, 1, b"one");
    // Enough for segments to be let go, so that both superblocks are written.
    for round in 0..120 {
        put(&mut log, 2, &[round; 5000]);
    }
    drop(log);
    for page in 0..2 {
        let before = read_page(&disk, page);
        flip(&disk, page, 24);
        let (log, opened) = pace::run(Log::open_read_only(disk.clone())).unwrap();
        assert_eq!(opened.damage[0], Damage::Superblock);
        assert_eq!(contents(&log)[&1].1, b"one");
        write_page(&disk, page, &before);
    }
}

#[test]
fn of_a_damaged_batch_the_whole_records_are_there_and_the_damage_is_named() {
    let (disk, mut log) = formatted(200);
    put(&mut log, 1, b"one");
    let page = log.head;
    log.put(2, 1, vec![2; 3000]).unwrap();
    log.put(3, 1, vec![3; 3000]).unwrap();
    log.put(4, 1, vec![4; 3000]).unwrap();
    pace::run(log.commit()).unwrap();
    put(&mut log, 5, b"five");
    let (on_device, _) = log.locate(page).unwrap();
    drop(log);
    // In the payload of record 3.
    flip(&disk, on_device + 1, 400);
    let (mut log, opened) = pace::run(Log::open(disk.clone())).unwrap();
    assert_eq!(opened.damage, [Damage::Group { page }]);
    assert!(!opened.is_tail_cut);
    let ids: Vec<u64> = log.ids(1).collect();
    assert_eq!(ids, [1, 2, 4, 5]);
    assert_eq!(contents(&log)[&4].1, vec![4; 3000]);
    // It can be written to on.
    put(&mut log, 3, b"three");
    assert_eq!(contents(&open(disk))[&3].1, b"three");
}

#[test]
fn a_record_that_goes_bad_while_the_store_is_open_is_an_error_of_its_own() {
    let (disk, mut log) = formatted(200);
    put(&mut log, 1, &[1; 3000]);
    put(&mut log, 2, &[2; 3000]);
    let (page, _) = log.locate(log.data_pages()).unwrap();
    flip(&disk, page, 1000);
    assert_eq!(pace::run(log.get(1)), Err(StoreError::Damaged { id: 1 }));
    assert_eq!(pace::run(log.get(2)).unwrap().unwrap().payload, [2; 3000]);
    assert_eq!(pace::run(log.get(3)), Ok(None));
}

#[test]
fn a_lost_segment_is_named_and_the_others_are_read() {
    let (disk, mut log) = formatted(200);
    for id in 1..=30 {
        put(&mut log, id, &[id as u8; 5000]);
    }
    let (second, _) = log.locate(2 * log.data_pages()).unwrap();
    drop(log);
    write_page(&disk, second - 1, &[0; PAGE_BYTES]);
    let (log, opened) = pace::run(Log::open_read_only(disk)).unwrap();
    assert!(opened.damage.contains(&Damage::Segment { sequence: 2 }), "{:?}", opened.damage);
    let found = contents(&log);
    assert!(found.contains_key(&1) && found.contains_key(&30) && found.len() < 30);
}

#[test]
fn a_full_store_says_so_keeps_everything_and_takes_more_when_something_goes() {
    let (disk, mut log) = formatted(200);
    let mut id = 0;
    let error = loop {
        id += 1;
        log.put(id, 1, vec![id as u8; 9000]).unwrap();
        if let Err(error) = pace::run(log.commit()) {
            break error;
        }
    };
    assert!(matches!(error, StoreError::Full { needed: 9024, .. }), "{error}");
    assert!(id > 40, "{id}");
    log.discard();
    assert_eq!(contents(&log).len() as u64, id - 1);
    for gone in 1..=10 {
        log.delete(gone);
    }
    pace::run(log.commit()).unwrap();
    for id in 1000..1008 {
        put(&mut log, id, &[9; 9000]);
    }
    let usage = log.usage();
    assert!(usage.live <= usage.capacity, "{usage:?}");
    drop(log);
    assert_eq!(contents(&open(disk)).len() as u64, id - 1 - 10 + 8);
}

#[test]
fn what_was_deleted_is_nowhere_on_the_disk_after_it_was_erased() {
    let (disk, mut log) = formatted(200);
    put(&mut log, 1, b"to be kept");
    put(&mut log, 2, b"a secret that nobody may find");
    put(&mut log, 3, &[3; 50_000]);
    log.delete(2);
    pace::run(log.commit()).unwrap();
    let holds = |disk: &MemoryDisk, text: &[u8]| {
        (0..200).any(|page| read_page(disk, page).windows(text.len()).any(|part| part == text))
    };
    assert!(holds(&disk, b"a secret"));
    pace::run(log.erase_deleted()).unwrap();
    assert!(!holds(&disk, b"a secret") && holds(&disk, b"to be kept"));
    assert_eq!(contents(&log).len(), 2);
    drop(log);
    assert_eq!(contents(&open(disk)).len(), 2);
}

#[test]
fn nothing_is_written_to_a_store_that_is_open_for_reading() {
    let (disk, mut log) = formatted(200);
    put(&mut log, 1, b"one");
    drop(log);
    let before: Vec<Vec<u8>> = (0..200).map(|page| read_page(&disk, page)).collect();
    let (mut log, _) = pace::run(Log::open_read_only(disk.clone())).unwrap();
    log.put(2, 1, b"two".to_vec()).unwrap();
    assert_eq!(pace::run(log.commit()), Err(StoreError::ReadOnly));
    assert_eq!(pace::run(log.compact_step()), Err(StoreError::ReadOnly));
    assert_eq!((0..200).map(|page| read_page(&disk, page)).collect::<Vec<_>>(), before);
}

#[test]
fn a_large_record_spans_segments_and_comes_back() {
    let disk = disk(3000);
    let mut log = pace::run(Log::format(disk.clone(), 3)).unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    put(&mut log, 1, &large);
    put(&mut log, 2, b"small");
    put(&mut log, 1, &large[1..]);
    assert_eq!(contents(&log)[&1].1, large[1..]);
    drop(log);
    let mut log = open(disk);
    assert_eq!(contents(&log)[&1].1, large[1..]);
    pace::run(log.erase_deleted()).unwrap();
    assert_eq!(contents(&log)[&1].1, large[1..]);
    let error = log.put(3, 1, vec![0; crate::MAX_RECORD_BYTES + 1]).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is overwritten wherever: the store opens or says why not, and no record says what was
    /// never put into it.
    #[test]
    fn no_damage_makes_up_records(
        damage in prop::collection::vec((0_u64..200, 0_usize..PAGE_BYTES, any::<u8>(), 1_usize..600), 1..12),
    ) {
        let (disk, mut log) = formatted(200);
        for id in 1..=40 {
            put(&mut log, id, &vec![id as u8; 700 * (id as usize % 7)]);
        }
        for id in (1..=40).step_by(3) {
            log.delete(id);
        }
        pace::run(log.commit()).unwrap();
        drop(log);
        for (page, at, byte, len) in damage {
            let mut bytes = read_page(&disk, page);
            let end = (at + len).min(PAGE_BYTES);
            bytes[at..end].fill(byte);
            write_page(&disk, page, &bytes);
        }
        if let Ok((mut log, _)) = pace::run(Log::open(disk)) {
            let ids: Vec<u64> = log.ids(1).collect();
            for id in ids {
                match pace::run(log.get(id)) {
                    Ok(record) => {
                        let expected = vec![id as u8; 700 * (id as usize % 7)];
                        prop_assert_eq!(record.unwrap().payload, expected);
                    }
                    Err(error) => prop_assert_eq!(error, StoreError::Damaged { id }),
                }
            }
            // It can be worked with.
            match log.put(99, 1, vec![9; 100]).and_then(|()| pace::run(log.commit())) {
                Ok(()) => prop_assert_eq!(pace::run(log.get(99)).unwrap().unwrap().payload, [9; 100]),
                Err(error) => prop_assert!(matches!(error, StoreError::Full { .. }), "{error}"),
            }
        }
    }
}
