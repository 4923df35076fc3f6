//! Weights laid out anew for emulated CPUs: sixteen rows side by side, one in each 16-bit lane.
//!
//! An emulator such as QEMU's TCG turns additions, multiplications and shifts of vectors into the
//! host's own instructions, but calls a function, which works lane by lane, for those that add
//! neighbours (`pmaddubsw`, `phaddw`). With a row in each lane nothing has to be added across
//! lanes. On silicon the layout of the file with those instructions is faster and takes no copy.
//! The results have the same bits: per row the order of float operations is that of
//! [`crate::scalar`].

use crate::{
    BLOCK_LEN, Matrix, TensorType, activations::zeroed, half::f16_to_f32,
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
    /// `(panels, blocks, headers)`: scales and, for types that have them, minima; the even rows'
    /// before the odd rows'.
    headers: Vec<[f32; PANEL_ROWS]>,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug)]
struct Shape {
    panels: usize,
    /// Blocks of a row.
    blocks: usize,
    /// Words of a block.
    words: usize,
    /// Floats of a block.
    headers: usize,
}

/// One panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    /// `(blocks, words)`
    pub words: &'a [[u16; PANEL_ROWS]],
    /// `(blocks, headers)`
    pub headers: &'a [[f32; PANEL_ROWS]],
}

/// Halves at the beginning of a block; 0 for types that no panels are made for.
const fn header_count(kind: TensorType) -> usize {
    match kind {
        TensorType::Q4_1 => 2,
        TensorType::Q8_0 | TensorType::Q4_0 => 1,
        _ => 0,
    }
}

impl Shape {
    /// The shape of the panels of a matrix; `None` where there are none for its type or there are
    /// too few rows.
    fn of(matrix: &Matrix<'_>) -> Option<Self> {
        let kind = matrix.kind();
        let panels = matrix.rows() / PANEL_ROWS;
        let headers = header_count(kind);
        if headers == 0 || panels == 0 {
            return None;
        }
        let words = kind.block_bytes() / 2 - headers;
        let blocks = matrix.cols() / BLOCK_LEN;
        Some(Self { panels, blocks, words, headers })
    }
}

impl LanePanels {
    /// Bytes that the panels of a matrix take; 0 where it has none.
    pub(crate) fn len_bytes(matrix: &Matrix<'_>) -> u64 {
        let Some(shape) = Shape::of(matrix) else { return 0 };
        let lane_bytes = shape.words * size_of::<u16>() + shape.headers * size_of::<f32>();
        (shape.panels * shape.blocks * lane_bytes * PANEL_ROWS) as u64
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
        let mut headers = zeroed(blocks * shape.headers)?;
        for_each_chunk_pair(
            pool,
            shape.panels,
            &mut words,
            &mut headers,
            &|panel, words: &mut [_], headers: &mut [_]| {
                let rows = matrix.row_data(panel * PANEL_ROWS, PANEL_ROWS);
                let words = words.chunks_exact_mut(shape.words);
                let headers = headers.chunks_exact_mut(shape.headers);
                for (block, (words, headers)) in words.zip(headers).enumerate() {
                    let start = block * matrix.kind().block_bytes();
                    let rows = core::array::from_fn(|row| {
                        &rows[row * matrix.row_bytes() + start..][..matrix.kind().block_bytes()]
                    });
                    copy_block(rows, headers, words);
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
        Panel {
            words: &self.words[index * blocks * words..][..blocks * words],
            headers: &self.headers[index * blocks * headers..][..blocks * headers],
        }
    }
}

/// Copies the same block of sixteen rows.
fn copy_block(
    rows: [&[u8]; PANEL_ROWS],
    headers: &mut [[f32; PANEL_ROWS]],
    words: &mut [[u16; PANEL_ROWS]],
) {
    let rows = rows.map(|row| row.as_chunks::<2>().0);
    let half = PANEL_ROWS / 2;
    for (index, header) in headers.iter_mut().enumerate() {
        for (lane, header) in header.iter_mut().enumerate() {
            let row = if lane < half { 2 * lane } else { 2 * (lane - half) + 1 };
            *header = f16_to_f32(u16::from_le_bytes(rows[row][index]));
        }
    }
    let rows = rows.map(|row| &row[headers.len()..]);
    for (index, word) in words.iter_mut().enumerate() {
        *word = rows.map(|row| u16::from_le_bytes(row[index]));
    }
}
