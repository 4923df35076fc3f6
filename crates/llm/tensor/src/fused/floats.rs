//! Rows of floats times tokens of floats, sixteen lanes at a time.
//!
//! A tile of some rows and tokens keeps a sum of lanes for each pair in registers, so that every
//! weight that is loaded and converted meets several tokens, and every input several rows.

use super::isa::{Isa, Kernel, Unit};
use crate::{
    Activations, Matrix, TensorType, matrix::blocks, scalar::FLOAT_LANES, split::ColumnWriter,
};
use core::marker::PhantomData;

/// A float type; sixteen elements take `UNITS` units.
trait Element<const UNITS: usize> {
    /// Sixteen elements.
    fn load<I: Isa>(isa: I, units: &[Unit; UNITS]) -> I::Floats;
}

struct Single;
struct Half;
struct Brain;

impl Element<4> for Single {
    #[inline(always)]
    fn load<I: Isa>(isa: I, units: &[Unit; 4]) -> I::Floats {
        isa.singles(units)
    }
}

impl Element<2> for Half {
    #[inline(always)]
    fn load<I: Isa>(isa: I, units: &[Unit; 2]) -> I::Floats {
        isa.halves(units)
    }
}

impl Element<2> for Brain {
    #[inline(always)]
    fn load<I: Isa>(isa: I, units: &[Unit; 2]) -> I::Floats {
        isa.brains(units)
    }
}

/// Computes the rows that `writer` has, for all tokens of `x`.
pub(super) fn compute_rows<I: Isa>(
    isa: I,
    matrix: &Matrix<'_>,
    x: &Activations,
    writer: &mut ColumnWriter<'_>,
) {
    match matrix.kind() {
        TensorType::F32 => isa.run(Rows::<Single, 4>::new(matrix, x, writer)),
        TensorType::F16 => isa.run(Rows::<Half, 2>::new(matrix, x, writer)),
        TensorType::BF16 => isa.run(Rows::<Brain, 2>::new(matrix, x, writer)),
        _ => unreachable!("types with blocks are multiplied in integers"),
    }
}

/// Bytes of weights that stay in a cache while all tokens pass, a tile of them at a time.
const CACHED_WEIGHTS: usize = 1 << 17;
/// Bytes of weights from those that a single token meets now to those that are asked for.
const AHEAD: usize = 8192;

/// The rows of a writer times all tokens.
struct Rows<'a, 'b, E, const UNITS: usize> {
    weights: &'a [u8],
    row_bytes: usize,
    x: &'a Activations,
    writer: &'a mut ColumnWriter<'b>,
    element: PhantomData<E>,
}

impl<'a, 'b, E: Element<UNITS>, const UNITS: usize> Rows<'a, 'b, E, UNITS> {
    fn new(matrix: &Matrix<'a>, x: &'a Activations, writer: &'a mut ColumnWriter<'b>) -> Self {
        let columns = writer.columns();
        let weights = matrix.row_data(columns.start, columns.len());
        Self { weights, row_bytes: matrix.row_bytes(), x, writer, element: PhantomData }
    }

    /// Computes the products in tiles of `ROWS` rows and `TOKENS` tokens while there are as many,
    /// then of `FEW` tokens.
    #[inline(always)]
    fn compute<I: Isa, const ROWS: usize, const TOKENS: usize, const FEW: usize>(
        &mut self,
        isa: I,
    ) {
        let tokens = self.x.tokens();
        let tile_bytes = ROWS * self.row_bytes;
        let block_bytes = tile_bytes * (CACHED_WEIGHTS / tile_bytes).max(1);
        let mut first = self.writer.columns().start;
        for block in self.weights.chunks(block_bytes) {
            let mut token = 0;
            while token < tokens {
                let wide = token + TOKENS <= tokens;
                let count = if wide { TOKENS } else { FEW.min(tokens - token) };
                for (index, weights) in block.chunks(tile_bytes).enumerate() {
                    let row = first + index * ROWS;
                    if wide {
                        self.tile::<I, ROWS, TOKENS>(isa, weights, row, token, count);
                    } else {
                        self.tile::<I, ROWS, FEW>(isa, weights, row, token, count);
                    }
                }
                token += count;
            }
            first += block.len() / self.row_bytes;
        }
    }

    /// Computes a tile from `row` and `token` on. Rows and tokens that it has too many are computed
    /// from the last ones and thrown away.
    #[inline(always)]
    fn tile<I: Isa, const ROWS: usize, const TOKENS: usize>(
        &mut self,
        isa: I,
        weights: &[u8],
        row: usize,
        token: usize,
        count: usize,
    ) {
        // Loops rather than `map` and `from_fn`, into which the compiler does not inline
        // instructions that those are not compiled for.
        let (mut rows, mut x) = ([&weights[..self.row_bytes]; ROWS], [[].as_slice(); TOKENS]);
        for (index, weights) in weights.chunks_exact(self.row_bytes).enumerate().skip(1) {
            rows[index] = weights;
        }
        for (index, inputs) in x.iter_mut().enumerate() {
            *inputs = self.inputs(token + index.min(count - 1));
        }
        let mut sums = [[0.0; ROWS]; TOKENS];
        let tile =
            Tile::<E, UNITS, ROWS, TOKENS> { rows, x, sums: &mut sums, element: PhantomData };
        if TOKENS == 1 {
            tile.run_on(isa);
        } else {
            // Wide tiles need all registers: they are functions of their own.
            isa.run(tile);
        }
        for (index, sums) in sums.iter().enumerate().take(count) {
            let count = weights.len() / self.row_bytes;
            self.writer.write(token + index, row, if count < ROWS { &sums[..count] } else { sums });
        }
    }

