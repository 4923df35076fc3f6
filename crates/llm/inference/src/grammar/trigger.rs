//! What starts a constraint lazily: a text in the output, wherever tokens cut it, or a token.

use crate::model::{LanguageModel, SpecialTokens, TokenId};
use alloc::{vec, vec::Vec};

/// What the output must contain for the grammar to begin after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// These bytes.
    Text(Vec<u8>),
    /// A token, such as a control token that stands for no text.
    Token(TokenId),
}

impl Trigger {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    /// What starts after `marker` when a model writes: its token, if it is one that stands for no
    /// text, else the text.
    pub fn marker(model: &impl LanguageModel, marker: &str) -> Self {
        match model.encode(marker, SpecialTokens::Parse)[..] {
            [token] if model.token_bytes(token).is_empty() => Self::Token(token),
            _ => Self::text(marker),
        }
    }
}

/// Finds a text in bytes that come one by one (Knuth, Morris, Pratt 1977).
#[derive(Clone, Debug)]
pub(super) struct Finder {
    text: Vec<u8>,
    /// For each number of bytes found: the next smaller number that may be found as well.
    shorter: Vec<usize>,
}

impl Finder {
    /// A search for `text`, which is not empty.
    pub(super) fn new(text: Vec<u8>) -> Self {
        let mut shorter = vec![0; text.len() + 1];
        let mut found = 0;
        for index in 1..text.len() {
            while found > 0 && text[index] != text[found] {
                found = shorter[found];
            }
            found += usize::from(text[index] == text[found]);
            shorter[index + 1] = found;
        }
        Self { text, shorter }
    }

    /// How many bytes of the text are found after one more byte, from less than all of them.
    pub(super) fn step(&self, mut found: usize, byte: u8) -> usize {
        while found > 0 && self.text.get(found) != Some(&byte) {
            found = self.shorter[found];
        }
        found + usize::from(self.text.get(found) == Some(&byte))
    }

    /// The last byte of the text, without which no text is completed.
    pub(super) fn last_byte(&self) -> u8 {
        self.text.last().copied().unwrap_or(0)
    }

    /// Whether that many bytes are the whole text.
    pub(super) fn is_whole(&self, found: usize) -> bool {
        found == self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str, within: &str) -> Vec<usize> {
        let finder = Finder::new(text.as_bytes().to_vec());
        let mut found = 0;
        let mut ends = Vec::new();
        for (index, &byte) in within.as_bytes().iter().enumerate() {
            found = finder.step(found, byte);
            if finder.is_whole(found) {
                ends.push(index + 1);
                found = 0;
            }
        }
        ends
    }

    #[test]
    fn finds_a_text_after_false_beginnings() {
        assert_eq!(ends("<t>", "a<<t>b<t>"), [5, 9]);
        assert_eq!(ends("aab", "aaab"), [4]);
        assert_eq!(ends("abab", "ababab"), [4], "what was found is used up");
        assert_eq!(ends("x", ""), [0; 0]);
    }
}
