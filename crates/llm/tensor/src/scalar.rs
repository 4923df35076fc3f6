//! The reference arithmetic of one row times one token; every other kernel gives the same bits.
//!
//! The order of float operations is part of the definition: blocks from first to last, each
//! adding `sum_of_products * (weight_scale * input_scale)` and, for types with a minimum, then
//! `minimum * scaled_sum`. Sums within a block are integers, so their order is free.

use crate::{BLOCK_LEN, activations::Quantized, half::f16_to_f32, matrix::blocks};

fn half(block: &[u8], index: usize) -> f32 {
    f16_to_f32(u16::from_le_bytes([block[2 * index], block[2 * index + 1]]))
}

/// Unsigned nibbles times quants.
#[inline(always)]
fn dot_nibbles(nibbles: &[u8; 16], quants: &[i8; BLOCK_LEN]) -> i32 {
    let (low, high) = quants.split_at(16);
    let mut sum = 0_i32;
    for ((&pair, &low), &high) in nibbles.iter().zip(low).zip(high) {
        sum += i32::from(i16::from(pair & 15) * i16::from(low));
        sum += i32::from(i16::from(pair >> 4) * i16::from(high));
    }
    sum
}

/// A row of Q8_0 times one token.
#[inline(always)]
pub(crate) fn dot_q8_0(row: &[u8], x: &Quantized<'_>) -> f32 {
    let mut total = 0.0;
    for (block, (quants, scale)) in blocks::<34>(row).iter().zip(x.quants.iter().zip(x.scales)) {
        let sum: i32 = (block[2..].iter().zip(quants))
            .map(|(&weight, &quant)| i32::from(i16::from(weight as i8) * i16::from(quant)))
            .sum();
        total += sum as f32 * (half(block, 0) * scale);
    }
    total
}

/// A row of Q4_0 times one token.
#[inline(always)]
pub(crate) fn dot_q4_0(row: &[u8], x: &Quantized<'_>) -> f32 {
    let mut total = 0.0;
    for (index, block) in blocks::<18>(row).iter().enumerate() {
        let nibbles = block[2..].first_chunk().expect("a block has 16 bytes of nibbles");
        let sum = dot_nibbles(nibbles, &x.quants[index]) - 8 * x.sums[index];
        total += sum as f32 * (half(block, 0) * x.scales[index]);
    }
    total
}

/// A row of Q4_1 times one token.
#[inline(always)]
pub(crate) fn dot_q4_1(row: &[u8], x: &Quantized<'_>) -> f32 {
    let mut total = 0.0;
    for (index, block) in blocks::<20>(row).iter().enumerate() {
        let nibbles = block[4..].first_chunk().expect("a block has 16 bytes of nibbles");
        let sum = dot_nibbles(nibbles, &x.quants[index]);
        total += sum as f32 * (half(block, 0) * x.scales[index]);
        total += half(block, 1) * x.scaled_sums[index];
    }
    total
}

/// The sum of eight lanes, in the order that two horizontal additions give.
#[inline(always)]
pub(crate) fn sum_lanes(lanes: [f32; 8]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// Two vectors of the same length; element `i` goes to lane `i % 8`.
#[inline(always)]
pub(crate) fn dot_f32(a: impl ExactSizeIterator<Item = f32>, b: &[f32]) -> f32 {
    let mut a = a;
    let mut lanes = [0.0_f32; 8];
    let (chunks, rest) = b.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &b) in lanes.iter_mut().zip(chunk) {
            *lane += a.next().unwrap_or_default() * b;
        }
    }
    for (lane, &b) in lanes.iter_mut().zip(rest) {
        *lane += a.next().unwrap_or_default() * b;
    }
    sum_lanes(lanes)
}

/// A row of F32 times one token.
#[inline(always)]
pub(crate) fn dot_row_f32(row: &[u8], x: &[f32]) -> f32 {
    dot_f32(blocks::<4>(row).iter().map(|bytes| f32::from_le_bytes(*bytes)), x)
}

/// A row of F16 times one token.
#[inline(always)]
pub(crate) fn dot_row_f16(row: &[u8], x: &[f32]) -> f32 {
    dot_f32(blocks::<2>(row).iter().map(|bytes| f16_to_f32(u16::from_le_bytes(*bytes))), x)
}
