//! The Gaussian error linear unit `x * P(X <= x)` (Hendrycks and Gimpel 2016), in the two forms
//! that models were trained with.

use crate::{cpu::for_each_cpu, vector::exp};

/// `sqrt(2 / pi)`
const SQRT_2_OVER_PI: f32 = 0.797_884_6;

/// The form with a hyperbolic tangent: `x/2 * (1 + tanh(u))` is `x / (1 + e^(-2u))`.
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    let u = SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x);
    x / (1.0 + exp(-2.0 * u))
}

/// The exact form, `x/2 * (1 + erf(x / sqrt 2))`. The error function of Abramowitz and Stegun
/// 7.1.26, within 1.5e-7.
#[inline(always)]
fn gelu_exact(x: f32) -> f32 {
    let z = x.abs() * core::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_8;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    // 1 - erf(z)
    let beyond = p * t * exp(-z * z);
    let below = if x < 0.0 { beyond } else { 2.0 - beyond };
    0.5 * x * below
}

for_each_cpu! {
    /// `out = gelu(gate) * up` with the tanh form (Shazeer 2020; Gemma), all of the same length.
    pub fn geglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
            *out = gelu_tanh(gate) * up;
        }
    }
}

for_each_cpu! {
    /// `out = gelu(x)` in the exact form (BERT), both of the same length.
    pub fn gelu(x: &[f32], out: &mut [f32]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = gelu_exact(x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuFeatures, testing::kernels};
    use alloc::{vec, vec::Vec};

    fn inputs() -> Vec<f32> {
        (-1200..=1200).map(|step| step as f32 * 0.0101).collect()
    }

    fn all(compute: impl Fn(CpuFeatures, &mut [f32])) -> Vec<f32> {
        let outputs = kernels().map(|cpu| {
            let mut out = vec![0.0; inputs().len()];
            compute(cpu, &mut out);
            out
        });
        outputs
            .reduce(|first, other| {
                assert_eq!(first, other, "the same bits on every CPU");
                first
            })
            .expect("there is one for every CPU")
    }

    #[test]
    fn gelu_is_that_of_the_error_function() {
        for (x, found) in inputs().into_iter().zip(all(|cpu, out| gelu(cpu, &inputs(), out))) {
            let x = f64::from(x);
            let exact = 0.5 * x * (1.0 + libm::erf(x * core::f64::consts::FRAC_1_SQRT_2));
            assert!((f64::from(found) - exact).abs() < 1e-6, "gelu({x}) is not {found}");
        }
    }

    #[test]
    fn geglu_is_that_of_the_tangent_times_the_other_half() {
        let ups = vec![2.0; inputs().len()];
        let found = all(|cpu, out| geglu(cpu, &inputs(), &ups, out));
        for (x, found) in inputs().into_iter().zip(found) {
            let x = f64::from(x);
            let u = 0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x);
            let exact = x * (1.0 + libm::tanh(u));
            assert!((f64::from(found) - exact).abs() < 2e-6, "gelu({x}) is not {found}");
        }
    }

    #[test]
    fn far_from_zero_all_or_nothing_passes_and_damage_does_too() {
        let cpu = CpuFeatures::detect();
        let (x, ups) = ([-1e30, -50.0, 50.0, 1e30, f32::NAN], [1.0; 5]);
        for is_gated in [false, true] {
            let mut out = [0.0; 5];
            if is_gated {
                geglu(cpu, &x, &ups, &mut out)
            } else {
                gelu(cpu, &x, &mut out)
            }
            assert_eq!(out[..4], [0.0, 0.0, 50.0, 1e30]);
            assert!(out[4].is_nan());
        }
    }
}
