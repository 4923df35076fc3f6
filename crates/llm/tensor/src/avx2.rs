//! Eight rows times one to four tokens in AVX2, for the types with blocks.
//!
//! A vector lane belongs to a row. For each block the eight rows are unpacked once and used for
//! every token; a tree of horizontal additions brings the eight integer sums into one vector, so
//! that one multiplication and one addition in float serve eight rows. The order of
//! the floats is that of [`crate::scalar`].

use crate::{BLOCK_LEN, activations::Quantized, half::BIAS_RATIO};
use core::arch::x86_64::*;

/// Rows that are computed together.
pub(crate) const TILE_ROWS: usize = 8;

/// Tokens that are computed together, where there are as many.
pub(crate) const TILE_TOKENS: usize = 4;

pub(crate) const Q8_0: u8 = 0;
pub(crate) const Q4_0: u8 = 1;
pub(crate) const Q4_1: u8 = 2;

/// Eight rows times `TOKENS` tokens. `weights` is `(8, blocks)`, `x` is `(TOKENS, blocks)`; the
/// result is `(TOKENS, 8)`. `KIND` is one of the constants above and `BYTES` the size of its
/// blocks.
#[target_feature(enable = "avx2")]
pub(crate) fn tile<const KIND: u8, const BYTES: usize, const TOKENS: usize>(
    weights: &[[u8; BYTES]],
    x: &Quantized<'_>,
) -> [[f32; TILE_ROWS]; TOKENS] {
    tile_in_dialect::<KIND, BYTES, TOKENS>(weights, x, |total, a, b| {
        _mm256_add_ps(total, _mm256_mul_ps(a, b))
    })
}

/// [`tile`] in the fused dialect.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn fused_tile<const KIND: u8, const BYTES: usize, const TOKENS: usize>(
    weights: &[[u8; BYTES]],
    x: &Quantized<'_>,
) -> [[f32; TILE_ROWS]; TOKENS] {
    tile_in_dialect::<KIND, BYTES, TOKENS>(weights, x, |total, a, b| _mm256_fmadd_ps(a, b, total))
}

/// `add_product` is [`crate::scalar::add_product`] in eight lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn tile_in_dialect<const KIND: u8, const BYTES: usize, const TOKENS: usize>(
    weights: &[[u8; BYTES]],
    x: &Quantized<'_>,
    add_product: impl Fn(__m256, __m256, __m256) -> __m256,
) -> [[f32; TILE_ROWS]; TOKENS] {
    let blocks = weights.len() / TILE_ROWS;
    assert!(weights.len() == TILE_ROWS * blocks && x.quants.len() == TOKENS * blocks);
    assert!(x.scales.len() == TOKENS * blocks && x.sums.len() == TOKENS * blocks);
    assert!(x.scaled_sums.len() == TOKENS * blocks);
    let mut totals = [_mm256_setzero_ps(); TOKENS];
    for block in 0..blocks {
        let rows: [&[u8; BYTES]; TILE_ROWS] =
            // SAFETY: `row < 8` and `block < blocks`, and `weights` has `8 * blocks` elements.
            core::array::from_fn(|row| unsafe { weights.get_unchecked(row * blocks + block) });
        let signed: [__m256i; TILE_ROWS] = if KIND == Q8_0 {
            rows.map(|row| load(row[2..].first_chunk().expect("a block of Q8_0 has 34 bytes")))
        } else {
            [_mm256_setzero_si256(); TILE_ROWS]
        };
        let nibbles: [[__m256i; 2]; 4] = if KIND == Q8_0 {
            [[_mm256_setzero_si256(); 2]; 4]
        } else {
            let start = if KIND == Q4_1 { 4 } else { 2 };
            let packed = rows.map(|row| row[start..].first_chunk().expect("nibbles take 16 bytes"));
            core::array::from_fn(|row| unpack_nibbles(packed[row], packed[row + 4]))
        };
        let headers = if KIND == Q4_1 {
            words(rows.map(|row| u32::from_le_bytes([row[0], row[1], row[2], row[3]])))
        } else {
            words(rows.map(|row| u32::from(u16::from_le_bytes([row[0], row[1]]))))
        };
        let scales = widen(_mm256_and_si256(headers, _mm256_set1_epi32(0xffff)));
        let minima = if KIND == Q4_1 {
            widen(_mm256_srli_epi32::<16>(headers))
        } else {
            _mm256_setzero_ps()
        };
        for (token, total) in totals.iter_mut().enumerate() {
            let index = token * blocks + block;
            // SAFETY: `token < TOKENS` and `block < blocks`: in range as asserted above.
            let quants = bytes(unsafe { x.quants.get_unchecked(index) });
            // SAFETY: the same.
            let scale = _mm256_set1_ps(*unsafe { x.scales.get_unchecked(index) });
            let sums = if KIND == Q8_0 {
                sums_of_signed(&signed, load(quants))
            } else {
                sums_of_nibbles(&nibbles, quants)
            };
            let sums = if KIND == Q4_0 {
                // SAFETY: the same.
                let sum = *unsafe { x.sums.get_unchecked(index) };
                _mm256_sub_epi32(sums, _mm256_set1_epi32(8 * sum))
            } else {
                sums
            };
            *total = add_product(*total, _mm256_cvtepi32_ps(sums), _mm256_mul_ps(scales, scale));
            if KIND == Q4_1 {
                // SAFETY: the same.
                let scaled_sum = _mm256_set1_ps(*unsafe { x.scaled_sums.get_unchecked(index) });
                *total = add_product(*total, minima, scaled_sum);
            }
        }
    }
    totals.map(|total| lanes(total))
}

