//! Sets of tokens.

use crate::model::TokenId;
use alloc::{vec, vec::Vec};

/// Which tokens of a vocabulary are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMask {
    /// One bit for each token.
    words: Vec<u64>,
    vocabulary: usize,
}

impl TokenMask {
    /// A mask that allows none of `vocabulary` tokens.
    pub fn none(vocabulary: usize) -> Self {
        Self { words: vec![0; vocabulary.div_ceil(64)], vocabulary }
    }

    /// A mask that allows all of `vocabulary` tokens.
    pub fn all(vocabulary: usize) -> Self {
        let mut mask = Self { words: vec![u64::MAX; vocabulary.div_ceil(64)], vocabulary };
        if let (Some(last), used @ 1..) = (mask.words.last_mut(), vocabulary % 64) {
            *last = (1 << used) - 1;
        }
        mask
    }

    /// Allows a token; no effect on one outside the vocabulary.
    pub fn allow(&mut self, token: TokenId) {
        if (token.0 as usize) < self.vocabulary {
            self.words[token.0 as usize / 64] |= 1 << (token.0 % 64);
        }
    }

    /// Forbids a token.
    pub fn forbid(&mut self, token: TokenId) {
        if let Some(word) = self.words.get_mut(token.0 as usize / 64) {
            *word &= !(1 << (token.0 % 64));
        }
    }

    /// Whether a token is allowed.
    pub fn allows(&self, token: TokenId) -> bool {
        self.words.get(token.0 as usize / 64).is_some_and(|word| word & (1 << (token.0 % 64)) != 0)
    }

    /// Allows what another mask of the same vocabulary allows.
    pub fn allow_all_of(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Whether no token is allowed.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// How many tokens are allowed.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The allowed tokens, in order.
    pub fn iter(&self) -> impl Iterator<Item = TokenId> {
        (0..).zip(&self.words).flat_map(|(index, &word)| {
            let mut rest = word;
            core::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(TokenId(index * 64 + bit))
            })
        })
    }

    /// Makes every logit of `(vocabulary)` minus infinity whose token is not allowed.
    pub fn apply(&self, logits: &mut [f32]) {
        for (index, logits) in logits.chunks_mut(64).enumerate() {
            match self.words.get(index).copied().unwrap_or(0) {
                u64::MAX => {}
                0 => logits.fill(f32::NEG_INFINITY),
                word => {
                    for (bit, logit) in logits.iter_mut().enumerate() {
                        if word & (1 << bit) == 0 {
                            *logit = f32::NEG_INFINITY;
                        }
                    }
                }
            }
        }
    }

    /// Bytes of memory it takes.
    pub(super) fn len_bytes(&self) -> usize {
        self.words.len() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_tokens_at_the_borders_of_words_and_nothing_beyond_the_vocabulary() {
        let mut mask = TokenMask::none(130);
        for id in [0, 63, 64, 129, 130, 500] {
            mask.allow(TokenId(id));
        }
        assert_eq!(mask.iter().map(|token| token.0).collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(!mask.allows(TokenId(130)) && mask.count() == 4);
        let mut logits = [1.0; 131];
        mask.apply(&mut logits);
        assert_eq!(logits.iter().filter(|&&logit| logit == 1.0).count(), 4);
        assert_eq!(logits[130], f32::NEG_INFINITY);
        assert_eq!(TokenMask::all(130).count(), 130);
        assert_eq!(TokenMask::all(128).count(), 128);
        mask.forbid(TokenId(63));
        assert!(!mask.allows(TokenId(63)) && !mask.is_empty());
    }
}
