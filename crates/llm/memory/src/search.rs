//! What answers a question: by meaning and by words, ranked together.

use crate::{
    Entry, Kind, Memory, MemoryError, TextEmbedder, WordEmbedder, cosine,
    fuse::{About, Weights, fuse},
    words::{self, content_words, nearness},
};
use alloc::{collections::BTreeMap, vec::Vec};

/// Candidates that meaning and words bring each, where no more are asked for.
const CANDIDATES: usize = 32;

/// Which memories are looked at. The default takes all that hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'f> {
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// With this tag only.
    pub tag: Option<&'f str>,
    /// Not older than this, in seconds since 1970; what has no time is left out.
    pub since_unix_s: Option<i64>,
    /// Not newer than this, in seconds since 1970; what has no time is left out.
    pub until_unix_s: Option<i64>,
}

impl Filter<'_> {
    /// Whether everything passes.
    const fn is_open(&self) -> bool {
        self.kind.is_none()
            && self.tag.is_none()
            && self.since_unix_s.is_none()
            && self.until_unix_s.is_none()
    }

    fn takes(&self, entry: &Entry) -> bool {
        let is_in_time = |unix_s: i64| {
            self.since_unix_s.is_none_or(|since| unix_s >= since)
                && self.until_unix_s.is_none_or(|until| unix_s <= until)
        };
        let has_limits = self.since_unix_s.is_some() || self.until_unix_s.is_some();
        self.kind.is_none_or(|kind| entry.kind == kind)
            && self.tag.is_none_or(|tag| entry.tags.iter().any(|it| it == tag))
            && (!has_limits || entry.unix_s.is_some_and(is_in_time))
    }
}

/// A question, with its vector.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Its words.
    pub text: &'q str,
    /// Its vector.
    pub vector: &'q [f32],
    /// Who made that.
    pub fingerprint: u64,
    /// The time now, in seconds since 1970: what is recent comes first.
    pub now_unix_s: Option<i64>,
}

/// An entry that answers a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'m> {
    /// The entry.
    pub entry: &'m Entry,
    /// How near it is: the cosine, and something for shared words.
    pub score: f32,
    /// How near it is in meaning alone.
    pub cosine: f32,
}

impl Memory {
    /// The `count` entries that answer a question best, best first. Entries whose vectors another
    /// embedder made are ranked by words alone.
    ///
    /// # Errors
    /// A question that cannot be made a vector.
    pub async fn search(
        &self,
        text: &str,
        now_unix_s: Option<i64>,
        count: usize,
        embedder: &dyn TextEmbedder,
    ) -> Result<Vec<Found<'_>>, MemoryError> {
        let vector = embedder.embed(text).await?;
        let fingerprint = embedder.fingerprint();
        let question = Question { text, vector: &vector, fingerprint, now_unix_s };
        Ok(self.find(&question, &Filter::default(), count))
    }

    /// As [`Self::search`], for a question whose vector is known, and of those that a filter takes.
    pub fn find(
        &self,
        question: &Question<'_>,
        filter: &Filter<'_>,
        count: usize,
    ) -> Vec<Found<'_>> {
        let takes = |id: u64| self.entries.get(&id).is_some_and(|entry| filter.takes(entry));
        let most = CANDIDATES.max(4 * count);
        let keep: Option<&dyn Fn(u64) -> bool> = if filter.is_open() { None } else { Some(&takes) };
        let by_words = self.words.search(question.text, most, keep);
        let by_words: Vec<(u64, f32)> = by_words.iter().map(|it| (it.id, it.score)).collect();
        let by_meaning = self.by_meaning(question, most, keep, &by_words);
        let about = |id: u64| {
            let entry = &self.entries[&id];
            About { unix_s: entry.unix_s, importance: entry.importance }
        };
        let ranked =
            fuse(&by_meaning, &by_words, question.now_unix_s, &about, &Weights::default(), count);
        let cosines: BTreeMap<u64, f32> = by_meaning.into_iter().collect();
        let words = content_words(question.text);
        let found = ranked.into_iter().map(|ranked| {
            let entry = &self.entries[&ranked.id];
            let cosine = cosines.get(&ranked.id).copied().unwrap_or(0.0);
            let score = nearness(cosine, &words, &content_words(&entry.searchable()));
            Found { entry, score, cosine }
        });
        found.collect()
    }

    /// Cosines of the nearest entries, and of all that words have found.
    fn by_meaning(
        &self,
        question: &Question<'_>,
        most: usize,
        keep: Option<&dyn Fn(u64) -> bool>,
        by_words: &[(u64, f32)],
    ) -> Vec<(u64, f32)> {
        if question.fingerprint == words::FINGERPRINT {
            // Such vectors tell of words only, so what shares none has nothing in common.
            let cosine_of = |&(id, _): &(u64, f32)| {
                let text = self.entries[&id].searchable();
                (id, cosine(&WordEmbedder::vector(&text), question.vector))
            };
            return by_words.iter().map(cosine_of).collect();
        }
        let vectors = &self.vectors;
        let Some(index) =
            vectors.index.as_ref().filter(|_| question.fingerprint == vectors.fingerprint)
        else {
            return Vec::new();
        };
        let scratch = &mut *vectors.scratch.borrow_mut();
        // A question without a direction is like nothing.
        let mut hits = index.search(question.vector, most, keep, scratch).unwrap_or_default();
        let is_found_by_words = |id: u64| {
            by_words.iter().any(|&(other, _)| other == id) && !hits.iter().any(|hit| hit.id == id)
        };
        let more = by_words.iter().filter(|(id, _)| is_found_by_words(*id)).count();
        if more > 0 {
            let others = index.search(question.vector, more, Some(&is_found_by_words), scratch);
            hits.extend(others.unwrap_or_default());
        }
        hits.into_iter().map(|hit| (hit.id, hit.score)).collect()
    }
}
