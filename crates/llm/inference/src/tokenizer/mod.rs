//! Text to tokens and back.
//!
//! [`Tokenizer`] is a vocabulary as a GGUF file carries it and cuts text exactly as llama.cpp does:
//! special tokens first ([`special`]), and what is between them by the algorithm that
//! `tokenizer.ggml.model` names: byte-level BPE ([`byte_level`], on [`pretokenizer`] and [`bpe`]),
//! SentencePiece ([`sentencepiece`]) or WordPiece ([`wordpiece`]). It is built from a
//! [`TokenizerSpec`], which [`Tokenizer::from_gguf`] reads from a file. [`Utf8Stream`] makes text
//! of tokens that arrive one by one.

mod alphabet;
mod bpe;
mod byte_level;
mod error;
mod kind;
mod load;
mod lookup;
mod prefix;
mod pretokenizer;
mod sentencepiece;
mod spec;
mod special;
mod stream;
mod turn_ends;
mod unicode;
mod unicode_tables;
mod wordpiece;

pub use error::TokenizerError;
pub use spec::{TokenizerSpec, TokenizerWarning};
pub use stream::Utf8Stream;

use crate::model::{SpecialTokens, TokenId};
use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use bpe::Merger;
use byte_level::ByteLevel;
use kind::Kind;
use lookup::TokenBytes;
use pretokenizer::PreTokenizer;
use sentencepiece::{Joiner, SentencePiece};
use special::{Specials, remove_markers};
use wordpiece::WordPiece;

/// A vocabulary.
pub struct Tokenizer {
    kinds: Vec<Kind>,
    /// The bytes of text tokens; the spelling of the others.
    bytes: TokenBytes,
    algorithm: Algorithm,
    specials: Specials,
    /// Sorted.
    turn_ends: Vec<u32>,
    bos: Option<TokenId>,
    eos: Option<TokenId>,
    separator: Option<TokenId>,
    adds_bos: bool,
    adds_eos: bool,
    strips_after_special: bool,
    warning: Option<TokenizerWarning>,
}

/// What makes tokens of the text between special tokens.
enum Algorithm {
    ByteLevel(Box<ByteLevel>),
    SentencePiece(Box<SentencePiece>),
    WordPiece(WordPiece),
}

/// The buffers of an [`Algorithm`] while a text is encoded.
enum Encoder<'t> {
    ByteLevel(&'t ByteLevel, Merger<'t>),
    SentencePiece(&'t SentencePiece, Joiner),
    WordPiece(&'t WordPiece),
}

impl Encoder<'_> {
    /// Appends the tokens of a text without special tokens (not empty), which `begins` if nothing
    /// or a special token is before it.
    fn encode(&mut self, text: &str, begins: bool, bytes: &TokenBytes, into: &mut Vec<TokenId>) {
        match self {
            Self::ByteLevel(tables, merger) => tables.encode(text, bytes, merger, into),
            Self::SentencePiece(tables, joiner) => {
                joiner.encode(tables, &tables.normalised(text, begins), bytes, into);
            }
            Self::WordPiece(tables) => tables.encode(text, bytes, into),
        }
    }
}

impl Tokenizer {
    /// Builds the tables of a vocabulary.
    ///
    /// # Errors
    /// An algorithm or a way of cutting words that is not known, or data that does not fit
    /// together: see [`TokenizerError`].
    pub fn new(spec: &TokenizerSpec<'_>) -> Result<Self, TokenizerError> {
        spec.check()?;
        let kinds = kind::kinds(spec);
        let mut warning = None;
        let mut bos = spec.bos;
        let mut eos = spec.eos;
        let mut separator = None;
        let (algorithm, bytes, adds_bos) = match spec.model {
            "gpt2" => {
                let words = PreTokenizer::by_name(spec.pre)
                    .ok_or_else(|| TokenizerError::UnknownPreTokenizer(String::from(spec.pre)))?;
                if spec.pre.is_empty() {
                    warning = Some(TokenizerWarning::NoPreTokenizer);
                }
                let (tables, bytes) = ByteLevel::new(spec.tokens, &kinds, spec.merges, words)?;
                (Algorithm::ByteLevel(Box::new(tables)), bytes, words.adds_bos)
            }
            "llama" => {
                bos = spec.or_usual(bos, 1);
                eos = spec.or_usual(eos, 2);
                let unknown = spec.or_usual(spec.unknown, 0);
                let adds_space = spec.add_space_prefix.unwrap_or(true);
                let (tables, bytes) =
                    SentencePiece::new(spec.tokens, &kinds, spec.scores, unknown, adds_space)?;
                (Algorithm::SentencePiece(Box::new(tables)), bytes, true)
            }
            "bert" => {
                bos = spec.or_usual(bos, 101);
                separator = spec.or_usual(spec.separator, 102);
                let unknown = spec.or_usual(spec.unknown, 100);
                let lowercase = spec.lowercase.unwrap_or(true);
                let strip_accents = spec.strip_accents.unwrap_or(lowercase);
                let (tables, bytes) =
                    WordPiece::new(spec.tokens, &kinds, unknown, lowercase, strip_accents);
                (Algorithm::WordPiece(tables), bytes, true)
            }
            other => return Err(spec::unknown_model(other)),
        };
        // With the spelling of each, and whether it has power over the conversation.
        let special = |(id, kind): (u32, &Kind)| {
            let token = spec.tokens[id as usize];
            let is_control = *kind == Kind::Control || turn_ends::is_spelled_so(token);
            (is_control || *kind == Kind::UserDefined).then_some((id, token, is_control))
        };
        let specials = Specials::new((0..).zip(&kinds).filter_map(special));
        Ok(Self {
            kinds,
            bytes,
            algorithm,
            specials,
            turn_ends: turn_ends::of(&TokenizerSpec { eos, ..*spec }),
            bos: bos.map(TokenId),
            eos: eos.map(TokenId),
            separator: separator.map(TokenId),
            // BERT knows no text without its two ends.
            adds_bos: separator.is_some() || spec.add_bos.unwrap_or(adds_bos),
            adds_eos: separator.is_none() && spec.add_eos.unwrap_or(false),
            strips_after_special: spec.strip_after_special,
            warning,
        })
    }

