//! Why a command failed.

use crate::{args::ArgsError, commands::store::LookError, convert::ConvertError};
use llm_index::IndexError;
use llm_inference::{
    embedding::EmbedError,
    engine::LoadError,
    grammar::{ConstraintError, GrammarError},
    model::{ForwardError, TemplateError},
    sampler::SamplerError,
    stop::EmptyStop,
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
    /// A store that cannot be looked at.
    Store {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: LookError,
    },
    /// A fixture of the wrong form.
    Fixture {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        error: serde_json::Error,
    },
    /// A line of the input that asks for nothing known.
    Request(serde_json::Error),
    /// No model was named, and none is at its usual place.
    NoModel(Option<PathBuf>),
    /// The model cannot be loaded.
    Load(LoadError),
    /// The model cannot compute.
    Forward(ForwardError),
    /// The agent cannot begin a conversation.
    Agent(String),
    /// A text has no vector.
    Embed(EmbedError),
    /// The chat template cannot be rendered.
    Template(TemplateError),
    /// A sampler option is out of range.
    Sampler(SamplerError),
    /// A stop string is empty.
    Stop(EmptyStop),
    /// A grammar or schema that cannot be used.
    Grammar {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        error: GrammarError,
    },
    /// The grammar cannot go on.
    Constraint(ConstraintError),
    /// The model cannot be converted.
    Convert(ConvertError),
    /// A vector cannot be indexed.
    Index(IndexError),
    /// The terminal is gone.
    Output(io::Error),
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Args(error) => error.fmt(f),
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Store { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Fixture { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Request(error) => write!(f, "a request of the wrong form: {error}"),
            Self::NoModel(Some(path)) => write!(
                f,
                "no model: name one with --model FILE.gguf or LLM_OS_MODEL, or let `make iso` \
                 download it to {}",
                path.display()
            ),
            Self::NoModel(None) => write!(f, "no model: name one with --model FILE.gguf"),
            Self::Load(error) => error.fmt(f),
            Self::Forward(error) => error.fmt(f),
            Self::Agent(message) => f.write_str(message),
            Self::Embed(error) => error.fmt(f),
            Self::Template(error) => error.fmt(f),
            Self::Sampler(error) => error.fmt(f),
            Self::Stop(error) => error.fmt(f),
            Self::Grammar { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Constraint(error) => error.fmt(f),
            Self::Convert(error) => error.fmt(f),
            Self::Index(error) => error.fmt(f),
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
    EmbedError => Embed,
    TemplateError => Template,
    SamplerError => Sampler,
    EmptyStop => Stop,
    ConstraintError => Constraint,
    ConvertError => Convert,
    IndexError => Index,
    io::Error => Output,
}
