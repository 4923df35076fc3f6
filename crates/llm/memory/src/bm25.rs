//! An inverted index over words, ranked by BM25: finds names, numbers and rare words, of which
//! vectors of meaning know little.
//!
//! The function is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
//! Beyond" (2009), with the inverse document frequency that Lucene uses, which is never negative.
//! Words are those of [`content_words`]: the same stems as everywhere in this crate.
//!
//! A score is given as a share of the most that any document could have for the question, words that
//! no document has included: so a question of which only one everyday word is known is answered
//! badly even by the best, and scores of different questions can be compared.

use crate::words::content_words;
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    rc::Rc,
    vec::{self, Vec},
};

/// How soon more of the same word stops counting: the usual constant.
const K1: f32 = 1.2;
/// How much a long document is held against it, 0 to 1: the usual constant.
const B: f32 = 0.75;

/// The index. A document has six bytes for each of its distinct words here, and four more to find
/// them again when it goes; its text is not kept.
#[derive(Clone, Debug, Default)]
pub struct Bm25 {
    /// Which term a word is.
    terms_by_word: BTreeMap<Rc<str>, u32>,
    /// Terms by number; those in `free_terms` are nobody's.
    terms: Vec<Term>,
    free_terms: Vec<u32>,
    /// Which slot a document has.
    slots_by_id: BTreeMap<u64, u32>,
    /// Documents by slot; those in `free_slots` are nobody's.
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    /// Words of all documents together.
    total_words: u64,
}

/// Where one word stands. Both lists are parallel, in the order of slots.
#[derive(Clone, Debug, Default)]
struct Term {
    word: Rc<str>,
    slots: Vec<u32>,
    /// How often the word stands in the document; more than 65535 times count as that.
    counts: Vec<u16>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    id: u64,
    words: u32,
    /// The distinct terms of the document, to take it out of their lists.
    terms: Box<[u32]>,
}

/// A document that has words of a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The document.
    pub id: u64,
    /// How well it answers: more than 0 and less than 1, of which a document of usual length that has
    /// each word once gets 1 / 2.2, a little less than half.
    pub score: f32,
}

impl Bm25 {
    /// An index without documents.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.slots_by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots_by_id.is_empty()
    }

    /// Whether a document is in the index.
    pub fn contains(&self, id: u64) -> bool {
        self.slots_by_id.contains_key(&id)
    }

    /// Adds a document; one of the same number goes first. A text without words that carry it is a
    /// document too, which nothing finds.
    pub fn insert(&mut self, id: u64, text: &str) {
        self.remove(id);
        let words = content_words(text);
        let len = u32::try_from(words.len()).unwrap_or(u32::MAX);
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        });
        let mut counts: BTreeMap<u32, u16> = BTreeMap::new();
        for word in words {
            let count = counts.entry(self.term(&word)).or_default();
            *count = count.saturating_add(1);
        }
        for (&term, &count) in &counts {
            let term = &mut self.terms[term as usize];
            let at = term.slots.partition_point(|&other| other < slot);
            term.slots.insert(at, slot);
            term.counts.insert(at, count);
        }
        let terms = counts.into_keys().collect();
        self.slots[slot as usize] = Slot { id, words: len, terms };
        self.slots_by_id.insert(id, slot);
        self.total_words += u64::from(len);
    }

    /// The number of a word, a new one if it had none.
    fn term(&mut self, word: &str) -> u32 {
        if let Some(&term) = self.terms_by_word.get(word) {
            return term;
        }
        let word: Rc<str> = word.into();
        let number = self.free_terms.pop().unwrap_or_else(|| {
            self.terms.push(Term::default());
            (self.terms.len() - 1) as u32
        });
        self.terms[number as usize].word = word.clone();
        self.terms_by_word.insert(word, number);
        number
    }

    /// Takes a document out; `false` if there is none of this number. Afterwards the index ranks as if
    /// it had never been there.
    pub fn remove(&mut self, id: u64) -> bool {
        let Some(slot) = self.slots_by_id.remove(&id) else { return false };
        let document = core::mem::take(&mut self.slots[slot as usize]);
        for number in document.terms {
            let term = &mut self.terms[number as usize];
            let at = term.slots.binary_search(&slot).expect("a document is listed with its terms");
            term.slots.remove(at);
            term.counts.remove(at);
            if term.slots.is_empty() {
                let term = core::mem::take(term);
                self.terms_by_word.remove(&term.word);
                self.free_terms.push(number);
            }
        }
        self.free_slots.push(slot);
        self.total_words -= u64::from(document.words);
        true
    }

    /// The `count` documents that answer a question best, best first; among equals the highest number,
    /// which is the newest. Those that `keep` refuses are left out, but still count in how rare a word
    /// is.
    pub fn search(
        &self,
        question: &str,
        count: usize,
        keep: Option<&dyn Fn(u64) -> bool>,
    ) -> Vec<Scored> {
        let mut words = content_words(question);
        // Sums of floats depend on their order: it is not the question's.
        words.sort_unstable();
        words.dedup();
        if count == 0 || self.is_empty() {
            return Vec::new();
        }
        let mut most = 0.0;
        let mut scores = vec::from_elem(0.0_f32, self.slots.len());
        for word in words {
            let Some(&number) = self.terms_by_word.get(word.as_str()) else {
                most += self.rarity(0);
                continue;
            };
            let term = &self.terms[number as usize];
            let rarity = self.rarity(term.slots.len());
            most += rarity;
            for (&slot, &count) in term.slots.iter().zip(&term.counts) {
                scores[slot as usize] += rarity * self.saturation(slot, count);
            }
        }
        let found = scores.into_iter().zip(&self.slots).filter(|(score, _)| *score > 0.0);
        let found = found.map(|(score, slot)| Scored { id: slot.id, score: score / most });
        best(found.filter(|scored| keep.is_none_or(|keep| keep(scored.id))).collect(), count)
    }

    /// What a word is worth that stands in that many documents.
    fn rarity(&self, documents: usize) -> f32 {
        let (all, with) = (self.len() as f32, documents as f32);
        libm::logf(1.0 + (all - with + 0.5) / (with + 0.5))
    }

    /// What it is worth to have a word that often, for the length of the document: less than 1. The
    /// factor `K1 + 1` of the paper would be the same for all and fall out of the share.
    fn saturation(&self, slot: u32, count: u16) -> f32 {
        let mean = self.total_words as f32 / self.len() as f32;
        let length = self.slots[slot as usize].words as f32 / mean;
        let count = f32::from(count);
        count / (count + K1 * (1.0 - B + B * length))
    }
}

