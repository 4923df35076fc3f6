//! Why a model cannot be converted.

use super::safetensors::SafeTensorsError;
use std::{fmt, io, path::PathBuf};

/// What is wrong, and with which file, key or tensor.
#[derive(Debug)]
pub enum ConvertError {
    /// A file that cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file that is no JSON of the right form.
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        error: serde_json::Error,
    },
    /// The file of the weights.
    SafeTensors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: SafeTensorsError,
    },
    /// A setting whose value makes no sense or has no counterpart in a bert GGUF.
    Setting {
        /// Where it stands, `config.json: hidden_act`.
        place: String,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// A tensor that the architecture needs is not there.
    MissingTensor(String),
    /// A tensor that the architecture does not have.
    UnknownTensor(String),
    /// A tensor of a shape or type that does not go with the settings.
    BadTensor {
        /// The tensor, by its name in the source.
        tensor: String,
        /// What is wrong with it, in words.
        problem: String,
    },
    /// A weight that cannot be stored.
    BadWeight {
        /// The tensor, by its name in the source.
        tensor: String,
        /// Which element, in the order of the file.
        index: usize,
        /// Its value.
        value: f32,
        /// What is wrong with it, in words.
        problem: &'static str,
    },
}

impl ConvertError {
    /// A [`Self::Setting`].
    pub fn setting(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Json { path, error } => write!(f, "{}: {error}", path.display()),
            Self::SafeTensors { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Setting { place, problem } => write!(f, "{place}: {problem}"),
            Self::MissingTensor(tensor) => write!(f, "tensor {tensor} is missing"),
            Self::UnknownTensor(tensor) => {
                write!(f, "tensor {tensor} has no place in a bert model")
            }
            Self::BadTensor { tensor, problem } => write!(f, "tensor {tensor}: {problem}"),
            Self::BadWeight { tensor, index, value, problem } => {
                write!(f, "tensor {tensor}: element {index} ({value}) {problem}")
            }
        }
    }
}

impl std::error::Error for ConvertError {}
