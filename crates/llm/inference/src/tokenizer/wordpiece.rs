//! WordPiece (`tokenizer.ggml.model` = `bert`): words in lower case without accents, and for each
//! the longest token it begins with, then the longest the rest does, and so on.
//!
//! Devlin et al., "BERT" (2018); as llama.cpp runs it, which differs from the original where a
//! Hangul syllable is taken apart (only its first consonant stays) and in that words may be of any
//! length. Tokens that begin a word are written with U+2581 before them in the file.

use super::{
    Kind,
    lookup::TokenBytes,
    prefix::PrefixIndex,
    sentencepiece::{ESCAPED_SPACE, unescape},
    unicode::{Class, base, class, lower_case},
};
use crate::model::TokenId;
use alloc::vec::Vec;

/// The tables of a WordPiece vocabulary.
pub(super) struct WordPiece {
    /// Tokens that text can become. Where the file has U+2581, these have a space.
    pieces: PrefixIndex,
    /// What stands for a word that is not made of tokens.
    unknown: Option<u32>,
    lowercase: bool,
    strip_accents: bool,
}

impl WordPiece {
    /// From the tokens, and the bytes of all tokens.
    pub(super) fn new(
        tokens: &[&[u8]],
        kinds: &[Kind],
        unknown: Option<u32>,
        lowercase: bool,
        strip_accents: bool,
    ) -> (Self, TokenBytes) {
        let mut bytes = TokenBytes::with_capacity(tokens.len());
        for (token, kind) in tokens.iter().zip(kinds) {
            bytes.push(|all| match kind {
                Kind::Control => all.extend_from_slice(token),
                _ => unescape(token, all),
            });
        }
        let is_piece = |&(_, kind): &(u32, &Kind)| *kind != Kind::Control;
        let ids = (0..).zip(kinds).filter(is_piece).map(|(id, _)| id);
        let pieces = PrefixIndex::new(ids, |id| bytes.get(id));
        (Self { pieces, unknown, lowercase, strip_accents }, bytes)
    }

    /// Appends the tokens of a text without special tokens.
    pub(super) fn encode(&self, text: &str, bytes: &TokenBytes, into: &mut Vec<TokenId>) {
        let mut word = Vec::new();
        for character in text.chars() {
            let character = if self.strip_accents { base(character) } else { character };
            let class = class(character);
            if class == Class::Space {
                self.encode_word(&mut word, bytes, into);
                continue;
            }
            let is_dropped = matches!(character, '\0' | char::REPLACEMENT_CHARACTER)
                || class == Class::Control
                || (class == Class::Mark && self.strip_accents);
            if is_dropped {
                continue;
            }
            let stands_alone = class == Class::Punctuation
                || (class == Class::Symbol && character.is_ascii())
                || is_ideograph(character);
            let character = if self.lowercase { lower_case(character) } else { character };
            if stands_alone {
                self.encode_word(&mut word, bytes, into);
            }
            push(character, &mut word);
            if stands_alone {
                self.encode_word(&mut word, bytes, into);
            }
        }
        self.encode_word(&mut word, bytes, into);
    }

    /// Appends the tokens of a word, which comes with the space before it, and empties it.
    fn encode_word(&self, word: &mut Vec<u8>, bytes: &TokenBytes, into: &mut Vec<TokenId>) {
        let before = into.len();
        let mut rest = word.as_slice();
        while !rest.is_empty() {
            // Of equal tokens the last one counts, as it does in llama.cpp's map.
            let mut longest = None;
            self.pieces.walk(rest, |id| bytes.get(id), |id| longest = Some(id));
            let Some(id) = longest else {
                into.truncate(before);
                into.extend(self.unknown.map(TokenId));
                break;
            };
            into.push(TokenId(id));
            rest = &rest[bytes.get(id).len()..];
        }
        word.clear();
    }
}

/// Appends a character, after a space if it is the word's first.
fn push(character: char, word: &mut Vec<u8>) {
    if word.is_empty() {
        word.push(b' ');
    }
    if ESCAPED_SPACE.starts_with(character) {
        word.push(b' ');
    } else {
        word.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The ideographs that are words by themselves: BERT's list, with the gap that its Rust port has.
const fn is_ideograph(character: char) -> bool {
    matches!(
        character as u32,
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}
