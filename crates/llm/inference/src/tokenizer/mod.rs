//! Text to tokens and back.
//!
//! [`Tokenizer`] is a byte-level BPE vocabulary as a GGUF file carries it (`tokenizer.ggml.model`
//! = `gpt2`) and cuts text exactly as llama.cpp does: special tokens first ([`special`]), then
//! words ([`pretokenizer`]), then byte pairs ([`bpe`]). It is built from a [`TokenizerSpec`], which
//! [`Tokenizer::from_gguf`] reads from a file. [`Utf8Stream`] makes text of tokens that arrive one by one.

mod alphabet;
mod bpe;
mod error;
mod load;
mod lookup;
mod pretokenizer;
mod special;
mod stream;
mod unicode;
mod unicode_tables;

pub use error::TokenizerError;
pub use stream::Utf8Stream;

use crate::model::{SpecialTokens, TokenId};
use alloc::{borrow::Cow, string::String, vec::Vec};
use bpe::Merger;
use lookup::{Merge, MergeTable, NONE, TokenBytes, TokenTable};
use pretokenizer::PreTokenizer;
use special::{Specials, remove_markers};

/// What a vocabulary is made of, under the names of GGUF's metadata without `tokenizer.ggml.`.
/// Strings are bytes as they stand in the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenizerSpec<'a> {
    /// `model`: the algorithm. `gpt2` is byte-level BPE.
    pub model: &'a str,
    /// `pre`: how words are cut.
    pub pre: &'a str,
    /// `tokens`, `(vocabulary)`.
    pub tokens: &'a [&'a [u8]],
    /// `token_type`, `(vocabulary)`; empty if all are normal.
    pub token_types: &'a [i32],
    /// `merges`: two tokens with a space between them, the most important first.
    pub merges: &'a [&'a [u8]],
    /// `bos_token_id`.
    pub bos: Option<u32>,
    /// `eos_token_id`.
    pub eos: Option<u32>,
    /// `eot_token_id`.
    pub eot: Option<u32>,
    /// `eom_token_id`.
    pub eom: Option<u32>,
    /// `unknown_token_id`.
    pub unknown: Option<u32>,
    /// `padding_token_id`.
    pub padding: Option<u32>,
    /// `add_bos_token`.
    pub add_bos: Option<bool>,
}

/// Spellings of control tokens that end a turn, whatever a file says of them.
const TURN_ENDS: &[&[u8]] = &[
    b"<|im_end|>",
    b"<|eot_id|>",
    b"<|eom_id|>",
    b"<|end|>",
    b"<end_of_turn>",
    b"<|endoftext|>",
    b"<|end_of_text|>",
    b"<end_of_utterance>",
    "<｜end▁of▁sentence｜>".as_bytes(),
    b"</s>",
];

/// What a token is for, from `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Part of ordinary text, written in the byte alphabet.
    Text,
    /// Text as well, but found by its spelling before words are cut.
    UserDefined,
    /// Steers the conversation and stands for no text.
    Control,
}

impl Kind {
    const fn from_ggml(token_type: i32) -> Self {
        match token_type {
            // UNKNOWN (2) is handled as CONTROL (3) wherever llama.cpp asks for either.
            2 | 3 => Self::Control,
            4 => Self::UserDefined,
            _ => Self::Text,
        }
    }
}

/// A byte-level BPE vocabulary.
pub struct Tokenizer {
    kinds: Vec<Kind>,
    /// The bytes of text tokens; the spelling of the others.
    bytes: TokenBytes,
    by_bytes: TokenTable,
    /// The token of each single byte, or [`NONE`].
    byte_ids: [u32; 256],
    merges: MergeTable,
    specials: Specials,
    words: PreTokenizer,
    /// Sorted.
    turn_ends: Vec<u32>,
    bos: Option<TokenId>,
    eos: Option<TokenId>,
    adds_bos: bool,
}

impl Tokenizer {
    /// Builds the tables of a vocabulary.
    ///
    /// # Errors
    /// An algorithm or a way of cutting words that is not known, or data that does not fit
    /// together: see [`TokenizerError`].
    pub fn new(spec: &TokenizerSpec<'_>) -> Result<Self, TokenizerError> {
        check(spec)?;
        let words = PreTokenizer::by_name(spec.pre)
            .ok_or_else(|| TokenizerError::UnknownPreTokenizer(String::from(spec.pre)))?;
        let kinds = if spec.token_types.is_empty() {
            alloc::vec![Kind::Text; spec.tokens.len()]
        } else {
            spec.token_types.iter().map(|&token_type| Kind::from_ggml(token_type)).collect()
        };
        let (bytes, by_bytes) = token_tables(spec.tokens, &kinds);
        let merges = merge_table(spec.merges, &kinds, &by_bytes, &bytes)?;
        let byte_ids = core::array::from_fn(|byte| {
            by_bytes.find(&[u8::try_from(byte).unwrap_or(0)], &bytes).unwrap_or(NONE)
        });

        let special_ids =
            (0..).zip(&kinds).filter(|&(_, kind)| *kind != Kind::Text).map(|(id, _)| id);
        let specials =
            Specials::new(special_ids.clone().map(|id: u32| {
                (id, spec.tokens[id as usize], kinds[id as usize] == Kind::Control)
            }));
        let mut turn_ends: Vec<u32> = special_ids
            .filter(|&id| kinds[id as usize] == Kind::Control)
            .filter(|&id| TURN_ENDS.contains(&spec.tokens[id as usize]))
            .chain([spec.eos, spec.eot, spec.eom].into_iter().flatten())
            .collect();
        turn_ends.sort_unstable();
        turn_ends.dedup();

        Ok(Self {
            kinds,
            bytes,
            by_bytes,
            byte_ids,
            merges,
            specials,
            words,
            turn_ends,
            bos: spec.bos.map(TokenId),
            eos: spec.eos.map(TokenId),
            adds_bos: spec.add_bos.unwrap_or(false),
        })
    }