    #[inline(always)]
    fn inputs(&self, token: usize) -> &'a [f32] {
        &self.x.values()[token * self.x.cols()..][..self.x.cols()]
    }
}

impl<E: Element<UNITS>, const UNITS: usize> Kernel for Rows<'_, '_, E, UNITS> {
    #[inline(always)]
    fn run_on<I: Isa>(mut self, isa: I) {
        // A tile has as many sums as there are registers for, less what is loaded. A single token's
        // has fewer, as more rows would be read from too many places at a time.
        match (self.x.tokens(), I::IS_ROOMY) {
            (1, _) => self.compute::<I, 4, 1, 1>(isa),
            (_, true) => self.compute::<I, 4, 6, 3>(isa),
            (_, false) => self.compute::<I, 2, 2, 2>(isa),
        }
    }
}

/// Products of some rows with some tokens.
struct Tile<'a, E, const UNITS: usize, const ROWS: usize, const TOKENS: usize> {
    rows: [&'a [u8]; ROWS],
    x: [&'a [f32]; TOKENS],
    sums: &'a mut [[f32; ROWS]; TOKENS],
    element: PhantomData<E>,
}

impl<E: Element<UNITS>, const UNITS: usize, const ROWS: usize, const TOKENS: usize> Kernel
    for Tile<'_, E, UNITS, ROWS, TOKENS>
{
    #[inline(always)]
    fn run_on<I: Isa>(self, isa: I) {
        let Self { rows, x, sums, .. } = self;
        let steps = x[0].len() / FLOAT_LANES;
        let (mut whole_rows, mut whole_x) = ([[].as_slice(); ROWS], [[].as_slice(); TOKENS]);
        for (whole, row) in whole_rows.iter_mut().zip(rows) {
            *whole = &blocks::<16>(row).as_chunks::<UNITS>().0[..steps];
        }
        for (whole, x) in whole_x.iter_mut().zip(x) {
            *whole = &x.as_chunks::<FLOAT_LANES>().0[..steps];
        }
        let mut lanes = [[isa.splat(0.0); ROWS]; TOKENS];
        for step in 0..steps {
            // A single token's weights come from memory: those that follow are asked for now. A cache
            // line is four units.
            if TOKENS == 1 && (step * UNITS).is_multiple_of(4) {
                for row in rows {
                    isa.prefetch(row.as_ptr().wrapping_add(step * UNITS * 16 + AHEAD));
                }
            }
            let mut weights = [isa.splat(0.0); ROWS];
            for (weights, row) in weights.iter_mut().zip(whole_rows) {
                // SAFETY: each row was cut to `steps` elements above.
                *weights = E::load(isa, unsafe { row.get_unchecked(step) });
            }
            for (lanes, x) in lanes.iter_mut().zip(whole_x) {
                // SAFETY: so were the inputs.
                let x = isa.floats(unsafe { x.get_unchecked(step) });
                for (lanes, weights) in lanes.iter_mut().zip(weights) {
                    *lanes = isa.fused(weights, x, *lanes);
                }
            }
        }
        let rest = x[0].len() % FLOAT_LANES;
        if rest > 0 {
            // The lanes behind the end get zero times zero.
            let mut weights = [isa.splat(0.0); ROWS];
            for (weights, row) in weights.iter_mut().zip(rows) {
                let (mut units, row) = ([[0; 16]; UNITS], &row[steps * UNITS * 16..]);
                units.as_flattened_mut()[..row.len()].copy_from_slice(row);
                *weights = E::load(isa, &units);
            }
            for (lanes, x) in lanes.iter_mut().zip(x) {
                let mut inputs = [0.0; FLOAT_LANES];
                inputs[..rest].copy_from_slice(&x[steps * FLOAT_LANES..]);
                let x = isa.floats(&inputs);
                for (lanes, weights) in lanes.iter_mut().zip(weights) {
                    *lanes = isa.fused(weights, x, *lanes);
                }
            }
        }
        const { assert!((ROWS * TOKENS).is_multiple_of(4), "sums are added up four by four") };
        let lanes = lanes.as_flattened().as_chunks::<4>().0;
        for (sums, lanes) in sums.as_flattened_mut().as_chunks_mut::<4>().0.iter_mut().zip(lanes) {
            *sums = isa.sum_four(*lanes);
        }
    }
}
