//! Vocabularies that cannot be used.

use crate::gguf::GgufError;
use alloc::string::String;
use core::fmt;

/// Why a vocabulary cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenizerError {
    /// The file's metadata.
    Metadata(GgufError),
    /// `tokenizer.ggml.model` names an algorithm that is not supported.
    UnknownModel(String),
    /// `tokenizer.ggml.pre` names a way of cutting words that is not supported.
    UnknownPreTokenizer(String),
    /// There are no tokens.
    EmptyVocabulary,
    /// More tokens, or more bytes of tokens, than 32 bits count.
    TooLarge {
        /// Tokens.
        tokens: usize,
        /// Bytes of all of them.
        len_bytes: usize,
    },
    /// Not as many types as tokens.
    TypeCount {
        /// Tokens.
        tokens: usize,
        /// Types.
        types: usize,
    },
    /// Not as many scores as tokens.
    ScoreCount {
        /// Tokens.
        tokens: usize,
        /// Scores.
        scores: usize,
    },
    /// A score that cannot be compared with others.
    ScoreNotANumber {
        /// The token whose score it is.
        id: u32,
    },
    /// A token of the type `byte` that is not written `<0x0A>`.
    NoByte {
        /// The token.
        id: u32,
        /// How it is written.
        text: String,
    },
    /// A merge that is not two tokens with a space between them.
    MergeWithoutSpace {
        /// Which merge, from 0.
        rank: u32,
        /// The merge as it stands in the file.
        text: String,
    },
    /// A merge of, or to, something that is no token.
    MergeWithoutToken {
        /// Which merge, from 0.
        rank: u32,
        /// What is no token; the merge itself where its result is none.
        text: String,
    },
    /// A special token outside the vocabulary.
    IdOutOfRange {
        /// Which one, such as `bos`.
        name: &'static str,
        /// Its id.
        id: u32,
        /// Tokens in the vocabulary.
        tokens: usize,
    },
}

impl fmt::Display for TokenizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(error) => write!(f, "{error}"),
            Self::UnknownModel(name) => write!(f, "tokenizer model {name:?} is not supported"),
            Self::UnknownPreTokenizer(name) => {
                write!(f, "pre-tokenizer {name:?} is not supported")
            }
            Self::EmptyVocabulary => write!(f, "the vocabulary is empty"),
            Self::TooLarge { tokens, len_bytes } => {
                write!(f, "a vocabulary of {tokens} tokens, {len_bytes} bytes, is too large")
            }
            Self::TypeCount { tokens, types } => {
                write!(f, "the vocabulary has {tokens} tokens but {types} token types")
            }
            Self::ScoreCount { tokens, scores } => {
                write!(f, "the vocabulary has {tokens} tokens but {scores} scores")
            }
            Self::ScoreNotANumber { id } => write!(f, "the score of token {id} is not a number"),
            Self::NoByte { id, text } => {
                write!(f, "token {id} is said to be a byte, but is written {text:?}")
            }
            Self::MergeWithoutSpace { rank, text } => {
                write!(f, "merge {rank} is not a pair of tokens: {text:?}")
            }
            Self::MergeWithoutToken { rank, text } => {
                write!(f, "merge {rank} names no token of the vocabulary: {text:?}")
            }
            Self::IdOutOfRange { name, id, tokens } => {
                write!(f, "{name} token {id} is not in the vocabulary of {tokens} tokens")
            }
        }
    }
}

impl core::error::Error for TokenizerError {}

impl From<GgufError> for TokenizerError {
    fn from(error: GgufError) -> Self {
        Self::Metadata(error)
    }
}
