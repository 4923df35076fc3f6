//! Changes that are made together.

use crate::{
    error::StoreError,
    record::{Key, MAX_RECORD_BYTES},
};
use alloc::vec::Vec;

/// Changes that are made together: after a power cut, either all of them are there or none is.
/// Nothing is written before the batch is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(crate) changes: Vec<Change>,
}

/// A payload, or nothing for a record that is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub key: Key,
    pub payload: Option<Vec<u8>>,
}

impl Batch {
    /// A batch without changes.
    pub const fn new() -> Self {
        Self { changes: Vec::new() }
    }

    /// Sets a record, in the place of any of that key. Of several changes of a key, the last holds.
    pub fn put(&mut self, key: Key, payload: Vec<u8>) -> &mut Self {
        self.changes.push(Change { key, payload: Some(payload) });
        self
    }

    /// Deletes a record; nothing happens if there is none.
    pub fn delete(&mut self, key: Key) -> &mut Self {
        self.changes.push(Change { key, payload: None });
        self
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Bytes of all payloads.
    pub fn payload_bytes(&self) -> usize {
        self.changes.iter().filter_map(|change| change.payload.as_ref()).map(Vec::len).sum()
    }

    /// Refuses records that are too large.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let len = |change: &Change| change.payload.as_ref().map_or(0, Vec::len);
        match self.changes.iter().find(|change| len(change) > MAX_RECORD_BYTES) {
            Some(change) => Err(StoreError::TooLarge { key: change.key, len_bytes: len(change) }),
            None => Ok(()),
        }
    }
}
