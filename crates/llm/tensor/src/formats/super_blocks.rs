//! The K types: blocks of 256 elements, whose scales are integers times a scale of the block.
//!
//! Quants of two bits lie in runs of 32 bytes that serve 128 elements: bits `2j..2j + 2` of byte
//! `l` belong to element `32 * j + l`. Nibbles lie in runs of 32 bytes that serve 64, the low
//! halves first.
#![expect(non_camel_case_types, reason = "the names that files and people use")]

use super::{Format, Minimum, Scales, center, each, eights, half, put};
use crate::{BLOCK_LEN, TensorType};

/// 16 bytes with a scale (low) and a minimum (high) for each 16 elements, 64 bytes of two bits,
/// `d`, `dmin`: `x = d * scale * q - dmin * minimum`.
pub(crate) struct Q2_K;
/// 32 bytes of third bits (group `g` in bit `g`; the quant is 4 less where the bit is 0), 64
/// bytes of two bits, 16 scales of 6 bits, `d`: `x = d * (scale - 32) * q`.
pub(crate) struct Q3_K;
/// `d`, `dmin`, 8 scales and 8 minima of 6 bits, 128 bytes of nibbles:
/// `x = d * scale * q - dmin * minimum`.
pub(crate) struct Q4_K;
/// As [`Q4_K`], with 32 bytes of fifth bits (group `g` in bit `g`) before the nibbles.
pub(crate) struct Q5_K;
/// 128 bytes of nibbles (64 serve 128 elements: low halves, then high ones), 64 bytes with the
/// upper two bits, 16 signed scales, `d`: `x = d * scale * (q - 32)`.
pub(crate) struct Q6_K;

/// Bits `shift..` of 32 bytes, masked, eight at a time.
#[inline(always)]
fn bits(bytes: &[u8], shift: usize, mask: u8) -> impl Iterator<Item = u64> {
    eights(&bytes[..BLOCK_LEN]).map(move |eight| eight >> shift & each(mask))
}

/// The lower bits of 32 numbers, and what stands above them.
#[inline(always)]
fn join(
    low: impl Iterator<Item = u64>,
    high: impl Iterator<Item = u64>,
    place: usize,
) -> impl Iterator<Item = u64> {
    low.zip(high).map(move |(low, high)| low | high << place)
}

/// The scale and the minimum of group `index`, of 6 bits each, packed into 12 bytes: the first four
/// groups have theirs in the low bits of bytes 0 to 3 and 4 to 7; the others have four bits in
/// bytes 8 to 11, and the upper two above those of the first groups.
#[inline(always)]
pub(crate) fn six_bit_pair(packed: &[u8], index: usize) -> (i8, u8) {
    let (scale, minimum) = if index < 4 {
        (packed[index] & 63, packed[index + 4] & 63)
    } else {
        let low = packed[index + 4];
        ((low & 15) | packed[index - 4] >> 6 << 4, (low >> 4) | packed[index] >> 6 << 4)
    };
    (scale.cast_signed(), minimum)
}

/// The scales of [`Q4_K`] and [`Q5_K`].
#[inline(always)]
fn scales_with_minimum(block: &[u8], index: usize) -> Scales {
    let (scale, minimum) = six_bit_pair(&block[4..16], index);
    Scales {
        scale: half(block, 0),
        sub_scales: [scale; 2],
        minimum: Minimum::Whole(-(half(block, 2) * f32::from(minimum))),
    }
}

impl Format for Q2_K {
    const KIND: TensorType = TensorType::Q2_K;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        put(bits(&block[16 + index / 4 * 32..], index % 4 * 2, 3), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        let pairs = [block[2 * index], block[2 * index + 1]];
        Scales {
            scale: half(block, 80),
            sub_scales: pairs.map(|pair| (pair & 15).cast_signed()),
            minimum: Minimum::Halves { scale: half(block, 82), steps: pairs.map(|pair| pair >> 4) },
        }
    }
}

impl Format for Q3_K {
    const KIND: TensorType = TensorType::Q3_K;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        let low = bits(&block[32 + index / 4 * 32..], index % 4 * 2, 3);
        let quants = join(low, bits(block, index, 1), 2);
        put(quants.map(|eight| center(eight, 4)), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        // Scale k has its lower four bits in byte k % 8 and its upper two in byte 8 + k % 4.
        let packed = &block[96..108];
        let sub_scale = |k: usize| {
            let low = packed[k % 8] >> (k / 8 * 4) & 15;
            let high = packed[8 + k % 4] >> (k / 4 * 2) & 3;
            (low | high << 4).cast_signed() - 32
        };
        Scales {
            scale: half(block, 108),
            sub_scales: [sub_scale(2 * index), sub_scale(2 * index + 1)],
            minimum: Minimum::None,
        }
    }
}

impl Format for Q4_K {
    const KIND: TensorType = TensorType::Q4_K;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        put(bits(&block[16 + index / 2 * 32..], index % 2 * 4, 15), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        scales_with_minimum(block, index)
    }
}

impl Format for Q5_K {
    const KIND: TensorType = TensorType::Q5_K;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        let low = bits(&block[48 + index / 2 * 32..], index % 2 * 4, 15);
        put(join(low, bits(&block[16..], index, 1), 4), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        scales_with_minimum(block, index)
    }
}

impl Format for Q6_K {
    const KIND: TensorType = TensorType::Q6_K;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        let (run, part) = (index / 4, index % 4);
        let low = bits(&block[64 * run + part % 2 * 32..], part / 2 * 4, 15);
        let quants = join(low, bits(&block[128 + 32 * run..], 2 * part, 3), 4);
        put(quants.map(|eight| center(eight, 32)), out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        Scales {
            scale: half(block, 208),
            sub_scales: [block[192 + 2 * index], block[193 + 2 * index]].map(u8::cast_signed),
            minimum: Minimum::None,
        }
    }
}
