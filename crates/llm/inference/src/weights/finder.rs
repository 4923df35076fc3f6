//! Looks tensors up, checks their shapes, and knows at the end which ones nobody asked for.

use super::Linear;
use crate::{
    config::Architecture,
    gguf::{Gguf, GgufError},
};
use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use llm_tensor::Matrix;

pub(super) struct Finder<'g, 'a> {
    gguf: &'g Gguf<'a>,
    found: BTreeSet<String>,
}

impl<'g, 'a> Finder<'g, 'a> {
    pub(super) const fn new(gguf: &'g Gguf<'a>) -> Self {
        Self { gguf, found: BTreeSet::new() }
    }

    /// `name.weight`, with `name.bias` if there is one.
    pub(super) fn linear(
        &mut self,
        name: &str,
        outputs: usize,
        inputs: usize,
    ) -> Result<Linear<'a>, GgufError> {
        Ok(Linear {
            matrix: self.matrix(&format!("{name}.weight"), outputs, inputs)?,
            panels: None,
            bias: self.optional_vector(&format!("{name}.bias"), outputs)?,
        })
    }

    /// As [`Self::linear`], of the shape of `other`, which stands in where there is none.
    pub(super) fn tied(&mut self, name: &str, other: Matrix<'a>) -> Result<Linear<'a>, GgufError> {
        if self.gguf.tensor(&format!("{name}.weight")).is_some() {
            return self.linear(name, other.rows(), other.cols());
        }
        let bias = self.optional_vector(&format!("{name}.bias"), other.rows())?;
        Ok(Linear { matrix: other, panels: None, bias })
    }

    /// A matrix of that many rows and columns.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        cols: usize,
    ) -> Result<Matrix<'a>, GgufError> {
        let tensor = self.gguf.require_tensor(name)?;
        self.found.insert(name.to_string());
        if tensor.dimensions != [cols, rows] {
            return Err(bad_dimensions(
                name,
                format!(
                    "dimensions {:?}, but the metadata ask for [{cols}, {rows}]",
                    tensor.dimensions
                ),
            ));
        }
        Matrix::new(tensor.kind, rows, cols, tensor.data)
            .map_err(|error| bad_dimensions(name, error.to_string()))
    }

    /// The first row of a matrix of that many columns, if there is one.
    pub(super) fn first_row(
        &mut self,
        name: &str,
        cols: usize,
    ) -> Result<Option<Vec<f32>>, GgufError> {
        let Some(tensor) = self.gguf.tensor(name) else { return Ok(None) };
        let rows = tensor.dimensions.get(1).copied().unwrap_or(0);
        let matrix = self.matrix(name, rows, cols)?;
        let mut values = vec![0.0; cols];
        matrix.dequantize_row(0, &mut values);
        Ok(Some(values))
    }

    /// A vector, if there is one of that name.
    pub(super) fn optional_vector(
        &mut self,
        name: &str,
        len: usize,
    ) -> Result<Option<Vec<f32>>, GgufError> {
        if self.gguf.tensor(name).is_some() { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    /// A vector of that length.
    pub(super) fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>, GgufError> {
        let tensor = self.gguf.require_tensor(name)?;
        self.found.insert(name.to_string());
        tensor.vector(len)
    }

    /// Refuses tensors that nobody asked for.
    pub(super) fn refuse_others(&self, architecture: Architecture) -> Result<(), GgufError> {
        // Tables of old converters, computed anew by every reader.
        let is_table = |name: &str| name.ends_with("rotary_emb.inv_freq");
        let other = self
            .gguf
            .tensors()
            .iter()
            .find(|tensor| !self.found.contains(tensor.name) && !is_table(tensor.name));
        match other {
            None => Ok(()),
            Some(tensor) => Err(GgufError::UnknownTensor {
                tensor: tensor.name.to_string(),
                architecture: architecture.to_string(),
            }),
        }
    }
}

fn bad_dimensions(tensor: &str, problem: String) -> GgufError {
    GgufError::BadDimensions { tensor: tensor.to_string(), problem }
}
