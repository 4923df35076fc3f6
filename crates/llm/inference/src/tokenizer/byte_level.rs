//! Byte-level BPE (`tokenizer.ggml.model` = `gpt2`): words, then byte pairs.

use super::{
    Kind, TokenizerError, alphabet,
    bpe::Merger,
    lookup::{Merge, MergeTable, NONE, TokenBytes, TokenTable},
    pretokenizer::PreTokenizer,
};
use crate::model::TokenId;
use alloc::{string::String, vec::Vec};

/// The tables of a byte-level vocabulary.
pub(super) struct ByteLevel {
    by_bytes: TokenTable,
    /// The token of each single byte, or [`NONE`].
    byte_ids: [u32; 256],
    merges: MergeTable,
    words: PreTokenizer,
}

impl ByteLevel {
    /// From tokens in the byte alphabet and merges, and the bytes of all tokens. Control tokens
    /// keep their spelling, and no text becomes them.
    pub(super) fn new(
        tokens: &[&[u8]],
        kinds: &[Kind],
        merges: &[&[u8]],
        words: PreTokenizer,
    ) -> Result<(Self, TokenBytes), TokenizerError> {
        let (bytes, by_bytes) = token_tables(tokens, kinds);
        let merges = merge_table(merges, kinds, &by_bytes, &bytes)?;
        let byte_ids = core::array::from_fn(|byte| {
            by_bytes.find(&[u8::try_from(byte).unwrap_or(0)], &bytes).unwrap_or(NONE)
        });
        Ok((Self { by_bytes, byte_ids, merges, words }, bytes))
    }

    pub(super) fn merger(&self) -> Merger<'_> {
        Merger::new(&self.merges, &self.byte_ids)
    }

    /// Appends the tokens of a text without special tokens.
    pub(super) fn encode(
        &self,
        text: &str,
        bytes: &TokenBytes,
        merger: &mut Merger<'_>,
        into: &mut Vec<TokenId>,
    ) {
        self.words.split(text, &mut |word| {
            let whole = if self.words.whole_words_first {
                self.by_bytes.find(word.as_bytes(), bytes)
            } else {
                None
            };
            match whole {
                Some(id) => into.push(TokenId(id)),
                None => merger.encode(word.as_bytes(), into),
            }
        });
    }

    /// Cuts words as another family does.
    #[cfg(test)]
    pub(super) fn cut_as(&mut self, words: PreTokenizer) {
        self.words = words;
    }
}

/// The bytes of all tokens, and the tokens that text can become by their bytes.
fn token_tables(tokens: &[&[u8]], kinds: &[Kind]) -> (TokenBytes, TokenTable) {
    let mut bytes = TokenBytes::with_capacity(tokens.len());
    let mut by_bytes = TokenTable::with_capacity(tokens.len());
    for ((id, token), kind) in (0..).zip(tokens).zip(kinds) {
        let is_in_alphabet = bytes.push(|all| {
            let start = all.len();
            let mut is_in_alphabet = alphabet::decode(token, all);
            if *kind != Kind::Text || !is_in_alphabet {
                // Spelled as it is. Merges still find it if that makes no difference.
                is_in_alphabet &= all[start..] == **token;
                all.truncate(start);
                all.extend_from_slice(token);
            }
            is_in_alphabet
        });
        if is_in_alphabet && *kind != Kind::Control {
            by_bytes.insert(id, &bytes);
        }
    }
    (bytes, by_bytes)
}

/// The merges by the pair they join.
fn merge_table(
    merges: &[&[u8]],
    kinds: &[Kind],
    by_bytes: &TokenTable,
    bytes: &TokenBytes,
) -> Result<MergeTable, TokenizerError> {
    let mut table = MergeTable::with_capacity(merges.len());
    let mut both = Vec::new();
    // Trainers number the tokens in the order of their merges: nearly always the next token is
    // the one that the next merge makes, and a comparison is cheaper than a look-up.
    let mut guess: u32 = 0;
    for (rank, merge) in (0..).zip(merges) {
        let no_token = |text: &[u8]| TokenizerError::MergeWithoutToken {
            rank,
            text: String::from_utf8_lossy(text).into_owned(),
        };
        let space = merge.iter().skip(1).position(|&byte| byte == b' ').ok_or_else(|| {
            let text = String::from_utf8_lossy(merge).into_owned();
            TokenizerError::MergeWithoutSpace { rank, text }
        })?;
        let (left, right) = (&merge[..=space], &merge[space + 2..]);
        both.clear();
        if !alphabet::decode(left, &mut both) {
            return Err(no_token(left));
        }
        let middle = both.len();
        if !alphabet::decode(right, &mut both) {
            return Err(no_token(right));
        }
        let left_id = by_bytes.find(&both[..middle], bytes).ok_or_else(|| no_token(left))?;
        let right_id = by_bytes.find(&both[middle..], bytes).ok_or_else(|| no_token(right))?;
        let is_text = kinds.get(guess as usize) == Some(&Kind::Text);
        if !is_text || bytes.get(guess) != both {
            guess = by_bytes.find(&both, bytes).ok_or_else(|| no_token(merge))?;
        }
        table.insert(left_id, right_id, Merge { rank, merged: guess });
        guess += 1;
    }
    Ok(table)
}
