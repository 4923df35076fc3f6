//! Matrix times activations on all CPUs.

use crate::{
    Activations, CpuFeatures, Matrix, TensorType,
    activations::Quantized,
    avx2::{self, TILE_ROWS, TILE_TOKENS},
    avx2_lanes,
    cpu::for_each_cpu,
    fixed, fused,
    lanes::{PANEL_ROWS, Panel},
    matrix::blocks,
    panels::Panels,
    scalar,
    split::{ColumnWriter, Columns, for_each_columns},
};
use core::ops::Range;
use system_platform::ComputePool;

/// Parts a CPU gets on average, so that one that is held up does not hold up the others. A part is
/// a microsecond of silicon's time and some dozens of an emulator's, where it costs nothing to take
/// one and where CPUs are held up all the time.
const fn parts_per_worker(cpu: CpuFeatures) -> usize {
    if cpu.is_emulated() { 16 } else { 4 }
}

/// Whether products with such a matrix need [`Activations::quantize`] first.
pub const fn needs_quantized(kind: TensorType) -> bool {
    kind.block_len() > 1
}

/// One matrix of several that are multiplied by the same inputs.
#[derive(Debug)]
pub struct Product<'a> {
    /// The matrix.
    pub matrix: &'a Matrix<'a>,
    /// Its panels, if it has some.
    pub panels: Option<&'a Panels>,
    /// The rows that are computed.
    pub rows: Range<usize>,
    /// `(tokens, matrix rows)`
    pub output: &'a mut [f32],
}

/// Computes outputs `rows` of `matrix` for all tokens of `x` into `output`, `(tokens, matrix
/// rows)`. `panels`, if given, are those of the matrix. The result does not depend on the panels,
/// on the number of workers, on the number of tokens computed together nor on how the rows are
/// divided over calls, and on the CPU's features only by its dialect ([`CpuFeatures::dialect`]).
pub fn matmul(
    cpu: CpuFeatures,
    pool: &dyn ComputePool,
    matrix: &Matrix<'_>,
    panels: Option<&Panels>,
    x: &Activations,
    rows: Range<usize>,
    output: &mut [f32],
) {
    matmul_group(cpu, pool, x, [Product { matrix, panels, rows, output }]);
}

