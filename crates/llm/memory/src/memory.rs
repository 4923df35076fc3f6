//! The memories themselves: texts with vectors, ranked against a question by meaning and by words.

use crate::{
    MemoryError, TextEmbedder, cosine,
    words::{content_words, nearness},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The most entries that are kept.
pub const MAX_ENTRIES: usize = 4096;
/// The longest text, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// Texts at least so near say the same: the newer takes the place of the older.
const SAME: f32 = 0.95;

/// One memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number, never given twice.
    pub id: u64,
    /// What is remembered.
    pub text: String,
    /// When it was, in seconds since 1970; `None` where there was no clock.
    pub unix_s: Option<i64>,
    vector: Vec<f32>,
    fingerprint: u64,
    words: Vec<String>,
}

/// An entry that answers a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'m> {
    /// The entry.
    pub entry: &'m Entry,
    /// How near it is: the cosine, and something for shared words.
    pub score: f32,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The entry's number.
    pub id: u64,
    /// The text that said the same and was replaced.
    pub replaced: Option<String>,
}

/// All memories, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    entries: Vec<Entry>,
    last_id: u64,
}

impl Memory {
    /// Keeps a text. One that says the same as an older one takes its place.
    ///
    /// # Errors
    /// No text, too long a text, too many; then nothing has changed.
    pub async fn remember(
        &mut self,
        text: &str,
        unix_s: Option<i64>,
        embedder: &dyn TextEmbedder,
    ) -> Result<Remembered, MemoryError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(MemoryError::Empty);
        }
        if text.len() > MAX_TEXT_BYTES {
            return Err(MemoryError::TooLong { len_bytes: text.len() });
        }
        let vector = embedder.embed(text).await?;
        let (fingerprint, words) = (embedder.fingerprint(), content_words(text));
        let same = self.entries.iter().position(|entry| {
            // What differs in a number or a name is another fact, however near it is.
            entry.fingerprint == fingerprint
                && entry.words == words
                && cosine(&entry.vector, &vector) >= SAME
        });
        let replaced = same.map(|at| self.entries.remove(at).text);
        if self.entries.len() >= MAX_ENTRIES {
            return Err(MemoryError::Full { entries: self.entries.len() });
        }
        self.last_id += 1;
        let id = self.last_id;
        self.entries.push(Entry { id, text: text.to_owned(), unix_s, vector, fingerprint, words });
        Ok(Remembered { id, replaced })
    }

    /// The `count` entries nearest to a question, nearest first. Entries whose vectors another
    /// embedder made are ranked by words alone.
    ///
    /// # Errors
    /// A question that cannot be made a vector.
    pub async fn search(
        &self,
        question: &str,
        count: usize,
        embedder: &dyn TextEmbedder,
    ) -> Result<Vec<Found<'_>>, MemoryError> {
        let vector = embedder.embed(question).await?;
        Ok(self.nearest(question, &vector, embedder.fingerprint(), count))
    }

    /// As [`Self::search`], for a question whose vector is known.
    pub fn nearest(
        &self,
        question: &str,
        vector: &[f32],
        fingerprint: u64,
        count: usize,
    ) -> Vec<Found<'_>> {
        let words = content_words(question);
        let mut found: Vec<Found<'_>> = self
            .entries
            .iter()
            .map(|entry| {
                let is_comparable = entry.fingerprint == fingerprint;
                let meaning = if is_comparable { cosine(&entry.vector, vector) } else { 0.0 };
                Found { entry, score: nearness(meaning, &words, &entry.words) }
            })
            .collect();
        // Among equals the newest: what was said last holds.
        found.sort_by(|left, right| {
            right.score.total_cmp(&left.score).then(right.entry.id.cmp(&left.entry.id))
        });
        found.truncate(count);
        found
    }

    /// Forgets an entry; `None` if there is none of this number.
    pub fn forget(&mut self, id: u64) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.id == id)?;
        Some(self.entries.remove(at))
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WordEmbedder;
    use core::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    fn memory(texts: &[&str]) -> Memory {
        let mut memory = Memory::default();
        for text in texts {
            now(memory.remember(text, None, &WordEmbedder)).unwrap();
        }
        memory
    }

    fn best<'m>(memory: &'m Memory, question: &str) -> &'m str {
        &now(memory.search(question, 1, &WordEmbedder)).unwrap()[0].entry.text
    }

    #[test]
    fn finds_what_a_question_is_about() {
        let memory = memory(&[
            "my sister's birthday is 4 May",
            "the spare key is under the mat",
            "I prefer metric units",
        ]);
        assert_eq!(best(&memory, "When is my sister's birthday?"), "my sister's birthday is 4 May");
        assert_eq!(best(&memory, "Where is the key?"), "the spare key is under the mat");
        assert_eq!(now(memory.search("units", 2, &WordEmbedder)).unwrap().len(), 2);
    }

    #[test]
    fn the_same_again_replaces_and_another_number_does_not() {
        let mut memory = memory(&["the gate code is 4417"]);
        let again = now(memory.remember("The gate code is 4417.", None, &WordEmbedder)).unwrap();
        assert_eq!(again.replaced.as_deref(), Some("the gate code is 4417"));
        let other = now(memory.remember("the gate code is 5521", None, &WordEmbedder)).unwrap();
        assert_eq!(other.replaced, None);
        assert_eq!(memory.entries().len(), 2);
        assert_eq!(
            best(&memory, "the gate code?"),
            "the gate code is 5521",
            "the newest of equals"
        );
        assert!(memory.forget(other.id).is_some());
        assert!(memory.forget(other.id).is_none());
    }

    #[test]
    fn what_cannot_be_kept_changes_nothing() {
        let mut memory = memory(&["a fact"]);
        let mut remember = |text: &str| now(memory.remember(text, None, &WordEmbedder));
        assert_eq!(remember(" \n"), Err(MemoryError::Empty));
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(remember(&long), Err(MemoryError::TooLong { len_bytes: MAX_TEXT_BYTES + 1 }));
        assert_eq!(memory.entries().len(), 1);
    }
}
