//! Types with blocks of 32 elements: a scale as a half, perhaps a minimum as a half, then the
//! quants. Nibbles are 16 bytes: elements 0 to 15 in the low halves, 16 to 31 in the high ones.

use super::{Format, Minimum, Scales, center, each, eights, half, put};
use crate::{BLOCK_LEN, TensorType};

/// `d`, nibbles: `x = d * (q - 8)`.
pub(crate) struct Q4_0;
/// `d`, `m`, nibbles: `x = d * q + m`.
pub(crate) struct Q4_1;
/// `d`, fifth bits (element `i` in bit `i` of 32), nibbles: `x = d * (q - 16)`.
pub(crate) struct Q5_0;
/// `d`, `m`, fifth bits, nibbles: `x = d * q + m`.
pub(crate) struct Q5_1;
/// `d`, 32 signed bytes: `x = d * q`.
pub(crate) struct Q8_0;

/// The nibbles of 32 elements, eight at a time.
#[inline(always)]
pub(super) fn nibbles(packed: &[u8]) -> impl Iterator<Item = u64> {
    let packed = &packed[..16];
    let low = eights(packed).map(|eight| eight & each(15));
    low.chain(eights(packed).map(|eight| eight >> 4 & each(15)))
}

/// Four bytes of fifth bits, and after them the nibbles.
#[inline(always)]
fn five_bits(packed: &[u8]) -> impl Iterator<Item = u64> {
    packed[..4].iter().zip(nibbles(&packed[4..])).map(|(&bits, nibbles)| {
        // The byte in eight places, bit `i` left in place `i`, and moved from wherever that is.
        let spread = (u64::from(bits) * each(1)) & 0x8040_2010_0804_0201;
        nibbles | ((spread + each(0x7f)) >> 3 & each(16))
    })
}

#[inline(always)]
fn single_scale(scale: f32, minimum: Minimum) -> Scales {
    Scales { scale, sub_scales: [1; 2], minimum }
}

impl Format for Q4_0 {
    const KIND: TensorType = TensorType::Q4_0;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        put(nibbles(&block[2..]).map(|eight| center(eight, 8)), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        single_scale(half(block, 0), Minimum::None)
    }
}

impl Format for Q4_1 {
    const KIND: TensorType = TensorType::Q4_1;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        put(nibbles(&block[4..]), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        single_scale(half(block, 0), Minimum::Whole(half(block, 2)))
    }
}

impl Format for Q5_0 {
    const KIND: TensorType = TensorType::Q5_0;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        put(five_bits(&block[2..]).map(|eight| center(eight, 16)), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        single_scale(half(block, 0), Minimum::None)
    }
}

impl Format for Q5_1 {
    const KIND: TensorType = TensorType::Q5_1;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        put(five_bits(&block[4..]), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        single_scale(half(block, 0), Minimum::Whole(half(block, 2)))
    }
}

impl Format for Q8_0 {
    const KIND: TensorType = TensorType::Q8_0;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        put(eights(&block[2..]), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        single_scale(half(block, 0), Minimum::None)
    }
}
