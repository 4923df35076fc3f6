//! Rotary position embedding (Su et al. 2021): the angles.

use crate::config::{RopeScaling, Rotation};
use alloc::vec::Vec;
use core::f64::consts::PI;

/// Rotation frequencies, one for each pair of elements.
#[derive(Clone, Debug)]
pub struct Rope {
    /// `(rope_dimensions / 2)`, radians per position.
    frequencies: Vec<f64>,
    /// What cosines and sines are multiplied by.
    magnitude: f64,
}

impl Rope {
    /// `base^(-2i / n) / factor`, scaled as the model asks; `factors` holds one for each pair.
    pub fn new(rotation: &Rotation, factors: &[f32]) -> Self {
        let dimensions = 2.0 * factors.len() as f64;
        let base = f64::from(rotation.base);
        let plain = |(pair, &factor): (usize, &f32)| {
            libm::pow(base, -2.0 * pair as f64 / dimensions) / f64::from(factor)
        };
        let mut frequencies: Vec<f64> = factors.iter().enumerate().map(plain).collect();
        let mut magnitude = 1.0;
        match rotation.scaling {
            RopeScaling::Linear { factor } => {
                for frequency in &mut frequencies {
                    *frequency /= f64::from(factor);
                }
            }
            RopeScaling::Yarn {
                factor,
                original_context,
                magnitude: own,
                beta_fast,
                beta_slow,
            } => {
                let factor = f64::from(factor);
                // The pair that makes `turns` turns in the original context.
                let pair_of = |turns: f32| {
                    let wave_length = original_context as f64 / (f64::from(turns) * 2.0 * PI);
                    dimensions * libm::log(wave_length) / (2.0 * libm::log(base))
                };
                let first = libm::floor(pair_of(beta_fast)).max(0.0);
                let last = libm::ceil(pair_of(beta_slow)).min(dimensions - 1.0);
                for (pair, frequency) in frequencies.iter_mut().enumerate() {
                    let slowness = (pair as f64 - first) / (last - first).max(0.001);
                    let divided = slowness.clamp(0.0, 1.0);
                    *frequency *= divided / factor + (1.0 - divided);
                }
                magnitude = f64::from(own) * (1.0 + 0.1 * libm::log(factor));
            }
        }
        Self { frequencies, magnitude }
    }

    /// (cosine, sine) of each pair at `position`, into `out` of `(rope_dimensions / 2)`. Computed
    /// when needed, for all layers at once: a table for a whole context would delay loading.
    pub fn angles(&self, position: usize, out: &mut [(f32, f32)]) {
        for (out, frequency) in out.iter_mut().zip(&self.frequencies) {
            let (sin, cos) = libm::sincos(position as f64 * frequency);
            *out = ((cos * self.magnitude) as f32, (sin * self.magnitude) as f32);
        }
    }
}