/// The best `count`, best first, among equals the highest number.
fn best(mut found: Vec<Scored>, count: usize) -> Vec<Scored> {
    let order = |left: &Scored, right: &Scored| {
        right.score.total_cmp(&left.score).then(right.id.cmp(&left.id))
    };
    if found.len() > count {
        found.select_nth_unstable_by(count, order);
        found.truncate(count);
    }
    found.sort_unstable_by(order);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    fn index(texts: &[&str]) -> Bm25 {
        let mut index = Bm25::new();
        for (id, text) in texts.iter().enumerate() {
            index.insert(id as u64, text);
        }
        index
    }

    fn ids(found: &[Scored]) -> Vec<u64> {
        found.iter().map(|scored| scored.id).collect()
    }

    #[test]
    fn rare_words_and_short_documents_come_first() {
        let index = index(&[
            "the gate code is 4417",
            "the garage code is 1",
            "a code review of the compiler, with remarks on each file and the code in general",
            "my sister's birthday is 4 May",
        ]);
        assert_eq!(ids(&index.search("what is the gate code?", 9, None)), [0, 1, 2]);
        assert_eq!(ids(&index.search("code", 2, None)), [1, 0], "the newest of equals");
        assert_eq!(ids(&index.search("birthdays in May", 9, None)), [3]);
        assert!(index.search("the of is", 9, None).is_empty());
        assert!(index.search("submarine", 9, None).is_empty());
        assert!(index.search("code", 0, None).is_empty());
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let index = index(&["red red blue", "green"]);
        let found = index.search("red", 9, None);
        // 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2)): the word's rarity falls out.
        let expected = 2.0 / (2.0 + 1.2 * 1.375);
        assert_eq!(ids(&found), [0]);
        assert!((found[0].score - expected).abs() < 1e-6, "{} {expected}", found[0].score);
        // A word in one of two documents is worth ln(1 + 1.5 / 1.5), one in none ln(1 + 2.5 / 0.5).
        let half_known = index.search("red submarine", 9, None)[0].score;
        let expected =
            expected * core::f32::consts::LN_2 / (core::f32::consts::LN_2 + libm::logf(6.0));
        assert!((half_known - expected).abs() < 1e-6, "{half_known} {expected}");
    }

    #[test]
    fn a_filter_leaves_documents_out_before_they_are_counted() {
        let index = index(&["tea", "tea", "tea", "coffee"]);
        assert_eq!(ids(&index.search("tea", 2, Some(&|id| id != 2))), [1, 0]);
        assert!(index.search("coffee", 2, Some(&|id| id < 3)).is_empty());
    }

    #[test]
    fn a_document_of_the_same_number_takes_the_place() {
        let mut index = index(&["the gate code is 4417"]);
        index.insert(0, "the spare key is under the mat");
        assert_eq!(index.len(), 1);
        assert!(index.search("gate", 9, None).is_empty());
        assert_eq!(ids(&index.search("key", 9, None)), [0]);
        assert!(index.remove(0) && !index.remove(0) && index.is_empty());
        assert!(index.terms_by_word.is_empty(), "no word stays behind");
    }

    proptest! {
        #[test]
        fn after_removals_it_ranks_as_if_they_had_never_been(
            texts in proptest::collection::vec("(red|blue|green|grey)( (red|blue|green|grey)){0,5}", 1..12),
            gone in proptest::collection::vec(any::<bool>(), 12),
        ) {
            let (mut all, mut few) = (Bm25::new(), Bm25::new());
            for (id, text) in texts.iter().enumerate() {
                all.insert(id as u64, text);
            }
            for (id, text) in texts.iter().enumerate() {
                match gone[id] {
                    true => prop_assert!(all.remove(id as u64)),
                    false => few.insert(id as u64, text),
                }
            }
            // Slots that were given back are used again.
            all.insert(100, "red grey");
            few.insert(100, "red grey");
            for question in ["red", "blue green", "green blue", "grey red blue"] {
                prop_assert_eq!(all.search(question, 5, None), few.search(question, 5, None));
            }
            prop_assert!(all.search("red grey green", 9, None).iter().all(|it| it.score < 1.0));
            let reversed: String = "blue green".split(' ').rev().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(all.search("blue green", 9, None), all.search(&reversed, 9, None));
        }
    }
}
