//! Every kernel against the dequantised weights, and against every other kernel.

use crate::{
    Activations, CpuFeatures, Matrix, Panels, TensorType, matmul,
    matmul::needs_quantized,
    testing::{Random, random_weights},
};
use alloc::{vec, vec::Vec};
use system_platform::{ComputePool, compute::SerialPool};

/// Runs the tasks backwards on one CPU but says it has several.
struct BackwardPool;

impl ComputePool for BackwardPool {
    fn workers(&self) -> usize {
        3
    }

    fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(work);
    }
}

fn activations(random: &mut Random, tokens: usize, cols: usize) -> Activations {
    let mut x = Activations::new(tokens, cols).expect("tests are small");
    x.reshape(tokens, cols).fill_with(|| random.normal());
    if cols.is_multiple_of(32) {
        x.quantize(CpuFeatures::detect());
    }
    x
}

fn product(
    cpu: CpuFeatures,
    pool: &dyn ComputePool,
    matrix: &Matrix<'_>,
    x: &Activations,
) -> Vec<f32> {
    let mut output = vec![f32::NAN; x.tokens() * matrix.rows()];
    matmul(cpu, pool, matrix, None, x, 0..matrix.rows(), &mut output);
    output
}

/// The same with the matrix in panels.
fn panel_product(pool: &dyn ComputePool, matrix: &Matrix<'_>, x: &Activations) -> Vec<f32> {
    let panels = Panels::new(matrix, pool).expect("tests are small");
    let bytes = panels.as_ref().map_or(0, |panels| panels.rows() * matrix.cols() / 32);
    assert_eq!(bytes == 0, Panels::len_bytes(matrix) == 0, "a size is told where there are any");
    let mut output = vec![f32::NAN; x.tokens() * matrix.rows()];
    let rows = 0..matrix.rows();
    matmul(CpuFeatures::detect(), pool, matrix, panels.as_ref(), x, rows, &mut output);
    output
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn shapes(random: &mut Random, kind: TensorType) -> Vec<(usize, usize, usize)> {
    (0..40)
        .map(|_| {
            let cols = if needs_quantized(kind) {
                32 * (1 + random.below(9))
            } else {
                1 + random.below(200)
            };
            (1 + random.below(45), cols, 1 + random.below(11))
        })
        .collect()
}

#[test]
fn products_are_close_to_those_of_the_dequantised_weights() {
    let mut random = Random::new(7);
    for kind in TensorType::ALL {
        for (rows, cols, tokens) in shapes(&mut random, kind) {
            let data = random_weights(&mut random, kind, rows * cols, 0.5);
            let matrix = Matrix::new(kind, rows, cols, &data).expect("the shape fits");
            let x = activations(&mut random, tokens, cols);
            let output = product(CpuFeatures::detect(), &SerialPool, &matrix, &x);
            let mut row_values = vec![0.0; cols];
            for row in 0..rows {
                matrix.dequantize_row(row, &mut row_values);
                for token in 0..tokens {
                    let inputs = &x.values()[token * cols..][..cols];
                    let exact: f64 = (row_values.iter().zip(inputs))
                        .map(|(&w, &x)| f64::from(w) * f64::from(x))
                        .sum();
                    // Rounding the inputs to 8 bits errs by at most half a step per element.
                    let weight_sum: f64 = row_values.iter().map(|w| f64::from(w.abs())).sum();
                    let largest = inputs.iter().fold(0.0, |m: f32, x| m.max(x.abs()));
                    let step = if needs_quantized(kind) { f64::from(largest) / 127.0 } else { 0.0 };
                    let tolerance = 0.5 * step * weight_sum + 1e-4 * (1.0 + weight_sum);
                    let found = f64::from(output[token * rows + row]);
                    assert!(
                        (found - exact).abs() <= tolerance,
                        "{kind} {rows}x{cols}, row {row}, token {token}: {found} for {exact}"
                    );
                }
            }
        }
    }
}

#[test]
fn products_are_the_same_bits_on_every_cpu_pool_and_batch() {
    let mut random = Random::new(8);
    assert!(
        CpuFeatures::detect().has_avx2(),
        "this test compares AVX2 with scalar code and needs a CPU that has both"
    );
    for kind in TensorType::ALL {
        for (rows, cols, tokens) in shapes(&mut random, kind) {
            let data = random_weights(&mut random, kind, rows * cols, 0.5);
            let matrix = Matrix::new(kind, rows, cols, &data).expect("the shape fits");
            let x = activations(&mut random, tokens, cols);
            let expected = product(CpuFeatures::baseline(), &SerialPool, &matrix, &x);
            let name = alloc::format!("{kind} {rows}x{cols} by {tokens}");
            for pool in [&SerialPool as &dyn ComputePool, &BackwardPool] {
                let output = product(CpuFeatures::detect(), pool, &matrix, &x);
                assert_eq!(bits(&output), bits(&expected), "{name}");
                let output = panel_product(pool, &matrix, &x);
                assert_eq!(bits(&output), bits(&expected), "{name} in panels");
            }
            for token in 0..tokens {
                let mut single = Activations::new(1, cols).expect("tests are small");
                single.reshape(1, cols).copy_from_slice(&x.values()[token * cols..][..cols]);
                if needs_quantized(kind) {
                    single.quantize(CpuFeatures::baseline());
                }
                let output = product(CpuFeatures::detect(), &SerialPool, &matrix, &single);
                assert_eq!(bits(&output), bits(&expected[token * rows..][..rows]), "{name}");
            }
        }
    }
}

#[test]
fn only_the_rows_asked_for_are_written() {
    let mut random = Random::new(9);
    let data = random_weights(&mut random, TensorType::Q4_1, 40 * 64, 0.5);
    let matrix = Matrix::new(TensorType::Q4_1, 40, 64, &data).expect("the shape fits");
    let x = activations(&mut random, 2, 64);
    let whole = product(CpuFeatures::detect(), &SerialPool, &matrix, &x);
    let mut output = vec![7.0; 80];
    matmul(CpuFeatures::detect(), &BackwardPool, &matrix, None, &x, 9..31, &mut output);
    for (index, (&found, &expected)) in output.iter().zip(&whole).enumerate() {
        let is_asked_for = (9..31).contains(&(index % 40));
        assert_eq!(found, if is_asked_for { expected } else { 7.0 }, "element {index}");
    }
}

#[test]
fn an_input_that_is_no_number_reaches_every_output() {
    let mut random = Random::new(10);
    for kind in TensorType::ALL {
        let data = random_weights(&mut random, kind, 16 * 64, 0.5);
        let matrix = Matrix::new(kind, 16, 64, &data).expect("the shape fits");
        for damage in [f32::NAN, f32::INFINITY] {
            let mut x = Activations::new(1, 64).expect("tests are small");
            x.reshape(1, 64).fill(1.0);
            x.reshape(1, 64)[40] = damage;
            x.quantize(CpuFeatures::detect());
            for cpu in [CpuFeatures::baseline(), CpuFeatures::detect()] {
                let output = product(cpu, &SerialPool, &matrix, &x);
                assert!(output.iter().all(|value| !value.is_finite()), "{kind}: {output:?}");
            }
        }
    }
}

#[test]
fn a_scale_that_is_no_number_reaches_its_row() {
    let mut random = Random::new(11);
    for (kind, block_bytes) in
        [(TensorType::Q8_0, 34), (TensorType::Q4_0, 18), (TensorType::Q4_1, 20)]
    {
        let mut data = random_weights(&mut random, kind, 8 * 32, 0.5);
        data[3 * block_bytes..3 * block_bytes + 2].copy_from_slice(&[0xff, 0x7f]);
        let matrix = Matrix::new(kind, 8, 32, &data).expect("the shape fits");
        let x = activations(&mut random, 1, 32);
        for cpu in [CpuFeatures::baseline(), CpuFeatures::detect()] {
            for (row, value) in product(cpu, &SerialPool, &matrix, &x).iter().enumerate() {
                assert_eq!(value.is_nan(), row == 3, "{kind}, row {row}");
            }
        }
    }
}

#[test]
fn a_matrix_of_the_wrong_size_is_refused() {
    for kind in TensorType::ALL {
        let data = vec![0; kind.block_bytes() * 6];
        let cols = kind.block_len() * 2;
        assert!(Matrix::new(kind, 3, cols, &data).is_ok());
        assert!(Matrix::new(kind, 4, cols, &data).is_err());
        assert!(Matrix::new(kind, usize::MAX, cols, &data).is_err());
        assert!(Matrix::new(kind, 0, cols, &[]).is_err());
    }
    assert!(Matrix::new(TensorType::Q4_1, 1, 33, &[0; 20]).is_err());
}
