//! Why a text has no vector.

use crate::model::TokenId;
use core::fmt;

/// Why a text has no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedError {
    /// There is nothing to embed.
    NoTokens,
    /// A text that is longer than those the model was trained with. It can be cut into several.
    TooLong {
        /// Its tokens.
        tokens: usize,
        /// Tokens a text may have.
        limit: usize,
    },
    /// A token outside the vocabulary.
    UnknownToken(TokenId),
    /// There is not enough memory for a text as long as this.
    AllocationFailed {
        /// Tokens that room was wanted for.
        tokens: usize,
    },
    /// A vector without direction: damaged weights.
    NotANumber,
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTokens => f.write_str("there is no text to embed"),
            Self::TooLong { tokens, limit } => {
                write!(f, "the text has {tokens} tokens, the embedding model takes {limit}")
            }
            Self::UnknownToken(token) => write!(f, "token {} is not in the vocabulary", token.0),
            Self::AllocationFailed { tokens } => {
                write!(f, "there is not enough memory to embed a text of {tokens} tokens")
            }
            Self::NotANumber => f.write_str("the model computed a vector that is not of numbers"),
        }
    }
}

impl core::error::Error for EmbedError {}
