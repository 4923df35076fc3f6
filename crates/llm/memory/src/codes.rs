//! Vectors as they are stored: a byte an element, and a scale.

use alloc::{boxed::Box, vec::Vec};

/// A vector in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// Who made the vector: only those of the same maker can be compared.
    pub fingerprint: u64,
    /// What a step of a code is worth.
    pub scale: f32,
    /// The elements, -127 to 127.
    pub codes: Box<[i8]>,
}

impl Codes {
    /// The nearest codes to a vector of finite numbers. The cosine of both is above 0.9999 for vectors
    /// of meaning.
    pub fn of(vector: &[f32], fingerprint: u64) -> Self {
        let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let scale = largest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let code = |x: &f32| libm::roundf(x * inverse).clamp(-127.0, 127.0) as i8;
        Self { fingerprint, scale, codes: vector.iter().map(code).collect() }
    }

    /// The vector again.
    pub fn to_vector(&self) -> Vec<f32> {
        self.codes.iter().map(|&code| f32::from(code) * self.scale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosine;

    #[test]
    fn a_vector_hardly_turns_and_none_is_no_fault() {
        let vector: Vec<f32> = (0..384).map(|i| libm::sinf(i as f32 * 0.7)).collect();
        let length = libm::sqrtf(vector.iter().map(|x| x * x).sum());
        let unit: Vec<f32> = vector.iter().map(|x| x / length).collect();
        let codes = Codes::of(&unit, 7);
        assert_eq!((codes.fingerprint, codes.codes.len()), (7, 384));
        assert!(cosine(&codes.to_vector(), &unit) > 0.9999);
        assert_eq!(Codes::of(&[0.0; 4], 0).to_vector(), [0.0; 4]);
    }
}
