//! Rotary position embedding (Su et al. 2021): the angles.

use crate::config::Config;
use alloc::vec::Vec;

/// Rotation frequencies, one for each pair of elements.
#[derive(Clone, Debug)]
pub struct Rope {
    /// `(rope_dimensions / 2)`, radians per position.
    frequencies: Vec<f64>,
}

impl Rope {
    /// `base^(-2i / n)`, scaled as the model asks.
    pub fn new(config: &Config, factors: &[f32]) -> Self {
        let exponent = -2.0 / config.rope_dimensions as f64;
        let frequency = |(pair, &factor): (usize, &f32)| {
            libm::pow(f64::from(config.rope_base), exponent * pair as f64)
                * f64::from(config.rope_position_scale)
                / f64::from(factor)
        };
        Self { frequencies: factors.iter().enumerate().map(frequency).collect() }
    }

    /// (cosine, sine) of each pair at `position`, appended to `out`. Computed when needed, for all
    /// layers at once: a table for a whole context would delay loading.
    pub fn angles(&self, position: usize, out: &mut Vec<(f32, f32)>) {
        out.extend(self.frequencies.iter().map(|frequency| {
            let (sin, cos) = libm::sincos(position as f64 * frequency);
            (cos as f32, sin as f32)
        }));
    }
}
