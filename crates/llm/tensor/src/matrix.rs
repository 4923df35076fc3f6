//! A matrix of weights, borrowed from the file in the form it is stored in.

use crate::{TensorType, half::f16_to_f32};
use core::fmt;

/// Weights that map `cols` inputs to `rows` outputs. Stored row by row, `(rows, cols)`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    kind: TensorType,
    rows: usize,
    cols: usize,
    data: &'a [u8],
}

/// Data that does not have the size its shape asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// Rows asked for.
    pub rows: usize,
    /// Columns asked for.
    pub cols: usize,
    /// How the elements are stored.
    pub kind: TensorType,
    /// Bytes given.
    pub len_bytes: usize,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes are no {} x {} matrix of {}",
            self.len_bytes, self.rows, self.cols, self.kind
        )
    }
}

impl core::error::Error for ShapeError {}

impl<'a> Matrix<'a> {
    /// A matrix over `data`.
    ///
    /// # Errors
    /// `cols` is not a multiple of the block length, or `data` has another size than the shape
    /// asks for, or there are no elements.
    pub fn new(
        kind: TensorType,
        rows: usize,
        cols: usize,
        data: &'a [u8],
    ) -> Result<Self, ShapeError> {
        let error = ShapeError { rows, cols, kind, len_bytes: data.len() };
        let needed = (cols / kind.block_len())
            .checked_mul(kind.block_bytes())
            .and_then(|row_bytes| row_bytes.checked_mul(rows));
        let fits = needed == Some(data.len()) && cols.is_multiple_of(kind.block_len());
        if fits && !data.is_empty() { Ok(Self { kind, rows, cols, data }) } else { Err(error) }
    }

    /// How the elements are stored.
    pub const fn kind(&self) -> TensorType {
        self.kind
    }

    /// Number of outputs.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of inputs.
    pub const fn cols(&self) -> usize {
        self.cols
    }

    /// Bytes of one row.
    pub const fn row_bytes(&self) -> usize {
        self.cols / self.kind.block_len() * self.kind.block_bytes()
    }

    /// The bytes of rows `first..first + count`.
    pub fn row_data(&self, first: usize, count: usize) -> &'a [u8] {
        &self.data[first * self.row_bytes()..(first + count) * self.row_bytes()]
    }

    /// Row `row` as floats, into `out` of `(cols)`.
    pub fn dequantize_row(&self, row: usize, out: &mut [f32]) {
        let data = self.row_data(row, 1);
        assert_eq!(out.len(), self.cols, "a row has as many elements as the matrix has columns");
        let half = |bytes: &[u8]| f16_to_f32(u16::from_le_bytes([bytes[0], bytes[1]]));
        match self.kind {
            TensorType::F32 => {
                for (out, bytes) in out.iter_mut().zip(data.as_chunks::<4>().0) {
                    *out = f32::from_le_bytes(*bytes);
                }
            }
            TensorType::F16 => {
                for (out, bytes) in out.iter_mut().zip(data.as_chunks::<2>().0) {
                    *out = half(bytes);
                }
            }
            TensorType::Q8_0 => {
                for (out, block) in out.as_chunks_mut::<32>().0.iter_mut().zip(blocks::<34>(data)) {
                    let scale = half(block);
                    for (out, &quant) in out.iter_mut().zip(&block[2..]) {
                        *out = f32::from(quant as i8) * scale;
                    }
                }
            }
            TensorType::Q4_0 => {
                for (out, block) in out.as_chunks_mut::<32>().0.iter_mut().zip(blocks::<18>(data)) {
                    let scale = half(block);
                    for (index, &pair) in block[2..].iter().enumerate() {
                        out[index] = (f32::from(pair & 15) - 8.0) * scale;
                        out[index + 16] = (f32::from(pair >> 4) - 8.0) * scale;
                    }
                }
            }
            TensorType::Q4_1 => {
                for (out, block) in out.as_chunks_mut::<32>().0.iter_mut().zip(blocks::<20>(data)) {
                    let (scale, minimum) = (half(block), half(&block[2..]));
                    for (index, &pair) in block[4..].iter().enumerate() {
                        out[index] = f32::from(pair & 15) * scale + minimum;
                        out[index + 16] = f32::from(pair >> 4) * scale + minimum;
                    }
                }
            }
        }
    }
}

/// The blocks of a row.
pub(crate) fn blocks<const BYTES: usize>(data: &[u8]) -> &[[u8; BYTES]] {
    data.as_chunks().0
}
