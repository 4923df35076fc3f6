//! Products in the fused dialect of [`crate::scalar`], which silicon with FMA speaks.
//!
//! Weights are multiplied in the form of [`packed`]: sixteen rows side by side, so that nothing is
//! added across lanes and a block costs a vector or two of float operations for sixteen results.
//! Copied once into [`FusedPanels`] they are read from first to last; a matrix that has not been
//! copied is packed bit by bit into a buffer on the stack, which gives the same bits and is slower.
//! [`tile`] is written once over the operations of [`isa`], for [`avx2`] and [`avx512`]; so is
//! attention ([`crate::attention`]).

mod avx2;
mod avx512;
mod floats;
mod isa;
mod packed;
mod panel;
#[cfg(test)]
mod software_tests;
mod tile;

use crate::{
    Activations, BLOCK_LEN, CpuFeatures, Matrix,
    activations::zeroed,
    formats::with_format,
    matmul::needs_quantized,
    split::{ColumnWriter, for_each_chunk_pair},
};
use alloc::{collections::TryReserveError, vec::Vec};
use avx2::{Avx2, AvxVnni};
use avx512::Avx512Vnni;
pub use isa::Line;
use isa::Unit;
pub(crate) use isa::{Isa, Kernel};
use packed::{PANEL_ROWS, Packed};
use panel::{Panel, block_size, pack};
use system_platform::ComputePool;
use tile::{Inputs, Tile};

/// Evaluates an expression for the best instruction set of a CPU that speaks the dialect.
macro_rules! with_isa {
    ($cpu:expr, $isa:ident => $work:expr) => {
        if let Some($isa) = Avx512Vnni::new($cpu) {
            $work
        } else if let Some($isa) = AvxVnni::new($cpu) {
            $work
        } else {
            let $isa = Avx2::new($cpu).expect("the caller has asked for the dialect");
            $work
        }
    };
}

/// A matrix in panels of sixteen rows; the last is filled up with zeros.
#[derive(Clone, Debug)]
pub(crate) struct FusedPanels {
    panels: usize,
    /// `(panels, blocks, groups, lines)`
    lines: Vec<Line>,
    /// `(panels, blocks, units)`
    units: Vec<Unit>,
}

/// The number of panels of a matrix, and the lines and units of each; `None` for float types.
fn shape(matrix: &Matrix<'_>) -> Option<(usize, usize, usize)> {
    let (lines, units) = block_size(matrix.kind())?;
    let blocks = matrix.cols() / matrix.kind().block_len();
    Some((matrix.rows().div_ceil(PANEL_ROWS), blocks * lines, blocks * units))
}

impl FusedPanels {
    /// Bytes that the panels of a matrix take; 0 where it has none.
    pub(crate) fn len_bytes(matrix: &Matrix<'_>) -> u64 {
        let Some((panels, lines, units)) = shape(matrix) else { return 0 };
        (panels * (lines * size_of::<Line>() + units * size_of::<Unit>())) as u64
    }

    /// Copies a matrix on all CPUs; `None` where it has no panels.
    ///
    /// # Errors
    /// There is not enough memory.
    pub(crate) fn new(
        matrix: &Matrix<'_>,
        pool: &dyn ComputePool,
    ) -> Result<Option<Self>, TryReserveError> {
        let Some((panels, line_count, unit_count)) = shape(matrix) else { return Ok(None) };
        let mut lines = zeroed(panels * line_count)?;
        let mut units = zeroed(panels * unit_count)?;
        for_each_chunk_pair(
            pool,
            panels,
            &mut lines,
            &mut units,
            &|panel, lines: &mut [_], units: &mut [_]| pack(matrix, panel, 0, lines, units),
        );
        Ok(Some(Self { panels, lines, units }))
    }

    fn panel(&self, index: usize) -> Panel<'_> {
        let (lines, units) = (self.lines.len() / self.panels, self.units.len() / self.panels);
        Panel {
            lines: &self.lines[index * lines..][..lines],
            units: &self.units[index * units..][..units],
        }
    }
}

/// Computes the rows that `writer` has, from `first` on, for all tokens of `x`.
pub(crate) fn compute_rows(
    cpu: CpuFeatures,
    matrix: &Matrix<'_>,
    panels: Option<&FusedPanels>,
    x: &Activations,
    first: usize,
    writer: &mut ColumnWriter<'_>,
) {
    if needs_quantized(matrix.kind()) {
        with_isa!(cpu, isa => compute_panels(isa, matrix, panels, x, first, writer));
    } else {
        with_isa!(cpu, isa => floats::compute_rows(isa, matrix, x, writer));
    }
}

