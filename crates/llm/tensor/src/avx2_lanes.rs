//! Sixteen rows of a panel times one to four tokens in AVX2; see [`crate::lanes`].

use crate::{
    BLOCK_LEN,
    activations::Quantized,
    avx2::{Q4_0, Q4_1, Q8_0, lanes, to_floats},
    lanes::{PANEL_ROWS, Panel},
};
use core::arch::x86_64::*;

/// Sums of even rows, and of odd ones.
type Pair = [__m256i; 2];

/// One panel times `TOKENS` tokens; the result is `(TOKENS, 16)`. `KIND` is one of the constants of
/// [`crate::avx2`] and `WORDS` the number of words of its blocks.
#[target_feature(enable = "avx2")]
pub(crate) fn panel<const KIND: u8, const WORDS: usize, const TOKENS: usize>(
    panel: Panel<'_>,
    x: &Quantized<'_>,
) -> [[f32; PANEL_ROWS]; TOKENS] {
    let words = panel.words.as_chunks::<WORDS>().0;
    let blocks = words.len();
    let headers_per_block = if KIND == Q4_1 { 2 } else { 1 };
    assert!(panel.headers.len() == blocks * headers_per_block);
    assert!(x.quants.len() == TOKENS * blocks);
    let mut totals = [[_mm256_setzero_ps(); 2]; TOKENS];
    for (block, words) in words.iter().enumerate() {
        let quants: [&[i8; BLOCK_LEN]; TOKENS] =
            core::array::from_fn(|token| &x.quants[token * blocks + block]);
        let sums = match KIND {
            Q8_0 => sums_of_bytes(words, quants),
            _ => sums_of_nibbles(words, quants),
        };
        let headers = &panel.headers[block * headers_per_block..][..headers_per_block];
        let scales = floats(&headers[0]);
        for (token, totals) in totals.iter_mut().enumerate() {
            let index = token * blocks + block;
            let scale = _mm256_set1_ps(x.scales[index]);
            for half in 0..2 {
                let sums = match KIND {
                    Q4_0 => {
                        _mm256_sub_epi32(sums[token][half], _mm256_set1_epi32(8 * x.sums[index]))
                    }
                    _ => sums[token][half],
                };
                let product = _mm256_mul_ps(to_floats(sums), _mm256_mul_ps(scales[half], scale));
                totals[half] = _mm256_add_ps(totals[half], product);
                if KIND == Q4_1 {
                    let minima = floats(&headers[1])[half];
                    let scaled_sum = _mm256_set1_ps(x.scaled_sums[index]);
                    totals[half] = _mm256_add_ps(totals[half], _mm256_mul_ps(minima, scaled_sum));
                }
            }
        }
    }
    totals.map(|[even, odd]| {
        let (even, odd) = (lanes(even), lanes(odd));
        core::array::from_fn(|row| if row % 2 == 0 { even[row / 2] } else { odd[row / 2] })
    })
}

/// A word has four unsigned nibbles: with bytes `2j` and `2j + 1` those are the elements `2j`,
/// `2j + 16`, `2j + 1`, `2j + 17`.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_nibbles<const WORDS: usize, const TOKENS: usize>(
    words: &[[u16; PANEL_ROWS]; WORDS],
    quants: [&[i8; BLOCK_LEN]; TOKENS],
) -> [Pair; TOKENS] {
    let mask = _mm256_set1_epi16(15);
    let mut sums = [[_mm256_setzero_si256(); 2]; TOKENS];
    for (half, words) in words.chunks_exact(WORDS / 2).enumerate() {
        // Sixteen products of at most 15 * 127 fit 16 bits: 30480.
        let mut sixteens = [_mm256_setzero_si256(); TOKENS];
        for (index, word) in words.iter().enumerate() {
            let packed = load(word);
            let nibbles = [
                _mm256_and_si256(packed, mask),
                _mm256_and_si256(_mm256_srli_epi16::<4>(packed), mask),
                _mm256_and_si256(_mm256_srli_epi16::<8>(packed), mask),
                _mm256_srli_epi16::<12>(packed),
            ];
            let first = 2 * (half * WORDS / 2 + index);
            for (sum, quants) in sixteens.iter_mut().zip(quants) {
                let elements = [first, first + 16, first + 1, first + 17];
                for (nibbles, element) in nibbles.into_iter().zip(elements) {
                    *sum = _mm256_add_epi16(*sum, times(nibbles, quants[element]));
                }
            }
        }
        for (sums, sixteens) in sums.iter_mut().zip(sixteens) {
            add_widened(sums, sixteens);
        }
    }
    sums
}

/// A word has two signed bytes: elements `2j` and `2j + 1`.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_bytes<const WORDS: usize, const TOKENS: usize>(
    words: &[[u16; PANEL_ROWS]; WORDS],
    quants: [&[i8; BLOCK_LEN]; TOKENS],
) -> [Pair; TOKENS] {
    let mut sums = [[_mm256_setzero_si256(); 2]; TOKENS];
    for (index, word) in words.iter().enumerate() {
        let packed = load(word);
        let low = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(packed));
        let high = _mm256_srai_epi16::<8>(packed);
        for (sums, quants) in sums.iter_mut().zip(quants) {
            // Two products of at most 128 * 127 fit 16 bits: 32512.
            let first = times(low, quants[2 * index]);
            let second = times(high, quants[2 * index + 1]);
            add_widened(sums, _mm256_add_epi16(first, second));
        }
    }
    sums
}

#[target_feature(enable = "avx2")]
#[inline]
fn times(weights: __m256i, quant: i8) -> __m256i {
    _mm256_mullo_epi16(weights, _mm256_set1_epi16(i16::from(quant)))
}

/// Adds sixteen 16-bit sums to the 32-bit sums of even and odd rows.
#[target_feature(enable = "avx2")]
#[inline]
fn add_widened(sums: &mut Pair, addend: __m256i) {
    let even = _mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(addend));
    let odd = _mm256_srai_epi32::<16>(addend);
    *sums = [_mm256_add_epi32(sums[0], even), _mm256_add_epi32(sums[1], odd)];
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u16; PANEL_ROWS]) -> __m256i {
    // SAFETY: the array has 32 bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

/// The floats of even rows, and of odd ones.
#[target_feature(enable = "avx2")]
#[inline]
fn floats(values: &[f32; PANEL_ROWS]) -> [__m256; 2] {
    let (even, odd) = values.split_at(PANEL_ROWS / 2);
    // SAFETY: the first half has eight floats, and the load needs no alignment.
    let even = unsafe { _mm256_loadu_ps(even.as_ptr()) };
    // SAFETY: the same for the second.
    let odd = unsafe { _mm256_loadu_ps(odd.as_ptr()) };
    [even, odd]
}
