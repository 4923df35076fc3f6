//! Random numbers and random weights for tests.

use crate::{TensorType, half::f32_to_f16};
use alloc::vec::Vec;

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
        let half = |value: f32| f32_to_f16(value).to_le_bytes();
        let jitter = 0.5 + random.unit();
        match kind {
            TensorType::F32 => {
                data.extend_from_slice(&(random.normal() * deviation).to_le_bytes());
            }
            TensorType::F16 => data.extend_from_slice(&half(random.normal() * deviation)),
            TensorType::Q8_0 => {
                data.extend_from_slice(&half(jitter * deviation / 74.0));
                data.extend((0..32).map(|_| random.bits() as u8));
            }
            TensorType::Q4_0 => {
                data.extend_from_slice(&half(jitter * deviation / 4.6));
                data.extend((0..16).map(|_| random.bits() as u8));
            }
            TensorType::Q4_1 => {
                data.extend_from_slice(&half(jitter * deviation / 4.6));
                data.extend_from_slice(&half(-7.5 * jitter * deviation / 4.6));
                data.extend((0..16).map(|_| random.bits() as u8));
            }
        }
    }
    data
}
