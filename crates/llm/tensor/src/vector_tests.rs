//! Element-wise arithmetic and attention: accuracy, and the same bits on every CPU.

use crate::{
    CpuFeatures,
    attention::{CachedHead, attend},
    half::{f16_to_f32, f32_to_f16},
    testing::Random,
    vector::{exp, rms_norm, rotate, swiglu},
};
use alloc::{vec, vec::Vec};

fn both<T: PartialEq + core::fmt::Debug>(compute: impl Fn(CpuFeatures) -> T) -> T {
    let result = compute(CpuFeatures::detect());
    assert_eq!(result, compute(CpuFeatures::baseline()));
    result
}

fn normals(random: &mut Random, len: usize) -> Vec<f32> {
    (0..len).map(|_| random.normal()).collect()
}

#[test]
fn exp_is_accurate_and_ends_in_zero_and_infinity() {
    let mut x = -86.9_f32;
    while x < 87.9 {
        let exact = libm::exp(f64::from(x));
        let error = (f64::from(exp(x)) - exact).abs() / exact;
        assert!(error < 2.5e-7, "exp({x}) is off by {error}");
        x += 0.0137;
    }
    assert_eq!((exp(0.0), exp(-100.0), exp(100.0)), (1.0, 0.0, f32::INFINITY));
    assert_eq!((exp(f32::NEG_INFINITY), exp(f32::INFINITY)), (0.0, f32::INFINITY));
    assert!(exp(f32::NAN).is_nan());
}

#[test]
fn norm_has_unit_mean_square_for_any_width() {
    let mut random = Random::new(20);
    for width in [1, 7, 8, 9, 64, 100] {
        let x = normals(&mut random, width);
        let weight = vec![2.0; width];
        let out = both(|cpu| {
            let mut out = vec![0.0; width];
            rms_norm(cpu, &x, &weight, 1e-9, &mut out);
            out
        });
        let mean_square = out.iter().map(|x| x * x).sum::<f32>() / width as f32;
        assert!((mean_square - 4.0).abs() < 1e-4, "{width}: {mean_square}");
    }
}

#[test]
fn gated_units_and_rotation_follow_their_formulas() {
    let mut random = Random::new(21);
    let (gate, up) = (normals(&mut random, 37), normals(&mut random, 37));
    let out = both(|cpu| {
        let mut out = vec![0.0; 37];
        swiglu(cpu, &gate, &up, &mut out);
        out
    });
    for ((out, gate), up) in out.iter().zip(&gate).zip(&up) {
        assert!((out - gate / (1.0 + libm::expf(-gate)) * up).abs() < 1e-5);
    }
    let turned = both(|cpu| {
        let mut head = [1.0, 0.0, 3.0, 4.0, 5.0];
        rotate(cpu, &mut head, &[(0.0, 1.0), (-1.0, 0.0)]);
        head
    });
    assert_eq!(turned, [0.0, 1.0, -3.0, -4.0, 5.0]);
}

#[test]
fn attention_is_the_softmax_weighted_mean_of_the_values() {
    let mut random = Random::new(22);
    for (head_dim, group, positions) in [(8, 1, 1), (64, 3, 17), (36, 2, 9), (16, 4, 100)] {
        let stride = head_dim + 5;
        let halves = |random: &mut Random| -> Vec<u16> {
            (0..stride * positions).map(|_| f32_to_f16(random.normal())).collect()
        };
        let (keys, values) = (halves(&mut random), halves(&mut random));
        let queries = normals(&mut random, group * head_dim);
        let cache = CachedHead { keys: &keys, values: &values, stride, head_dim, positions };
        let out = both(|cpu| {
            let mut scores = vec![0.0; group * positions];
            let mut out = vec![9.0; group * head_dim];
            attend(cpu, &queries, cache, 0.3, &mut scores, &mut out);
            out
        });
        for (head, query) in queries.chunks(head_dim).enumerate() {
            let row = |from: &[u16], position: usize| -> Vec<f64> {
                let halves = &from[position * stride..][..head_dim];
                halves.iter().map(|&half| f64::from(f16_to_f32(half))).collect()
            };
            let weights: Vec<f64> = (0..positions)
                .map(|position| {
                    let key = row(&keys, position);
                    let dot: f64 = query.iter().zip(&key).map(|(&q, k)| f64::from(q) * k).sum();
                    libm::exp(0.3 * dot)
                })
                .collect();
            let total: f64 = weights.iter().sum();
            for dim in 0..head_dim {
                let sum: f64 =
                    (0..positions).map(|p| weights[p] * row(&values, p)[dim]).sum::<f64>();
                let found = f64::from(out[head * head_dim + dim]);
                // Each weight is off by 2^-11 of itself at most, the values are about 1.
                let near = (found - sum / total).abs() < 2e-3;
                assert!(near, "{found} for {}", sum / total);
            }
        }
    }
}

#[test]
fn a_key_that_is_no_number_shows_in_the_result() {
    let mut keys = vec![0_u16; 16];
    keys[9] = 0x7e00;
    let cache = CachedHead { keys: &keys, values: &[0; 16], stride: 8, head_dim: 8, positions: 2 };
    for cpu in [CpuFeatures::detect(), CpuFeatures::baseline()] {
        let mut out = [0.0; 8];
        attend(cpu, &[1.0; 8], cache, 1.0, &mut [0.0; 2], &mut out);
        assert!(out.iter().all(|x| x.is_nan()));
    }
}
