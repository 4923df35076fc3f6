//! Sixteen rows of a panel times one to four tokens in AVX2; see [`crate::lanes`].

use crate::{
    BLOCK_LEN,
    activations::Quantized,
    avx2::{Q4_0, Q4_1, Q8_0},
    fixed::{InputScale, ROUNDED_BITS, ROUNDING, finish},
    lanes::{PANEL_ROWS, Panel},
};
use core::arch::x86_64::*;

/// Sums of even rows, and of odd ones.
type Pair = [__m256i; 2];

/// `PANELS` neighbouring panels times `TOKENS` tokens; the result is `(TOKENS, PANELS, 16)`. `KIND` is
/// one of the constants of [`crate::avx2`] and `WORDS` the number of words of its blocks. What an
/// emulator takes longest for is spreading a quant over a vector, which panels share.
#[target_feature(enable = "avx2")]
pub(crate) fn panels<
    const KIND: u8,
    const WORDS: usize,
    const PANELS: usize,
    const TOKENS: usize,
>(
    panels: [Panel<'_>; PANELS],
    x: &Quantized<'_>,
) -> [[[f32; PANEL_ROWS]; PANELS]; TOKENS] {
    let headers_per_block = if KIND == Q4_1 { 2 } else { 1 };
    let blocks = panels[0].words.len() / WORDS;
    for panel in &panels {
        assert!(
            panel.words.len() == blocks * WORDS
                && panel.headers.len() == blocks * headers_per_block
        );
    }
    // Loops rather than `map` and `from_fn`, into which the compiler does not inline instructions
    // that those are not compiled for.
    let mut tokens = [Token::of(x, 0, blocks); TOKENS];
    for (index, token) in tokens.iter_mut().enumerate() {
        *token = Token::of(x, index, blocks);
    }
    let rounding = _mm256_set1_epi32(ROUNDING);
    let mut totals = [[[_mm256_setzero_si256(); 2]; PANELS]; TOKENS];
    for block in 0..blocks {
        let mut words = [&[[0; PANEL_ROWS]; WORDS]; PANELS];
        for (words, panel) in words.iter_mut().zip(&panels) {
            *words = &panel.words.as_chunks().0[block];
        }
        let mut quants = [&[0; BLOCK_LEN]; TOKENS];
        for (quants, token) in quants.iter_mut().zip(&tokens) {
            *quants = &token.quants[block];
        }
        let sums = match KIND {
            Q8_0 => sums_of_bytes(words, quants),
            _ => sums_of_nibbles(words, quants),
        };
        for (index, panel) in panels.iter().enumerate() {
            let headers = &panel.headers[block * headers_per_block..][..headers_per_block];
            let scales = integers(&headers[0]);
            let minima = integers(&headers[headers_per_block - 1]);
            for ((sums, totals), token) in sums.iter().zip(&mut totals).zip(&tokens) {
                let (sums, totals) = (&sums[index], &mut totals[index]);
                let InputScale { multiplier, shift } = token.scales[block];
                let (multiplier, shift) = (_mm256_set1_epi32(multiplier), _mm256_set1_epi32(shift));
                let input_sum = _mm256_set1_epi32(token.sums[block]);
                for half in 0..2 {
                    let sum = match KIND {
                        Q4_0 => _mm256_sub_epi32(sums[half], _mm256_slli_epi32::<3>(input_sum)),
                        _ => sums[half],
                    };
                    let mut sum = _mm256_add_epi32(_mm256_mullo_epi32(sum, scales[half]), rounding);
                    if KIND == Q4_1 {
                        sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(minima[half], input_sum));
                    }
                    let sum = _mm256_srai_epi32::<ROUNDED_BITS>(sum);
                    let sum = _mm256_srav_epi32(_mm256_mullo_epi32(sum, multiplier), shift);
                    totals[half] = _mm256_add_epi32(totals[half], sum);
                }
            }
        }
    }
    let mut out = [[[0.0; PANEL_ROWS]; PANELS]; TOKENS];
    for ((out, totals), &factor) in out.iter_mut().zip(totals).zip(x.factors) {
        for ((out, [even, odd]), panel) in out.iter_mut().zip(totals).zip(&panels) {
            let totals = [lanes(even), lanes(odd)];
            for (row, out) in out.iter_mut().enumerate() {
                let (half, lane) = (row % 2, row / 2);
                let row_factor = panel.factors[half * PANEL_ROWS / 2 + lane];
                *out =
                    finish(totals[half][lane], f32::from_bits(row_factor.cast_unsigned()), factor);
            }
        }
    }
    out
}

/// The blocks of one token.
#[derive(Clone, Copy)]
struct Token<'a> {
    quants: &'a [[i16; BLOCK_LEN]],
    scales: &'a [InputScale],
    sums: &'a [i32],
}

impl<'a> Token<'a> {
    /// The token at `index` of those with `blocks` each.
    fn of(x: &Quantized<'a>, index: usize, blocks: usize) -> Self {
        let range = index * blocks..(index + 1) * blocks;
        Self {
            quants: &x.wide_quants[range.clone()],
            scales: &x.fixed_scales[range.clone()],
            sums: &x.sums[range],
        }
    }
}

