//! Why a model cannot be loaded.

use crate::{
    config::Architecture,
    gguf::GgufError,
    plan::{MemoryPlan, MiB},
    tokenizer::TokenizerError,
};
use alloc::boxed::Box;
use core::fmt;

/// Memory that does not suffice, and what it would suffice for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRefusal {
    /// What the model needs with the context asked for.
    pub needed: MemoryPlan,
    /// Bytes that are free.
    pub available: u64,
    /// The plan with the largest context that would fit, if any would.
    pub largest: Option<MemoryPlan>,
    /// The plan with the smallest context worth having.
    pub smallest: MemoryPlan,
}

impl fmt::Display for MemoryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model needs {}, {} free; ", self.needed, MiB(self.available))?;
        match &self.largest {
            Some(plan) => {
                write!(f, "a context of {} tokens would fit ({})", plan.context, MiB(plan.total()))
            }
            None => write!(
                f,
                "even a context of {} tokens needs {}",
                self.smallest.context,
                MiB(self.smallest.total())
            ),
        }
    }
}

/// Why a model cannot be loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadError {
    /// The file cannot be used.
    Gguf(GgufError),
    /// The vocabulary in the file cannot be used.
    Tokenizer(TokenizerError),
    /// The model computes embeddings, not text.
    Encoder(Architecture),
    /// The model computes text, not embeddings.
    Decoder(Architecture),
    /// A context that the model cannot have.
    ContextOutOfRange {
        /// Tokens asked for.
        wanted: usize,
        /// Tokens the model was trained for.
        trained: usize,
    },
    /// Memory that does not suffice, known beforehand.
    TooLittleMemory(Box<MemoryRefusal>),
    /// An allocation failed although the plan seemed to fit.
    AllocationFailed(MemoryPlan),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gguf(error) => error.fmt(f),
            Self::Tokenizer(error) => error.fmt(f),
            Self::Encoder(architecture) => {
                write!(f, "models of architecture {architecture} make embeddings, not text")
            }
            Self::Decoder(architecture) => {
                write!(f, "models of architecture {architecture} make text, not embeddings")
            }
            Self::ContextOutOfRange { wanted, trained } => {
                write!(f, "a context of {wanted} tokens is not in 1..={trained}")
            }
            Self::TooLittleMemory(refusal) => refusal.fmt(f),
            Self::AllocationFailed(plan) => write!(f, "allocation failed: the model needs {plan}"),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<GgufError> for LoadError {
    fn from(error: GgufError) -> Self {
        Self::Gguf(error)
    }
}

impl From<TokenizerError> for LoadError {
    fn from(error: TokenizerError) -> Self {
        Self::Tokenizer(error)
    }
}
