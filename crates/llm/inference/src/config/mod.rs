//! The shape of a model, from the metadata of its file.
//!
//! An [`Architecture`] says what all models of its kind have in common ([`Family`]), the keys of
//! the file say the rest; together they describe the network to the one forward pass there is.

mod architecture;
mod keys;
mod rotation;
#[cfg(test)]
mod tests;

pub use architecture::{
    Activation, Architecture, Family, NormKind, NormPlacement, Positions, RopePairing,
};
pub use rotation::{RopeScaling, Rotation};

use crate::gguf::{Gguf, GgufError};
use alloc::{format, string::ToString, vec::Vec};
use keys::Keys;
use llm_tensor::attention::MAX_HEAD_DIM;

/// Sizes and constants of the network. All have been checked against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What kind of network it is.
    pub architecture: Architecture,
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
    /// What products of queries and keys are multiplied by.
    pub attention_factor: f32,
    /// Whether tokens see the tokens before them only.
    pub is_causal: bool,
    /// The layers that do not see everything, if there are any.
    pub sliding: Option<SlidingLayers>,
    /// Elements of a head that are rotated; even, at most `head_dim`; 0 where positions are not
    /// rotary.
    pub rope_dimensions: usize,
    /// How they are rotated; where some layers slide, first those that do not, then those that do.
    pub rotations: Vec<Rotation>,
    /// Added to the mean square or the variance when normalising.
    pub norm_epsilon: f32,
    /// What embeddings are multiplied by.
    pub embedding_scale: f32,
    /// How the vectors of an encoder become one.
    pub pooling: Pooling,
    /// Context length the model was trained for, in tokens.
    pub trained_context: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
}

/// Layers in which a token sees only the last ones (Beltagy et al. 2020), between others that see
/// all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingLayers {
    /// Tokens that are seen, the one that looks included.
    pub window: usize,
    /// The last of that many layers sees everything; the others slide.
    pub period: usize,
}

/// How the vectors of the tokens become the one of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    First,
    /// That of the last token.
    Last,
}

/// Layers from one that sees everything to the next, in Gemma 3.
const DEFAULT_SLIDING_PERIOD: usize = 6;

/// Base of the rotation in sliding layers, in Gemma 3.
const DEFAULT_SLIDING_BASE: f32 = 10_000.0;

/// Layers of Gemma 3 27B, the one model of its family whose attention is not scaled by the
/// dimension of a head but by the share of a head of the width. No key says so.
const LAYERS_OF_GEMMA3_27B: usize = 62;

impl Config {
    /// Reads the sizes.
    ///
    /// # Errors
    /// Another architecture, a missing key, sizes that do not go together, or a feature without
    /// code.
    pub fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, GgufError> {
        let architecture = Architecture::from_gguf(gguf)?;
        let family = architecture.family();
        let keys = Keys { gguf, architecture };
        refuse_features(&keys)?;
        let layers = keys.size("block_count")?;
        let embedding_length = keys.size("embedding_length")?;
        let heads = keys.size("attention.head_count")?;
        let kv_heads = keys.optional_size("attention.head_count_kv")?.unwrap_or(heads);
        if !heads.is_multiple_of(kv_heads) {
            return Err(keys.bad_value(
                "attention.head_count_kv",
                format!("{kv_heads} does not divide the {heads} heads"),
            ));
        }
        let head_dim = head_dim(&keys, embedding_length, heads)?;
        let trained_context = keys.size("context_length")?;
        let sliding = sliding_layers(&keys)?;
        let divisor = if architecture == Architecture::Gemma3 && layers == LAYERS_OF_GEMMA3_27B {
            embedding_length / heads
        } else {
            head_dim
        };
        let epsilon = match family.norm {
            NormKind::RootMeanSquare => "attention.layer_norm_rms_epsilon",
            NormKind::LayerNorm => "attention.layer_norm_epsilon",
        };
        let tokens = gguf
            .strings("tokenizer.ggml.tokens")?
            .ok_or_else(|| GgufError::MissingKey("tokenizer.ggml.tokens".to_string()))?;
        if tokens.is_empty() {
            return Err(GgufError::BadValue {
                key: "tokenizer.ggml.tokens".to_string(),
                problem: "the vocabulary is empty".to_string(),
            });
        }
        Ok(Self {
            architecture,
            layers,
            embedding_length,
            feed_forward_length: keys.size("feed_forward_length")?,
            heads,
            kv_heads,
            head_dim,
            attention_factor: 1.0 / libm::sqrtf(divisor as f32),
            is_causal: keys.flag("attention.causal")?.unwrap_or(!family.is_encoder),
            sliding,
            rope_dimensions: rope_dimensions(&keys, head_dim)?,
            rotations: rotations(&keys, trained_context, sliding.is_some())?,
            norm_epsilon: keys.positive(epsilon)?,
            embedding_scale: if family.scales_embedding {
                libm::sqrtf(embedding_length as f32)
            } else {
                1.0
            },
            pooling: pooling(&keys)?,
            trained_context,
            vocabulary: tokens.len(),
        })
    }