/// A word has four unsigned nibbles: with bytes `2j` and `2j + 1` those are the elements `2j`,
/// `2j + 16`, `2j + 1`, `2j + 17`.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_nibbles<const WORDS: usize, const PANELS: usize, const TOKENS: usize>(
    words: [&[[u16; PANEL_ROWS]; WORDS]; PANELS],
    quants: [&[i16; BLOCK_LEN]; TOKENS],
) -> [[Pair; PANELS]; TOKENS] {
    let mask = _mm256_set1_epi16(15);
    let mut sums = [[[_mm256_setzero_si256(); 2]; PANELS]; TOKENS];
    for half in 0..2 {
        // Sixteen products of at most 15 * 127 fit 16 bits: 30480.
        let mut sixteens = [[_mm256_setzero_si256(); PANELS]; TOKENS];
        for index in half * WORDS / 2..(half + 1) * WORDS / 2 {
            let mut rest = [_mm256_setzero_si256(); PANELS];
            for (rest, words) in rest.iter_mut().zip(words) {
                *rest = load(&words[index]);
            }
            let first = 2 * index;
            for element in [first, first + 16, first + 1, first + 17] {
                let mut nibbles = rest;
                for (nibbles, rest) in nibbles.iter_mut().zip(&mut rest) {
                    *nibbles = _mm256_and_si256(*rest, mask);
                    *rest = _mm256_srli_epi16::<4>(*rest);
                }
                add_products(&mut sixteens, nibbles, quants, element);
            }
        }
        add_all_widened(&mut sums, sixteens);
    }
    sums
}

/// A word has two signed bytes: elements `2j` and `2j + 1`.
#[target_feature(enable = "avx2")]
#[inline]
fn sums_of_bytes<const WORDS: usize, const PANELS: usize, const TOKENS: usize>(
    words: [&[[u16; PANEL_ROWS]; WORDS]; PANELS],
    quants: [&[i16; BLOCK_LEN]; TOKENS],
) -> [[Pair; PANELS]; TOKENS] {
    let mut sums = [[[_mm256_setzero_si256(); 2]; PANELS]; TOKENS];
    for index in 0..WORDS {
        let mut low = [_mm256_setzero_si256(); PANELS];
        for (low, words) in low.iter_mut().zip(words) {
            *low = load(&words[index]);
        }
        let mut high = low;
        for (low, high) in low.iter_mut().zip(&mut high) {
            *low = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(*low));
            *high = _mm256_srai_epi16::<8>(*high);
        }
        // Two products of at most 128 * 127 fit 16 bits: 32512.
        let mut twos = [[_mm256_setzero_si256(); PANELS]; TOKENS];
        add_products(&mut twos, low, quants, 2 * index);
        add_products(&mut twos, high, quants, 2 * index + 1);
        add_all_widened(&mut sums, twos);
    }
    sums
}

/// Adds the products of each panel's weights of an element with the tokens' quants of it.
#[target_feature(enable = "avx2")]
#[inline]
fn add_products<const PANELS: usize, const TOKENS: usize>(
    sums: &mut [[__m256i; PANELS]; TOKENS],
    weights: [__m256i; PANELS],
    quants: [&[i16; BLOCK_LEN]; TOKENS],
    element: usize,
) {
    for (sums, quants) in sums.iter_mut().zip(quants) {
        let quant = _mm256_set1_epi16(quants[element]);
        for (sum, weights) in sums.iter_mut().zip(weights) {
            *sum = _mm256_add_epi16(*sum, _mm256_mullo_epi16(weights, quant));
        }
    }
}

/// Adds 16-bit sums to 32-bit ones.
#[target_feature(enable = "avx2")]
#[inline]
fn add_all_widened<const PANELS: usize, const TOKENS: usize>(
    sums: &mut [[Pair; PANELS]; TOKENS],
    addends: [[__m256i; PANELS]; TOKENS],
) {
    for (sums, addends) in sums.iter_mut().zip(addends) {
        for (sums, addend) in sums.iter_mut().zip(addends) {
            add_widened(sums, addend);
        }
    }
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

/// The integers of even rows, and of odd ones.
#[target_feature(enable = "avx2")]
#[inline]
fn integers(values: &[i32; PANEL_ROWS]) -> Pair {
    let (even, odd) = values.split_at(PANEL_ROWS / 2);
    // SAFETY: the first half has eight integers, and the load needs no alignment.
    let even = unsafe { _mm256_loadu_si256(even.as_ptr().cast()) };
    // SAFETY: the same for the second.
    let odd = unsafe { _mm256_loadu_si256(odd.as_ptr().cast()) };
    [even, odd]
}

#[target_feature(enable = "avx2")]
#[inline]
fn lanes(vector: __m256i) -> [i32; PANEL_ROWS / 2] {
    let mut lanes = [0; PANEL_ROWS / 2];
    // SAFETY: the array has eight integers, and the store needs no alignment.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), vector) };
    lanes
}
