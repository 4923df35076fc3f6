//! Products of nibbles in vectors of 512 bits, with the byte products of AVX-512 VNNI.

use super::{Line, TILE};
use core::arch::x86_64::*;

/// For each of four vectors, the products of its nibbles with the query's elements, summed up.
/// `query` has two lines for each line of a row.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
pub(super) fn four(query: &[[Line; 2]], rows: [&[Line]; TILE]) -> [i32; TILE] {
    let lines = query.len();
    let rows = rows.map(|row| &row[..lines]);
    let mask = _mm512_set1_epi8(15);
    let mut sums = [_mm512_setzero_si512(); TILE];
    for (index, [first, second]) in query.iter().enumerate() {
        let (first, second) = (load(first), load(second));
        for (sum, row) in sums.iter_mut().zip(rows) {
            let bytes = load(&row[index]);
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
    let pairs = |a, b| {
        _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b))
    };
    let (ab, cd) = (pairs(a, b), pairs(c, d));
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
