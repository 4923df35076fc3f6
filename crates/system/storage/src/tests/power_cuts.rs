//! At least ten thousand histories: whatever the power cut leaves of the cache, what was acknowledged
//! is there, and nothing else but perhaps the batch that was under way, wholly.
//!
//! Tried against themselves: without the flush behind a group, without the check of a group's body, and
//! with nothing copied of a group that goes on behind the oldest segment, these tests fail.

use super::{Records, contents};
use crate::{
    Log, StoreError,
    testing::{PowerCutDisk, Random},
};
use alloc::{rc::Rc, vec, vec::Vec};
use system_platform::{MemoryDisk, pace};

const HISTORIES: u64 = 10_000;

/// What is known of a store.
struct Model {
    /// What was acknowledged.
    durable: Records,
    /// The same with the batch that was under way when the power went.
    under_way: Option<Records>,
}

/// Works on a store until the power goes, or for so many operations.
fn work(log: &mut Log, model: &mut Model, random: &mut Random, operations: u64) {
    let mut next = model.durable.clone();
    for _ in 0..operations {
        let done = match random.below(10) {
            0..5 => {
                let id = 1 + random.below(12);
                // Now and then one that spans segments.
                let len =
                    if random.below(12) == 0 { random.below(90_000) } else { random.below(6000) };
                let payload = vec![random.below(256) as u8; len as usize];
                let kind = random.below(3) as u16;
                log.put(id, kind, payload.clone()).unwrap();
                next.insert(id, (kind, payload));
                Ok(())
            }
            5 => {
                let id = 1 + random.below(12);
                log.delete(id);
                next.remove(&id);
                Ok(())
            }
            6..9 => commit(log, model, &next),
            _ => match random.below(8) {
                0 => commit(log, model, &next).and_then(|()| pace::run(log.erase_deleted())),
                _ => pace::run(log.compact_step()).map(|_| ()),
            },
        };
        match done {
            Ok(()) => {}
            Err(StoreError::Full { .. }) => {
                log.discard();
                next = model.durable.clone();
            }
            Err(_) => return,
        }
    }
    log.discard();
}

fn commit(log: &mut Log, model: &mut Model, next: &Records) -> Result<(), StoreError> {
    match pace::run(log.commit()) {
        Ok(()) => {
            model.durable = next.clone();
            Ok(())
        }
        Err(error @ StoreError::Full { .. }) => Err(error),
        Err(error) => {
            model.under_way = Some(next.clone());
            Err(error)
        }
    }
}

fn history(seed: u64) {
    let mut random = Random(seed);
    let pages = 70 + random.below(60);
    let block_bytes = if random.below(2) == 0 { 512 } else { 4096 };
    let disk = Rc::new(MemoryDisk::new(block_bytes, pages * 4096 / u64::from(block_bytes)));
    pace::run(Log::format(disk.clone(), seed)).unwrap();
    let mut model = Model { durable: Records::new(), under_way: None };
    // Several cuts in a row: the power may go again while the store is opened.
    for round in 0..1 + random.below(5) {
        let cut_after = 1 + random.below(40);
        let cut = Rc::new(PowerCutDisk::new(disk.clone(), cut_after, random.below(u64::MAX)));
        if let Ok((mut log, opened)) = pace::run(Log::open(cut.clone())) {
            assert_eq!(opened.damage, [], "seed {seed}, round {round}");
            check(&log, &mut model, seed, round);
            let operations = 5 + random.below(60);
            work(&mut log, &mut model, &mut random, operations);
        } else {
            assert!(cut.is_cut(), "seed {seed}, round {round}");
        }
        // What still is in the cache is lost when the device is touched next.
        let _ = pace::run(system_platform::BlockDevice::flush(&*cut));
    }
    let (log, opened) = pace::run(Log::open(disk)).unwrap();
    assert_eq!(opened.damage, [], "seed {seed}");
    check(&log, &mut model, seed, u64::MAX);
}

fn check(log: &Log, model: &mut Model, seed: u64, round: u64) {
    let found = contents(log);
    if model.under_way.as_ref() == Some(&found) {
        model.durable = found;
    } else {
        let short = |records: &Records| -> Vec<(u64, u16, usize)> {
            records.iter().map(|(id, (kind, payload))| (*id, *kind, payload.len())).collect()
        };
        assert_eq!(short(&found), short(&model.durable), "seed {seed}, round {round}");
        assert!(found == model.durable, "seed {seed}, round {round}: payloads");
    }
    model.under_way = None;
}

#[test]
fn whatever_a_power_cut_leaves_what_was_acknowledged_is_there_and_nothing_else() {
    (0..HISTORIES).for_each(history);
}
