//! Weights laid out anew for emulated CPUs: sixteen rows side by side, one in each 16-bit lane.
//!
//! An emulator such as QEMU's TCG turns additions, multiplications and shifts of vectors into the
//! host's own instructions, but calls a function, which works lane by lane, for those that add
//! neighbours (`pmaddubsw`, `phaddw`). With a row in each lane nothing has to be added across
//! lanes. On silicon the layout of the file with those instructions is faster and takes no copy.
//! The results have the same bits as [`crate::fixed`] defines.

use crate::{
    BLOCK_LEN, Matrix,
    activations::zeroed,
    fixed::{self, RowUnit, header_count},
    half::f16_to_f32,
    split::for_each_chunk_pair,
};
use alloc::{collections::TryReserveError, vec::Vec};
use system_platform::ComputePool;

/// Rows that stand side by side.
pub(crate) const PANEL_ROWS: usize = 16;

/// Rows of a matrix in panels; the rows behind the last whole panel are not in it.
#[derive(Clone, Debug)]
pub(crate) struct LanePanels {
    shape: Shape,
    /// `(panels, blocks, words)` vectors of a word of each row: two neighbouring bytes of the row's
    /// block as the file has them.
    words: Vec<[u16; PANEL_ROWS]>,
    /// `(panels, blocks * headers + 1)`: scales and, for types that have them, minima, in steps; the
    /// even rows' before the odd rows'. At the end the bits of what a step is worth.
    headers: Vec<[i32; PANEL_ROWS]>,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug)]
struct Shape {
    panels: usize,
    /// Blocks of a row.
    blocks: usize,
    /// Words of a block.
    words: usize,
    /// Scales and minima of a block.
    headers: usize,
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    /// `(blocks, words)`
    pub words: &'a [[u16; PANEL_ROWS]],
    /// `(blocks, headers)`
    pub headers: &'a [[i32; PANEL_ROWS]],
    /// Of each row, in the order of the headers: the bits of a float.
    pub factors: &'a [i32; PANEL_ROWS],
}

impl Shape {
    /// The shape of the panels of a matrix; `None` where there are none for its type or there are
    /// too few rows.
    fn of(matrix: &Matrix<'_>) -> Option<Self> {
        let kind = matrix.kind();
        let panels = matrix.rows() / PANEL_ROWS;
        if !fixed::has(kind) || panels == 0 {
            return None;
        }
        let headers = header_count(kind);
        let words = kind.block_bytes() / 2 - headers;
        let blocks = matrix.cols() / BLOCK_LEN;
        Some(Self { panels, blocks, words, headers })
    }
}

impl LanePanels {
    /// Bytes that the panels of a matrix take; 0 where it has none.
    pub(crate) fn len_bytes(matrix: &Matrix<'_>) -> u64 {
        let Some(shape) = Shape::of(matrix) else { return 0 };
        let lane_bytes = shape.words * size_of::<u16>() + shape.headers * size_of::<i32>();
        let row_bytes = shape.blocks * lane_bytes + size_of::<f32>();
        (shape.panels * row_bytes * PANEL_ROWS) as u64
    }

    /// Copies a matrix on all CPUs; `None` where it has no panels.
    ///
    /// # Errors
    /// There is not enough memory.
    pub(crate) fn new(
        matrix: &Matrix<'_>,
        pool: &dyn ComputePool,
    ) -> Result<Option<Self>, TryReserveError> {
        let Some(shape) = Shape::of(matrix) else { return Ok(None) };
        let blocks = shape.panels * shape.blocks;
        let mut words = zeroed(blocks * shape.words)?;
        let mut headers = zeroed(blocks * shape.headers + shape.panels)?;
        let (kind, row_bytes) = (matrix.kind(), matrix.row_bytes());
        for_each_chunk_pair(
            pool,
            shape.panels,
            &mut words,
            &mut headers,
            &|panel, words: &mut [_], headers: &mut [_]| {
                let rows = matrix.row_data(panel * PANEL_ROWS, PANEL_ROWS);
                let rows: [&[u8]; PANEL_ROWS] =
                    core::array::from_fn(|row| &rows[row * row_bytes..][..row_bytes]);
                let units = rows.map(|row| RowUnit::of(kind, row));
                let Some((factors, headers)) = headers.split_last_mut() else { return };
                *factors =
                    core::array::from_fn(|lane| units[row_of(lane)].factor.to_bits().cast_signed());
                let words = words.chunks_exact_mut(shape.words);
                let headers = headers.chunks_exact_mut(shape.headers);
                for (block, (words, headers)) in words.zip(headers).enumerate() {
                    let bytes = kind.block_bytes();
                    let blocks = rows.map(|row| &row[block * bytes..][..bytes]);
                    copy_block(blocks, &units, headers, words);
                }
            },
        );
        Ok(Some(Self { shape, words, headers }))
    }

    /// Rows that are in panels.
    pub(crate) fn rows(&self) -> usize {
        self.shape.panels * PANEL_ROWS
    }

    /// The panel that begins at row `index * 16`.
    pub(crate) fn panel(&self, index: usize) -> Panel<'_> {
        let Shape { blocks, words, headers, .. } = self.shape;
        let all = &self.headers[index * (blocks * headers + 1)..][..blocks * headers + 1];
        Panel {
            words: &self.words[index * blocks * words..][..blocks * words],
            headers: &all[..blocks * headers],
            factors: &all[blocks * headers],
        }
    }
}

/// The row whose scales stand in a lane.
const fn row_of(lane: usize) -> usize {
    const HALF: usize = PANEL_ROWS / 2;
    if lane < HALF { 2 * lane } else { 2 * (lane - HALF) + 1 }
}

/// Copies the same block of sixteen rows.
fn copy_block(
    rows: [&[u8]; PANEL_ROWS],
    units: &[RowUnit; PANEL_ROWS],
    headers: &mut [[i32; PANEL_ROWS]],
    words: &mut [[u16; PANEL_ROWS]],
) {
    let rows = rows.map(|row| row.as_chunks::<2>().0);
    for (index, header) in headers.iter_mut().enumerate() {
        for (lane, header) in header.iter_mut().enumerate() {
            let row = row_of(lane);
            *header = units[row].steps(f16_to_f32(u16::from_le_bytes(rows[row][index])));
        }
    }
    let rows = rows.map(|row| &row[headers.len()..]);
    for (index, word) in words.iter_mut().enumerate() {
        *word = rows.map(|row| u16::from_le_bytes(row[index]));
    }
}
