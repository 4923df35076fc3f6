//! How fast positions turn: the base of the rotation and how a model stretches it over a context
//! that is longer than the one it was first trained for.

use super::keys::Keys;
use crate::gguf::GgufError;
use alloc::format;

/// One way to rotate queries and keys. A model has one for all layers, or one for those that see
/// everything and one for those with a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    /// Base of the rotation frequencies.
    pub base: f32,
    /// What is done for longer contexts.
    pub scaling: RopeScaling,
}

/// How frequencies are changed for longer contexts. (Llama 3's way is a tensor of factors, not a
/// key: see [`crate::weights::Weights::rope_factors`].)
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// All frequencies are divided by the factor; 1 for none (Chen et al. 2023).
    Linear {
        /// The new context over the old one.
        factor: f32,
    },
    /// Slow frequencies are divided, fast ones are not (`YaRN`, Peng et al. 2023).
    Yarn {
        /// The new context over the old one.
        factor: f32,
        /// The old context, in tokens.
        original_context: usize,
        /// What cosines and sines are multiplied by besides what the paper recommends.
        magnitude: f32,
        /// Frequencies with more turns than this in the old context stay as they are.
        beta_fast: f32,
        /// Those with fewer turns than this are divided.
        beta_slow: f32,
    },
}

impl RopeScaling {
    /// Frequencies as they are.
    pub const NONE: Self = Self::Linear { factor: 1.0 };

    /// Reads the keys below `rope.scaling`.
    pub(super) fn from_keys(keys: &Keys<'_, '_>, trained: usize) -> Result<Self, GgufError> {
        const TYPE: &str = "rope.scaling.type";
        let factor = match keys.optional_positive("rope.scaling.factor")? {
            Some(factor) => factor,
            // What the first converters wrote.
            None => keys.optional_positive("rope.scale_linear")?.unwrap_or(1.0),
        };
        match keys.text(TYPE)? {
            Some("none") => Ok(Self::NONE),
            None | Some("linear") => Ok(Self::Linear { factor }),
            Some("yarn") => Ok(Self::Yarn {
                factor,
                original_context: keys
                    .optional_size("rope.scaling.original_context_length")?
                    .unwrap_or(trained),
                magnitude: keys.optional_positive("rope.scaling.attn_factor")?.unwrap_or(1.0),
                beta_fast: keys.optional_positive("rope.scaling.yarn_beta_fast")?.unwrap_or(32.0),
                beta_slow: keys.optional_positive("rope.scaling.yarn_beta_slow")?.unwrap_or(1.0),
            }),
            Some(other) => Err(keys.bad_value(
                TYPE,
                format!("scaling {other} is not supported, only none, linear and yarn"),
            )),
        }
    }
}