    /// What it has in common with others of its architecture.
    pub const fn family(&self) -> Family {
        self.architecture.family()
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

    /// Pairs of elements that a position turns, over all [`Self::rotations`].
    pub fn angles(&self) -> usize {
        self.rotations.len() * self.rope_dimensions / 2
    }

    /// The tokens that a layer sees, if not all.
    pub fn window(&self, layer: usize) -> Option<usize> {
        let SlidingLayers { window, period } = self.sliding?;
        (layer % period != period - 1).then_some(window)
    }

    /// Which of [`Self::rotations`] a layer uses.
    pub fn rotation(&self, layer: usize) -> usize {
        usize::from(self.window(layer).is_some())
    }
}

fn refuse_features(keys: &Keys<'_, '_>) -> Result<(), GgufError> {
    keys.refuse("expert_count", "mixtures of experts")?;
    keys.refuse("attn_logit_softcapping", "caps on attention scores")?;
    keys.refuse("final_logit_softcapping", "caps on logits")
}

fn head_dim(
    keys: &Keys<'_, '_>,
    embedding_length: usize,
    heads: usize,
) -> Result<usize, GgufError> {
    const KEY: &str = "attention.key_length";
    let head_dim = match keys.optional_size(KEY)? {
        Some(length) => length,
        None if embedding_length.is_multiple_of(heads) => embedding_length / heads,
        None => {
            return Err(keys.bad_value(
                "attention.head_count",
                format!("{heads} does not divide the width {embedding_length}"),
            ));
        }
    };
    let value_length = keys.optional_size("attention.value_length")?.unwrap_or(head_dim);
    if head_dim > MAX_HEAD_DIM || value_length != head_dim {
        return Err(keys.bad_value(
            KEY,
            format!(
                "keys of {head_dim} and values of {value_length} are not supported, only the same \
                 length up to {MAX_HEAD_DIM}"
            ),
        ));
    }
    Ok(head_dim)
}

fn rope_dimensions(keys: &Keys<'_, '_>, head_dim: usize) -> Result<usize, GgufError> {
    const KEY: &str = "rope.dimension_count";
    if keys.architecture.family().positions == Positions::Learned {
        return Ok(0);
    }
    let dimensions = keys.optional_size(KEY)?.unwrap_or(head_dim);
    if dimensions > head_dim || !dimensions.is_multiple_of(2) {
        return Err(keys
            .bad_value(KEY, format!("{dimensions} is odd or more than the {head_dim} of a head")));
    }
    Ok(dimensions)
}

fn rotations(
    keys: &Keys<'_, '_>,
    trained: usize,
    has_sliding: bool,
) -> Result<Vec<Rotation>, GgufError> {
    if keys.architecture.family().positions == Positions::Learned {
        return Ok(Vec::new());
    }
    let mut rotations = Vec::from([Rotation {
        base: keys.optional_positive("rope.freq_base")?.unwrap_or(10_000.0),
        scaling: RopeScaling::from_keys(keys, trained)?,
    }]);
    if has_sliding {
        let base = keys.optional_positive("rope.freq_base_swa")?.unwrap_or(DEFAULT_SLIDING_BASE);
        rotations.push(Rotation { base, scaling: RopeScaling::NONE });
    }
    Ok(rotations)
}

fn sliding_layers(keys: &Keys<'_, '_>) -> Result<Option<SlidingLayers>, GgufError> {
    const WINDOW: &str = "attention.sliding_window";
    // Other models name a window that they do not use (Qwen 2) or that ended before release
    // (Mistral); llama.cpp does not ask them either.
    let slides = keys.architecture.family().has_sliding_layers;
    if !slides || keys.number(WINDOW)?.unwrap_or(0) == 0 {
        return Ok(None);
    }
    let period = keys.optional_size("attention.sliding_window_pattern")?;
    Ok(Some(SlidingLayers {
        window: keys.size(WINDOW)?,
        period: period.unwrap_or(DEFAULT_SLIDING_PERIOD),
    }))
}

fn pooling(keys: &Keys<'_, '_>) -> Result<Pooling, GgufError> {
    const KEY: &str = "pooling_type";
    match keys.number(KEY)? {
        // What sentence-transformers does with a model that does not say.
        None | Some(1) => Ok(Pooling::Mean),
        Some(2) => Ok(Pooling::First),
        Some(3) => Ok(Pooling::Last),
        Some(other) => Err(keys.bad_value(
            KEY,
            format!("pooling {other} is not supported, only mean (1), CLS (2) and last (3)"),
        )),
    }
}
