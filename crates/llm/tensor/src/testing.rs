//! Random numbers and random weights for tests, and what to run them on.

use crate::{CpuFeatures, TensorType, half::f32_to_f16};
use alloc::vec::Vec;

/// All kernels that this CPU can run, the simplest first.
pub fn kernels() -> impl Iterator<Item = CpuFeatures> {
    CpuFeatures::names().filter_map(|name| CpuFeatures::by_name(name).ok())
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for tests.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..limit`.
    pub const fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    /// A number in 0.0..1.0.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About normally distributed: mean 0, deviation 1 (sum of twelve).
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// `elements` random weights of deviation `deviation`, stored as `kind`; `elements` must make
/// whole blocks. All bit patterns of quants occur, the extreme ones too.
pub fn random_weights(
    random: &mut Random,
    kind: TensorType,
    elements: usize,
    deviation: f32,
) -> Vec<u8> {
    assert!(elements.is_multiple_of(kind.block_len()), "whole blocks");
    let mut data = Vec::new();
    for _ in 0..elements / kind.block_len() {
        let jitter = 0.5 + random.unit();
        // A scale for quants, times sub-scales, that deviate by `spread`.
        let scale = |spread: f32| f32_to_f16(jitter * deviation / spread).to_le_bytes();
        let negative = |scale: [u8; 2]| [scale[0], scale[1] ^ 0x80];
        let mut bits = |len: usize| data_bits(random, len);
        match kind {
            TensorType::F32 => data.extend((random.normal() * deviation).to_le_bytes()),
            TensorType::F16 => data.extend(f32_to_f16(random.normal() * deviation).to_le_bytes()),
            TensorType::BF16 => data.extend(&(random.normal() * deviation).to_le_bytes()[2..]),
            TensorType::Q8_0 => data.extend([&scale(74.0)[..], &bits(32)].concat()),
            TensorType::Q4_0 => data.extend([&scale(4.6)[..], &bits(16)].concat()),
            TensorType::Q4_1 => {
                data.extend([scale(4.6), negative(scale(4.6 / 7.5))].as_flattened());
                data.extend(bits(16));
            }
            TensorType::Q5_0 => data.extend([&scale(9.2)[..], &bits(20)].concat()),
            TensorType::Q5_1 => {
                data.extend([scale(9.2), negative(scale(9.2 / 15.5))].as_flattened());
                data.extend(bits(20));
            }
            TensorType::IQ4_NL => data.extend([&scale(70.0)[..], &bits(16)].concat()),
            TensorType::Q2_K => {
                data.extend(bits(80));
                data.extend([scale(1.1 * 9.0), scale(1.5 * 9.0 / 1.5)].as_flattened());
            }
            TensorType::Q3_K => data.extend([&bits(108)[..], &scale(2.3 * 18.5)].concat()),
            TensorType::Q4_K => {
                data.extend([scale(4.6 * 36.0), scale(36.0 / 7.5)].as_flattened());
                data.extend(bits(140));
            }
            TensorType::Q5_K => {
                data.extend([scale(9.2 * 36.0), scale(36.0 / 15.5)].as_flattened());
                data.extend(bits(172));
            }
            TensorType::Q6_K => data.extend([&bits(208)[..], &scale(18.5 * 74.0)].concat()),
            TensorType::IQ4_XS => data.extend([&scale(70.0 * 18.5)[..], &bits(134)].concat()),
        }
    }
    data
}

fn data_bits(random: &mut Random, len: usize) -> Vec<u8> {
    (0..len).map(|_| random.bits() as u8).collect()
}
