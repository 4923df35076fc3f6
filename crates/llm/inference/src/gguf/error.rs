//! What can be wrong with a GGUF file, and where.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// Why a file cannot be used. Every variant names the place: an offset, a key or a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GgufError {
    /// The file does not start with `GGUF`.
    NotGguf {
        /// The first bytes it starts with instead (at most four).
        found: Vec<u8>,
    },
    /// A version of the format other than 3.
    UnsupportedVersion {
        /// The version the file states.
        version: u32,
    },
    /// The file ends in the middle of something.
    Truncated {
        /// What was being read.
        what: String,
        /// Where it starts, in bytes from the start of the file.
        offset: u64,
        /// Bytes it takes.
        needed: u64,
        /// Bytes the file still has from there.
        available: u64,
    },
    /// A size that no file can have.
    Overflow {
        /// What is too large.
        what: String,
        /// Where it is stated, in bytes from the start of the file.
        offset: u64,
    },
    /// Text that is not UTF-8.
    InvalidUtf8 {
        /// Which text.
        what: String,
        /// Where it starts, in bytes from the start of the file.
        offset: u64,
    },
    /// A metadata value of a type that the format does not have.
    UnknownValueType {
        /// The key it belongs to.
        key: String,
        /// The type number found.
        value_type: u32,
        /// Where, in bytes from the start of the file.
        offset: u64,
    },
    /// A key that stands in the file twice.
    DuplicateKey(String),
    /// A tensor that stands in the file twice.
    DuplicateTensor(String),
    /// A key that the engine needs is not there.
    MissingKey(String),
    /// A key whose value is of another type than it must be.
    WrongType {
        /// The key.
        key: String,
        /// The type it must have.
        expected: &'static str,
        /// The type it has.
        found: &'static str,
    },
    /// A key whose value makes no sense or is not supported.
    BadValue {
        /// The key.
        key: String,
        /// What is wrong with the value, in words.
        problem: String,
    },
    /// A tensor that the architecture needs is not there.
    MissingTensor(String),
    /// A tensor type that the engine has no arithmetic for.
    UnsupportedTensorType {
        /// The tensor.
        tensor: String,
        /// The name of its type, or `number N` for one that nobody knows.
        type_name: String,
    },
    /// A tensor with dimensions that it must not have.
    BadDimensions {
        /// The tensor.
        tensor: String,
        /// What is wrong with them, in words.
        problem: String,
    },
    /// A tensor that the architecture has no use for: the model would compute something else.
    UnknownTensor {
        /// The tensor.
        tensor: String,
        /// The architecture.
        architecture: String,
    },
    /// A vector with an element that is infinite or no number.
    NotFinite {
        /// The tensor.
        tensor: String,
        /// Which element, from 0.
        index: usize,
        /// What it is.
        value: Special,
    },
    /// A tensor whose data does not start at a multiple of the alignment.
    MisalignedTensor {
        /// The tensor.
        tensor: String,
        /// Its offset from the start of the data section.
        offset: u64,
        /// The alignment of the file, in bytes.
        alignment: u64,
    },
    /// A tensor whose data lies beyond the end of the file.
    TensorBeyondEnd {
        /// The tensor.
        tensor: String,
        /// Where its data ends, in bytes from the start of the file.
        end: u64,
        /// Length of the file in bytes.
        file_len: u64,
    },
}

/// A float that is no weight. (A NaN would not be equal to itself.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Not a number.
    Nan,
    /// Infinity of either sign.
    Infinity,
}

impl fmt::Display for Special {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nan => "NaN",
            Self::Infinity => "infinity",
        })
    }
}

impl fmt::Display for GgufError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGguf { found } => {
                write!(f, "not a GGUF file: it starts with \"{}\"", found.escape_ascii())
            }
            Self::UnsupportedVersion { version } => {
                write!(f, "GGUF version {version} is not supported, only version 3")
            }
            Self::Truncated { what, offset, needed, available } => write!(
                f,
                "file truncated in {what}: {needed} bytes needed at offset {offset}, {available} there"
            ),
            Self::Overflow { what, offset } => {
                write!(f, "{what} at offset {offset} is larger than any file")
            }
            Self::InvalidUtf8 { what, offset } => {
                write!(f, "{what} at offset {offset} is not UTF-8")
            }
            Self::UnknownValueType { key, value_type, offset } => {
                write!(f, "key {key}: unknown value type {value_type} at offset {offset}")
            }
            Self::DuplicateKey(key) => write!(f, "key {key} is in the file twice"),
            Self::DuplicateTensor(tensor) => write!(f, "tensor {tensor} is in the file twice"),
            Self::MissingKey(key) => write!(f, "key {key} is missing"),
            Self::WrongType { key, expected, found } => {
                write!(f, "key {key}: expected {expected}, found {found}")
            }
            Self::BadValue { key, problem } => write!(f, "key {key}: {problem}"),
            Self::MissingTensor(tensor) => write!(f, "tensor {tensor} is missing"),
            Self::UnsupportedTensorType { tensor, type_name } => {
                write!(f, "tensor {tensor}: type {type_name} is not supported")
            }
            Self::BadDimensions { tensor, problem } => write!(f, "tensor {tensor}: {problem}"),
            Self::UnknownTensor { tensor, architecture } => {
                write!(f, "tensor {tensor} is not part of architecture {architecture}")
            }
            Self::NotFinite { tensor, index, value } => {
                write!(f, "tensor {tensor}: element {index} ({value}) is not a finite number")
            }
            Self::MisalignedTensor { tensor, offset, alignment } => write!(
                f,
                "tensor {tensor}: data offset {offset} is not a multiple of the alignment {alignment}"
            ),
            Self::TensorBeyondEnd { tensor, end, file_len } => write!(
                f,
                "file truncated: data of tensor {tensor} ends at {end}, the file at {file_len}"
            ),
        }
    }
}

impl core::error::Error for GgufError {}