/// As [`matmul`], for several matrices at once: the CPUs meet only once.
pub fn matmul_group<const COUNT: usize>(
    cpu: CpuFeatures,
    pool: &dyn ComputePool,
    x: &Activations,
    products: [Product<'_>; COUNT],
) {
    for Product { matrix, output, .. } in &products {
        assert_eq!(x.cols(), matrix.cols(), "as many inputs as the matrix has columns");
        assert_eq!(output.len(), x.tokens() * matrix.rows(), "an output for each row and token");
    }
    // What is read measures the work as well as what is computed does.
    let cost = |product: &Product<'_>| product.rows.len() * product.matrix.row_bytes();
    let total: usize = products.iter().map(cost).sum();
    let share = total.div_ceil(pool.workers() * parts_per_worker(cpu));
    // A single token takes two panels at a time.
    let part_rows = if x.tokens() == 1 { 2 * PANEL_ROWS } else { PANEL_ROWS };
    let weights = products.each_ref().map(|product| (product.matrix, product.panels));
    let mut outputs = products.map(|Product { matrix, rows, output, .. }| {
        let part = (share / matrix.row_bytes()).max(1).next_multiple_of(part_rows);
        Columns::new(output, matrix.rows(), rows, part)
    });
    for_each_columns(pool, &mut outputs, &|index, writer| {
        let (matrix, panels) = weights[index];
        compute_rows(cpu, matrix, panels, x, writer);
    });
}

/// With fewer tokens than this, rows that are in no panels are multiplied as the file has them; with
/// more it pays to pack them first.
const FEW_TOKENS: usize = 8;

/// Whether [`avx2::tile`] knows the type; the others are computed row by row.
const fn has_tile(kind: TensorType) -> bool {
    matches!(kind, TensorType::Q8_0 | TensorType::Q4_0 | TensorType::Q4_1)
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
    if let Some(panels) = panels.and_then(Panels::lanes)
        && row.is_multiple_of(PANEL_ROWS)
    {
        let end = writer.columns().end.min(panels.rows());
        // Several tokens need the registers that a second panel would take.
        while x.tokens() == 1 && row + 2 * PANEL_ROWS <= end {
            let index = row / PANEL_ROWS;
            let panels = [panels.panel(index), panels.panel(index + 1)];
            compute_group(&PanelRows { cpu, kind, panels }, x, row, &mut writer);
            row += 2 * PANEL_ROWS;
        }
        while row + PANEL_ROWS <= end {
            let panels = [panels.panel(row / PANEL_ROWS)];
            compute_group(&PanelRows { cpu, kind, panels }, x, row, &mut writer);
            row += PANEL_ROWS;
        }
    }
    if cpu.is_fused() {
        let panels = panels.and_then(Panels::fused);
        if panels.is_none() && has_tile(kind) && x.tokens() < FEW_TOKENS {
            compute_tiles(cpu, matrix, x, &mut row, &mut writer);
        }
        fused::compute_rows(cpu, matrix, panels, x, row, &mut writer);
        return;
    }
    let is_fixed = cpu.is_fixed() && fixed::has(kind);
    if cpu.has_avx2() && has_tile(kind) && !is_fixed {
        compute_tiles(cpu, matrix, x, &mut row, &mut writer);
    }
    for row in row..writer.columns().end {
        let weights = matrix.row_data(row, 1);
        for token in 0..x.tokens() {
            let sum = if is_fixed {
                dot_fixed(cpu, kind, weights, &x.quantized(token, 1))
            } else if needs_quantized(kind) {
                dot_quantized(cpu, kind, weights, &x.quantized(token, 1))
            } else {
                let values = &x.values()[token * x.cols()..][..x.cols()];
                dot_floats(cpu, kind, weights, values)
            };
            writer.write(token, row, &[sum]);
        }
    }
}

/// Computes the rows from `row` on that fill tiles, and moves it behind them.
fn compute_tiles(
    cpu: CpuFeatures,
    matrix: &Matrix<'_>,
    x: &Activations,
    row: &mut usize,
    writer: &mut ColumnWriter<'_>,
) {
    while *row + TILE_ROWS <= writer.columns().end {
        let weights = matrix.row_data(*row, TILE_ROWS);
        compute_group(&TileRows { cpu, kind: matrix.kind(), weights }, x, *row, writer);
        *row += TILE_ROWS;
    }
}

/// Neighbouring rows that a kernel computes together.
trait RowGroup {
    /// A float for each of them.
    type Sums: AsSums;

    /// The rows times `TOKENS` tokens.
    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [Self::Sums; TOKENS];
}

/// Computes a group, whose first row is `row`, for all tokens: several together while there are as
/// many, then one by one.
fn compute_group(
    group: &impl RowGroup,
    x: &Activations,
    row: usize,
    writer: &mut ColumnWriter<'_>,
) {
    let token = compute_tokens::<TILE_TOKENS>(group, x, 0, row, writer);
    compute_tokens::<1>(group, x, token, row, writer);
}

/// Computes a group for the tokens from `token` on, `TOKENS` at a time while there are as many; gives
/// the first that is left.
fn compute_tokens<const TOKENS: usize>(
    group: &impl RowGroup,
    x: &Activations,
    mut token: usize,
    row: usize,
    writer: &mut ColumnWriter<'_>,
) -> usize {
    while token + TOKENS <= x.tokens() {
        for sums in group.times::<TOKENS>(&x.quantized(token, TOKENS)) {
            writer.write(token, row, sums.as_sums());
            token += 1;
        }
    }
    token
}

/// Floats in an array of any shape.
trait AsSums {
    fn as_sums(&self) -> &[f32];
}

impl AsSums for [f32; TILE_ROWS] {
    fn as_sums(&self) -> &[f32] {
        self
    }
}

impl<const PANELS: usize> AsSums for [[f32; PANEL_ROWS]; PANELS] {
    fn as_sums(&self) -> &[f32] {
        self.as_flattened()
    }
}

for_each_cpu! {
    /// One row of a type with blocks times one token.
    fn dot_quantized(kind: TensorType, row: &[u8], x: &Quantized<'_>) -> f32 {
        scalar::dot_quantized::<false>(kind, row, x)
    }
}

for_each_cpu! {
    /// One row of a type with blocks times one token, in fixed point.
    fn dot_fixed(kind: TensorType, row: &[u8], x: &Quantized<'_>) -> f32 {
        fixed::dot(kind, row, x)
    }
}

for_each_cpu! {
    /// One row of a float type times one token.
    fn dot_floats(kind: TensorType, row: &[u8], x: &[f32]) -> f32 {
        scalar::dot_floats::<false>(kind, row, x)
    }
}

/// Eight rows as the file has them, in AVX2.
struct TileRows<'a> {
    cpu: CpuFeatures,
    kind: TensorType,
    weights: &'a [u8],
}

