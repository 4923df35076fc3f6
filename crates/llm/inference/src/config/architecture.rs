//! The architectures there is code for, each described by data: what the forward pass asks is
//! never "which model is this?" but one of the questions of [`Family`].
//!
//! Sources: the papers named at the variants, and how llama.cpp computes models of that name.

use super::keys::bad_value;
use crate::gguf::{Gguf, GgufError};
use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;

/// What `general.architecture` may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama 1 to 3 and what is built like it: Mistral, SmolLM, TinyLlama (Touvron et al. 2023).
    Llama,
    /// Qwen 2 and 2.5 (Yang et al. 2024).
    Qwen2,
    /// Qwen 3 (Yang et al. 2025).
    Qwen3,
    /// Gemma 3, its text part (Gemma Team 2025).
    Gemma3,
    /// BERT as sentence encoder (Devlin et al. 2019; Reimers and Gurevych 2019).
    Bert,
}

/// How vectors are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// By the root of the mean square (Zhang and Sennrich 2019).
    RootMeanSquare,
    /// To mean 0 and variance 1, with a bias (Ba et al. 2016).
    LayerNorm,
}

/// Where a block (attention or feed-forward) has its norms. `x` is the residual stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormPlacement {
    /// `x + block(norm(x))`
    Before,
    /// `x + norm(block(norm(x)))`
    BeforeAndAfter,
    /// `norm(x + block(x))`
    AfterSum,
}

/// The function between the feed-forward matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `silu(gate) * up` (Shazeer 2020).
    SwiGlu,
    /// `gelu(gate) * up`, with the tanh form of gelu.
    GeGlu,
    /// `gelu(up)`: there is no gate.
    Gelu,
}

/// Which elements of a head are rotated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopePairing {
    /// `(2i, 2i + 1)`, the order that GGUF's `llama` conversion permutes to.
    Interleaved,
    /// `(i, i + n / 2)`, as GPT-NeoX.
    Halves,
}

/// How the model knows where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// Queries and keys are rotated.
    Rotary(RopePairing),
    /// A learned vector for each position is added to the embedding.
    Learned,
}

/// What all models of an architecture have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// How vectors are normalised.
    pub norm: NormKind,
    /// Where blocks have their norms.
    pub norm_placement: NormPlacement,
    /// The function between the feed-forward matrices.
    pub activation: Activation,
    /// How the model knows where a token stands.
    pub positions: Positions,
    /// Whether each head of queries and keys is normalised before it is rotated.
    pub has_head_norms: bool,
    /// Whether embeddings are multiplied by the root of the width.
    pub scales_embedding: bool,
    /// Whether some layers see only a window of tokens, if the file says so.
    pub has_sliding_layers: bool,
    /// Whether tokens see the tokens after them, and the result is an embedding of the text.
    pub is_encoder: bool,
}

const DECODER: Family = Family {
    norm: NormKind::RootMeanSquare,
    norm_placement: NormPlacement::Before,
    activation: Activation::SwiGlu,
    positions: Positions::Rotary(RopePairing::Halves),
    has_head_norms: false,
    scales_embedding: false,
    has_sliding_layers: false,
    is_encoder: false,
};

impl Architecture {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Llama, Self::Qwen2, Self::Qwen3, Self::Gemma3, Self::Bert];

    /// Its name in files, which is also the prefix of its keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
            Self::Bert => "bert",
        }
    }

    /// What its models have in common.
    pub const fn family(self) -> Family {
        match self {
            Self::Llama => {
                Family { positions: Positions::Rotary(RopePairing::Interleaved), ..DECODER }
            }
            Self::Qwen2 => DECODER,
            Self::Qwen3 => Family { has_head_norms: true, ..DECODER },
            Self::Gemma3 => Family {
                norm_placement: NormPlacement::BeforeAndAfter,
                activation: Activation::GeGlu,
                has_head_norms: true,
                scales_embedding: true,
                has_sliding_layers: true,
                ..DECODER
            },
            Self::Bert => Family {
                norm: NormKind::LayerNorm,
                norm_placement: NormPlacement::AfterSum,
                activation: Activation::Gelu,
                positions: Positions::Learned,
                is_encoder: true,
                ..DECODER
            },
        }
    }

    /// The architecture of a file.
    ///
    /// # Errors
    /// The key is missing, or there is no code for what it names.
    pub fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, GgufError> {
        const KEY: &str = "general.architecture";
        let name = gguf.string(KEY)?.ok_or_else(|| GgufError::MissingKey(KEY.to_string()))?;
        Self::ALL.into_iter().find(|architecture| architecture.name() == name).ok_or_else(|| {
            bad_value(
                KEY,
                format!("architecture {name} is not supported, only {}", Self::all_names()),
            )
        })
    }

    /// `llama, qwen2, qwen3, gemma3 and bert`.
    fn all_names() -> String {
        let names = Self::ALL.map(Self::name);
        let (last, others) = names.split_last().expect("there are architectures");
        format!("{} and {last}", others.join(", "))
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
