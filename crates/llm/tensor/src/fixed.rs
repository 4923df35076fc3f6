//! Products of quantised weights in integers from the first to the last: the fixed-point dialect.
//!
//! An emulator runs eight integer multiplications in a nanosecond, as one instruction of the host, and
//! calls a function for every float operation, which takes twenty times as long. The sum of products of
//! a block is an integer anyhow; here its scales are integers too. Those of a row are in steps, so many
//! that its largest possible weight is 2^18 of them. That of a block of inputs has eleven
//! significant bits, so it is an integer and a shift without any rounding. What is rounded off is ten
//! (of bytes) to a hundred times (of nibbles) smaller than what rounding the inputs to 8 bits has taken
//! away.
//!
//! For the types that [`has`] names, with `S` the sum of products of a block, `I` the sum of its
//! inputs, `d` and `m` scale and minimum of the weights in steps, and `x` and `s` integer and shift of
//! the inputs' scale, a product is the sum over all blocks of
//!
//! ```text
//! (((S * d + I * m + 2^10) >> 11) * x) >> s
//! ```
//!
//! times the row's factor, times the token's. Everything fits 32 bits: the sum of a block is at most
//! 2^18 steps times 32 * 127, and the token's factor is such that all blocks together, if every weight
//! were as large as can be and had the sign of its input, stay below 2^31.

use crate::{
    BLOCK_LEN, TensorType,
    activations::Quantized,
    cpu::for_each_cpu,
    formats::{Format, Minimum, Q4_0, Q4_1, Q8_0, RUN_GROUPS, RunQuants, runs, scales, unpack},
    half::f16_to_f32,
    scalar::{ROUNDING_MAGIC, sum_of_products},
};

/// Bits that are rounded off a block's sum.
pub(crate) const ROUNDED_BITS: i32 = 11;
/// Half of what they are worth.
pub(crate) const ROUNDING: i32 = 1 << (ROUNDED_BITS - 1);

/// Steps of a row's largest possible weight: the scales of nibbles then have fifteen bits, those of
/// bytes eleven.
const STEPS: f32 = 262_144.0;

/// Whether products with weights of a type are computed this way; others as in the plain dialect.
pub(crate) const fn has(kind: TensorType) -> bool {
    matches!(kind, TensorType::Q4_0 | TensorType::Q4_1 | TensorType::Q8_0)
}

/// Halves at the beginning of a block: scale and, where there is one, minimum.
pub(crate) const fn header_count(kind: TensorType) -> usize {
    match kind {
        TensorType::Q4_1 => 2,
        _ => 1,
    }
}

/// Scales and minima of a row as integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowUnit {
    /// Steps of one.
    inverse: f32,
    /// What a step is worth, times what is rounded off; NaN if the row has an infinity or a NaN.
    pub factor: f32,
}

impl RowUnit {
    /// Of a row of a type that [`has`] names.
    #[inline(always)]
    pub(crate) fn of(kind: TensorType, row: &[u8]) -> Self {
        let (mut largest, mut is_finite) = (0.0_f32, true);
        for block in row.chunks_exact(kind.block_bytes()) {
            let header = |index: usize| {
                f16_to_f32(u16::from_le_bytes([block[2 * index], block[2 * index + 1]]))
            };
            let scale = header(0);
            // The ends of the range that a block's weights may have.
            let reach = match kind {
                TensorType::Q4_1 => header(1).abs().max((15.0 * scale + header(1)).abs()),
                TensorType::Q4_0 => 8.0 * scale.abs(),
                _ => 128.0 * scale.abs(),
            };
            is_finite &= scale.is_finite() && reach.is_finite();
            largest = largest.max(reach);
        }
        let inverse = if largest > 0.0 { STEPS / largest } else { 0.0 };
        let factor = largest / STEPS * (1 << ROUNDED_BITS) as f32;
        Self { inverse, factor: if is_finite { factor } else { f32::NAN } }
    }

    /// A scale or minimum in steps.
    #[inline(always)]
    pub(crate) fn steps(self, value: f32) -> i32 {
        let shifted = value * self.inverse + ROUNDING_MAGIC;
        shifted.to_bits().wrapping_sub(ROUNDING_MAGIC.to_bits()).cast_signed()
    }
}

/// The scale of a block of inputs: `multiplier >> shift`, times the token's factor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InputScale {
    pub multiplier: i32,
    pub shift: i32,
}

for_each_cpu! {
    /// Turns the scales of a token's blocks, which have the precision of halves, into integers; gives
    /// what they are worth, NaN if one of them is NaN.
    pub(crate) fn fix_scales(
        quants: &[[i8; BLOCK_LEN]],
        scales: &[f32],
        fixed: &mut [InputScale],
    ) -> f32 {
        // The sum of the magnitudes of all inputs bounds the product with any weights.
        let mut magnitudes = 0.0_f32;
        for (quants, scale) in quants.iter().zip(scales) {
            let sum: i32 = quants.iter().map(|&quant| i32::from(quant).abs()).sum();
            magnitudes += sum as f32 * scale;
        }
        // With weights of 2^18 steps, of which 2^11 are rounded off, less than 2^31 is left.
        let exponent = |value: f32| (value.to_bits() >> 23).cast_signed();
        let unit = exponent(magnitudes) + 18 - ROUNDED_BITS - 30 + 1;
        for (fixed, &scale) in fixed.iter_mut().zip(scales) {
            let mantissa = (scale.to_bits() >> 13 & 0x3ff | 0x400).cast_signed();
            // The mantissa has ten bits behind the point.
            let shift = unit + 10 - exponent(scale);
            *fixed = InputScale {
                multiplier: if scale > 0.0 { mantissa << (-shift).max(0) } else { 0 },
                shift: shift.clamp(0, 31),
            };
        }
        let factor = f32::from_bits(unit.max(0).cast_unsigned() << 23);
        if magnitudes.is_finite() { factor } else { f32::NAN }
    }
}

