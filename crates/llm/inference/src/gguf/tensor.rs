//! The tensor table.

use super::{GgufError, Special, cursor::Cursor};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use llm_tensor::{Matrix, TensorType};

/// More dimensions than any tensor type of ggml has.
const MAX_DIMENSIONS: u32 = 4;

/// A tensor whose data has been found to lie in the file.
#[derive(Clone, Debug)]
pub struct TensorInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// How its elements are stored.
    pub kind: TensorType,
    /// Its dimensions, the contiguous one first: a matrix that maps `n` inputs to `m` outputs is
    /// `[n, m]`.
    pub dimensions: Vec<usize>,
    /// Its data.
    pub data: &'a [u8],
}

impl TensorInfo<'_> {
    /// Number of elements.
    pub fn element_count(&self) -> usize {
        self.dimensions.iter().product()
    }

    /// The elements of a vector of `len` floats. Vectors are few and small, and a bad element in a
    /// norm or a bias spoils every token, so each is looked at.
    ///
    /// # Errors
    /// Another shape, a quantised type, or an element that is infinite or no number.
    pub fn vector(&self, len: usize) -> Result<Vec<f32>, GgufError> {
        let tensor = || self.name.to_string();
        let is_float = self.kind.block_len() == 1;
        if self.dimensions != [len] || !is_float {
            let problem = format!(
                "{} of {:?}, but F32, F16 or BF16 of [{len}] is needed",
                self.kind, self.dimensions
            );
            return Err(GgufError::BadDimensions { tensor: tensor(), problem });
        }
        let row = Matrix::new(self.kind, 1, len, self.data).map_err(|error| {
            GgufError::BadDimensions { tensor: tensor(), problem: error.to_string() }
        })?;
        let mut values = vec![0.0; len];
        row.dequantize_row(0, &mut values);
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(index) => {
                let value = if values[index].is_nan() { Special::Nan } else { Special::Infinity };
                Err(GgufError::NotFinite { tensor: tensor(), index, value })
            }
        }
    }
}

/// A line of the table, not yet checked against the file.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    dimensions: Vec<u64>,
    type_number: u32,
    /// From the start of the data section.
    offset: u64,
}

impl<'a> Entry<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>, index: u64) -> Result<Self, GgufError> {
        let name = cursor.string(&format!("the name of tensor {index}"))?;
        let what = || format!("the entry of tensor {name}");
        let count = cursor.u32(what)?;
        if count == 0 || count > MAX_DIMENSIONS {
            return Err(GgufError::BadDimensions {
                tensor: name.to_string(),
                problem: format!("{count} dimensions, not 1 to {MAX_DIMENSIONS}"),
            });
        }
        let dimensions = (0..count).map(|_| cursor.u64(what)).collect::<Result<_, _>>()?;
        Ok(Self { name, dimensions, type_number: cursor.u32(what)?, offset: cursor.u64(what)? })
    }

    /// Checks the entry against a file of `file_len` bytes, of which `file` is the beginning.
    pub(super) fn locate(
        self,
        file: &'a [u8],
        file_len: u64,
        data_start: u64,
        alignment: u64,
    ) -> Result<TensorInfo<'a>, GgufError> {
        let tensor = || self.name.to_string();
        let kind = TensorType::from_ggml_number(self.type_number).ok_or_else(|| {
            GgufError::UnsupportedTensorType {
                tensor: tensor(),
                type_name: unsupported_type_name(self.type_number),
            }
        })?;
        let problem = |problem| GgufError::BadDimensions { tensor: tensor(), problem };
        let elements = self
            .dimensions
            .iter()
            .try_fold(1_u64, |product, &dimension| product.checked_mul(dimension))
            .ok_or_else(|| problem(format!("dimensions {:?} overflow", self.dimensions)))?;
        let block_len = kind.block_len() as u64;
        if elements == 0 || !self.dimensions[0].is_multiple_of(block_len) {
            return Err(problem(format!(
                "dimensions {:?} do not make whole blocks of {block_len}",
                self.dimensions
            )));
        }
        if !self.offset.is_multiple_of(alignment) {
            return Err(GgufError::MisalignedTensor {
                tensor: tensor(),
                offset: self.offset,
                alignment,
            });
        }
        let end = (elements / block_len)
            .checked_mul(kind.block_bytes() as u64)
            .and_then(|len| len.checked_add(self.offset))
            .and_then(|end| end.checked_add(data_start))
            .ok_or_else(|| problem(format!("its end, {} + its size, overflows", self.offset)))?;
        if end > file_len {
            return Err(GgufError::TensorBeyondEnd { tensor: tensor(), end, file_len });
        }
        Ok(TensorInfo {
            name: self.name,
            kind,
            // Each is at most the number of elements, which fits: the data lies in the file.
            dimensions: self.dimensions.iter().map(|&dimension| dimension as usize).collect(),
            data: file.get((data_start + self.offset) as usize..end as usize).unwrap_or_default(),
        })
    }
}

/// What ggml calls a type that there is no arithmetic for (`enum ggml_type` in ggml.h), also those
/// that it has given up.
fn unsupported_type_name(number: u32) -> String {
    let name = match number {
        4 => "Q4_2",
        5 => "Q4_3",
        9 => "Q8_1",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        21 => "IQ3_S",
        22 => "IQ2_S",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        31 => "Q4_0_4_4",
        32 => "Q4_0_4_8",
        33 => "Q4_0_8_8",
        34 => "TQ1_0",
        35 => "TQ2_0",
        36 => "IQ4_NL_4_4",
        37 => "IQ4_NL_4_8",
        38 => "IQ4_NL_8_8",
        39 => "MXFP4",
        40 => "NVFP4",
        41 => "Q1_0",
        42 => "Q2_0",
        other => return format!("number {other}"),
    };
    name.to_string()
}
