//! The memories themselves: kept in RAM and, where there is one, in a store on a disk.
//!
//! Whatever changes is durable in the store before it is true here, so that what was acknowledged
//! survives. A newer fact of the same key makes an older one untrue ([`crate::facts`]): that one stays
//! as history, and is not found any more.

use crate::{
    Codes, Entry, Kind, MemoryError, TextEmbedder,
    facts::{self, fact},
    kinds,
    record::{self, FileRecord},
    search::{Filter, Question},
    words::content_words,
};
use alloc::{
    borrow::ToOwned,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    string::String,
    vec::Vec,
};
use core::cell::RefCell;
use llm_index::{Scratch, VectorIndex};
use llm_tensor::CpuFeatures;
use system_storage::{Batch, Key, Store, StoreError};

/// The most entries that are kept.
pub const MAX_ENTRIES: usize = 1 << 20;
/// The longest text, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// Texts at least so near say the same: the newer takes the place of the older.
const SAME: f32 = 0.95;
/// How many of the nearest a new text is compared with.
const COMPARED: usize = 8;

/// Something that is to be remembered.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'t> {
    /// What.
    pub text: &'t str,
    /// What sort of thing it is.
    pub kind: Kind,
    /// When it was, in seconds since 1970.
    pub unix_s: Option<i64>,
    /// Where it comes from.
    pub source: &'t str,
    /// Words it can be picked out by.
    pub tags: &'t [String],
    /// How important it is, 0 to 1.
    pub importance: f32,
    /// Whether somebody else than the person wrote it.
    pub is_from_outside: bool,
}

impl<'t> NewEntry<'t> {
    /// A fact that somebody told.
    pub const fn fact(text: &'t str, unix_s: Option<i64>) -> Self {
        Self {
            text,
            kind: Kind::Fact,
            unix_s,
            source: "",
            tags: &[],
            importance: crate::entry::USUAL_IMPORTANCE,
            is_from_outside: false,
        }
    }
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The entry's number.
    pub id: u64,
    /// The text that said the same and was replaced.
    pub replaced: Option<String>,
    /// The text that said otherwise of the same, and is history now.
    pub superseded: Option<String>,
    /// Whether it is in the store.
    pub is_durable: bool,
}

/// All memories.
#[derive(Default)]
pub struct Memory {
    pub(crate) entries: BTreeMap<u64, Entry>,
    /// Entries that a newer one has made untrue, and which.
    pub(crate) superseded_by: BTreeMap<u64, u64>,
    /// The facts that hold, by what they are about.
    pub(crate) by_key: BTreeMap<facts::Key, u64>,
    pub(crate) files: BTreeMap<u64, FileRecord>,
    pub(crate) last_id: u64,
    pub(crate) vectors: Vectors,
    pub(crate) words: crate::bm25::Bm25,
    pub(crate) store: Option<Rc<Store<'static>>>,
    /// Something was deleted that is still on the device.
    pub(crate) is_erasure_due: bool,
}

/// The vectors of the entries that hold.
#[derive(Default)]
pub(crate) struct Vectors {
    /// Who made them.
    pub fingerprint: u64,
    /// None as long as there is no vector.
    pub index: Option<VectorIndex>,
    pub scratch: RefCell<Scratch>,
    /// Entries that have none of this maker's yet.
    pub missing: BTreeSet<u64>,
    /// Vectors that came or went since the index was saved.
    pub unsaved: usize,
}

impl Vectors {
    /// Takes a vector in; one of an id that has one already takes its place. A graph is linked later, in
    /// [`Memory::maintain`].
    pub fn insert(&mut self, id: u64, vector: &[f32]) -> Result<(), MemoryError> {
        let index = match &mut self.index {
            Some(index) => index,
            empty => empty.insert(VectorIndex::new(CpuFeatures::detect(), vector.len())?),
        };
        index.append(id, vector, self.scratch.get_mut())?;
        self.missing.remove(&id);
        self.unsaved += 1;
        Ok(())
    }

    pub fn remove(&mut self, id: u64) {
        self.missing.remove(&id);
        if let Some(index) = &mut self.index
            && index.remove(id, self.scratch.get_mut())
        {
            self.unsaved += 1;
        }
    }
}

