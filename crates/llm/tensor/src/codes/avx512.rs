//! Products of nibbles in vectors of 512 bits, with the byte products of AVX-512 VNNI.

use super::{Line, Rows, TILE, for_each_tile};
use core::arch::x86_64::*;

/// For each of some rows of a plane, the products of its nibbles with the query's elements, summed
/// up. `query` has two lines for each line of a row.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn sums(query: &[[Line; 2]], plane: &[Line], rows: impl Rows, out: &mut [i32]) {
    // MiniLM's length: the query stays in registers.
    if let Ok(query) = <&[[Line; 2]; 3]>::try_from(query) {
        for_each_tile!(rows, out, tile => four(query, [
            row_of_three(plane, tile[0]),
            row_of_three(plane, tile[1]),
            row_of_three(plane, tile[2]),
            row_of_three(plane, tile[3]),
        ]));
        return;
    }
    let lines = query.len();
    for_each_tile!(rows, out, tile => four(query, [
        &plane[tile[0] * lines..][..lines],
        &plane[tile[1] * lines..][..lines],
        &plane[tile[2] * lines..][..lines],
        &plane[tile[3] * lines..][..lines],
    ]));
}

#[inline(always)]
fn row_of_three(plane: &[Line], row: usize) -> &[Line; 3] {
    plane[3 * row..].first_chunk().expect("the plane has the row")
}

/// [`sums`] of four rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn four(query: &[[Line; 2]], rows: [&[Line]; TILE]) -> [i32; TILE] {
    let [a, b, c, d] = rows;
    let mask = _mm512_set1_epi8(15);
    let mut sums = [_mm512_setzero_si512(); TILE];
    for ((((query, a), b), c), d) in query.iter().zip(a).zip(b).zip(c).zip(d) {
        let (first, second) = (load(&query[0]), load(&query[1]));
        for (sum, line) in sums.iter_mut().zip([a, b, c, d]) {
            let bytes = load(line);
            let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(bytes), mask);
            *sum = _mm512_dpbusd_epi32(*sum, _mm512_and_si512(bytes, mask), first);
            *sum = _mm512_dpbusd_epi32(*sum, upper, second);
        }
    }
    sum_four(sums)
}

/// For each of four, the sum of its lanes.
#[target_feature(enable = "avx512f")]
#[inline]
fn sum_four([a, b, c, d]: [__m512i; 4]) -> [i32; 4] {
    // Neighbours first, so that a vector of the four sums stands in each quarter.
    let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    let quarters = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    let half = _mm256_add_epi32(
        _mm512_castsi512_si256(quarters),
        _mm512_extracti64x4_epi64::<1>(quarters),
    );
    let sums = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half));
    let mut out = [0; 4];
    // SAFETY: the array has four words, and the store needs no alignment.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), sums) };
    out
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(line: &Line) -> __m512i {
    // SAFETY: a line has 64 bytes and is aligned to as many.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
}
