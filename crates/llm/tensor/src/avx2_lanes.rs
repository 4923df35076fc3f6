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
    let words = panels.map(|panel| panel.words.as_chunks::<WORDS>().0);
    let blocks = words[0].len();
    for (panel, words) in panels.iter().zip(words) {
        assert!(words.len() == blocks && panel.headers.len() == blocks * headers_per_block);
    }
    assert!(x.wide_quants.len() == TOKENS * blocks);
    let mut totals = [[[_mm256_setzero_ps(); 2]; PANELS]; TOKENS];
    for block in 0..blocks {
        let words = words.map(|words| &words[block]);
        let quants: [&[i16; BLOCK_LEN]; TOKENS] =
            core::array::from_fn(|token| &x.wide_quants[token * blocks + block]);
        let sums = match KIND {
            Q8_0 => sums_of_bytes(words, quants),
            _ => sums_of_nibbles(words, quants),
        };
        for (index, panel) in panels.iter().enumerate() {
            let headers = &panel.headers[block * headers_per_block..][..headers_per_block];
            let scales = floats(&headers[0]);
            for (token, totals) in totals.iter_mut().enumerate() {
                let (sums, totals) = (&sums[token][index], &mut totals[index]);
                let place = token * blocks + block;
                let scale = _mm256_set1_ps(x.scales[place]);
                for half in 0..2 {
                    let sums = match KIND {
                        Q4_0 => _mm256_sub_epi32(sums[half], _mm256_set1_epi32(8 * x.sums[place])),
                        _ => sums[half],
                    };
                    let product =
                        _mm256_mul_ps(to_floats(sums), _mm256_mul_ps(scales[half], scale));
                    totals[half] = _mm256_add_ps(totals[half], product);
                    if KIND == Q4_1 {
                        let minima = floats(&headers[1])[half];
                        let scaled_sum = _mm256_set1_ps(x.scaled_sums[place]);
                        totals[half] =
                            _mm256_add_ps(totals[half], _mm256_mul_ps(minima, scaled_sum));
                    }
                }
            }
        }
    }
    totals.map(|totals| {
        totals.map(|[even, odd]| {
            let (even, odd) = (lanes(even), lanes(odd));
            core::array::from_fn(|row| if row % 2 == 0 { even[row / 2] } else { odd[row / 2] })
        })
    })
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
            let mut rest = words.map(|words| load(&words[index]));
            let first = 2 * index;
            for element in [first, first + 16, first + 1, first + 17] {
                let mut nibbles = rest;
                for (nibbles, rest) in nibbles.iter_mut().zip(&mut rest) {
                    *nibbles = _mm256_and_si256(*rest, mask);
                    *rest = _mm256_srli_epi16::<4>(*rest);
                }
                add_products(&mut sixteens, nibbles, quants.map(|quants| quants[element]));
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
        let mut low = words.map(|words| load(&words[index]));
        let mut high = low;
        for (low, high) in low.iter_mut().zip(&mut high) {
            *low = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(*low));
            *high = _mm256_srai_epi16::<8>(*high);
        }
        // Two products of at most 128 * 127 fit 16 bits: 32512.
        let mut twos = [[_mm256_setzero_si256(); PANELS]; TOKENS];
        add_products(&mut twos, low, quants.map(|quants| quants[2 * index]));
        add_products(&mut twos, high, quants.map(|quants| quants[2 * index + 1]));
        add_all_widened(&mut sums, twos);
    }
    sums
}

/// Adds the products of each panel's weights of one element with the tokens' quants of it.
#[target_feature(enable = "avx2")]
#[inline]
fn add_products<const PANELS: usize, const TOKENS: usize>(
    sums: &mut [[__m256i; PANELS]; TOKENS],
    weights: [__m256i; PANELS],
    quants: [i16; TOKENS],
) {
    for (sums, quant) in sums.iter_mut().zip(quants) {
        let quant = _mm256_set1_epi16(quant);
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