impl Memory {
    /// Keeps a text. One that says the same as an older one takes its place; one that says otherwise
    /// of the same makes the older one history. With a store it is durable when this returns.
    ///
    /// # Errors
    /// No text, too long a text, too many, a store that fails; then nothing has changed.
    pub async fn remember(
        &mut self,
        new: NewEntry<'_>,
        embedder: &dyn TextEmbedder,
    ) -> Result<Remembered, MemoryError> {
        let text = checked(new.text)?;
        self.check_room(1)?;
        self.adopt(embedder);
        let vector = embedder.embed(text).await?;
        let same = self.same_as(text, &vector, embedder.fingerprint());
        let older = match new.kind {
            Kind::Fact => self.superseded_by_new(text).filter(|older| Some(*older) != same),
            Kind::Turn | Kind::Chunk => None,
        };
        // Numbers are given once, also to what is not kept in the end: a commit that is given up
        // halfway may have reached the disk.
        self.last_id += 1;
        let entry = Entry {
            id: self.last_id,
            text: text.to_owned(),
            kind: new.kind,
            unix_s: new.unix_s,
            source: new.source.to_owned(),
            lines: None,
            under: String::new(),
            tags: new.tags.to_vec(),
            importance: new.importance,
            is_from_outside: new.is_from_outside,
            // What it replaces had a history of its own.
            supersedes: older.or(same.and_then(|same| self.entries[&same].supersedes)),
        };
        let (id, codes) = (entry.id, self.codes(&vector, embedder));
        let new = Vec::from([(entry, codes)]);
        let replaced = self.exchange(Batch::new(), same.as_slice(), new).await?.pop();
        let superseded = older.and_then(|older| self.entries.get(&older));
        Ok(Remembered {
            id,
            replaced: replaced.map(|entry| entry.text),
            superseded: superseded.map(|entry| entry.text.clone()),
            is_durable: self.store.is_some(),
        })
    }

    /// Forgets a memory, and what it has made untrue. They are off the disk at the end of the next
    /// compaction.
    ///
    /// # Errors
    /// There is none of this number, or the store fails; then nothing has changed.
    pub async fn forget(&mut self, id: u64) -> Result<Vec<Entry>, MemoryError> {
        let mut ids = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next
            && let Some(entry) = self.entries.get(&id)
            && !ids.contains(&id)
        {
            ids.push(id);
            next = entry.supersedes;
        }
        if ids.is_empty() {
            return Err(MemoryError::Unknown { id });
        }
        self.exchange(Batch::new(), &ids, Vec::new()).await
    }

