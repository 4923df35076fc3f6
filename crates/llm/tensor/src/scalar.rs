//! The reference arithmetic of one row times one token; every other kernel gives the same bits.
//!
//! The order of float operations is part of the definition: groups of 32 elements from first to
//! last, each adding `sum_of_products * (weight_scale * input_scale)` and, for types with a minimum,
//! then `minimum * scaled_sum`. Sums within a group are integers, sub-scales included, so their
//! order is free; they are all less than 2^24 and become floats without rounding.
//!
//! What "adding" means comes in dialects. Plain, which any CPU does: the product is rounded, then the
//! sum. Fused, which silicon with FMA does in one instruction: only the sum is rounded; `FUSED` says
//! which of the two. Emulators speak the plain one, but for the types of [`crate::fixed`]. A machine
//! speaks one dialect everywhere.

use crate::{
    BLOCK_LEN, TensorType,
    activations::Quantized,
    formats::{Format, Minimum, RUN_GROUPS, RunQuants, Scales, runs, scales, unpack, with_format},
    half::f16_to_f32,
    matrix::blocks,
};

/// 1.5 * 2^23: added to a float of less than 2^22 it leaves the nearest integer (ties to even) in
/// the low bits of the mantissa. The same on every build, unlike a library's `round`.
pub(crate) const ROUNDING_MAGIC: f32 = 12_582_912.0;

/// `total + a * b` in a dialect.
#[inline(always)]
pub(crate) fn add_product<const FUSED: bool>(total: f32, a: f32, b: f32) -> f32 {
    if FUSED { fused(a, b, total) } else { total + a * b }
}

/// `a * b + c` rounded once, on any CPU. In double precision the product is exact and the sum is
/// rounded to odd: then rounding once more, to fewer bits, errs no more than rounding once
/// (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    // What rounding has taken away (Knuth's TwoSum); no number where the sum is none.
    let back = sum - product;
    let lost = (product - (sum - back)) + (c - back);
    let bits = sum.to_bits();
    // An inexact sum that is even becomes its odd neighbour on the side of what was lost.
    let is_away = (lost > 0.0) == (sum > 0.0);
    let odd = if is_away { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    let is_inexact = lost.abs() > 0.0;
    f64::from_bits(if is_inexact && bits & 1 == 0 { odd } else { bits }) as f32
}

/// A row of a quantised type times one token.
#[inline(always)]
pub(crate) fn dot_quantized<const FUSED: bool>(
    kind: TensorType,
    row: &[u8],
    x: &Quantized<'_>,
) -> f32 {
    with_format!(kind, F => dot::<F, FUSED>(row, x), else unreachable!("float types have no blocks"))
}

#[inline(always)]
fn dot<F: Format, const FUSED: bool>(row: &[u8], x: &Quantized<'_>) -> f32 {
    let mut total = 0.0;
    let mut buffer = RunQuants::default();
    for (run_index, run) in runs::<F>(row).enumerate() {
        for (group, weights) in unpack::<F>(run, &mut buffer).iter().enumerate() {
            let index = run_index * RUN_GROUPS + group;
            let (quants, input_scale) = (&x.quants[index], x.scales[index]);
            let Scales { scale, sub_scales, minimum } = scales::<F>(run, group);
            let sum = weighted_sum(weights, quants, sub_scales.map(i32::from));
            total = add_product::<FUSED>(total, sum as f32, scale * input_scale);
            match minimum {
                Minimum::None => {}
                Minimum::Whole(minimum) => {
                    total = add_product::<FUSED>(total, minimum, x.scaled_sums[index]);
                }
                Minimum::Halves { scale, steps } => {
                    let sum = weighted_sum(&[1; BLOCK_LEN], quants, steps.map(i32::from));
                    total = add_product::<FUSED>(total, -(sum as f32), scale * input_scale);
                }
            }
        }
    }
    total
}

/// The sum of products of the first 16 elements times one factor, and of the last 16 times another.
#[inline(always)]
fn weighted_sum(
    weights: &[i8; BLOCK_LEN],
    quants: &[i8; BLOCK_LEN],
    [first, second]: [i32; 2],
) -> i32 {
    // Where the factors are the same, a single longer loop is what compilers make vectors of.
    if first == second {
        sum_of_products(weights, quants) * first
    } else {
        let (weights, quants) = (weights.split_at(16), quants.split_at(16));
        sum_of_products(weights.0, quants.0) * first + sum_of_products(weights.1, quants.1) * second
    }
}

#[inline(always)]
pub(crate) fn sum_of_products(weights: &[i8], quants: &[i8]) -> i32 {
    let mut sum = 0;
    for (&weight, &quant) in weights.iter().zip(quants) {
        sum += i32::from(i16::from(weight) * i16::from(quant));
    }
    sum
}

/// The sum of eight lanes, in the order that two horizontal additions give.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: [f32; 8]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// A row of a float type times one token.
#[inline(always)]
pub(crate) fn dot_floats<const FUSED: bool>(kind: TensorType, row: &[u8], x: &[f32]) -> f32 {
    match kind {
        TensorType::F32 => {
            dot_wide::<FUSED>(blocks::<4>(row).iter().map(|bytes| f32::from_le_bytes(*bytes)), x)
        }
        TensorType::F16 => {
            let halves = blocks::<2>(row).iter().map(|bytes| u16::from_le_bytes(*bytes));
            dot_wide::<FUSED>(halves.map(f16_to_f32), x)
        }
        TensorType::BF16 => {
            let halves = blocks::<2>(row).iter().map(|bytes| u16::from_le_bytes(*bytes));
            dot_wide::<FUSED>(halves.map(bf16_to_f32), x)
        }
        _ => unreachable!("types with blocks are multiplied in integers"),
    }
}

/// The value of a bfloat16: a single whose lower half is zero.
#[inline(always)]
pub(crate) const fn bf16_to_f32(bits: u16) -> f32 {
    f32::from_bits((bits as u32) << 16)
}

/// Lanes in which products of floats are added up.
pub(crate) const FLOAT_LANES: usize = 16;

/// Two vectors of the same length; element `i` goes to lane `i % 16`.
#[inline(always)]
fn dot_wide<const FUSED: bool>(a: impl ExactSizeIterator<Item = f32>, b: &[f32]) -> f32 {
    let mut a = a;
    let mut lanes = [0.0_f32; FLOAT_LANES];
    let (chunks, rest) = b.as_chunks::<FLOAT_LANES>();
    for chunk in chunks {
        for (lane, &b) in lanes.iter_mut().zip(chunk) {
            *lane = add_product::<FUSED>(*lane, a.next().unwrap_or_default(), b);
        }
    }
    for (lane, &b) in lanes.iter_mut().zip(rest) {
        *lane = add_product::<FUSED>(*lane, a.next().unwrap_or_default(), b);
    }
    sum_float_lanes(lanes)
}

/// The sum of the lanes of floats: the upper half is added to the lower one, until one is left.
#[inline(always)]
pub(crate) fn sum_float_lanes(mut lanes: [f32; FLOAT_LANES]) -> f32 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}
