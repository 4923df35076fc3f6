//! Every kernel against the dequantised weights, and against every other kernel.

extern crate std;

use crate::{
    Activations, CpuFeatures, Dialect, Matrix, Panels, TensorType,
    cpu::LevelError,
    fixed, matmul,
    matmul::{Product, matmul_group, needs_quantized},
    scalar,
    testing::{Random, kernels, random_weights},
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

/// Kernels whose form of the inputs holds what those of all dialects need.
fn every_dialect() -> CpuFeatures {
    CpuFeatures::by_name("fixed-avx2").unwrap_or(CpuFeatures::baseline())
}

fn activations(random: &mut Random, tokens: usize, cols: usize) -> Activations {
    let mut x = Activations::new(tokens, cols).expect("tests are small");
    x.reshape(tokens, cols).fill_with(|| random.normal());
    if cols.is_multiple_of(32) {
        x.quantize(every_dialect());
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
fn panel_product(
    cpu: CpuFeatures,
    pool: &dyn ComputePool,
    matrix: &Matrix<'_>,
    x: &Activations,
) -> Vec<f32> {
    let panels = Panels::new(cpu, matrix, pool).expect("tests are small");
    assert_eq!(panels.is_none(), Panels::len_bytes(cpu, matrix) == 0, "a size is told where any");
    let mut output = vec![f32::NAN; x.tokens() * matrix.rows()];
    let rows = 0..matrix.rows();
    matmul(cpu, pool, matrix, panels.as_ref(), x, rows, &mut output);
    output
}

/// The same as [`scalar`] defines it, in the dialect of a CPU.
fn reference(cpu: CpuFeatures, matrix: &Matrix<'_>, x: &Activations) -> Vec<f32> {
    let dot = |row, token: usize| {
        let (kind, row) = (matrix.kind(), matrix.row_data(row, 1));
        if !needs_quantized(kind) {
            let inputs = &x.values()[token * x.cols()..][..x.cols()];
            return match cpu.dialect() {
                Dialect::Fused => scalar::dot_floats::<true>(kind, row, inputs),
                Dialect::Plain | Dialect::Fixed => scalar::dot_floats::<false>(kind, row, inputs),
            };
        }
        let x = x.quantized(token, 1);
        match cpu.dialect() {
            Dialect::Fixed if fixed::has(kind) => fixed::dot(kind, row, &x),
            Dialect::Fused => scalar::dot_quantized::<true>(kind, row, &x),
            Dialect::Plain | Dialect::Fixed => scalar::dot_quantized::<false>(kind, row, &x),
        }
    };
    (0..x.tokens())
        .flat_map(|token| (0..matrix.rows()).map(move |row| (row, token)))
        .map(|(row, token)| dot(row, token))
        .collect()
}

/// All kernels that this CPU can run. Those that it cannot are named, so that nobody takes them for
/// tested.
fn all_kernels() -> Vec<CpuFeatures> {
    CpuFeatures::names()
        .filter_map(|name| match CpuFeatures::by_name(name) {
            Ok(cpu) => Some(cpu),
            Err(LevelError::Missing(name)) => {
                std::eprintln!("NOT TESTED on this CPU, which lacks it: {name}");
                None
            }
            Err(LevelError::Unknown) => panic!("{name} is one of the names"),
        })
        .collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn shapes(random: &mut Random, kind: TensorType) -> Vec<(usize, usize, usize)> {
    (0..if cfg!(miri) { 2 } else { 40 })
        .map(|_| {
            let cols = if needs_quantized(kind) {
                kind.block_len() * (1 + random.below(288 / kind.block_len()))
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
fn every_kernel_gives_the_bits_of_the_reference_on_every_pool_and_batch() {
    let mut random = Random::new(8);
    let kernels = all_kernels();
    if !cfg!(miri) {
        assert!(
            CpuFeatures::detect().has_avx2(),
            "this test compares AVX2 with scalar code and needs a CPU that has both"
        );
    }
    for kind in TensorType::ALL {
        for (rows, cols, tokens) in shapes(&mut random, kind) {
            let data = random_weights(&mut random, kind, rows * cols, 0.5);
            let matrix = Matrix::new(kind, rows, cols, &data).expect("the shape fits");
            let x = activations(&mut random, tokens, cols);
            for &cpu in &kernels {
                let expected = reference(cpu, &matrix, &x);
                let name = alloc::format!("{kind} {rows}x{cols} by {tokens}, {}", cpu.name());
                for pool in [&SerialPool as &dyn ComputePool, &BackwardPool] {
                    let output = product(cpu, pool, &matrix, &x);
                    assert_eq!(bits(&output), bits(&expected), "{name}");
                    let output = panel_product(cpu, pool, &matrix, &x);
                    assert_eq!(bits(&output), bits(&expected), "{name} in panels");
                }
            }
        }
    }
}

#[test]
fn the_largest_sums_do_not_overflow_in_any_kernel() {
    // Weights whose bits are all ones or all zeros against inputs of +-127 only.
    for kind in TensorType::ALL.into_iter().filter(|&kind| needs_quantized(kind)) {
        let cols = kind.block_len();
        for fill in [0x00, 0xff, 0x7f, 0x80] {
            let mut data = vec![fill; 16 * kind.block_bytes()];
            for block in data.chunks_exact_mut(kind.block_bytes()) {
                for &offset in scale_offsets(kind) {
                    block[offset..offset + 2].copy_from_slice(&[0x00, 0x3c]);
                }
            }
            let matrix = Matrix::new(kind, 16, cols, &data).expect("the shape fits");
            let mut x = Activations::new(4, cols).expect("tests are small");
            for (index, value) in x.reshape(4, cols).iter_mut().enumerate() {
                let is_negative = index >= 3 * cols && index % 2 == 0;
                *value = if is_negative || index < cols { -127.0 } else { 127.0 };
            }
            x.quantize(every_dialect());
            for cpu in all_kernels() {
                let expected = reference(cpu, &matrix, &x);
                let name = alloc::format!("{kind} of {fill:#x}, {}", cpu.name());
                assert_eq!(
                    bits(&product(cpu, &SerialPool, &matrix, &x)),
                    bits(&expected),
                    "{name}"
                );
                let output = panel_product(cpu, &SerialPool, &matrix, &x);
                assert_eq!(bits(&output), bits(&expected), "{name} in panels");
            }
        }
    }
}

/// Where a block has its scales in halves.
fn scale_offsets(kind: TensorType) -> &'static [usize] {
    match kind {
        TensorType::Q2_K => &[80, 82],
        TensorType::Q3_K => &[108],
        TensorType::Q6_K => &[208],
        TensorType::Q4_1 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K => &[0, 2],
        _ => &[0],
    }
}

#[test]
fn matrices_multiplied_together_give_what_each_gives_alone() {
    let mut random = Random::new(12);
    let kinds = [TensorType::Q4_1, TensorType::Q6_K, TensorType::F16];
    let data = kinds.map(|kind| random_weights(&mut random, kind, 40 * 256, 0.5));
    let matrix = |index: usize, rows: usize| {
        let bytes = data[index].len() / 40 * rows;
        Matrix::new(kinds[index], rows, 256, &data[index][..bytes]).expect("the shape fits")
    };
    let matrices = [matrix(0, 40), matrix(1, 7), matrix(2, 33)];
    for (tokens, pool) in [(1, &SerialPool as &dyn ComputePool), (3, &BackwardPool)] {
        let x = activations(&mut random, tokens, 256);
        let cpu = CpuFeatures::detect();
        let mut outputs = matrices.map(|matrix| vec![f32::NAN; tokens * matrix.rows()]);
        let mut places = outputs.iter_mut();
        let products = matrices.each_ref().map(|matrix| Product {
            matrix,
            panels: None,
            rows: 0..matrix.rows(),
            output: places.next().expect("as many outputs"),
        });
        matmul_group(cpu, pool, &x, products);
        for (matrix, output) in matrices.iter().zip(&outputs) {
            assert_eq!(bits(output), bits(&product(cpu, &SerialPool, matrix, &x)));
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
        let data = random_weights(&mut random, kind, 16 * 256, 0.5);
        let matrix = Matrix::new(kind, 16, 256, &data).expect("the shape fits");
        for damage in [f32::NAN, f32::INFINITY] {
            let mut x = Activations::new(1, 256).expect("tests are small");
            x.reshape(1, 256).fill(1.0);
            x.reshape(1, 256)[40] = damage;
            x.quantize(every_dialect());
            for cpu in kernels() {
                let output = product(cpu, &SerialPool, &matrix, &x);
                assert!(output.iter().all(|value| !value.is_finite()), "{kind}: {output:?}");
            }
        }
    }
}

#[test]
fn a_scale_that_is_no_number_reaches_its_row() {
    let mut random = Random::new(11);
    for kind in TensorType::ALL.into_iter().filter(|&kind| needs_quantized(kind)) {
        let mut data = random_weights(&mut random, kind, 8 * kind.block_len(), 0.5);
        let start = 3 * kind.block_bytes() + scale_offsets(kind)[0];
        data[start..start + 2].copy_from_slice(&[0xff, 0x7f]);
        let matrix = Matrix::new(kind, 8, kind.block_len(), &data).expect("the shape fits");
        let x = activations(&mut random, 1, kind.block_len());
        for cpu in kernels() {
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
