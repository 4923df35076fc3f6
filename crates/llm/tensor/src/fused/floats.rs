//! Rows of floats times floats, with FMA in eight lanes.

use crate::{Activations, CpuFeatures, Matrix, TensorType, scalar::sum_lanes, split::ColumnWriter};
use core::arch::x86_64::*;

/// Rows that share the loads of inputs.
const ROWS: usize = 4;
/// The same where there is a single token.
const SINGLE_ROWS: usize = 8;

const F32: u8 = 0;
const F16: u8 = 1;
const BF16: u8 = 2;

/// Computes the rows that `writer` has, for all tokens of `x`.
pub(super) fn compute_rows(
    cpu: CpuFeatures,
    matrix: &Matrix<'_>,
    x: &Activations,
    writer: &mut ColumnWriter<'_>,
) {
    match matrix.kind() {
        TensorType::F32 => rows_of::<F32, 4>(cpu, matrix, x, writer),
        TensorType::F16 => rows_of::<F16, 2>(cpu, matrix, x, writer),
        TensorType::BF16 => rows_of::<BF16, 2>(cpu, matrix, x, writer),
        _ => unreachable!("types with blocks are multiplied in integers"),
    }
}

fn rows_of<const KIND: u8, const BYTES: usize>(
    cpu: CpuFeatures,
    matrix: &Matrix<'_>,
    x: &Activations,
    writer: &mut ColumnWriter<'_>,
) {
    assert!(cpu.is_fused(), "the caller has asked");
    let columns = writer.columns();
    let mut row = columns.start;
    // Fewer sums than this would wait for each other.
    while x.tokens() == 1 && row + SINGLE_ROWS <= columns.end {
        let rows = core::array::from_fn(|index| matrix.row_data(row + index, 1));
        // SAFETY: the CPU has AVX2, FMA and F16C, as asserted.
        let [sums] = unsafe { dots::<KIND, BYTES, SINGLE_ROWS, 1>(rows, [x.values()]) };
        writer.write(0, row, &sums);
        row += SINGLE_ROWS;
    }
    while row + ROWS <= columns.end {
        let rows = core::array::from_fn(|index| matrix.row_data(row + index, 1));
        for_each_token_pair(x, |token, inputs, count| {
            if let ([first, second], 2) = (inputs, count) {
                // SAFETY: the CPU has AVX2, FMA and F16C, as asserted.
                let sums = unsafe { dots::<KIND, BYTES, ROWS, 2>(rows, [first, second]) };
                for (index, sums) in sums.iter().enumerate() {
                    writer.write(token + index, row, sums);
                }
            } else {
                // SAFETY: the same.
                let [sums] = unsafe { dots::<KIND, BYTES, ROWS, 1>(rows, [inputs[0]]) };
                writer.write(token, row, &sums);
            }
        });
        row += ROWS;
    }
    for row in row..columns.end {
        for token in 0..x.tokens() {
            let inputs = &x.values()[token * x.cols()..][..x.cols()];
            // SAFETY: the CPU has AVX2, FMA and F16C, as asserted.
            let [sums] = unsafe { dots::<KIND, BYTES, 1, 1>([matrix.row_data(row, 1)], [inputs]) };
            writer.write(token, row, &sums);
        }
    }
}

/// Calls `f` with the first of one or two tokens, their inputs, and how many they are.
fn for_each_token_pair(x: &Activations, mut f: impl FnMut(usize, [&[f32]; 2], usize)) {
    let inputs = |token: usize| &x.values()[token * x.cols()..][..x.cols()];
    for token in (0..x.tokens()).step_by(2) {
        let count = 2.min(x.tokens() - token);
        f(token, [inputs(token), inputs(token + count - 1)], count);
    }
}

/// Products of rows with tokens, `(TOKENS, COUNT)`. `BYTES` is the size of an element.
#[target_feature(enable = "avx2,fma,f16c")]
fn dots<const KIND: u8, const BYTES: usize, const COUNT: usize, const TOKENS: usize>(
    rows: [&[u8]; COUNT],
    x: [&[f32]; TOKENS],
) -> [[f32; COUNT]; TOKENS] {
    let cols = x[0].len();
    assert!(rows.iter().all(|row| row.len() == cols * BYTES));
    assert!(x.iter().all(|x| x.len() == cols));
    let mut sums = [[_mm256_setzero_ps(); COUNT]; TOKENS];
    let whole = cols / 8 * 8;
    for start in (0..whole).step_by(8) {
        let mut weights = [_mm256_setzero_ps(); COUNT];
        for (weights, row) in weights.iter_mut().zip(rows) {
            *weights = load::<KIND>(&row[start * BYTES..][..8 * BYTES]);
        }
        for (sums, x) in sums.iter_mut().zip(x) {
            add::<COUNT>(sums, &weights, &x[start..start + 8]);
        }
    }
    if whole < cols {
        // The lanes behind the end get zero times zero.
        let mut weights = [_mm256_setzero_ps(); COUNT];
        for (weights, row) in weights.iter_mut().zip(rows) {
            let mut bytes = [0; 32];
            bytes[..(cols - whole) * BYTES].copy_from_slice(&row[whole * BYTES..]);
            *weights = load::<KIND>(&bytes[..8 * BYTES]);
        }
        for (sums, x) in sums.iter_mut().zip(x) {
            let mut inputs = [0.0; 8];
            inputs[..cols - whole].copy_from_slice(&x[whole..]);
            add::<COUNT>(sums, &weights, &inputs);
        }
    }
    let mut out = [[0.0; COUNT]; TOKENS];
    for (out, sums) in out.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        let mut lanes = [0.0; 8];
        // SAFETY: the array has eight floats, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), *sums) };
        *out = sum_lanes(lanes);
    }
    out
}

/// Adds the products of eight inputs with as many weights of each row.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn add<const COUNT: usize>(sums: &mut [__m256; COUNT], weights: &[__m256; COUNT], x: &[f32]) {
    let x: &[f32; 8] = x.first_chunk().expect("eight inputs");
    // SAFETY: the array has eight floats, and the load needs no alignment.
    let x = unsafe { _mm256_loadu_ps(x.as_ptr()) };
    for (sum, weights) in sums.iter_mut().zip(weights) {
        *sum = _mm256_fmadd_ps(*weights, x, *sum);
    }
}

/// Eight elements as floats.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn load<const KIND: u8>(bytes: &[u8]) -> __m256 {
    if KIND == F32 {
        let bytes: &[u8; 32] = bytes.first_chunk().expect("eight singles");
        // SAFETY: the array has 32 bytes, and the load needs no alignment.
        return unsafe { _mm256_loadu_ps(bytes.as_ptr().cast()) };
    }
    let bytes: &[u8; 16] = bytes.first_chunk().expect("eight halves");
    // SAFETY: the array has 16 bytes, and the load needs no alignment.
    let halves = unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) };
    if KIND == F16 {
        _mm256_cvtph_ps(halves)
    } else {
        _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(halves)))
    }
}
