//! What of a session is in the store, and what has changed since.

use super::numbers::Numbers;
use alloc::{collections::BTreeMap, string::ToString, sync::Arc, vec::Vec};
use llm_context::{ArchivedTurn, Turn};
use llm_tools::audit::Record;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use system_storage::{Batch, Key};

/// A record as it should be in the store. What cannot change is turned into JSON only if it is new,
/// so that a long conversation costs little after each line.
pub enum Content<'a> {
    Json(Value),
    Audit(&'a Record),
    Archived(&'a Arc<ArchivedTurn>),
    Saved(&'a Arc<Turn>),
}

/// How a record is recognised that was written.
#[derive(Clone, Debug)]
pub enum Mark {
    /// Hash of its payload; of a record of the audit log the hash in it.
    Hash([u8; 32]),
    /// The turn that it holds. As long as it is held here, no other has its place in memory.
    Archived(Arc<ArchivedTurn>),
    /// The same, of a conversation that `/save` keeps.
    Saved(Arc<Turn>),
    /// Whether it was written is not known: the store failed meanwhile.
    Unsure,
}

impl Mark {
    /// That of a payload.
    pub fn of(payload: &[u8]) -> Self {
        Self::Hash(Sha256::digest(payload).into())
    }
}

impl Content<'_> {
    /// The record's bytes.
    pub fn payload(&self) -> Vec<u8> {
        let json = match self {
            Self::Json(json) => return json.to_string().into_bytes(),
            Self::Audit(record) => json!({"version": 1, "call": record.to_json()}),
            Self::Archived(turn) => turn_record(turn.to_json()),
            Self::Saved(turn) => turn_record(turn.to_json()),
        };
        json.to_string().into_bytes()
    }

    /// Whether it is certainly what was written.
    fn is(&self, mark: &Mark) -> bool {
        match (self, mark) {
            (Self::Audit(record), Mark::Hash(hash)) => record.hash.0 == *hash,
            (Self::Archived(turn), Mark::Archived(written)) => Arc::ptr_eq(turn, written),
            (Self::Saved(turn), Mark::Saved(written)) => Arc::ptr_eq(turn, written),
            _ => false,
        }
    }

    /// The mark by which it is recognised the next time.
    fn mark(&self, payload: &[u8]) -> Mark {
        match self {
            Self::Json(_) => Mark::of(payload),
            Self::Audit(record) => Mark::Hash(record.hash.0),
            Self::Archived(turn) => Mark::Archived(Arc::clone(turn)),
            Self::Saved(turn) => Mark::Saved(Arc::clone(turn)),
        }
    }
}

/// The record of a turn.
pub fn turn_record(turn: Value) -> Value {
    json!({"version": 1, "turn": turn})
}

/// Knows what of a session is in the store.
#[derive(Debug, Default)]
pub struct SessionKeeper {
    /// Without what could not be read and is left alone: it is not taken for what has vanished.
    pub(super) written: BTreeMap<Key, Mark>,
    pub(super) numbers: Numbers,
    /// Whether conversations are kept: those in the store were brought back.
    pub(super) has_conversations: bool,
}

/// What has to be written so that the store holds a session.
pub struct Changes {
    pub batch: Batch,
    /// Keys of the batch.
    pub keys: Vec<Key>,
    /// The marks of everything, once it is written.
    pub written: BTreeMap<Key, Mark>,
}

impl SessionKeeper {
    /// What has changed or vanished since the last time.
    pub fn changes(&self, records: Vec<(Key, Content<'_>)>) -> Changes {
        let mut changes =
            Changes { batch: Batch::new(), keys: Vec::new(), written: BTreeMap::new() };
        for (key, content) in records {
            let old = self.written.get(&key);
            if let Some(mark) = old.filter(|mark| content.is(mark)) {
                changes.written.insert(key, mark.clone());
                continue;
            }
            let payload = content.payload();
            changes.written.insert(key, content.mark(&payload));
            let is_written = match (old, Mark::of(&payload)) {
                (Some(Mark::Hash(old)), Mark::Hash(new)) => *old == new,
                _ => false,
            };
            if !is_written {
                changes.keys.push(key);
                changes.batch.put(key, payload);
            }
        }
        let vanished = self.written.keys().filter(|key| !changes.written.contains_key(key));
        for key in vanished {
            changes.keys.push(*key);
            changes.batch.delete(*key);
        }
        changes
    }

    /// Takes note that some records are about to be written, which may fail or be given up.
    pub fn begin(&mut self, keys: &[Key]) {
        self.written.extend(keys.iter().map(|key| (*key, Mark::Unsure)));
    }
}
