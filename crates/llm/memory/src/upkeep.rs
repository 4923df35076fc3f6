//! Bringing memory up from a store, and putting it in order while nobody waits: vectors of a model that
//! was replaced are made anew, the index is linked and saved, the store is compacted.

use crate::{
    Memory, MemoryError, TextEmbedder, kinds,
    memory::{Vectors, key, put},
    record::{FileRecord, RecordError, decode},
};
use alloc::{rc::Rc, vec::Vec};
use core::fmt;
use llm_index::VectorIndex;
use llm_tensor::CpuFeatures;
use system_storage::{Batch, Effort, Key, Store, StoreError};

/// Bytes of the index in one record.
const INDEX_PART_BYTES: usize = 16 << 20;
/// Bytes before the index in its first record: the maker of the vectors and the number of records.
const INDEX_HEADER: usize = 16;
/// Vectors that one step links.
const LINKED_AT_ONCE: usize = 16;
/// The index is saved anew when one vector in so many has come or gone.
const UNSAVED_SHARE: usize = 16;

/// A record that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which.
    pub key: Key,
    /// Why.
    pub reason: UnreadableReason,
}

/// Why a record was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadableReason {
    /// The store cannot read it.
    Store(StoreError),
    /// Its bytes say nothing.
    Record(RecordError),
    /// There was no room for it.
    Room,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { kind, id } = self.key;
        write!(f, "memory record {kind}/{id}: ")?;
        match &self.reason {
            UnreadableReason::Store(error) => error.fmt(f),
            UnreadableReason::Record(error) => error.fmt(f),
            UnreadableReason::Room => f.write_str("there is no memory for it"),
        }
    }
}

impl Memory {
    /// What a store remembers, and the records that cannot be read; those are left alone.
    ///
    /// # Errors
    /// The device failed.
    pub async fn open(store: Rc<Store<'static>>) -> Result<(Self, Vec<Unreadable>), StoreError> {
        let mut unreadable = Vec::new();
        let mut refuse = |key, reason| unreadable.push(Unreadable { key, reason });
        let mut files = Vec::new();
        let mut read = Vec::new();
        let visitor = |key: Key, payload: Result<&[u8], StoreError>| match payload {
            Err(error) => refuse(key, UnreadableReason::Store(error)),
            Ok(bytes) if key.kind == kinds::FILE => match FileRecord::decode(bytes) {
                Ok(file) => files.push((key.id, file)),
                Err(error) => refuse(key, UnreadableReason::Record(error)),
            },
            Ok(bytes) => match decode(key.id, bytes) {
                Ok(memory) => read.push(memory),
                Err(error) => refuse(key, UnreadableReason::Record(error)),
            },
        };
        store.visit(kinds::MEMORY..=kinds::FILE, visitor).await?;
        // A newer memory finds the one that it has made untrue.
        read.sort_by_key(|(entry, _)| entry.id);
        let mut memory = Self { files: files.into_iter().collect(), ..Self::default() };
        // Numbers of what cannot be read, or was forgotten a moment ago, are not given again.
        memory.last_id = store.last_id(kinds::MEMORY).unwrap_or(0);
        let newest = read.iter().rev().find_map(|(_, codes)| codes.as_ref());
        memory.vectors.fingerprint = newest.map_or(0, |codes| codes.fingerprint);
        memory.vectors.index = saved_index(&store, memory.vectors.fingerprint).await?;
        for (entry, codes) in read {
            let (id, is_known) = (entry.id, memory.has_vector(entry.id));
            let codes = if is_known { None } else { codes };
            if memory.take(entry, codes).is_err() {
                refuse(key(id), UnreadableReason::Room);
            }
            if is_known {
                memory.vectors.missing.remove(&id);
            }
        }
        let gone: Vec<u64> = match &memory.vectors.index {
            Some(index) => index.ids().filter(|id| !memory.holds(*id)).collect(),
            None => Vec::new(),
        };
        for id in gone {
            memory.vectors.remove(id);
        }
        memory.store = Some(store);
        Ok((memory, unreadable))
    }

