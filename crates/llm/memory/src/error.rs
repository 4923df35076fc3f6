//! Why something could not be remembered or found.

use core::fmt;
use llm_inference::embedding::EmbedError;

/// Memory that did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum MemoryError {
    /// A text without a visible character.
    Empty,
    /// A text longer than [`crate::memory::MAX_TEXT_BYTES`].
    TooLong {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// There are as many entries as memory takes.
    Full {
        /// How many.
        entries: usize,
    },
    /// The text could not be made a vector.
    Embedding(EmbedError),
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is nothing to remember: the text is empty"),
            Self::TooLong { len_bytes } => write!(
                f,
                "the text has {len_bytes} bytes; {} are allowed",
                crate::memory::MAX_TEXT_BYTES
            ),
            Self::Full { entries } => {
                write!(f, "there are {entries} memories already, which is the most")
            }
            Self::Embedding(error) => write!(f, "the text cannot be made a vector: {error}"),
        }
    }
}

impl From<EmbedError> for MemoryError {
    fn from(error: EmbedError) -> Self {
        Self::Embedding(error)
    }
}
