//! Element-wise arithmetic of a transformer layer. Sums go through eight lanes (element `i` to
//! lane `i % 8`), so that scalar and vector builds add in the same order.

use crate::{
    cpu::for_each_cpu,
    scalar::{ROUNDING_MAGIC, sum_lanes},
};

/// `e^x`, within 2 units in the last place; 0 below -87, infinite above 88.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    if x > 88.0 { f32::INFINITY } else { exp_up_to_88(x) }
}

/// [`exp`] for numbers up to 88, which saves a comparison: what a softmax needs. The same bits on
/// every build (a library's may differ). Cephes, `expf`: reduction by ln 2 in two steps, then a
/// polynomial of degree 5.
#[inline(always)]
pub(crate) fn exp_up_to_88(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let shifted = x * core::f32::consts::LOG2_E + ROUNDING_MAGIC;
    let n = shifted - ROUNDING_MAGIC;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let polynomial = p * (r * r) + r + 1.0;
    // 2^n from the integer in the low bits of `shifted`.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    // A NaN fails the comparison and has made one of the polynomial.
    if x < -87.0 { 0.0 } else { polynomial * power }
}

/// The hyperbolic tangent, within 2e-7.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

for_each_cpu! {
    /// Root-mean-square normalisation (Zhang and Sennrich 2019): `out = x / rms(x) * weight`, all
    /// of `(width)`.
    pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        let mut lanes = [0.0_f32; 8];
        let (chunks, rest) = x.as_chunks::<8>();
        for chunk in chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += x * x;
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane += x * x;
        }
        let scale = 1.0 / libm::sqrtf(sum_lanes(lanes) / x.len() as f32 + epsilon);
        for ((out, &x), &weight) in out.iter_mut().zip(x).zip(weight) {
            *out = x * scale * weight;
        }
    }
}

for_each_cpu! {
    /// Layer normalisation (Ba et al. 2016): `out = (x - mean) / deviation * weight + bias`, all
    /// of `(width)`.
    pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], epsilon: f32, out: &mut [f32]) {
        let mut lanes = [0.0_f32; 8];
        let (chunks, rest) = x.as_chunks::<8>();
        for chunk in chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += x;
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane += x;
        }
        let mean = sum_lanes(lanes) / x.len() as f32;
        let mut lanes = [0.0_f32; 8];
        for chunk in chunks {
            for (lane, &x) in lanes.iter_mut().zip(chunk) {
                *lane += (x - mean) * (x - mean);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane += (x - mean) * (x - mean);
        }
        let scale = 1.0 / libm::sqrtf(sum_lanes(lanes) / x.len() as f32 + epsilon);
        for (((out, &x), &weight), &bias) in out.iter_mut().zip(x).zip(weight).zip(bias) {
            *out = (x - mean) * scale * weight + bias;
        }
    }
}

for_each_cpu! {
    /// `x += y`, both of the same length.
    pub fn add(x: &mut [f32], y: &[f32]) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }
}

for_each_cpu! {
    /// `out = silu(gate) * up` (Shazeer 2020), all of the same length.
    pub fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate / (1.0 + exp(-gate)) * up;
        }
    }
}

for_each_cpu! {
    /// Rotates the pairs `(2i, 2i + 1)` of the first `2 * angles.len()` elements of a head, in the
    /// interleaved order that GGUF's llama conversion stores. `angles` holds (cosine, sine).
    pub fn rotate(head: &mut [f32], angles: &[(f32, f32)]) {
        for (pair, &(cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
            let [a, b] = *pair;
            *pair = [a * cos - b * sin, a * sin + b * cos];
        }
    }
}

for_each_cpu! {
    /// `x *= factor`
    pub fn scale(x: &mut [f32], factor: f32) {
        for x in x.iter_mut() {
            *x *= factor;
        }
    }
}

for_each_cpu! {
    /// Rotates the pairs `(i, i + n)` of the first `2 * n` elements of a head, `n` being
    /// `angles.len()`, in the order of GPT-NeoX. `angles` holds (cosine, sine).
    pub fn rotate_halves(head: &mut [f32], angles: &[(f32, f32)]) {
        let (first, second) = head.split_at_mut(angles.len());
        for ((a, b), &(cos, sin)) in first.iter_mut().zip(second).zip(angles) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}

for_each_cpu! {
    /// Whether all are finite.
    pub fn is_finite(values: &[f32]) -> bool {
        let exponents =
            values.iter().fold(0, |largest, x| u32::max(largest, x.to_bits() & 0x7fff_ffff));
        exponents < 0x7f80_0000
    }
}