    /// A step of what is to be done while nobody waits; whether there is more. A step takes about as
    /// long as making one vector, or reading and writing a mebibyte.
    ///
    /// # Errors
    /// A text that cannot be made a vector, or a store that fails.
    pub async fn maintain(&mut self, embedder: &dyn TextEmbedder) -> Result<bool, MemoryError> {
        self.adopt(embedder);
        if embedder.knows_meaning()
            && let Some(id) = self.vectors.missing.first().copied()
        {
            self.make_vector(id, embedder).await?;
            return Ok(true);
        }
        if let Some(index) = &mut self.vectors.index
            && index.maintain(LINKED_AT_ONCE, self.vectors.scratch.get_mut()) > 0
        {
            return Ok(true);
        }
        let Some(store) = self.store.clone() else { return Ok(false) };
        if self.is_index_to_be_saved() {
            self.vectors.unsaved = 0;
            self.save_index(&store).await?;
            return Ok(true);
        }
        let effort = if self.is_erasure_due { Effort::Erase } else { Effort::Space };
        let has_more = match store.compact_step(effort).await {
            // Nothing is to be put in order there.
            Err(StoreError::ReadOnly) => false,
            step => step?,
        };
        self.is_erasure_due &= has_more;
        Ok(has_more)
    }

    /// Whether a memory holds.
    fn holds(&self, id: u64) -> bool {
        self.entries.contains_key(&id) && !self.superseded_by.contains_key(&id)
    }

    fn has_vector(&self, id: u64) -> bool {
        self.vectors.index.as_ref().is_some_and(|index| index.contains(id))
    }

    /// Makes the vector of a memory anew and keeps it.
    async fn make_vector(
        &mut self,
        id: u64,
        embedder: &dyn TextEmbedder,
    ) -> Result<(), MemoryError> {
        let Some(entry) = self.entries.get(&id) else {
            self.vectors.missing.remove(&id);
            return Ok(());
        };
        let vector = embedder.embed(&entry.searchable()).await?;
        let Some(codes) = self.codes(&vector, embedder) else { return Ok(()) };
        let mut batch = Batch::new();
        put(&mut batch, entry, Some(&codes));
        self.commit(batch).await?;
        self.vectors.insert(id, &codes.to_vector())
    }

    /// A scan is built in the time it takes to read it; a graph is not.
    fn is_index_to_be_saved(&self) -> bool {
        let Vectors { index, unsaved, .. } = &self.vectors;
        let is_due =
            |index: &VectorIndex| index.has_graph() && *unsaved > index.len() / UNSAVED_SHARE;
        index.as_ref().is_some_and(is_due)
    }

    async fn save_index(&self, store: &Store<'static>) -> Result<(), MemoryError> {
        let Some(index) = &self.vectors.index else { return Ok(()) };
        let bytes = index.to_bytes();
        let parts = bytes.chunks(INDEX_PART_BYTES);
        let mut header = self.vectors.fingerprint.to_le_bytes().to_vec();
        header.extend_from_slice(&(parts.len() as u64).to_le_bytes());
        let mut batch = Batch::new();
        for old in store.keys(kinds::INDEX..=kinds::INDEX) {
            batch.delete(old);
        }
        batch.put(Key::new(kinds::INDEX, 0), header);
        for (number, part) in (1..).zip(parts) {
            batch.put(Key::new(kinds::INDEX, number), part.into());
        }
        Ok(store.commit(batch).await?)
    }
}

/// The index as it was saved, if it was and is as it was written; else it is built anew.
async fn saved_index(
    store: &Store<'static>,
    fingerprint: u64,
) -> Result<Option<VectorIndex>, StoreError> {
    let part = async |number| match store.get(Key::new(kinds::INDEX, number)).await {
        Err(StoreError::Damaged(_) | StoreError::OutOfMemory { .. }) => Ok(None),
        part => part,
    };
    let Some(header) = part(0).await? else { return Ok(None) };
    let number = |at: usize| header.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let (Some(maker), Some(parts)) = (number(0), number(8)) else { return Ok(None) };
    if header.len() != INDEX_HEADER || maker != fingerprint {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for number in 1..=parts {
        let Some(part) = part(number).await? else { return Ok(None) };
        bytes.extend_from_slice(&part);
    }
    Ok(VectorIndex::from_bytes(CpuFeatures::detect(), &bytes).ok())
}