    /// The memories that hold, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.values().filter(|entry| !self.superseded_by.contains_key(&entry.id))
    }

    /// How many memories hold.
    pub fn len(&self) -> usize {
        self.entries.len() - self.superseded_by.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has made a memory untrue; `None` if it holds.
    pub fn superseded_by(&self, id: u64) -> Option<&Entry> {
        self.entries.get(self.superseded_by.get(&id)?)
    }

    /// What does not hold any more, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.superseded_by.keys().filter_map(|id| self.entries.get(id))
    }

    /// The files that were taken in.
    pub fn files(&self) -> impl Iterator<Item = &FileRecord> {
        self.files.values()
    }

    /// The store, where there is one.
    pub const fn store(&self) -> Option<&Rc<Store<'static>>> {
        self.store.as_ref()
    }

    pub(crate) fn check_room(&self, more: usize) -> Result<(), MemoryError> {
        match self.entries.len().saturating_add(more) > MAX_ENTRIES {
            true => Err(MemoryError::Full { entries: self.entries.len() }),
            false => Ok(()),
        }
    }

    /// Vectors of another maker are of no use to this one: all are to be made anew. One that knows
    /// words only leaves them as they are.
    pub(crate) fn adopt(&mut self, embedder: &dyn TextEmbedder) {
        if !embedder.knows_meaning() || embedder.fingerprint() == self.vectors.fingerprint {
            return;
        }
        self.vectors.fingerprint = embedder.fingerprint();
        self.vectors.index = None;
        self.vectors.missing = self.entries().map(|entry| entry.id).collect();
    }

    /// The vector as it is kept, if it is worth it.
    pub(crate) fn codes(&self, vector: &[f32], embedder: &dyn TextEmbedder) -> Option<Codes> {
        embedder.knows_meaning().then(|| Codes::of(vector, embedder.fingerprint()))
    }

    /// The memory that says the same.
    fn same_as(&self, text: &str, vector: &[f32], fingerprint: u64) -> Option<u64> {
        let words = content_words(text);
        let question = Question { text, vector, fingerprint, now_unix_s: None };
        let near = self.find(&question, &Filter::default(), COMPARED);
        let is_same = |found: &&crate::Found<'_>| {
            // What differs in a number or a name is another fact, however near it is.
            found.entry.kind != Kind::Chunk
                && (found.cosine >= SAME && content_words(&found.entry.text) == words
                    || facts::compare(text, &found.entry.text) == facts::Comparison::Same)
        };
        near.iter().find(is_same).map(|found| found.entry.id)
    }

    /// The memory that a new text makes untrue.
    fn superseded_by_new(&self, text: &str) -> Option<u64> {
        let id = *self.by_key.get(&fact(text)?.key)?;
        let older = self.entries.get(&id)?;
        (facts::compare(text, &older.text) == facts::Comparison::Supersedes).then_some(id)
    }

    /// Puts new entries in the place of those that go, beside what `batch` has: in the store first, wholly
    /// or not at all, and here only then. Gives those that went.
    pub(crate) async fn exchange(
        &mut self,
        mut batch: Batch,
        gone: &[u64],
        new: Vec<(Entry, Option<Codes>)>,
    ) -> Result<Vec<Entry>, MemoryError> {
        for (entry, codes) in &new {
            put(&mut batch, entry, codes.as_ref());
        }
        for id in gone {
            batch.delete(key(*id));
        }
        self.commit(batch).await?;
        self.is_erasure_due |= !gone.is_empty();
        let dropped = gone.iter().filter_map(|id| self.drop_entry(*id)).collect();
        for (entry, codes) in new {
            self.take(entry, codes)?;
        }
        Ok(dropped)
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        match &self.store {
            Some(store) => store.commit(batch).await,
            None => Ok(()),
        }
    }

    /// Takes in an entry that is in the store.
    pub(crate) fn take(&mut self, entry: Entry, codes: Option<Codes>) -> Result<(), MemoryError> {
        let id = entry.id;
        self.last_id = self.last_id.max(id);
        if let Some(older) = entry.supersedes
            && self.entries.contains_key(&older)
        {
            self.hide(older);
            self.superseded_by.insert(older, id);
        }
        self.words.insert(id, &entry.searchable());
        if entry.kind == Kind::Fact
            && let Some(fact) = fact(&entry.text)
        {
            self.by_key.insert(fact.key, id);
        }
        self.entries.insert(id, entry);
        self.vectors.missing.insert(id);
        match codes.filter(|codes| codes.fingerprint == self.vectors.fingerprint) {
            Some(codes) => self.vectors.insert(id, &codes.to_vector()),
            None => Ok(()),
        }
    }

    /// Takes an entry out of all that searches look at.
    fn hide(&mut self, id: u64) {
        self.words.remove(id);
        self.vectors.remove(id);
        let key = self.entries.get(&id).and_then(|entry| fact(&entry.text)).map(|fact| fact.key);
        if let Some(key) = key
            && self.by_key.get(&key) == Some(&id)
        {
            self.by_key.remove(&key);
        }
    }

    /// Drops an entry that is no longer in the store.
    fn drop_entry(&mut self, id: u64) -> Option<Entry> {
        self.hide(id);
        self.superseded_by.remove(&id);
        let entry = self.entries.remove(&id)?;
        if let Some(older) = entry.supersedes
            && self.superseded_by.get(&older) == Some(&id)
        {
            self.superseded_by.remove(&older);
        }
        Some(entry)
    }
}

/// A text that can be kept, without the space around it.
pub(crate) fn checked(text: &str) -> Result<&str, MemoryError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(MemoryError::Empty);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(MemoryError::TooLong { len_bytes: text.len() });
    }
    Ok(text)
}

/// The key of a memory in the store.
pub(crate) const fn key(id: u64) -> Key {
    Key::new(kinds::MEMORY, id)
}

pub(crate) fn put(batch: &mut Batch, entry: &Entry, codes: Option<&Codes>) {
    batch.put(key(entry.id), record::encode(entry, codes));
}
