//! What the bytes of the quantised types mean.
//!
//! A [`Format`] unpacks groups of 32 neighbouring elements: small integers, and the scales and
//! minima that make numbers of them. [`crate::Matrix::dequantize_row`] and the
//! reference arithmetic of [`crate::scalar`] are written once over groups; kernels that are fast
//! read the bytes themselves and are tested against those.
//!
//! The layouts are those of ggml (`ggml-common.h`, `dequantize_row_*` in `ggml-quants.c`).

mod blocks;
mod super_blocks;
mod table;

pub(crate) use blocks::{Q4_0, Q4_1, Q5_0, Q5_1, Q8_0};
pub(crate) use super_blocks::{Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, six_bit_pair};
pub(crate) use table::{IQ4_NL, IQ4_XS, VALUES};

use crate::{BLOCK_LEN, SUPER_BLOCK_LEN, TensorType, half::f16_to_f32};

/// A quantised storage type. Element `i` of a group of 32 is `(scale * sub_scales[i / 16]) *
/// quants[i]`, plus its minimum.
pub(crate) trait Format {
    /// Which one.
    const KIND: TensorType;

    /// The integers of elements `32 * index..32 * index + 32` of a block. `block` has
    /// [`TensorType::block_bytes`] bytes.
    ///
    /// Each times its sub-scale and an input of 8 bits, and 32 of them added up, stay below 2^24,
    /// so that the sum is a float without rounding.
    fn quants(block: &[u8], index: usize, out: &mut [i8; BLOCK_LEN]);

    /// What makes numbers of them.
    fn scales(block: &[u8], index: usize) -> Scales;
}

/// The scales of a group of 32 elements.
pub(crate) struct Scales {
    /// The float scale of the block.
    pub scale: f32,
    /// What multiplies the scale for the first 16 and the last 16 elements; ones where a type has
    /// a single scale.
    pub sub_scales: [i8; 2],
    /// What is added.
    pub minimum: Minimum,
}

/// What is added to the scaled quants of a group.
pub(crate) enum Minimum {
    /// Nothing.
    None,
    /// The same for all 32.
    Whole(f32),
    /// `-(scale * steps[i / 16])`.
    Halves {
        /// The float scale of the minima of the block.
        scale: f32,
        /// For the first and the last 16 elements.
        steps: [u8; 2],
    },
}

/// Evaluates an expression for the [`Format`] of a type, or another one for float types.
macro_rules! with_format {
    ($kind:expr, $format:ident => $quantised:expr, else $float:expr) => {{
        use $crate::{TensorType as Kind, formats};
        macro_rules! arm {
            ($name:ident) => {{
                type $format = formats::$name;
                $quantised
            }};
        }
        match $kind {
            Kind::F32 | Kind::F16 | Kind::BF16 => $float,
            Kind::Q4_0 => arm!(Q4_0),
            Kind::Q4_1 => arm!(Q4_1),
            Kind::Q5_0 => arm!(Q5_0),
            Kind::Q5_1 => arm!(Q5_1),
            Kind::Q8_0 => arm!(Q8_0),
            Kind::Q2_K => arm!(Q2_K),
            Kind::Q3_K => arm!(Q3_K),
            Kind::Q4_K => arm!(Q4_K),
            Kind::Q5_K => arm!(Q5_K),
            Kind::Q6_K => arm!(Q6_K),
            Kind::IQ4_NL => arm!(IQ4_NL),
            Kind::IQ4_XS => arm!(IQ4_XS),
        }
    }};
}
pub(crate) use with_format;

/// Groups that are unpacked together.
pub(crate) const RUN_GROUPS: usize = SUPER_BLOCK_LEN / BLOCK_LEN;

/// The integers of the groups of a run. Several groups are unpacked before the first is used:
/// compilers keep the integers of one in 32 registers, one by one, and then find no vectors in
/// what follows.
pub(crate) type RunQuants = [[i8; BLOCK_LEN]; RUN_GROUPS];

/// A row in runs of up to [`RUN_GROUPS`] groups, a whole number of blocks each.
#[inline(always)]
pub(crate) fn runs<F: Format>(row: &[u8]) -> impl Iterator<Item = &[u8]> {
    row.chunks(SUPER_BLOCK_LEN / F::KIND.block_len() * F::KIND.block_bytes())
}

/// Unpacks a run; the result is the part of `quants` that it fills.
#[inline(always)]
pub(crate) fn unpack<'q, F: Format>(
    run: &[u8],
    quants: &'q mut RunQuants,
) -> &'q [[i8; BLOCK_LEN]] {
    let count = run.len() / F::KIND.block_bytes() * (F::KIND.block_len() / BLOCK_LEN);
    for (group, quants) in quants[..count].iter_mut().enumerate() {
        let (block, index) = block_of::<F>(run, group);
        F::quants(block, index, quants);
    }
    &quants[..count]
}

/// The scales of group `group` of a run.
#[inline(always)]
pub(crate) fn scales<F: Format>(run: &[u8], group: usize) -> Scales {
    let (block, index) = block_of::<F>(run, group);
    F::scales(block, index)
}

/// The block that holds group `group` of a run, and the group's place in it.
#[inline(always)]
fn block_of<F: Format>(run: &[u8], group: usize) -> (&[u8], usize) {
    let (groups, bytes) = (F::KIND.block_len() / BLOCK_LEN, F::KIND.block_bytes());
    (&run[group / groups * bytes..][..bytes], group % groups)
}

/// The half at `offset`, as a float.
#[inline(always)]
fn half(block: &[u8], offset: usize) -> f32 {
    f16_to_f32(u16::from_le_bytes([block[offset], block[offset + 1]]))
}

/// A byte in each of eight places.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Bytes, eight at a time.
#[inline(always)]
fn eights(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The same of quants, to be filled in. Words do not wait for a compiler to see vectors in bytes.
#[inline(always)]
fn put(eights: impl Iterator<Item = u64>, out: &mut [i8]) {
    for (out, eight) in out.as_chunks_mut::<8>().0.iter_mut().zip(eights) {
        *out = eight.to_le_bytes().map(u8::cast_signed);
    }
}

/// Subtracts `middle` from eight numbers of up to seven bits each.
#[inline(always)]
const fn center(eight: u64, middle: u8) -> u64 {
    // The set sign bits keep a borrow from reaching the next number.
    ((eight | each(0x80)) - each(middle)) ^ each(0x80)
}
