//! Element-wise arithmetic: accuracy, and the same bits on every CPU.

use crate::{
    CpuFeatures,
    testing::{Random, kernels},
    vector::{exp, layer_norm, rms_norm, rotate, rotate_halves, scale, swiglu, tanh},
};
use alloc::{vec, vec::Vec};

/// The result, which is the same with all kernels.
fn all<T: PartialEq + core::fmt::Debug>(compute: impl Fn(CpuFeatures) -> T) -> T {
    let result = compute(CpuFeatures::baseline());
    for cpu in kernels() {
        assert_eq!(result, compute(cpu), "{}", cpu.name());
    }
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
fn tanh_is_accurate_and_ends_in_one() {
    let mut x = -12.0_f32;
    while x < 12.0 {
        let error = (f64::from(tanh(x)) - libm::tanh(f64::from(x))).abs();
        assert!(error < 2e-7, "tanh({x}) is off by {error}");
        x += 0.0137;
    }
    assert_eq!((tanh(200.0), tanh(-200.0)), (1.0, -1.0));
    assert!(tanh(f32::NAN).is_nan());
}

#[test]
fn norm_has_unit_mean_square_for_any_width() {
    let mut random = Random::new(20);
    for width in [1, 7, 8, 9, 64, 100] {
        let x = normals(&mut random, width);
        let weight = vec![2.0; width];
        let out = all(|cpu| {
            let mut out = vec![0.0; width];
            rms_norm(cpu, &x, &weight, 1e-9, &mut out);
            out
        });
        let mean_square = out.iter().map(|x| x * x).sum::<f32>() / width as f32;
        assert!((mean_square - 4.0).abs() < 1e-4, "{width}: {mean_square}");
    }
}

#[test]
fn layer_norm_has_the_mean_and_deviation_asked_for_at_any_width() {
    let mut random = Random::new(24);
    for width in [2, 7, 8, 9, 64, 100] {
        let x: Vec<f32> = normals(&mut random, width).iter().map(|x| 3.0 * x + 5.0).collect();
        let (weight, bias) = (vec![2.0; width], vec![-1.0; width]);
        let out = all(|cpu| {
            let mut out = vec![0.0; width];
            layer_norm(cpu, &x, &weight, &bias, 1e-9, &mut out);
            out
        });
        let mean = out.iter().sum::<f32>() / width as f32;
        let variance = out.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / width as f32;
        assert!((mean + 1.0).abs() < 1e-4 && (variance - 4.0).abs() < 1e-3, "{mean} {variance}");
    }
}

#[test]
fn both_rotations_turn_the_same_pairs_from_their_own_places() {
    let mut random = Random::new(25);
    for pairs in [1, 3, 8, 16] {
        let angles: Vec<(f32, f32)> =
            normals(&mut random, pairs).iter().map(|a| (libm::cosf(*a), libm::sinf(*a))).collect();
        let head = normals(&mut random, 2 * pairs + 5);
        let mut halves = head.clone();
        for pair in 0..pairs {
            (halves[pair], halves[pair + pairs]) = (head[2 * pair], head[2 * pair + 1]);
        }
        let halves = all(|cpu| {
            let mut halves = halves.clone();
            rotate_halves(cpu, &mut halves, &angles);
            halves
        });
        let mut expected = head;
        rotate(CpuFeatures::baseline(), &mut expected, &angles);
        for pair in 0..pairs {
            let found = [halves[pair], halves[pair + pairs]];
            assert_eq!(found, expected[2 * pair..2 * pair + 2]);
        }
        assert_eq!(halves[2 * pairs..], expected[2 * pairs..], "the rest is not turned");
    }
}

#[test]
fn scaling_multiplies_each_element() {
    let scaled = all(|cpu| {
        let mut x: Vec<f32> = (0..19).map(|x| x as f32).collect();
        scale(cpu, &mut x, -0.5);
        x
    });
    assert!(scaled.iter().enumerate().all(|(index, x)| *x == index as f32 * -0.5));
}

#[test]
fn gated_units_and_rotation_follow_their_formulas() {
    let mut random = Random::new(21);
    let (gate, up) = (normals(&mut random, 37), normals(&mut random, 37));
    let out = all(|cpu| {
        let mut out = vec![0.0; 37];
        swiglu(cpu, &gate, &up, &mut out);
        out
    });
    for ((out, gate), up) in out.iter().zip(&gate).zip(&up) {
        assert!((out - gate / (1.0 + libm::expf(-gate)) * up).abs() < 1e-5);
    }
    let turned = all(|cpu| {
        let mut head = [1.0, 0.0, 3.0, 4.0, 5.0];
        rotate(cpu, &mut head, &[(0.0, 1.0), (-1.0, 0.0)]);
        head
    });
    assert_eq!(turned, [0.0, 1.0, -3.0, -4.0, 5.0]);
}
