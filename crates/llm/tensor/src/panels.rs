//! Weights laid out anew for emulated CPUs: sixteen rows side by side, one in each 16-bit lane.
//!
//! An emulator such as QEMU's TCG turns additions, multiplications and shifts of vectors into the
//! host's own instructions, but calls a function, which works lane by lane, for those that add
//! neighbours (`pmaddubsw`, `phaddw`). With a row in each lane nothing has to be added across
//! lanes. On silicon the layout of the file with those instructions is faster and takes no copy.
//! The results have the same bits: per row the order of float operations is that of
//! [`crate::scalar`].

use crate::{BLOCK_LEN, Matrix, TensorType, half::f16_to_f32};
use alloc::{collections::TryReserveError, vec::Vec};

/// Rows that stand side by side.
pub const PANEL_ROWS: usize = 16;

/// Rows of a matrix in panels; the rows behind the last whole panel are not in it.
#[derive(Clone, Debug)]
pub struct Panels {
    blocks: usize,
    words_per_block: usize,
    /// `(panels, blocks, words_per_block)` vectors of a word of each row: two neighbouring bytes of
    /// the row's block as the file has them.
    words: Vec<[u16; PANEL_ROWS]>,
    /// `(panels, blocks)`: scales, the even rows' before the odd rows'.
    scales: Vec<[f32; PANEL_ROWS]>,
    /// The same for minima; empty for types without.
    minima: Vec<[f32; PANEL_ROWS]>,
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    /// `(blocks, words_per_block)`
    pub words: &'a [[u16; PANEL_ROWS]],
    /// `(blocks)`
    pub scales: &'a [[f32; PANEL_ROWS]],
    /// `(blocks)`, or empty.
    pub minima: &'a [[f32; PANEL_ROWS]],
}

/// Bytes of a block before its quants.
const fn header_bytes(kind: TensorType) -> usize {
    match kind {
        TensorType::Q4_1 => 4,
        TensorType::Q8_0 | TensorType::Q4_0 => 2,
        TensorType::F32 | TensorType::F16 => 0,
    }
}

/// The shape of the panels of a matrix: panels, blocks of a row, words of a block; `None` where a
/// type has no blocks or there are too few rows.
fn shape(matrix: &Matrix<'_>) -> Option<(usize, usize, usize)> {
    let kind = matrix.kind();
    let panels = matrix.rows() / PANEL_ROWS;
    let words = (kind.block_bytes() - header_bytes(kind)) / 2;
    (kind.block_len() > 1 && panels > 0).then_some((panels, matrix.cols() / BLOCK_LEN, words))
}

impl Panels {
    /// Bytes that the panels of a matrix take; 0 where it has none.
    pub fn len_bytes(matrix: &Matrix<'_>) -> u64 {
        let Some((panels, blocks, words)) = shape(matrix) else { return 0 };
        let has_minima = matrix.kind() == TensorType::Q4_1;
        let floats = 1 + usize::from(has_minima);
        (panels * blocks * PANEL_ROWS * (words * 2 + floats * 4)) as u64
    }

    /// Copies a matrix; `None` where it has no panels.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(matrix: &Matrix<'_>) -> Result<Option<Self>, TryReserveError> {
        let Some((panels, blocks, words_per_block)) = shape(matrix) else { return Ok(None) };
        let kind = matrix.kind();
        let mut copy = Self {
            blocks,
            words_per_block,
            words: Vec::new(),
            scales: Vec::new(),
            minima: Vec::new(),
        };
        copy.words.try_reserve_exact(panels * blocks * words_per_block)?;
        copy.scales.try_reserve_exact(panels * blocks)?;
        if kind == TensorType::Q4_1 {
            copy.minima.try_reserve_exact(panels * blocks)?;
        }
        let row_bytes = matrix.row_bytes();
        for panel in 0..panels {
            let data = matrix.row_data(panel * PANEL_ROWS, PANEL_ROWS);
            for block in 0..blocks {
                let start = block * kind.block_bytes();
                let rows: [&[u8]; PANEL_ROWS] = core::array::from_fn(|row| {
                    &data[row * row_bytes + start..][..kind.block_bytes()]
                });
                copy.push_block(kind, rows);
            }
        }
        Ok(Some(copy))
    }

    /// Appends the same block of sixteen rows.
    fn push_block(&mut self, kind: TensorType, rows: [&[u8]; PANEL_ROWS]) {
        let float = |at: usize| {
            core::array::from_fn(|lane| {
                let half = PANEL_ROWS / 2;
                let row = if lane < half { 2 * lane } else { 2 * (lane - half) + 1 };
                f16_to_f32(u16::from_le_bytes([rows[row][at], rows[row][at + 1]]))
            })
        };
        self.scales.push(float(0));
        if kind == TensorType::Q4_1 {
            self.minima.push(float(2));
        }
        let quants = rows.map(|row| row[header_bytes(kind)..].as_chunks::<2>().0);
        for word in 0..self.words_per_block {
            self.words.push(quants.map(|row| u16::from_le_bytes(row[word])));
        }
    }

    /// Rows that are in panels.
    pub fn rows(&self) -> usize {
        self.scales.len() / self.blocks * PANEL_ROWS
    }

    /// The panel that begins at row `index * 16`.
    pub(crate) fn panel(&self, index: usize) -> Panel<'_> {
        let blocks = index * self.blocks..(index + 1) * self.blocks;
        let words = blocks.start * self.words_per_block..blocks.end * self.words_per_block;
        let minima = if self.minima.is_empty() { &[] } else { &self.minima[blocks.clone()] };
        Panel { words: &self.words[words], scales: &self.scales[blocks], minima }
    }
}
