//! A matrix of weights, borrowed from the file in the form it is stored in.

use crate::{
    BLOCK_LEN, TensorType,
    formats::{Format, Minimum, RUN_GROUPS, RunQuants, Scales, runs, scales, unpack, with_format},
    half::f16_to_f32,
    scalar::bf16_to_f32,
};
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

    /// Row `row` as floats, into `out` of `(cols)`: the same bits as ggml's own.
    pub fn dequantize_row(&self, row: usize, out: &mut [f32]) {
        let data = self.row_data(row, 1);
        assert_eq!(out.len(), self.cols, "a row has as many elements as the matrix has columns");
        match self.kind {
            TensorType::F32 => {
                for (out, bytes) in out.iter_mut().zip(blocks(data)) {
                    *out = f32::from_le_bytes(*bytes);
                }
            }
            TensorType::F16 => {
                for (out, bytes) in out.iter_mut().zip(blocks(data)) {
                    *out = f16_to_f32(u16::from_le_bytes(*bytes));
                }
            }
            TensorType::BF16 => {
                for (out, bytes) in out.iter_mut().zip(blocks(data)) {
                    *out = bf16_to_f32(u16::from_le_bytes(*bytes));
                }
            }
            kind => with_format!(
                kind,
                F => dequantize_blocks::<F>(data, out.as_chunks_mut().0),
                else unreachable!("handled above")
            ),
        }
    }
}

fn dequantize_blocks<F: Format>(row: &[u8], out: &mut [[f32; BLOCK_LEN]]) {
    let mut buffer = RunQuants::default();
    for (run, out) in runs::<F>(row).zip(out.chunks_mut(RUN_GROUPS)) {
        let quants = unpack::<F>(run, &mut buffer);
        for (group, (quants, out)) in quants.iter().zip(out).enumerate() {
            dequantize_group(quants, &scales::<F>(run, group), out);
        }
    }
}

fn dequantize_group(quants: &[i8; BLOCK_LEN], scales: &Scales, out: &mut [f32; BLOCK_LEN]) {
    const HALF: usize = BLOCK_LEN / 2;
    let halves = quants.as_chunks::<HALF>().0.iter().zip(out.as_chunks_mut::<HALF>().0);
    for (half, (quants, out)) in halves.enumerate() {
        let scale = scales.scale * f32::from(scales.sub_scales[half]);
        for (out, &quant) in out.iter_mut().zip(quants) {
            let product = scale * f32::from(quant);
            *out = match scales.minimum {
                Minimum::None => product,
                Minimum::Whole(minimum) => product + minimum,
                Minimum::Halves { scale, steps } => product - scale * f32::from(steps[half]),
            };
        }
    }
}

/// The blocks of a row.
pub(crate) fn blocks<const BYTES: usize>(data: &[u8]) -> &[[u8; BYTES]] {
    data.as_chunks().0
}
