//! The tensor table.

use super::{GgufError, cursor::Cursor};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_tensor::TensorType;

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

    /// Checks the entry against the file.
    pub(super) fn locate(
        self,
        file: &'a [u8],
        data_start: u64,
        alignment: u64,
    ) -> Result<TensorInfo<'a>, GgufError> {
        let tensor = || self.name.to_string();
        let kind =
            tensor_type(self.type_number).ok_or_else(|| GgufError::UnsupportedTensorType {
                tensor: tensor(),
                type_name: type_name(self.type_number),
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
        if end > file.len() as u64 {
            return Err(GgufError::TensorBeyondEnd {
                tensor: tensor(),
                end,
                file_len: file.len() as u64,
            });
        }
        Ok(TensorInfo {
            name: self.name,
            kind,
            // Each is at most the number of elements, which fits: the data lies in the file.
            dimensions: self.dimensions.iter().map(|&dimension| dimension as usize).collect(),
            data: &file[(data_start + self.offset) as usize..end as usize],
        })
    }
}

/// The types that there is arithmetic for, by their numbers in ggml.h.
const fn tensor_type(number: u32) -> Option<TensorType> {
    Some(match number {
        0 => TensorType::F32,
        1 => TensorType::F16,
        2 => TensorType::Q4_0,
        3 => TensorType::Q4_1,
        8 => TensorType::Q8_0,
        _ => return None,
    })
}

/// What ggml calls a type: the names of the enum in ggml.h, so that a refusal can name the type.
fn type_name(number: u32) -> String {
    let name = match number {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        6 => "Q5_0",
        7 => "Q5_1",
        8 => "Q8_0",
        9 => "Q8_1",
        10 => "Q2_K",
        11 => "Q3_K",
        12 => "Q4_K",
        13 => "Q5_K",
        14 => "Q6_K",
        15 => "Q8_K",
        16 => "IQ2_XXS",
        17 => "IQ2_XS",
        18 => "IQ3_XXS",
        19 => "IQ1_S",
        20 => "IQ4_NL",
        21 => "IQ3_S",
        22 => "IQ2_S",
        23 => "IQ4_XS",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        29 => "IQ1_M",
        30 => "BF16",
        34 => "TQ1_0",
        35 => "TQ2_0",
        39 => "MXFP4",
        other => return format!("number {other}"),
    };
    name.to_string()
}
