//! Files become memories: cut into chunks by their structure, each with its file and lines.

use crate::{
    Codes, Entry, Kind, Memory, MemoryError, TextEmbedder,
    chunk::{Chunk, Limits, chunks, sniff, text_of},
    entry::USUAL_IMPORTANCE,
    kinds,
    record::FileRecord,
    words::hash,
};
use alloc::{
    borrow::ToOwned,
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use system_storage::{Batch, Key};

/// Bytes of text that are about a token of an embedding model.
const BYTES_PER_TOKEN: usize = 4;
/// Chunks are of at most so many tokens: a few sentences, so that a vector is about one thing, and all
/// of it is read by models that read 256.
const LIMITS: Limits = Limits { max_size: 160, overlap: 24 };

/// A file to be taken in.
#[derive(Clone, Copy, Debug)]
pub struct File<'f> {
    /// Its path; its name tells its kind.
    pub path: &'f str,
    /// All of it.
    pub bytes: &'f [u8],
    /// The time now, in seconds since 1970.
    pub unix_s: Option<i64>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingested {
    /// Its chunks, all of which are memories now.
    pub chunks: usize,
    /// Those of them that were known before.
    pub known: usize,
    /// Chunks of an older version that are gone.
    pub removed: usize,
}

impl Ingested {
    /// Whether it was known as it is.
    pub const fn is_unchanged(&self) -> bool {
        self.known == self.chunks && self.removed == 0
    }
}

impl Memory {
    /// Takes a file in, in place of an older version of it. What has not changed, at the same lines, keeps
    /// its vectors; `progress` is told the chunks done and all. The file is there wholly or as it was before.
    ///
    /// # Errors
    /// No text, too many chunks, a store that fails; then nothing has changed.
    pub async fn ingest(
        &mut self,
        file: File<'_>,
        embedder: &dyn TextEmbedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Ingested, MemoryError> {
        let File { path, bytes, unix_s } = file;
        let failed = |error| MemoryError::File { path: path.into(), error };
        let kind = sniff(path, bytes).map_err(failed)?;
        let text = text_of(bytes).map_err(failed)?;
        self.adopt(embedder);
        let file_id = self.files.iter().find(|(_, file)| file.path == path).map(|(id, _)| *id);
        let old = file_id.and_then(|id| self.files.get(&id)).cloned();
        let content = hash(bytes.iter().copied());
        if let Some(old) = old.as_ref().filter(|old| old.hash == content) {
            let chunks = old.chunks.len();
            return Ok(Ingested { chunks, known: chunks, removed: 0 });
        }
        let measure = |text: &str| text.len().div_ceil(BYTES_PER_TOKEN);
        let parts: Vec<Chunk> = chunks(kind, text, measure, LIMITS).collect();
        self.check_room(parts.len())?;

        // Chunks that are where and what they were keep their numbers.
        let old_chunks = old.map(|old| old.chunks).unwrap_or_default();
        let mut known: BTreeMap<(String, String), u64> = BTreeMap::new();
        for id in &old_chunks {
            if let Some(entry) = self.entries.get(id) {
                known.insert((entry.under.clone(), entry.text.clone()), *id);
            }
        }
        let mut taken: Vec<(Entry, Option<Codes>)> = Vec::new();
        let mut ids = Vec::new();
        let mut kept = BTreeSet::new();
        for (done, part) in parts.iter().enumerate() {
            progress(done, parts.len());
            let under = part.context();
            let lines = (part.first_line as u32, part.last_line as u32);
            let same = known.remove(&(under.clone(), part.text.clone()));
            let same = same.filter(|id| self.entries[id].lines == Some(lines));
            if let Some(id) = same {
                kept.insert(id);
                ids.push(id);
                continue;
            }
            self.last_id += 1;
            let entry = Entry {
                id: self.last_id,
                text: part.text.clone(),
                kind: Kind::Chunk,
                unix_s,
                source: path.to_owned(),
                lines: Some(lines),
                under,
                tags: Vec::new(),
                importance: USUAL_IMPORTANCE,
                is_from_outside: true,
                supersedes: None,
            };
            let codes = match embedder.knows_meaning() {
                true => {
                    let vector = embedder.embed(&entry.searchable()).await?;
                    self.codes(&vector, embedder)
                }
                false => None,
            };
            ids.push(entry.id);
            taken.push((entry, codes));
        }
        progress(parts.len(), parts.len());

        let gone: Vec<u64> = old_chunks.into_iter().filter(|id| !kept.contains(id)).collect();
        let file_id = file_id.unwrap_or_else(|| self.next_file());
        let record = FileRecord { path: path.into(), hash: content, chunks: ids };
        let mut batch = Batch::new();
        batch.put(Key::new(kinds::FILE, file_id), record.encode());
        self.exchange(batch, &gone, taken).await?;
        self.files.insert(file_id, record);
        Ok(Ingested { chunks: parts.len(), known: kept.len(), removed: gone.len() })
    }

    /// Forgets a file and all its chunks; how many there were, or `None` for a file that is not known.
    ///
    /// # Errors
    /// The store fails; then nothing has changed.
    pub async fn forget_file(&mut self, path: &str) -> Result<Option<usize>, MemoryError> {
        let known = self.files.iter().find(|(_, file)| file.path == path);
        let Some((id, chunks)) = known.map(|(id, file)| (*id, file.chunks.clone())) else {
            return Ok(None);
        };
        let mut batch = Batch::new();
        batch.delete(Key::new(kinds::FILE, id));
        self.exchange(batch, &chunks, Vec::new()).await?;
        // Its path too, where it had no chunks.
        self.is_erasure_due = true;
        self.files.remove(&id);
        Ok(Some(chunks.len()))
    }

    fn next_file(&self) -> u64 {
        self.files.last_key_value().map_or(1, |(id, _)| id + 1)
    }
}
