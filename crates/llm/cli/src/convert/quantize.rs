//! Floats to the types that a converted file may have.

use super::ConvertError;
use llm_tensor::{
    BLOCK_LEN, TensorType,
    half::{f16_to_f32, f32_to_f16},
};
use std::str::FromStr;

/// How weights are to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// As single floats.
    F32,
    /// As half floats.
    F16,
    /// As signed bytes in blocks with a scale.
    Q8_0,
}

impl Storage {
    /// The type of the tensors.
    pub const fn tensor_type(self) -> TensorType {
        match self {
            Self::F32 => TensorType::F32,
            Self::F16 => TensorType::F16,
            Self::Q8_0 => TensorType::Q8_0,
        }
    }

    /// The number that `general.file_type` has for it (llama.cpp's `llama_ftype`).
    pub const fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q8_0 => 7,
        }
    }

    /// What a matrix with rows of `len` elements is stored as: halves where rows make no whole
    /// blocks.
    pub const fn for_rows_of(self, len: usize) -> Self {
        match self {
            Self::Q8_0 if !len.is_multiple_of(BLOCK_LEN) => Self::F16,
            other => other,
        }
    }
}

impl FromStr for Storage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            "q8_0" => Ok(Self::Q8_0),
            _ => Err("known are f32, f16 and q8_0"),
        }
    }
}

/// Stores `values`; for Q8_0 they make whole blocks. `tensor` is for the error.
///
/// # Errors
/// A value that is not a number, or too large for a half (or for a scale that is one).
pub fn encode(tensor: &str, storage: Storage, values: &[f32]) -> Result<Vec<u8>, ConvertError> {
    let bad = |index: usize, problem: &'static str| ConvertError::BadWeight {
        tensor: tensor.to_string(),
        index,
        value: values[index],
        problem,
    };
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(bad(index, "is not a finite number"));
    }
    let mut out = Vec::new();
    match storage {
        Storage::F32 => out.extend(values.iter().flat_map(|value| value.to_le_bytes())),
        Storage::F16 => {
            for (index, &value) in values.iter().enumerate() {
                out.extend(half(value).ok_or_else(|| bad(index, "does not fit F16"))?);
            }
        }
        Storage::Q8_0 => {
            let (blocks, _) = values.as_chunks::<BLOCK_LEN>();
            for (index, block) in blocks.iter().enumerate() {
                let scale = largest(block) / 127.0;
                let misfit =
                    || bad(index * BLOCK_LEN, "begins a block whose scale does not fit F16");
                out.extend(half(scale).ok_or_else(misfit)?);
                let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
                out.extend(block.iter().map(|value| (value * inverse).round() as i8 as u8));
            }
        }
    }
    Ok(out)
}

/// The largest magnitude in a block.
fn largest(block: &[f32; BLOCK_LEN]) -> f32 {
    block.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()))
}

/// The nearest half; `None` where that is infinite.
fn half(value: f32) -> Option<[u8; 2]> {
    let bits = f32_to_f16(value);
    f16_to_f32(bits).is_finite().then(|| bits.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_tensor::{Matrix, testing::Random};

    fn decoded(storage: Storage, values: &[f32]) -> Vec<f32> {
        let bytes = encode("t", storage, values).expect("they are numbers");
        let mut out = vec![0.0; values.len()];
        Matrix::new(storage.tensor_type(), 1, values.len(), &bytes)
            .expect("whole blocks")
            .dequantize_row(0, &mut out);
        out
    }

    #[test]
    fn what_is_stored_reads_back_within_half_a_step() {
        let mut random = Random::new(5);
        let mut values: Vec<f32> = (0..256).map(|_| random.normal()).collect();
        values[32..64].fill(0.0);
        assert_eq!(decoded(Storage::F32, &values), values);
        for (index, (&value, back)) in values.iter().zip(decoded(Storage::F16, &values)).enumerate()
        {
            assert!((value - back).abs() <= value.abs() / 2048.0, "{index}: {value} became {back}");
        }
        let back = decoded(Storage::Q8_0, &values);
        for (block, back) in values.as_chunks::<BLOCK_LEN>().0.iter().zip(back.chunks(BLOCK_LEN)) {
            // Half a step, and the rounding of the scale (to 11 bits) times up to 127 steps.
            let bound = largest(block) / 127.0 * (0.5 + 127.0 / 2048.0);
            for (value, back) in block.iter().zip(back) {
                assert!((value - back).abs() <= bound, "{value} became {back}");
            }
        }
        assert_eq!(back[32..64], [0.0; 32]);
    }

    #[test]
    fn weights_that_cannot_be_stored_are_named() {
        let complaint = |storage, at: usize, value: f32| {
            let mut values = [0.5; 64];
            values[at] = value;
            encode("blk.0.x", storage, &values).expect_err("it is damaged").to_string()
        };
        let message = complaint(Storage::F32, 3, f32::NAN);
        assert_eq!(message, "tensor blk.0.x: element 3 (NaN) is not a finite number");
        assert!(complaint(Storage::Q8_0, 40, f32::INFINITY).contains("element 40 (inf)"));
        assert!(complaint(Storage::F16, 9, 1e6).contains("element 9 (1000000) does not fit F16"));
        assert!(complaint(Storage::Q8_0, 40, 1e8).contains("element 32 (0.5) begins a block"));
    }
}
