//! Every storage type against the reference implementation of the format, and the reference
//! arithmetic against exact sums.
//!
//! The fixtures are made by `tests/scripts/quant_fixture.py` with the package `gguf`.

extern crate std;

use crate::{
    Activations, BLOCK_LEN, CpuFeatures, Matrix, TensorType,
    matmul::needs_quantized,
    scalar::{add_product, dot_floats, dot_quantized},
    testing::{Random, random_weights},
};
use alloc::{format, vec, vec::Vec};
use std::path::Path;

fn fixture(kind: TensorType, part: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/quant");
    let path = folder.join(format!("{kind}.{part}"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn singles(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn dequantize(matrix: &Matrix<'_>, row: usize) -> Vec<f32> {
    let mut values = vec![f32::NAN; matrix.cols()];
    matrix.dequantize_row(row, &mut values);
    values
}

#[test]
fn every_element_has_the_bits_that_the_reference_implementation_gives_it() {
    for kind in TensorType::ALL {
        if kind == TensorType::F32 {
            let values = fixture(TensorType::Q8_0, "values");
            let matrix = Matrix::new(kind, 4, 256, &values).expect("the shape fits");
            assert_eq!(bits(&dequantize(&matrix, 3)), bits(&singles(&values[3 * 1024..])));
            continue;
        }
        let blocks = fixture(kind, "blocks");
        let expected = singles(&fixture(kind, "values"));
        // More than one row, so that the place of a row counts too.
        let cols = 512;
        let matrix = Matrix::new(kind, expected.len() / cols, cols, &blocks).expect("it fits");
        for (row, expected) in expected.chunks_exact(cols).enumerate() {
            assert_eq!(bits(&dequantize(&matrix, row)), bits(expected), "{kind}, row {row}");
        }
    }
}

/// One row times one token in a dialect.
fn dot<const FUSED: bool>(kind: TensorType, row: &[u8], x: &Activations) -> f32 {
    if needs_quantized(kind) {
        dot_quantized::<FUSED>(kind, row, &x.quantized(0, 1))
    } else {
        dot_floats::<FUSED>(kind, row, x.values())
    }
}

#[test]
fn both_dialects_err_by_no_more_than_their_roundings() {
    let mut random = Random::new(31);
    for kind in TensorType::ALL {
        for _ in 0..if cfg!(miri) { 1 } else { 20 } {
            let cols = 256 * (1 + random.below(if cfg!(miri) { 2 } else { 8 }));
            let data = random_weights(&mut random, kind, cols, 0.5);
            let matrix = Matrix::new(kind, 1, cols, &data).expect("the shape fits");
            let mut x = Activations::new(1, cols).expect("tests are small");
            x.reshape(1, cols).fill_with(|| random.normal());
            x.quantize(CpuFeatures::baseline());
            // The inputs as the integer kernels see them, so that only float roundings are left.
            let inputs: Vec<f64> = if needs_quantized(kind) {
                let x = x.quantized(0, 1);
                let blocks = x.quants.iter().zip(x.scales);
                blocks
                    .flat_map(|(quants, &scale)| {
                        quants.map(|quant| f64::from(quant) * f64::from(scale))
                    })
                    .collect()
            } else {
                x.values().iter().copied().map(f64::from).collect()
            };
            let weights = dequantize(&matrix, 0);
            let products = || weights.iter().zip(&inputs).map(|(&w, &x)| f64::from(w) * x);
            let exact: f64 = products().sum();
            // Weights are rounded once or twice, products twice; then each addition rounds a
            // partial sum. Scaled quants and minima cancel each other: count both.
            let terms = (cols / BLOCK_LEN * 2) as f64;
            let magnitude: f64 =
                products().map(f64::abs).sum::<f64>() + largest_parts(&x, &weights);
            let tolerance = magnitude * (terms + 4.0) * f64::from(f32::EPSILON);
            for found in [dot::<false>(kind, &data, &x), dot::<true>(kind, &data, &x)] {
                let error = (f64::from(found) - exact).abs();
                assert!(error <= tolerance, "{kind}: {found} for {exact} +- {tolerance}");
            }
        }
    }
}

/// A bound of what a minimum and the scaled quants can add up to: the largest weight for each input.
fn largest_parts(x: &Activations, weights: &[f32]) -> f64 {
    let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    x.values().iter().map(|x| f64::from(x.abs())).sum::<f64>() * f64::from(largest)
}

#[test]
fn the_fused_dialect_rounds_once() {
    // 1 + 2^-12, squared, is 1 + 2^-11 + 2^-24: the last term is lost where the product is rounded.
    // Not `powi`, which need not be exact, and under Miri is not.
    let two_to_minus = |bits: u32| 1.0 / (1_u32 << bits) as f32;
    let x = 1.0 + two_to_minus(12);
    assert_eq!(add_product::<false>(-1.0, x, x), two_to_minus(11));
    assert_eq!(add_product::<true>(-1.0, x, x), two_to_minus(11) + two_to_minus(24));
    // 2^-64 less than half a step of 1 + 2^-23: rounded to double first, it would be half a step,
    // and rounded up.
    let (a, b) = (1.0 + two_to_minus(20), 1.0 - two_to_minus(20));
    let step = 1.0 + f32::EPSILON;
    assert_eq!(add_product::<true>(step, a * two_to_minus(12), b * two_to_minus(12)), step);
}

#[test]
#[cfg_attr(miri, ignore = "the library asks the CPU what it can do, in assembly")]
fn the_fused_dialect_agrees_with_the_library_on_any_bits() {
    let mut random = Random::new(33);
    for round in 0..3_000_000 {
        let mut single = || f32::from_bits(random.bits() as u32);
        let (a, b) = (single(), single());
        let c = if round % 2 == 0 {
            single()
        } else {
            // As large as the product, or less by any number of bits, so that they interact.
            let scale = f32::from_bits((127 - (random.bits() as u32 % 60)) << 23);
            a * b * scale * (1.0 + random.unit())
        };
        let (found, expected) = (add_product::<true>(c, a, b), libm::fmaf(a, b, c));
        let is_same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
        assert!(is_same, "{a:e} * {b:e} + {c:e}: {found:e} for {expected:e}");
    }
}

#[test]
fn the_dialects_are_told_apart_by_every_type() {
    // A kernel that speaks the wrong dialect shows in the tests only if sums differ.
    let mut random = Random::new(32);
    for kind in TensorType::ALL {
        let cols = if cfg!(miri) { 512 } else { 2048 };
        let data = random_weights(&mut random, kind, cols, 0.5);
        let mut x = Activations::new(1, cols).expect("tests are small");
        let differ = (0..20).any(|_| {
            x.reshape(1, cols).fill_with(|| random.normal());
            x.quantize(CpuFeatures::baseline());
            dot::<false>(kind, &data, &x).to_bits() != dot::<true>(kind, &data, &x).to_bits()
        });
        assert!(differ, "{kind}");
    }
}

#[test]
fn the_largest_integer_sums_are_floats_without_rounding() {
    // Every bit pattern that makes quants and sub-scales extreme, against inputs of +-127.
    for kind in TensorType::ALL.into_iter().filter(|&kind| needs_quantized(kind)) {
        for (fill, sign) in [(0x00, 1.0), (0x00, -1.0), (0xff, 1.0), (0xff, -1.0), (0x80, 1.0)] {
            let mut data = vec![fill; kind.block_bytes()];
            let one = [0x00, 0x3c];
            let scales: &[usize] = match kind {
                TensorType::Q2_K => &[80, 82],
                TensorType::Q3_K => &[108],
                TensorType::Q6_K => &[208],
                TensorType::Q4_1 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K => {
                    &[0, 2]
                }
                _ => &[0],
            };
            for &offset in scales {
                data[offset..offset + 2].copy_from_slice(&one);
            }
            let matrix = Matrix::new(kind, 1, kind.block_len(), &data).expect("a block");
            let mut x = Activations::new(1, kind.block_len()).expect("tests are small");
            x.reshape(1, kind.block_len()).fill(127.0 * sign);
            x.quantize(CpuFeatures::baseline());
            let weights = dequantize(&matrix, 0);
            let exact: f64 = weights.iter().map(|&w| f64::from(w) * 127.0 * f64::from(sign)).sum();
            for group in weights.chunks_exact(BLOCK_LEN) {
                let sum: f64 = group.iter().map(|&w| f64::from(w) * 127.0).sum();
                assert!(sum.abs() < f64::from(1 << 24), "{kind}: {sum}");
            }
            let found = f64::from(dot::<false>(kind, &data, &x));
            assert!((found - exact).abs() <= exact.abs() * 1e-6, "{kind}: {found} for {exact}");
        }
    }
}
