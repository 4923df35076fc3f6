//! The IQ4 types: nibbles that choose from a table whose values lie closer together near zero,
//! where most weights are.
#![expect(non_camel_case_types, reason = "the names that files and people use")]

use super::{Format, Minimum, Scales, blocks::nibbles, half, put};
use crate::{BLOCK_LEN, TensorType};

/// `d`, nibbles as in the other blocks of 32: `x = d * VALUES[q]`.
pub(crate) struct IQ4_NL;
/// `d`, the upper two bits of 8 scales in 16 bits, their lower four in 4 bytes, then 8 times 16
/// bytes of nibbles: `x = d * (scale - 32) * VALUES[q]`.
pub(crate) struct IQ4_XS;

/// `kvalues_iq4nl` of ggml.
pub(crate) const VALUES: [i8; 16] =
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Looks up 16 bytes of nibbles.
#[inline(always)]
fn look_up(packed: &[u8], out: &mut [i8; BLOCK_LEN]) {
    put(nibbles(packed), out);
    for out in out {
        *out = VALUES[usize::from(out.cast_unsigned() & 15)];
    }
}

impl Format for IQ4_NL {
    const KIND: TensorType = TensorType::IQ4_NL;

    #[inline(always)]
    fn quants(block: &[u8], _: usize, out: &mut [i8; BLOCK_LEN]) {
        look_up(&block[2..], out);
    }

    #[inline(always)]
    fn scales(block: &[u8], _: usize) -> Scales {
        Scales { scale: half(block, 0), sub_scales: [1; 2], minimum: Minimum::None }
    }
}

impl Format for IQ4_XS {
    const KIND: TensorType = TensorType::IQ4_XS;

    #[inline(always)]
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]) {
        look_up(&block[8 + 16 * index..], out);
    }

    #[inline(always)]
    fn scales(block: &[u8], index: usize) -> Scales {
        let upper = u16::from_le_bytes([block[2], block[3]]) >> (2 * index) & 3;
        let lower = block[4 + index / 2] >> (index % 2 * 4) & 15;
        let sub_scale = (lower | (upper as u8) << 4).cast_signed() - 32;
        Scales { scale: half(block, 0), sub_scales: [sub_scale; 2], minimum: Minimum::None }
    }
}
