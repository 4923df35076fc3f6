//! Histories of a store with power cuts, and disks that fail in other ways.

mod damage;
mod power_cuts;

use crate::Log;
use alloc::{collections::BTreeMap, rc::Rc, vec::Vec};
use system_platform::{BlockDevice, MemoryDisk, pace};

/// What a store should hold: kind and payload by id.
type Records = BTreeMap<u64, (u16, Vec<u8>)>;

fn open(device: Rc<dyn BlockDevice>) -> Log {
    pace::run(Log::open(device)).unwrap().0
}

/// All records of a store, read back.
fn contents(log: &Log) -> Records {
    let ids: Vec<u64> = log.index.keys().copied().collect();
    ids.into_iter()
        .map(|id| {
            let record = pace::run(log.get(id)).unwrap().unwrap();
            (id, (record.kind, record.payload))
        })
        .collect()
}

fn disk(pages: u64) -> Rc<MemoryDisk> {
    Rc::new(MemoryDisk::new(512, pages * 8))
}

fn formatted(pages: u64) -> (Rc<MemoryDisk>, Log) {
    let disk = disk(pages);
    let log = pace::run(Log::format(disk.clone(), 7)).unwrap();
    (disk, log)
}

fn put(log: &mut Log, id: u64, payload: &[u8]) {
    log.put(id, 1, payload.to_vec()).unwrap();
    pace::run(log.commit()).unwrap();
}
