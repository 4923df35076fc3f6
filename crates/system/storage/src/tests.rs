//! Tests of the store as a whole: what it does ([`behaviour`]), what it does on bad disks
//! ([`damage`]), with many waiters ([`waiters`]), and what it does when power goes ([`power_cuts`]).

mod behaviour;
mod damage;
mod executor;
mod power_cuts;
mod waiters;

use crate::{Batch, FormatOptions, Key, OpenError, Store};
use alloc::{collections::BTreeMap, rc::Rc, vec::Vec};
use system_platform::{BlockDevice, pace};

/// All records of a store.
type Records = BTreeMap<Key, Vec<u8>>;

/// Makes a device into a store with segments of 32 KiB.
fn format(device: Rc<dyn BlockDevice + '_>) {
    let options = FormatOptions { store: 0x5eed, segment_bytes: Some(32 << 10) };
    pace::run(Store::format(device, options)).unwrap();
}

fn open<'d>(device: &Rc<impl BlockDevice + 'd>) -> Result<Store<'d>, OpenError> {
    pace::run(Store::open(Rc::<_>::clone(device) as Rc<dyn BlockDevice + 'd>))
}

fn key(id: u64) -> Key {
    Key::new(1, id)
}

fn put(id: u64, payload: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(id), payload.to_vec());
    batch
}

fn delete(id: u64) -> Batch {
    let mut batch = Batch::new();
    batch.delete(key(id));
    batch
}

/// Bytes that look like no others.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        bytes.extend_from_slice(&bits.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
