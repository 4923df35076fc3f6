//! Half precision without F16C: integer operations and one multiplication, which every build
//! compiles to the same result, and which an emulator runs faster than the instruction.

use crate::cpu::for_each_cpu;

/// 2^112, the ratio of the exponent biases of f32 and f16.
pub(crate) const BIAS_RATIO: f32 = f32::from_bits((112 + 127) << 23);

/// The value of a half, exactly; infinities and NaNs stay such.
#[inline(always)]
pub fn f16_to_f32(bits: u16) -> f32 {
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let sign = u32::from(bits & 0x8000) << 16;
    // An exponent of all ones must become all ones; any other value is scaled by the ratio of the
    // biases, which also makes the subnormals of f16 normal.
    let scaled = (f32::from_bits(magnitude) * BIAS_RATIO).to_bits();
    let special = if magnitude >= 0x7c00 << 13 { 0x7f80_0000 } else { 0 };
    f32::from_bits(scaled | special | sign)
}

/// The half nearest to a value, ties to even.
#[inline]
pub fn f32_to_f16(value: f32) -> u16 {
    half::f16::from_f32(value).to_bits()
}

/// A value with the 11 significant bits of a half, ties to even, but the range of a single: what a
/// half does to numbers that are neither huge nor tiny, without its conversion.
#[inline(always)]
pub fn to_half_precision(value: f32) -> f32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0xfff + (bits >> 13 & 1)) & !0x1fff;
    if value.is_nan() { value } else { f32::from_bits(rounded) }
}

for_each_cpu! {
    /// Converts halves; both slices have the same length.
    pub fn widen(halves: &[u16], out: &mut [f32]) {
        for (out, &half) in out.iter_mut().zip(halves) {
            *out = f16_to_f32(half);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CpuFeatures;
    use alloc::{vec, vec::Vec};

    /// Every one; under Miri some of every exponent, which is what it has time for.
    fn all_halves() -> impl Iterator<Item = u16> {
        (0..=u16::MAX).step_by(if cfg!(miri) { 127 } else { 1 })
    }

    #[test]
    fn half_precision_is_that_of_halves_but_for_the_range() {
        let mut random = crate::testing::Random::new(30);
        for _ in 0..10_000 {
            let value = random.normal() * 100.0;
            if value.abs() > 1e-4 {
                assert_eq!(to_half_precision(value), f16_to_f32(f32_to_f16(value)), "{value}");
            }
        }
        // Ties go to the even neighbour, and what no half can hold stays.
        let step = f32::EPSILON * 8192.0;
        assert_eq!(to_half_precision(1.0 + step / 2.0), 1.0);
        assert_eq!(to_half_precision(1.0 + step * 1.5), 1.0 + step * 2.0);
        assert!((to_half_precision(1e-20) / 1e-20 - 1.0).abs() < step);
        assert_eq!(to_half_precision(f32::INFINITY), f32::INFINITY);
        assert!(to_half_precision(f32::from_bits(u32::MAX)).is_nan());
    }

    #[test]
    fn every_half_widens_to_what_ieee_says() {
        let halves: Vec<u16> = all_halves().collect();
        for cpu in [CpuFeatures::baseline(), CpuFeatures::detect()] {
            let mut wide = vec![0.0; halves.len()];
            widen(cpu, &halves, &mut wide);
            for (&half, &wide) in halves.iter().zip(&wide) {
                let expected = half::f16::from_bits(half).to_f32();
                assert_eq!(wide.is_nan(), expected.is_nan(), "{half:#06x}");
                assert!(wide.is_nan() || wide.to_bits() == expected.to_bits(), "{half:#06x}");
            }
        }
    }

    #[test]
    fn every_half_survives_the_way_there_and_back() {
        for half in all_halves() {
            let wide = f16_to_f32(half);
            assert!(wide.is_nan() || f32_to_f16(wide) == half, "{half:#06x}");
        }
    }
}
