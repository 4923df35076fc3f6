//! Matrix times activations on all CPUs.

use crate::{
    Activations, CpuFeatures, Matrix, TensorType,
    activations::Quantized,
    avx2::{self, TILE_ROWS, TILE_TOKENS},
    avx2_panel,
    cpu::for_each_cpu,
    matrix::blocks,
    panels::{PANEL_ROWS, Panel, Panels},
    scalar,
    split::{ColumnWriter, for_each_columns},
};
use core::ops::Range;
use system_platform::ComputePool;

/// Parts a CPU gets on average, so that one that is held up does not hold up the others.
const PARTS_PER_WORKER: usize = 2;

/// Whether products with such a matrix need [`Activations::quantize`] first.
pub const fn needs_quantized(kind: TensorType) -> bool {
    kind.block_len() > 1
}

/// Computes outputs `rows` of `matrix` for all tokens of `x` into `output`, `(tokens, matrix
/// rows)`. `panels`, if given, are those of the matrix. The result does not depend on the CPU's features, on the panels, on the number of
/// workers, on the number of tokens computed together nor on how the rows are divided over calls.
pub fn matmul(
    cpu: CpuFeatures,
    pool: &dyn ComputePool,
    matrix: &Matrix<'_>,
    panels: Option<&Panels>,
    x: &Activations,
    rows: Range<usize>,
    output: &mut [f32],
) {
    assert_eq!(x.cols(), matrix.cols(), "as many inputs as the matrix has columns");
    assert_eq!(output.len(), x.tokens() * matrix.rows(), "an output for each row and token");
    let part = rows.len().div_ceil(pool.workers() * PARTS_PER_WORKER).next_multiple_of(PANEL_ROWS);
    for_each_columns(pool, output, matrix.rows(), rows, part, &|writer| {
        compute_rows(cpu, matrix, panels, x, writer);
    });
}

fn compute_rows(
    cpu: CpuFeatures,
    matrix: &Matrix<'_>,
    panels: Option<&Panels>,
    x: &Activations,
    mut writer: ColumnWriter<'_>,
) {
    let kind = matrix.kind();
    let mut row = writer.columns().start;
    if let Some(panels) = panels
        && cpu.has_avx2()
        && row.is_multiple_of(PANEL_ROWS)
    {
        let end = writer.columns().end.min(panels.rows());
        while row + PANEL_ROWS <= end {
            let panel = panels.panel(row / PANEL_ROWS);
            compute_group(&PanelRows { cpu, kind, panel }, x, row, &mut writer);
            row += PANEL_ROWS;
        }
    }
    if cpu.has_avx2() && needs_quantized(kind) {
        while row + TILE_ROWS <= writer.columns().end {
            let weights = matrix.row_data(row, TILE_ROWS);
            compute_group(&TileRows { cpu, kind, weights }, x, row, &mut writer);
            row += TILE_ROWS;
        }
    }
    for row in row..writer.columns().end {
        let weights = matrix.row_data(row, 1);
        for token in 0..x.tokens() {
            let sum = if needs_quantized(kind) {
                dot_quantized(cpu, kind, weights, &x.quantized(token, 1))
            } else {
                let values = &x.values()[token * x.cols()..][..x.cols()];
                dot_floats(cpu, kind, weights, values)
            };
            writer.write(token, row, &[sum]);
        }
    }
}

/// `ROWS` neighbouring rows that a kernel computes together.
trait RowGroup<const ROWS: usize> {
    /// The rows times `TOKENS` tokens.
    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [[f32; ROWS]; TOKENS];
}

/// Computes a group, whose first row is `row`, for all tokens: four together while there are as
/// many, then one by one.
fn compute_group<const ROWS: usize>(
    group: &impl RowGroup<ROWS>,
    x: &Activations,
    row: usize,
    writer: &mut ColumnWriter<'_>,
) {
    let mut token = 0;
    while token + TILE_TOKENS <= x.tokens() {
        for sums in group.times::<TILE_TOKENS>(&x.quantized(token, TILE_TOKENS)) {
            writer.write(token, row, &sums);
            token += 1;
        }
    }
    for token in token..x.tokens() {
        let [sums] = group.times(&x.quantized(token, 1));
        writer.write(token, row, &sums);
    }
}

for_each_cpu! {
    /// One row of a type with blocks times one token.
    fn dot_quantized(kind: TensorType, row: &[u8], x: &Quantized<'_>) -> f32 {
        match kind {
            TensorType::Q8_0 => scalar::dot_q8_0(row, x),
            TensorType::Q4_0 => scalar::dot_q4_0(row, x),
            TensorType::Q4_1 => scalar::dot_q4_1(row, x),
            TensorType::F32 | TensorType::F16 => unreachable!("float types have no blocks"),
        }
    }
}

for_each_cpu! {
    /// One row of a float type times one token.
    fn dot_floats(kind: TensorType, row: &[u8], x: &[f32]) -> f32 {
        match kind {
            TensorType::F32 => scalar::dot_row_f32(row, x),
            TensorType::F16 => scalar::dot_row_f16(row, x),
            _ => unreachable!("types with blocks are multiplied in integers"),
        }
    }
}

/// Eight rows as the file has them, in AVX2.
struct TileRows<'a> {
    cpu: CpuFeatures,
    kind: TensorType,
    weights: &'a [u8],
}

impl RowGroup<TILE_ROWS> for TileRows<'_> {
    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [[f32; TILE_ROWS]; TOKENS] {
        use avx2::{Q4_0, Q4_1, Q8_0, tile};
        assert!(self.cpu.has_avx2(), "the caller has asked");
        match self.kind {
            // SAFETY: the CPU has AVX2, as asserted.
            TensorType::Q8_0 => unsafe { tile::<Q8_0, 34, TOKENS>(blocks(self.weights), x) },
            // SAFETY: the same.
            TensorType::Q4_0 => unsafe { tile::<Q4_0, 18, TOKENS>(blocks(self.weights), x) },
            // SAFETY: the same.
            TensorType::Q4_1 => unsafe { tile::<Q4_1, 20, TOKENS>(blocks(self.weights), x) },
            TensorType::F32 | TensorType::F16 => unreachable!("float types have no blocks"),
        }
    }
}

/// The sixteen rows of a panel, in AVX2.
struct PanelRows<'a> {
    cpu: CpuFeatures,
    kind: TensorType,
    panel: Panel<'a>,
}

impl RowGroup<PANEL_ROWS> for PanelRows<'_> {
    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [[f32; PANEL_ROWS]; TOKENS] {
        use avx2::{Q4_0, Q4_1, Q8_0};
        use avx2_panel::panel;
        assert!(self.cpu.has_avx2(), "the caller has asked");
        match self.kind {
            // SAFETY: the CPU has AVX2, as asserted.
            TensorType::Q8_0 => unsafe { panel::<Q8_0, 16, TOKENS>(self.panel, x) },
            // SAFETY: the same.
            TensorType::Q4_0 => unsafe { panel::<Q4_0, 8, TOKENS>(self.panel, x) },
            // SAFETY: the same.
            TensorType::Q4_1 => unsafe { panel::<Q4_1, 8, TOKENS>(self.panel, x) },
            TensorType::F32 | TensorType::F16 => unreachable!("float types have no panels"),
        }
    }
}