    /// Text to tokens; adds no token of its own. Takes O(n log n) of the text's bytes.
    ///
    /// With [`SpecialTokens::Parse`] the spelling of a control token is that token, but where
    /// [`Self::shield`] says otherwise; U+FDD0, with which it does so, does not reach the model.
    pub fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        self.encode_part(text, special, true)
    }

    /// The tokens that `text` has where it stands after `before` in one text: SentencePiece begins
    /// a text with a space, but not one that goes on.
    pub fn encode_after(&self, before: &str, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let last = self.specials.at_end(before);
        let text = match last {
            Some(id) if self.strips_after(id) => text.trim_start_matches(is_c_space),
            _ => text,
        };
        self.encode_part(text, special, before.is_empty() || last.is_some())
    }

    /// The beginning of a sequence: the tokens of `text`, after a BOS if the model was trained to
    /// see one there and `text` does not have it.
    pub fn encode_prompt(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let mut tokens = self.encode(text, special);
        let bos = self.bos.filter(|&bos| self.adds_bos && tokens.first() != Some(&bos));
        tokens.splice(..0, bos);
        tokens
    }

    /// A whole sequence: as [`Self::encode_prompt`], and at the end the EOS or SEP that the model
    /// was trained to see there. So llama.cpp adds them.
    pub fn encode_sequence(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let mut tokens = self.encode_prompt(text, special);
        tokens.extend(self.eos.filter(|_| self.adds_eos));
        tokens.extend(self.separator);
        tokens
    }

    /// Tokens of a text, which `begins` if nothing or a special token is before it.
    fn encode_part(&self, text: &str, special: SpecialTokens, begins: bool) -> Vec<TokenId> {
        let (clean, markers) = match special {
            SpecialTokens::Parse => remove_markers(text),
            SpecialTokens::Literal => (Cow::Borrowed(text), Vec::new()),
        };
        let found = self.specials.find(&clean, special == SpecialTokens::Parse, &markers);
        let mut encoder = match &self.algorithm {
            Algorithm::ByteLevel(tables) => Encoder::ByteLevel(tables, tables.merger()),
            Algorithm::SentencePiece(tables) => Encoder::SentencePiece(tables, Joiner::default()),
            Algorithm::WordPiece(tables) => Encoder::WordPiece(tables),
        };
        let mut tokens = Vec::with_capacity(clean.len() / 3);
        let mut done = 0;
        let mut begins = begins;
        for special in found {
            if done < special.start {
                encoder.encode(&clean[done..special.start], begins, &self.bytes, &mut tokens);
            }
            tokens.push(TokenId(special.id));
            begins = true;
            done = special.end;
            if self.strips_after(special.id) {
                let rest = &clean[done..];
                done += rest.len() - rest.trim_start_matches(is_c_space).len();
            }
        }
        if done < clean.len() {
            encoder.encode(&clean[done..], begins, &self.bytes, &mut tokens);
        }
        tokens
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

    /// Whether a sequence is to begin with [`Self::bos`]: plain text, which no chat template has
    /// given one, and a conversation whose template does not write it.
    pub fn adds_bos(&self) -> bool {
        self.adds_bos
    }

    /// Something about the vocabulary that a person should know.
    pub fn warning(&self) -> Option<&TokenizerWarning> {
        self.warning.as_ref()
    }

    /// Whether white space after this special token is left out.
    fn strips_after(&self, id: u32) -> bool {
        self.strips_after_special
            && !KEEPS_SPACE_AFTER.iter().any(|name| self.bytes.get(id) == name.as_bytes())
    }
}

/// Special tokens that keep the white space after them where the others of the vocabulary do not.
const KEEPS_SPACE_AFTER: &[&str] = &["<unk>", "<s>", "<|endoftext|>"];

/// What `isspace` of C is true for.
const fn is_c_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests;
