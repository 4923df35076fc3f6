//! Words of a text: what carries it, reduced to stems, and vectors made of them.
//!
//! Used beside vectors of meaning, because names and numbers carry little meaning, and instead of
//! them where there is no embedding model.

use crate::embedder::{BoxFuture, TextEmbedder};
use alloc::{boxed::Box, string::String, vec, vec::Vec};
use llm_inference::embedding::EmbedError;

/// What [`WordEmbedder`] is known by.
pub const FINGERPRINT: u64 = 0;

/// Numbers of a vector of words.
const DIMENSION: usize = 384;

/// What the words of a question count beside its meaning.
const WORDS_WEIGHT: f32 = 0.3;

/// Words that say nothing of what a text is about.
const STOP_WORDS: [&str; 68] = [
    "a", "about", "am", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could",
    "did", "do", "does", "for", "from", "had", "has", "have", "how", "i", "in", "is", "it", "its",
    "know", "me", "my", "of", "on", "or", "our", "please", "remember", "said", "say", "so", "tell",
    "that", "the", "their", "them", "there", "they", "this", "to", "told", "us", "was", "we",
    "were", "what", "when", "where", "which", "who", "whose", "why", "will", "with", "would",
    "you", "your", "s", "t",
];

/// The stems of the words that carry `text`, in lower case, in its order.
pub fn content_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !STOP_WORDS.contains(&word.as_str()))
        .map(|word| stem(&word).into())
        .collect()
}

/// A word without the ending that its grammar gave it: crude, but the same on both sides.
fn stem(word: &str) -> &str {
    for ending in ["ing", "ies", "es", "ed", "s", "y"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 3
        {
            return stem;
        }
    }
    word
}

/// How much of the words of a question stands in a text, 0 to 1.
fn overlap(question: &[String], text: &[String]) -> f32 {
    if question.is_empty() {
        return 0.0;
    }
    let found = question.iter().filter(|word| text.contains(word)).count();
    found as f32 / question.len() as f32
}

/// How near a text is to a question: by the `meaning` of both, the cosine of their vectors, and by the
/// words they share. At most a little more than 1.
pub fn nearness(meaning: f32, question: &[String], text: &[String]) -> f32 {
    meaning + WORDS_WEIGHT * overlap(question, text)
}

/// Vectors of words: each word goes into a place that its hash chooses.
#[derive(Clone, Copy, Debug, Default)]
pub struct WordEmbedder;

impl WordEmbedder {
    /// The vector of a text, of length 1; of a text without words that carry it, one of no word.
    pub fn vector(text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; DIMENSION];
        for word in content_words(text) {
            vector[place(&word)] += 1.0;
        }
        let square: f32 = vector.iter().map(|x| x * x).sum();
        if square > 0.0 {
            let scale = 1.0 / libm::sqrtf(square);
            vector.iter_mut().for_each(|x| *x *= scale);
        }
        vector
    }
}

/// FNV-1a, 64 bits: the same on every machine.
pub fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn place(word: &str) -> usize {
    ((hash(word.bytes()) >> 16) % DIMENSION as u64) as usize
}

impl TextEmbedder for WordEmbedder {
    fn fingerprint(&self) -> u64 {
        FINGERPRINT
    }

    fn knows_meaning(&self) -> bool {
        false
    }

    fn embed<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, EmbedError>> {
        Box::pin(core::future::ready(Ok(Self::vector(text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosine;

    #[test]
    fn texts_that_share_words_are_near() {
        let key = WordEmbedder::vector("The spare key is under the mat.");
        let question = WordEmbedder::vector("Where are the spare keys?");
        let other = WordEmbedder::vector("My sister's birthday is 4 May.");
        assert!(cosine(&key, &question) > 0.5, "{}", cosine(&key, &question));
        assert_eq!(cosine(&other, &question), 0.0);
        assert!((cosine(&key, &key) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn words_lose_their_endings_and_little_words_go() {
        assert_eq!(content_words("Did you water the plants?"), ["water", "plant"]);
        assert_eq!(content_words("parties, party"), ["part", "part"]);
        assert_eq!(overlap(&content_words("spare keys"), &content_words("the key")), 0.5);
        assert_eq!(overlap(&[], &content_words("the key")), 0.0);
    }
}