    /// Text to tokens; adds no token of its own. Takes O(n log n) of the text's bytes.
    ///
    /// With [`SpecialTokens::Parse`] the spelling of a control token is that token, but where
    /// [`Self::shield`] says otherwise; U+FDD0, with which it does so, does not reach the model.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let (clean, markers) = match special {
            SpecialTokens::Parse => remove_markers(text),
            SpecialTokens::Literal => (Cow::Borrowed(text), Vec::new()),
        };
        let found = self.specials.find(&clean, special == SpecialTokens::Parse, &markers);
        let mut merger = Merger::new(&self.merges, &self.byte_ids);
        let mut tokens = Vec::with_capacity(clean.len() / 3);
        let mut done = 0;
        for special in found {
            self.encode_text(&clean[done..special.start], &mut merger, &mut tokens);
            tokens.push(TokenId(special.id));
            done = special.end;
        }
        self.encode_text(&clean[done..], &mut merger, &mut tokens);
        tokens
    }

    /// Text without special tokens.
    fn encode_text(&self, text: &str, merger: &mut Merger<'_>, into: &mut Vec<TokenId>) {
        self.words.split(text, &mut |word| {
            let whole = if self.words.whole_words_first {
                self.by_bytes.find(word.as_bytes(), &self.bytes)
            } else {
                None
            };
            match whole {
                Some(id) => into.push(TokenId(id)),
                None => merger.encode(word.as_bytes(), into),
            }
        });
    }

    /// `content` such that [`Self::encode`] with [`SpecialTokens::Parse`] gives the tokens of the
    /// literal text: spellings of control tokens are marked with U+FDD0, which `encode` removes.
    /// That character itself is taken out of `content` first.
    pub fn shield<'t>(&self, content: &'t str) -> Cow<'t, str> {
        self.specials.shield(content)
    }

    /// The bytes a token stands for, which may begin or end within a character. Empty for control
    /// tokens and for ids outside the vocabulary.
    pub fn token_bytes(&self, token: TokenId) -> &[u8] {
        if self.is_control(token) { &[] } else { self.bytes.get(token.0) }
    }

    /// How a token is written: for control tokens their name, such as `<|im_end|>`, for others
    /// their bytes. Replacement characters stand for what is no UTF-8.
    pub fn spelling(&self, token: TokenId) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes.get(token.0))
    }

    /// Whether a token steers the conversation and stands for no text.
    pub fn is_control(&self, token: TokenId) -> bool {
        self.kinds.get(token.0 as usize) == Some(&Kind::Control)
    }

    /// Whether the model says with this token that its turn is over.
    pub fn ends_turn(&self, token: TokenId) -> bool {
        self.turn_ends.binary_search(&token.0).is_ok()
    }

    /// Number of tokens.
    pub fn vocabulary(&self) -> usize {
        self.bytes.len()
    }

    /// The token that begins a sequence.
    pub fn bos(&self) -> Option<TokenId> {
        self.bos
    }

    /// The token that ends a sequence.
    pub fn eos(&self) -> Option<TokenId> {
        self.eos
    }

    /// Whether plain text, which no chat template has given one, is to be begun with
    /// [`Self::bos`].
    pub fn adds_bos(&self) -> bool {
        self.adds_bos
    }
}

/// Checks what can be checked without building anything.
fn check(spec: &TokenizerSpec<'_>) -> Result<(), TokenizerError> {
    if spec.model != "gpt2" {
        return Err(TokenizerError::UnknownModel(String::from(spec.model)));
    }
    if spec.tokens.is_empty() {
        return Err(TokenizerError::EmptyVocabulary);
    }
    let vocabulary = spec.tokens.len();
    let len_bytes: usize = spec.tokens.iter().map(|token| token.len()).sum();
    if u32::try_from(vocabulary.max(spec.merges.len()).max(len_bytes)).is_err() {
        return Err(TokenizerError::TooLarge { tokens: vocabulary, len_bytes });
    }
    if !spec.token_types.is_empty() && spec.token_types.len() != vocabulary {
        let types = spec.token_types.len();
        return Err(TokenizerError::TypeCount { tokens: vocabulary, types });
    }
    let ids = [
        ("bos", spec.bos),
        ("eos", spec.eos),
        ("eot", spec.eot),
        ("eom", spec.eom),
        ("unknown", spec.unknown),
        ("padding", spec.padding),
    ];
    for (name, id) in ids {
        if let Some(id) = id.filter(|&id| id as usize >= vocabulary) {
            return Err(TokenizerError::IdOutOfRange { name, id, tokens: vocabulary });
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests;