/// A row of a type that [`has`] names times one token.
#[inline(always)]
pub(crate) fn dot(kind: TensorType, row: &[u8], x: &Quantized<'_>) -> f32 {
    match kind {
        TensorType::Q4_0 => dot_format::<Q4_0>(row, x),
        TensorType::Q4_1 => dot_format::<Q4_1>(row, x),
        TensorType::Q8_0 => dot_format::<Q8_0>(row, x),
        _ => unreachable!("the caller has asked"),
    }
}

#[inline(always)]
fn dot_format<F: Format>(row: &[u8], x: &Quantized<'_>) -> f32 {
    let unit = RowUnit::of(F::KIND, row);
    let mut total = 0_i32;
    let mut buffer = RunQuants::default();
    for (run_index, run) in runs::<F>(row).enumerate() {
        for (group, weights) in unpack::<F>(run, &mut buffer).iter().enumerate() {
            let index = run_index * RUN_GROUPS + group;
            let headers = scales::<F>(run, group);
            // Either product may overflow, their sum does not.
            let sum = sum_of_products(weights, &x.quants[index]);
            let mut sum = sum.wrapping_mul(unit.steps(headers.scale));
            if let Minimum::Whole(minimum) = headers.minimum {
                sum = sum.wrapping_add(x.sums[index].wrapping_mul(unit.steps(minimum)));
            }
            let InputScale { multiplier, shift } = x.fixed_scales[index];
            total += ((sum + ROUNDING) >> ROUNDED_BITS).wrapping_mul(multiplier) >> shift;
        }
    }
    finish(total, unit.factor, x.factors[0])
}

/// What a total is worth.
#[inline(always)]
pub(crate) fn finish(total: i32, row_factor: f32, token_factor: f32) -> f32 {
    total as f32 * row_factor * token_factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Activations, CpuFeatures, scalar,
        testing::{Random, random_weights},
    };
    use alloc::vec::Vec;

    fn activations(cpu: CpuFeatures, values: &[f32]) -> Activations {
        let mut x = Activations::new(1, values.len()).expect("tests are small");
        x.reshape(1, values.len()).copy_from_slice(values);
        x.quantize(cpu);
        x
    }

    fn fixed_cpu() -> CpuFeatures {
        CpuFeatures::by_name("fixed-avx2").expect("tests run on CPUs with AVX2")
    }

    #[test]
    fn products_differ_from_floats_by_less_than_the_inputs_were_rounded() {
        let mut random = Random::new(40);
        for kind in TensorType::ALL.into_iter().filter(|&kind| has(kind)) {
            for _ in 0..200 {
                let cols = 32 * (1 + random.below(100));
                let row = random_weights(&mut random, kind, cols, 0.5);
                // Some inputs are a thousand times larger than others, as in real models.
                let values: Vec<f32> = (0..cols)
                    .map(|_| random.normal() * if random.below(500) == 0 { 1000.0 } else { 1.0 })
                    .collect();
                let x = activations(fixed_cpu(), &values);
                let x = x.quantized(0, 1);
                let float = scalar::dot_quantized::<false>(kind, &row, &x);
                let fixed = dot(kind, &row, &x);
                // Half a step of each input, times weights of about a half, added up at random.
                let noise: f32 =
                    x.scales.iter().map(|scale| 32.0 * (scale * 0.29 * 0.5).powi(2)).sum();
                let error = (fixed - float).abs();
                assert!(error < 0.2 * noise.sqrt(), "{kind} {cols}: {fixed} for {float}");
            }
        }
    }

    #[test]
    fn the_largest_weights_and_inputs_do_not_overflow() {
        let cols = 32 * 64;
        for kind in TensorType::ALL.into_iter().filter(|&kind| has(kind)) {
            for (byte, sign) in [(0xff, 1.0), (0x00, 1.0), (0x80, -1.0), (0xff, -1.0), (0x7f, 1.0)]
            {
                let mut block = Vec::new();
                block.extend(crate::half::f32_to_f16(0.5).to_le_bytes());
                if header_count(kind) == 2 {
                    block.extend(crate::half::f32_to_f16(sign * 8.0).to_le_bytes());
                }
                block.resize(kind.block_bytes(), byte);
                let row = block.repeat(cols / 32);
                let x = activations(fixed_cpu(), &alloc::vec![sign * 127.0; cols]);
                let x = x.quantized(0, 1);
                let float = scalar::dot_quantized::<false>(kind, &row, &x);
                let fixed = dot(kind, &row, &x);
                let error = (fixed - float).abs() / (1.0 + float.abs());
                assert!(error < 1e-4, "{kind} {byte:x}: {fixed} for {float}");
            }
        }
    }

    #[test]
    fn a_scale_that_is_no_number_shows_in_the_result() {
        for (scale, input) in [(f32::NAN, 1.0), (f32::INFINITY, 1.0), (1.0, f32::NAN)] {
            let mut row = Vec::new();
            row.extend(crate::half::f32_to_f16(scale).to_le_bytes());
            row.resize(34, 1);
            let mut values = [1.0; 32];
            values[3] = input;
            let x = activations(fixed_cpu(), &values);
            assert!(dot(TensorType::Q8_0, &row, &x.quantized(0, 1)).is_nan(), "{scale} {input}");
        }
    }
}
