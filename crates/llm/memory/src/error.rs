//! Why something could not be remembered or found.

use crate::chunk::FileError;
use alloc::string::String;
use core::fmt;
use llm_index::IndexError;
use llm_inference::embedding::EmbedError;
use system_storage::StoreError;

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
    /// There is no memory of this number.
    Unknown {
        /// The number.
        id: u64,
    },
    /// The text could not be made a vector.
    Embedding(EmbedError),
    /// Its vector could not be kept.
    Index(IndexError),
    /// It could not be made durable. Nothing has changed.
    Store(StoreError),
    /// A file that cannot be taken in.
    File {
        /// Its path.
        path: String,
        /// What is wrong with it.
        error: FileError,
    },
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
            Self::Unknown { id } => write!(f, "there is no memory {id}"),
            Self::Embedding(error) => write!(f, "the text cannot be made a vector: {error}"),
            Self::Index(error) => write!(f, "the vector cannot be kept: {error}"),
            Self::Store(error) => write!(f, "it cannot be kept on the disk: {error}"),
            Self::File { path, error } => write!(f, "{path}: {error}"),
        }
    }
}

impl From<EmbedError> for MemoryError {
    fn from(error: EmbedError) -> Self {
        Self::Embedding(error)
    }
}

impl From<IndexError> for MemoryError {
    fn from(error: IndexError) -> Self {
        Self::Index(error)
    }
}

impl From<StoreError> for MemoryError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
