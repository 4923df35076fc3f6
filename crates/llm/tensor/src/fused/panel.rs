//! Sixteen rows in the form of [`super::packed`], made from the rows of a file.

use super::{
    isa::{Line, Unit},
    packed::{Bits, PANEL_ROWS, Packed, Steps},
};
use crate::{
    BLOCK_LEN, Matrix, TensorType,
    formats::{self, with_format},
};

/// Sixteen rows, or as many neighbouring blocks of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    /// `(blocks, groups, lines)`
    pub lines: &'a [Line],
    /// `(blocks, units)`
    pub units: &'a [Unit],
}

/// Lines and units that a block of sixteen rows takes; `None` for float types.
pub(crate) const fn block_size(kind: TensorType) -> Option<(usize, usize)> {
    with_format!(
        kind,
        F => Some((<F as Packed>::GROUPS * <F as Packed>::LINES, <F as Packed>::UNITS)),
        else None
    )
}

/// Packs blocks `first..` of sixteen rows from row `16 * panel` on, as many as there is room for.
/// Rows behind the last one of the matrix are zeros.
pub(crate) fn pack(
    matrix: &Matrix<'_>,
    panel: usize,
    first: usize,
    lines: &mut [Line],
    units: &mut [Unit],
) {
    with_format!(
        matrix.kind(),
        F => pack_format::<F>(matrix, panel, first, lines, units),
        else unreachable!("float types have no panels")
    );
}

fn pack_format<F: Packed>(
    matrix: &Matrix<'_>,
    panel: usize,
    first: usize,
    lines: &mut [Line],
    units: &mut [Unit],
) {
    let start = panel * PANEL_ROWS;
    let rows = PANEL_ROWS.min(matrix.rows() - start);
    let data = matrix.row_data(start, rows);
    let bytes = F::KIND.block_bytes();
    if rows < PANEL_ROWS {
        lines.fill(Line([0; 64]));
        units.fill([0; 16]);
    }
    let lines = lines.chunks_exact_mut(F::GROUPS * F::LINES);
    let units = units.chunks_exact_mut(F::UNITS);
    for (index, (lines, units)) in lines.zip(units).enumerate() {
        for row in 0..rows {
            let offset = row * matrix.row_bytes() + (first + index) * bytes;
            pack_block::<F>(&data[offset..offset + bytes], row, lines, units);
        }
    }
}

/// Puts one row's block into its place among sixteen.
fn pack_block<F: Packed>(block: &[u8], row: usize, lines: &mut [Line], units: &mut [Unit]) {
    let (halves, groups) = units.split_at_mut(2 * F::HALVES.len());
    for (pair, &offset) in halves.chunks_exact_mut(2).zip(F::HALVES) {
        pair.as_flattened_mut()[2 * row..2 * row + 2].copy_from_slice(&block[offset..offset + 2]);
    }
    for (index, lines) in lines.chunks_exact_mut(F::LINES).enumerate() {
        let mut quants = [0; BLOCK_LEN];
        F::quants(block, index, &mut quants);
        let units = &mut groups[index * F::GROUP_UNITS..][..F::GROUP_UNITS];
        let (scales, minima) = units.split_at_mut(F::SCALES.count());
        for (unit, scale) in scales.iter_mut().zip(F::scales(block, index).sub_scales) {
            unit[row] = scale.cast_unsigned();
        }
        for (unit, step) in minima.iter_mut().zip(minimum_steps::<F>(block, index)) {
            unit[row] = step;
        }
        pack_quads::<F>(&quants, row, lines);
    }
}

/// The integers that multiply the scale of the minima of a group.
#[inline(always)]
fn minimum_steps<F: Packed>(block: &[u8], index: usize) -> [u8; 2] {
    match F::MINIMA {
        Steps::None => [0; 2],
        Steps::Whole => [formats::six_bit_pair(&block[4..16], index).1; 2],
        Steps::Halves => [block[2 * index] >> 4, block[2 * index + 1] >> 4],
    }
}

#[inline(always)]
fn pack_quads<F: Packed>(quants: &[i8; BLOCK_LEN], row: usize, lines: &mut [Line]) {
    let unsigned = if F::BITS == Bits::Table {
        // The table is sorted: a value's place is the number of smaller ones.
        quants.map(|quant| formats::VALUES.iter().map(|&value| u8::from(value < quant)).sum())
    } else {
        quants.map(|quant| quant.cast_unsigned().wrapping_add(F::OFFSET))
    };
    let mut quads = [0; 8];
    for (quad, bytes) in quads.iter_mut().zip(unsigned.as_chunks().0) {
        *quad = u32::from_le_bytes(*bytes);
    }
    let mut put = |line: usize, bytes: u32| {
        lines[line].0[4 * row..4 * row + 4].copy_from_slice(&bytes.to_le_bytes());
    };
    let nibble_lines = matches!(F::BITS, Bits::Four | Bits::Five | Bits::Six | Bits::Table);
    if nibble_lines {
        for v in 0..4 {
            put(v, (quads[v] & 0x0f0f_0f0f) | (quads[v + 4] & 0x0f0f_0f0f) << 4);
        }
    }
    let pairs = |shift: usize, half: usize| {
        let quads = quads[4 * half..4 * half + 4].iter().enumerate();
        quads.fold(0, |bytes, (j, quad)| bytes | (quad >> shift & 0x0303_0303) << (2 * j))
    };
    let singles = |shift: usize| {
        let quads = quads.iter().enumerate();
        quads.fold(0, |bytes, (q, quad)| bytes | (quad >> shift & 0x0101_0101) << q)
    };
    match F::BITS {
        Bits::Two => (0..2).for_each(|half| put(half, pairs(0, half))),
        Bits::Three => {
            (0..2).for_each(|half| put(half, pairs(0, half)));
            put(2, singles(2));
        }
        Bits::Four | Bits::Table => {}
        Bits::Five => put(4, singles(4)),
        Bits::Six => (0..2).for_each(|half| put(4 + half, pairs(4, half))),
        Bits::Eight => quads.iter().enumerate().for_each(|(q, &quad)| put(q, quad)),
    }
}
