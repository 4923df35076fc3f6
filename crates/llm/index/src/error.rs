//! Why a vector could not be kept or looked for, and why bytes are no index.

use crate::MAX_DIMS;
use alloc::collections::TryReserveError;
use core::fmt;

/// A vector or an index that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexError {
    /// An index of vectors of a length that is not supported.
    BadDims {
        /// Elements asked for.
        dims: usize,
    },
    /// A vector of another length than the index has.
    WrongDims {
        /// Elements of the vectors of the index.
        expected: usize,
        /// Elements of this one.
        found: usize,
    },
    /// A vector with an element that is no number, or too long to have a direction in singles.
    NotFinite,
    /// A vector of zeros, which has no direction.
    Zero,
    /// There are as many vectors as the index can number.
    Full,
    /// There is not enough memory; nothing has changed.
    NoMemory,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadDims { dims } => write!(
                f,
                "vectors of {dims} elements cannot be indexed: multiples of 32 up to {MAX_DIMS} can"
            ),
            Self::WrongDims { expected, found } => {
                write!(f, "a vector of {found} elements, where the index has {expected}")
            }
            Self::NotFinite => f.write_str("a vector with an element that is no finite number"),
            Self::Zero => f.write_str("a vector of zeros has no direction"),
            Self::Full => f.write_str("the index has as many vectors as it can number"),
            Self::NoMemory => f.write_str("not enough memory for another vector in the index"),
        }
    }
}

impl core::error::Error for IndexError {}

impl From<TryReserveError> for IndexError {
    fn from(_: TryReserveError) -> Self {
        Self::NoMemory
    }
}

/// The version of indexes as bytes; grows when the fields change.
pub(crate) const VERSION: u32 = 1;

/// Bytes that are no index as it was written. The index must be built anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamagedIndex {
    /// They do not begin or end as an index does.
    NotAnIndex,
    /// Another version has written them.
    Version {
        /// Which.
        found: u32,
    },
    /// They are an index of another kind.
    Kind {
        /// Which.
        found: u32,
    },
    /// The checksum is wrong.
    Checksum,
    /// A field that no index has, though the checksum is right.
    Field(&'static str),
    /// There is not enough memory to hold the index.
    NoMemory,
}

impl fmt::Display for DamagedIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnIndex => f.write_str("the bytes are no vector index"),
            Self::Version { found } => {
                write!(f, "a vector index of version {found}, where {VERSION} is known")
            }
            Self::Kind { found } => write!(f, "a vector index of the other kind, {found}"),
            Self::Checksum => f.write_str("the vector index is damaged: its checksum is wrong"),
            Self::Field(what) => write!(f, "the vector index is damaged: bad {what}"),
            Self::NoMemory => f.write_str("not enough memory for the vector index"),
        }
    }
}

impl core::error::Error for DamagedIndex {}