/// Runs a kernel with the best instructions of the CPU.
///
/// # Panics
/// The CPU does not speak the dialect: see [`CpuFeatures::is_fused`].
pub(crate) fn run(cpu: CpuFeatures, kernel: impl Kernel) {
    with_isa!(cpu, isa => isa.run(kernel));
}

fn compute_panels<I: Isa>(
    isa: I,
    matrix: &Matrix<'_>,
    panels: Option<&FusedPanels>,
    x: &Activations,
    first: usize,
    writer: &mut ColumnWriter<'_>,
) {
    for index in first / PANEL_ROWS..writer.columns().end.div_ceil(PANEL_ROWS) {
        with_format!(
            matrix.kind(),
            F => match panels {
                Some(panels) => {
                    multiply_panel::<I, F>(isa, panels.panel(index), index, x, writer);
                }
                None => multiply_rows::<I, F>(isa, matrix, index, x, writer),
            },
            else unreachable!("float types have no panels")
        );
    }
}

/// Evaluates an expression for all tokens of a range, as many at a time as there are registers for.
/// Where two or three are left, the tile of four computes the last of them more than once.
macro_rules! for_each_tile {
    ($isa:ty, $tokens:expr, |$first:ident, $count:ident, $used:ident| $body:expr) => {{
        let tokens: core::ops::Range<usize> = $tokens;
        let mut $first = tokens.start;
        if const { <$isa as Isa>::TOKENS == 8 } {
            while $first + 8 <= tokens.end {
                const $count: usize = 8;
                let $used = 8;
                $body;
                $first += 8;
            }
        }
        while $first + 2 <= tokens.end {
            const $count: usize = 4;
            let $used = 4.min(tokens.end - $first);
            $body;
            $first += $used;
        }
        if $first < tokens.end {
            const $count: usize = 1;
            let $used = 1;
            $body;
        }
    }};
}

/// A panel times all tokens.
fn multiply_panel<I: Isa, F: Packed>(
    isa: I,
    panel: Panel<'_>,
    index: usize,
    x: &Activations,
    writer: &mut ColumnWriter<'_>,
) {
    let groups = x.cols() / BLOCK_LEN;
    for_each_tile!(I, 0..x.tokens(), |first, COUNT, used| {
        let quantized = x.quantized(first, used);
        let inputs = Inputs { quantized, stride: groups, first: 0, groups };
        let mut totals = [[0.0; PANEL_ROWS]; COUNT];
        isa.run(Tile::<F, COUNT>::new(panel, &inputs, &mut totals));
        write(&totals[..used], first, index, writer);
    });
}

/// Writes the sums of panel `index` that the writer may, for the tokens from `first` on.
fn write(totals: &[[f32; PANEL_ROWS]], first: usize, index: usize, writer: &mut ColumnWriter<'_>) {
    let columns = writer.columns();
    let start = index * PANEL_ROWS;
    let (from, to) = (columns.start.max(start), columns.end.min(start + PANEL_ROWS));
    for (token, totals) in totals.iter().enumerate() {
        writer.write(first + token, from, &totals[from - start..to - start]);
    }
}

/// Tokens for which rows that are not in panels are packed once.
const BUFFERED_TOKENS: usize = 64;
/// Groups of sixteen rows that are packed at a time.
const BUFFERED_GROUPS: usize = 8;

/// Rows that are not in panels times all tokens.
fn multiply_rows<I: Isa, F: Packed>(
    isa: I,
    matrix: &Matrix<'_>,
    index: usize,
    x: &Activations,
    writer: &mut ColumnWriter<'_>,
) {
    let groups = x.cols() / BLOCK_LEN;
    let mut lines = [Line([0; 64]); BUFFERED_GROUPS * 8];
    let mut units = [[0; 16]; BUFFERED_GROUPS * 5];
    for start in (0..x.tokens()).step_by(BUFFERED_TOKENS) {
        let tokens = start..x.tokens().min(start + BUFFERED_TOKENS);
        // Some more, for tiles that are wider than what is left.
        let mut totals = [[0.0; PANEL_ROWS]; BUFFERED_TOKENS + 3];
        for group in (0..groups).step_by(BUFFERED_GROUPS) {
            let count = BUFFERED_GROUPS.min(groups - group);
            let lines = &mut lines[..count * F::LINES];
            let units = &mut units[..count / F::GROUPS * F::UNITS];
            pack(matrix, index, group / F::GROUPS, lines, units);
            let panel = Panel { lines, units };
            for_each_tile!(I, tokens.clone(), |first, COUNT, used| {
                let quantized = x.quantized(first, used);
                let inputs = Inputs { quantized, stride: groups, first: group, groups: count };
                let totals = totals[first - start..].first_chunk_mut().expect("room for a tile");
                isa.run(Tile::<F, COUNT>::new(panel, &inputs, totals));
            });
        }
        write(&totals[..tokens.len()], start, index, writer);
    }
}
