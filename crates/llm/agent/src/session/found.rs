//! What a store holds of a session, before anything is made of it.

use super::{
    keeper::{Mark, SessionKeeper},
    keys,
};
use crate::{ErrorSource, Observer, agent::report_error};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use llm_memory::kinds::{AUDIT, SESSION};
use llm_record::{Node, RecordError, parse};
use serde_json::Value;
use system_storage::{Key, Store, StoreError};

/// The version of the records.
const VERSION: u64 = 1;

/// The records that were found.
pub struct Found {
    values: BTreeMap<Key, Value>,
    marks: BTreeMap<Key, Mark>,
    left_alone: BTreeSet<Key>,
    /// Why some cannot be read.
    faults: Vec<(Key, String)>,
}

impl Found {
    /// Reads all records of a session.
    ///
    /// # Errors
    /// The device failed. Damaged records are among the faults.
    pub async fn read(store: &Store<'_>) -> Result<Self, StoreError> {
        let mut found = Self {
            values: BTreeMap::new(),
            marks: BTreeMap::new(),
            left_alone: BTreeSet::new(),
            faults: Vec::new(),
        };
        store
            .visit(SESSION..=AUDIT, |key, payload| {
                if !keys::is_known(key) {
                    return;
                }
                match payload {
                    Err(error) => found.refuse(key, &error),
                    Ok(payload) => match value_of(payload) {
                        Err(error) => found.refuse(key, &error),
                        Ok(value) => {
                            found.marks.insert(key, Mark::of(payload));
                            found.values.insert(key, value);
                        }
                    },
                }
            })
            .await?;
        Ok(found)
    }

    /// Takes a record out and makes something of it; one of which nothing can be made is left alone.
    /// `None` if it is not there, or cannot be read.
    pub fn take<T>(
        &mut self,
        key: Key,
        read: impl FnOnce(&Node<'_>) -> Result<T, RecordError>,
    ) -> Option<T> {
        let value = self.values.remove(&key)?;
        let result = read(&Node::new("record", &value));
        result.map_err(|error| self.refuse(key, &error)).ok()
    }

    /// Leaves a record alone.
    pub fn refuse(&mut self, key: Key, why: &dyn fmt::Display) {
        self.marks.remove(&key);
        self.left_alone.insert(key);
        self.faults.push((key, why.to_string()));
    }

    /// Leaves a record alone for the reason that was given for another.
    pub fn leave(&mut self, key: Key) {
        self.marks.remove(&key);
        self.left_alone.insert(key);
    }

    /// Whether a record is left alone.
    pub fn is_left_alone(&self, key: Key) -> bool {
        self.left_alone.contains(&key)
    }

    /// How many records are left alone.
    pub fn left_alone(&self) -> usize {
        self.left_alone.len()
    }

    /// The keys of a kind that are still to be read, and those that are left alone.
    pub fn keys(&self, kind: u16) -> Vec<Key> {
        let range = Key::new(kind, 0)..=Key::new(kind, u64::MAX);
        let values = self.values.range(range.clone()).map(|(key, _)| *key);
        let keys: BTreeSet<Key> = values.chain(self.left_alone.range(range).copied()).collect();
        keys.into_iter().collect()
    }

    /// Notes by what a record is recognised.
    pub fn mark(&mut self, key: Key, mark: Mark) {
        self.marks.insert(key, mark);
    }

    /// Tells of what cannot be read.
    pub fn report<O: Observer + ?Sized>(&self, observer: &O) {
        for (key, why) in &self.faults {
            let Key { kind, id } = key;
            let message = format!(
                "record {kind}/{id} ({}) is left as it is, since it cannot be brought back: {why}",
                keys::name(*key)
            );
            report_error(observer, ErrorSource::Agent, &message);
        }
    }

    /// What is known of the store from now on; without the conversations, if they are not brought back.
    pub fn into_keeper(self, has_conversations: bool) -> SessionKeeper {
        let mut written = self.marks;
        if !has_conversations {
            written.retain(|key, _| keys::turn_of(*key).is_none() && *key != keys::CONVERSATIONS);
        }
        SessionKeeper { written, has_conversations, ..SessionKeeper::default() }
    }
}

fn value_of(payload: &[u8]) -> Result<Value, RecordError> {
    let value = parse("record", payload)?;
    Node::new("record", &value).check_version(VERSION)?;
    Ok(value)
}