impl RowGroup for TileRows<'_> {
    type Sums = [f32; TILE_ROWS];

    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [[f32; TILE_ROWS]; TOKENS] {
        use avx2::{Q4_0, Q4_1, Q8_0, fused_tile, tile};
        assert!(self.cpu.has_avx2(), "the caller has asked");
        match (self.kind, self.cpu.is_fused()) {
            // SAFETY: the CPU has AVX2, as asserted.
            (TensorType::Q8_0, false) => unsafe { tile::<Q8_0, 34, _>(blocks(self.weights), x) },
            // SAFETY: the same.
            (TensorType::Q4_0, false) => unsafe { tile::<Q4_0, 18, _>(blocks(self.weights), x) },
            // SAFETY: the same.
            (TensorType::Q4_1, false) => unsafe { tile::<Q4_1, 20, _>(blocks(self.weights), x) },
            // SAFETY: the same, and `is_fused` means that it has FMA.
            (TensorType::Q8_0, true) => unsafe {
                fused_tile::<Q8_0, 34, _>(blocks(self.weights), x)
            },
            // SAFETY: the same.
            (TensorType::Q4_0, true) => unsafe {
                fused_tile::<Q4_0, 18, _>(blocks(self.weights), x)
            },
            // SAFETY: the same.
            (TensorType::Q4_1, true) => unsafe {
                fused_tile::<Q4_1, 20, _>(blocks(self.weights), x)
            },
            _ => unreachable!("only the types of `has_tile`"),
        }
    }
}

/// The rows of some panels, in AVX2.
struct PanelRows<'a, const PANELS: usize> {
    cpu: CpuFeatures,
    kind: TensorType,
    panels: [Panel<'a>; PANELS],
}

impl<const PANELS: usize> RowGroup for PanelRows<'_, PANELS> {
    type Sums = [[f32; PANEL_ROWS]; PANELS];

    fn times<const TOKENS: usize>(&self, x: &Quantized<'_>) -> [Self::Sums; TOKENS] {
        use avx2::{Q4_0, Q4_1, Q8_0};
        use avx2_lanes::panels;
        assert!(self.cpu.has_avx2(), "the caller has asked");
        match self.kind {
            // SAFETY: the CPU has AVX2, as asserted.
            TensorType::Q8_0 => unsafe { panels::<Q8_0, 16, PANELS, TOKENS>(self.panels, x) },
            // SAFETY: the same.
            TensorType::Q4_0 => unsafe { panels::<Q4_0, 8, PANELS, TOKENS>(self.panels, x) },
            // SAFETY: the same.
            TensorType::Q4_1 => unsafe { panels::<Q4_1, 8, PANELS, TOKENS>(self.panels, x) },
            _ => unreachable!("only types that panels are made for"),
        }
    }
}
