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

/// The value of the half nearest to a value.
#[inline]
pub fn round_to_half(value: f32) -> f32 {
    f16_to_f32(f32_to_f16(value))
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

    #[test]
    fn every_half_widens_to_what_ieee_says() {
        let halves: Vec<u16> = (0..=u16::MAX).collect();
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
        for half in 0..=u16::MAX {
            let wide = f16_to_f32(half);
            assert!(wide.is_nan() || f32_to_f16(wide) == half, "{half:#06x}");
        }
    }
}
