//! Products of nibbles in vectors of 256 bits: with AVX2 alone, and with the byte products of
//! AVX-VNNI.

use super::{Line, Rows, TILE, for_each_tile};
use core::arch::x86_64::*;

/// Lines after which AVX2's sums of 16 bits are widened: two products are at most 2 * 15 * 128, and
/// a line adds two of these to a lane.
const LINES_IN_16_BITS: usize = 4;

/// For each of some rows of a plane, the products of its nibbles with the query's elements, summed
/// up. `query` has two lines for each line of a row.
#[target_feature(enable = "avx2")]
pub(super) fn sums(query: &[[Line; 2]], plane: &[Line], rows: impl Rows, out: &mut [i32]) {
    let lines = query.len();
    for_each_tile!(rows, out, tile => four(query, [
        &plane[tile[0] * lines..][..lines],
        &plane[tile[1] * lines..][..lines],
        &plane[tile[2] * lines..][..lines],
        &plane[tile[3] * lines..][..lines],
    ]));
}

/// [`sums`] in the words of AVX-VNNI.
#[target_feature(enable = "avx2,avxvnni")]
pub(super) fn vnni_sums(query: &[[Line; 2]], plane: &[Line], rows: impl Rows, out: &mut [i32]) {
    let lines = query.len();
    for_each_tile!(rows, out, tile => vnni_four(query, [
        &plane[tile[0] * lines..][..lines],
        &plane[tile[1] * lines..][..lines],
        &plane[tile[2] * lines..][..lines],
        &plane[tile[3] * lines..][..lines],
    ]));
}

/// [`sums`] of four rows.
#[target_feature(enable = "avx2")]
#[inline]
fn four(query: &[[Line; 2]], rows: [&[Line]; TILE]) -> [i32; TILE] {
    let lines = query.len();
    let (mask, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi16(1));
    let mut sums = [_mm256_setzero_si256(); TILE];
    for start in (0..lines).step_by(LINES_IN_16_BITS) {
        let end = lines.min(start + LINES_IN_16_BITS);
        for (sum, row) in sums.iter_mut().zip(rows) {
            // One for each half of a line.
            let mut words = [_mm256_setzero_si256(); 2];
            for (line, [first, second]) in row[start..end].iter().zip(&query[start..end]) {
                let halves = load(line).into_iter().zip(load(first)).zip(load(second));
                for (words, ((bytes, first), second)) in words.iter_mut().zip(halves) {
                    let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask);
                    let lower = _mm256_and_si256(bytes, mask);
                    *words = _mm256_add_epi16(*words, _mm256_maddubs_epi16(lower, first));
                    *words = _mm256_add_epi16(*words, _mm256_maddubs_epi16(upper, second));
                }
            }
            for words in words {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(words, ones));
            }
        }
    }
    sum_four(sums)
}

/// [`vnni_sums`] of four rows.
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn vnni_four(query: &[[Line; 2]], rows: [&[Line]; TILE]) -> [i32; TILE] {
    let mask = _mm256_set1_epi8(15);
    let mut sums = [_mm256_setzero_si256(); TILE];
    for (index, [first, second]) in query.iter().enumerate() {
        let (first, second) = (load(first), load(second));
        for (sum, row) in sums.iter_mut().zip(rows) {
            for (half, bytes) in load(&row[index]).into_iter().enumerate() {
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask);
                let lower = _mm256_and_si256(bytes, mask);
                *sum = _mm256_dpbusd_avx_epi32(*sum, lower, first[half]);
                *sum = _mm256_dpbusd_avx_epi32(*sum, upper, second[half]);
            }
        }
    }
    sum_four(sums)
}

/// For each of four, the sum of its lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn sum_four([a, b, c, d]: [__m256i; 4]) -> [i32; 4] {
    let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    let sums = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
    let mut out = [0; 4];
    // SAFETY: the array has four words, and the store needs no alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), sums) };
    out
}

/// The two halves of a line.
#[target_feature(enable = "avx2")]
#[inline]
fn load(line: &Line) -> [__m256i; 2] {
    let source = line.0.as_ptr().cast::<__m256i>();
    // SAFETY: a line has 64 bytes and is aligned to as many.
    let low = unsafe { _mm256_load_si256(source) };
    // SAFETY: the upper 32 of the 64 bytes.
    let source = unsafe { source.add(1) };
    // SAFETY: the same.
    let high = unsafe { _mm256_load_si256(source) };
    [low, high]
}