/// The nibbles of two rows as bytes, the first row's in the lower half: elements 0 to 15, and
/// elements 16 to 31.
#[target_feature(enable = "avx2")]
#[inline]
fn unpack_nibbles(first: &[u8; 16], second: &[u8; 16]) -> [__m256i; 2] {
    let packed = _mm256_set_m128i(load_half(second), load_half(first));
    let mask = _mm256_set1_epi8(15);
    [_mm256_and_si256(packed, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(packed), mask)]
}

/// For each of eight rows of unsigned nibbles, rows `i` and `i + 4` together: the sum of their
/// products with the quants.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_nibbles(rows: &[[__m256i; 2]; 4], quants: &[u8; BLOCK_LEN]) -> __m256i {
    let (low, high) = quants.split_at(16);
    let both = |half: &[u8]| {
        let half = half.first_chunk().expect("half a block has 16 bytes");
        _mm256_broadcastsi128_si256(load_half(half))
    };
    let (low, high) = (both(low), both(high));
    // Four products are at most 4 * 15 * 127; after the two horizontal additions 16: 30480.
    let fours = |row: usize| {
        let [first, second] = rows[row];
        _mm256_add_epi16(_mm256_maddubs_epi16(first, low), _mm256_maddubs_epi16(second, high))
    };
    let sixteens = _mm256_hadd_epi16(
        _mm256_hadd_epi16(fours(0), fours(1)),
        _mm256_hadd_epi16(fours(2), fours(3)),
    );
    _mm256_madd_epi16(sixteens, _mm256_set1_epi16(1))
}

/// For each of eight rows of signed bytes: the sum of its products with the quants.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_signed(rows: &[__m256i; 8], quants: __m256i) -> __m256i {
    let ones = _mm256_set1_epi16(1);
    let fours = |row: usize| {
        // The instruction wants one unsigned operand: move the sign of the weight to the quant.
        // Two products are at most 2 * 128 * 127, which still fits 16 bits.
        let magnitudes = _mm256_abs_epi8(rows[row]);
        let signed = _mm256_sign_epi8(quants, rows[row]);
        _mm256_madd_epi16(_mm256_maddubs_epi16(magnitudes, signed), ones)
    };
    let four = |row: usize| {
        _mm256_hadd_epi32(
            _mm256_hadd_epi32(fours(row), fours(row + 1)),
            _mm256_hadd_epi32(fours(row + 2), fours(row + 3)),
        )
    };
    join_halves(four(0), four(4))
}

/// The sums of rows 0 to 3 and of rows 4 to 7, each in two halves, added up.
#[target_feature(enable = "avx2")]
#[inline]
fn join_halves(first: __m256i, second: __m256i) -> __m256i {
    _mm256_add_epi32(
        _mm256_permute2x128_si256::<0x20>(first, second),
        _mm256_permute2x128_si256::<0x31>(first, second),
    )
}

/// Eight words as a vector.
#[target_feature(enable = "avx2")]
#[inline]
fn words(words: [u32; 8]) -> __m256i {
    let [a, b, c, d, e, f, g, h] = words.map(u32::cast_signed);
    _mm256_setr_epi32(a, b, c, d, e, f, g, h)
}

/// Halves, one in the lower 16 bits of each lane, as floats: [`crate::half::f16_to_f32`] in eight
/// lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn widen(halves: __m256i) -> __m256 {
    let magnitudes = _mm256_slli_epi32::<13>(_mm256_and_si256(halves, _mm256_set1_epi32(0x7fff)));
    let signs = _mm256_slli_epi32::<16>(_mm256_and_si256(halves, _mm256_set1_epi32(0x8000)));
    let scaled = _mm256_mul_ps(_mm256_castsi256_ps(magnitudes), _mm256_set1_ps(BIAS_RATIO));
    let is_special = _mm256_cmpgt_epi32(magnitudes, _mm256_set1_epi32((0x7c00 << 13) - 1));
    let special = _mm256_and_si256(is_special, _mm256_set1_epi32(0x7f80_0000));
    let bits = _mm256_or_si256(_mm256_castps_si256(scaled), _mm256_or_si256(special, signs));
    _mm256_castsi256_ps(bits)
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_half(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes, and the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline(always)]
const fn bytes(quants: &[i8; BLOCK_LEN]) -> &[u8; BLOCK_LEN] {
    // SAFETY: i8 and u8 have the same size and alignment, and every bit pattern is valid.
    unsafe { &*core::ptr::from_ref(quants).cast() }
}

#[target_feature(enable = "avx2")]
#[inline]
fn lanes(vector: __m256) -> [f32; 8] {
    let mut lanes = [0.0; 8];
    // SAFETY: the array has eight floats, and the store needs no alignment.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}
