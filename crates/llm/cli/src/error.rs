//! Why a command failed.

use crate::args::ArgsError;
use llm_inference::{
    engine::LoadError,
    model::{ForwardError, TemplateError},
    sampler::SamplerError,
};
use std::{fmt, io, path::PathBuf};

/// Why a command failed.
#[derive(Debug)]
pub enum CliError {
    /// The command line.
    Args(ArgsError),
    /// A file that cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A fixture of the wrong form.
    Fixture {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        error: serde_json::Error,
    },
    /// No model was named, and none is at its usual place.
    NoModel(Option<PathBuf>),
    /// The model cannot be loaded.
    Load(LoadError),
    /// The model cannot compute.
    Forward(ForwardError),
    /// The chat template cannot be rendered.
    Template(TemplateError),
    /// A sampler option is out of range.
    Sampler(SamplerError),
    /// The terminal is gone.
    Output(io::Error),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Args(error) => error.fmt(f),
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Fixture { path, error } => write!(f, "{}: {error}", path.display()),
            Self::NoModel(Some(path)) => write!(
                f,
                "no model: name one with --model FILE.gguf or LLM_OS_MODEL, or let `make iso` \
                 download it to {}",
                path.display()
            ),
            Self::NoModel(None) => write!(f, "no model: name one with --model FILE.gguf"),
            Self::Load(error) => error.fmt(f),
            Self::Forward(error) => error.fmt(f),
            Self::Template(error) => error.fmt(f),
            Self::Sampler(error) => error.fmt(f),
            Self::Output(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CliError {}

macro_rules! convert {
    ($($source:ty => $variant:ident),* $(,)?) => {$(
        impl From<$source> for CliError {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

convert! {
    ArgsError => Args,
    LoadError => Load,
    ForwardError => Forward,
    TemplateError => Template,
    SamplerError => Sampler,
    io::Error => Output,
}
