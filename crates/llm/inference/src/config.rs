//! The shape of a model of the `llama` architecture, from the metadata of its file.

use crate::gguf::{Gguf, GgufError};
use alloc::{
    format,
    string::{String, ToString},
};
use llm_tensor::attention::MAX_HEAD_DIM;

/// Sizes and constants of the network. All have been checked against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Transformer layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub embedding_length: usize,
    /// Width of the feed-forward layers.
    pub feed_forward_length: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads; divides `heads`.
    pub kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Elements of a head that are rotated; even, at most `head_dim`.
    pub rope_dimensions: usize,
    /// Base of the rotation frequencies.
    pub rope_base: f32,
    /// What positions are multiplied by before rotation (linear scaling).
    pub rope_position_scale: f32,
    /// Added to the mean square in RMS norm.
    pub norm_epsilon: f32,
    /// Context length the model was trained for, in tokens.
    pub trained_context: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
}

/// The only architecture there is code for.
pub const ARCHITECTURE: &str = "llama";

/// Keeps products of sizes far from overflow; no model of any use comes near it.
const MAX_SIZE: usize = 1 << 24;

impl Config {
    /// Reads the sizes.
    ///
    /// # Errors
    /// Another architecture, a missing key, or sizes that do not go together.
    pub fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, GgufError> {
        const ARCHITECTURE_KEY: &str = "general.architecture";
        let architecture = gguf
            .string(ARCHITECTURE_KEY)?
            .ok_or_else(|| GgufError::MissingKey(ARCHITECTURE_KEY.to_string()))?;
        if architecture != ARCHITECTURE {
            return Err(bad_value(
                ARCHITECTURE_KEY,
                format!("architecture {architecture} is not supported, only {ARCHITECTURE}"),
            ));
        }
        let layers = required(gguf, "llama.block_count")?;
        let embedding_length = required(gguf, "llama.embedding_length")?;
        let heads = required(gguf, "llama.attention.head_count")?;
        let kv_heads = optional(gguf, "llama.attention.head_count_kv", heads)?;
        if !heads.is_multiple_of(kv_heads) {
            return Err(bad_value(
                "llama.attention.head_count_kv",
                format!("{kv_heads} does not divide the {heads} heads"),
            ));
        }
        let key_length = gguf.u32("llama.attention.key_length")?;
        if key_length.is_none() && !embedding_length.is_multiple_of(heads) {
            return Err(bad_value(
                "llama.attention.head_count",
                format!("{heads} does not divide the width {embedding_length}"),
            ));
        }
        let head_dim = optional(gguf, "llama.attention.key_length", embedding_length / heads)?;
        let value_length = optional(gguf, "llama.attention.value_length", head_dim)?;
        if head_dim > MAX_HEAD_DIM || value_length != head_dim {
            return Err(bad_value(
                "llama.attention.key_length",
                format!(
                    "keys of {head_dim} and values of {value_length} are not supported, only the \
                     same length up to {MAX_HEAD_DIM}"
                ),
            ));
        }
        let rope_dimensions = optional(gguf, "llama.rope.dimension_count", head_dim)?;
        if rope_dimensions > head_dim || !rope_dimensions.is_multiple_of(2) {
            return Err(bad_value(
                "llama.rope.dimension_count",
                format!("{rope_dimensions} is odd or more than the {head_dim} of a head"),
            ));
        }
        if gguf.u32("llama.expert_count")?.unwrap_or(0) > 0 {
            return Err(bad_value(
                "llama.expert_count",
                "mixtures of experts are not supported".to_string(),
            ));
        }
        let norm_epsilon = positive(gguf, "llama.attention.layer_norm_rms_epsilon", None)?;
        let tokens = gguf
            .strings("tokenizer.ggml.tokens")?
            .ok_or_else(|| GgufError::MissingKey("tokenizer.ggml.tokens".to_string()))?;
        Ok(Self {
            layers,
            embedding_length,
            feed_forward_length: required(gguf, "llama.feed_forward_length")?,
            heads,
            kv_heads,
            head_dim,
            rope_dimensions,
            rope_base: positive(gguf, "llama.rope.freq_base", Some(10_000.0))?,
            rope_position_scale: rope_position_scale(gguf)?,
            norm_epsilon,
            trained_context: required(gguf, "llama.context_length")?,
            vocabulary: tokens.len(),
        })
    }

    /// Width of all query heads together.
    pub const fn query_length(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Width of all key heads (or all value heads) together.
    pub const fn kv_length(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Query heads that share a key/value head.
    pub const fn group(&self) -> usize {
        self.heads / self.kv_heads
    }
}

fn bad_value(key: &str, problem: String) -> GgufError {
    GgufError::BadValue { key: key.to_string(), problem }
}

/// A size, from 1 on.
fn required(gguf: &Gguf<'_>, key: &str) -> Result<usize, GgufError> {
    match gguf.u32(key)? {
        None => Err(GgufError::MissingKey(key.to_string())),
        Some(size) if (1..=MAX_SIZE).contains(&(size as usize)) => Ok(size as usize),
        Some(size) => Err(bad_value(key, format!("{size} is not in 1..={MAX_SIZE}"))),
    }
}

fn optional(gguf: &Gguf<'_>, key: &str, default: usize) -> Result<usize, GgufError> {
    if gguf.get(key).is_none() { Ok(default) } else { required(gguf, key) }
}

fn positive(gguf: &Gguf<'_>, key: &str, default: Option<f32>) -> Result<f32, GgufError> {
    let value = gguf.f32(key)?.or(default).ok_or_else(|| GgufError::MissingKey(key.to_string()))?;
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(bad_value(key, format!("{value} is not a positive number")))
    }
}

fn rope_position_scale(gguf: &Gguf<'_>) -> Result<f32, GgufError> {
    const TYPE_KEY: &str = "llama.rope.scaling.type";
    match gguf.string(TYPE_KEY)? {
        None | Some("none") => Ok(1.0),
        Some("linear") => Ok(1.0 / positive(gguf, "llama.rope.scaling.factor", Some(1.0))?),
        Some(other) => Err(bad_value(
            TYPE_KEY,
            format!("scaling {other} is not supported, only none and linear"),
        )),
    }
}
