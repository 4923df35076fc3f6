//! Vectors of eight bits an element for the search by meaning, in two planes of four bits: the
//! upper halves are read by a first, coarse look at many vectors, the lower ones only of those that
//! are worth it.
//!
//! An element is `scale * (byte - 128)`. A [`Line`] of a plane holds 128 elements: 64 in the lower
//! nibbles of its bytes and the 64 that follow in the upper ones; the planes of a vector are padded
//! with the byte 128, which is worth nothing. A [`Query`] is rounded to eight bits too, so that
//! products are integers and all kernels give the same bits, whatever the dialect. What rounding
//! the query takes off, [`Query::fine`] puts back.

mod avx2;
mod avx512;
mod portable;
mod query;
#[cfg(test)]
mod tests;

pub use crate::fused::Line;
use crate::scalar::ROUNDING_MAGIC;
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
pub use query::{Planes, Query};

/// Elements of a line of a plane.
pub const LINE_ELEMENTS: usize = 2 * size_of::<Line>();

/// What the byte of an element is larger than its value in steps.
const OFFSET: i32 = 128;

/// Vectors that are multiplied together.
const TILE: usize = 4;

/// Which rows of a plane are multiplied: the first, the second and so on.
trait Rows: Fn(usize) -> usize + Copy {}

impl<F: Fn(usize) -> usize + Copy> Rows for F {}

/// Fills `out` with the sums that an expression makes of four rows' numbers; a tile that is short repeats
/// its first. No function, since what is compiled for an instruction set is not inlined into what is
/// not.
macro_rules! for_each_tile {
    ($rows:expr, $out:expr, $tile:ident => $sums:expr) => {{
        let (tiles, rest) = $out.as_chunks_mut::<{ $crate::codes::TILE }>();
        let mut at = 0;
        for out in tiles {
            let $tile = [$rows(at), $rows(at + 1), $rows(at + 2), $rows(at + 3)];
            *out = $sums;
            at += $crate::codes::TILE;
        }
        if let Some(last) = rest.len().checked_sub(1) {
            let $tile = [$rows(at), $rows(at + last.min(1)), $rows(at + last), $rows(at)];
            let sums: [i32; $crate::codes::TILE] = $sums;
            for (out, sum) in rest.iter_mut().zip(sums) {
                *out = sum;
            }
        }
    }};
}
use for_each_tile;

/// Lines that each plane of a vector of `dims` elements takes.
pub const fn lines_of(dims: usize) -> usize {
    dims.div_ceil(LINE_ELEMENTS)
}

/// The step that `vector` is rounded in, and its elements in steps, each within -127..=127; a
/// vector of zeros has steps of 0.
fn quantize(vector: &[f32], mut put: impl FnMut(usize, i8)) -> f32 {
    let largest = vector.iter().fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let factor = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    for (index, &x) in vector.iter().enumerate() {
        // Rounded to the nearest, without a branch.
        let rounded = x * factor + ROUNDING_MAGIC - ROUNDING_MAGIC;
        put(index, rounded.clamp(-127.0, 127.0) as i8);
    }
    scale
}

/// Writes a vector of finite elements into its two planes, each of [`lines_of`] its length, and
/// returns its scale.
pub fn encode(vector: &[f32], high: &mut [Line], low: &mut [Line]) -> f32 {
    let lines = lines_of(vector.len());
    assert!(high.len() == lines && low.len() == lines, "a plane has the lines of its vector");
    // 128 in every element.
    high.fill(Line([0x88; 64]));
    low.fill(Line([0; 64]));
    quantize(vector, |index, step| {
        let byte = (i32::from(step) + OFFSET) as u8;
        let (line, place) = (index / LINE_ELEMENTS, index % LINE_ELEMENTS);
        let (place, shift) = (place % 64, place / 64 * 4);
        let put = |plane: &mut [Line], nibble: u8| {
            let target = &mut plane[line].0[place];
            *target = *target & !(15 << shift) | nibble << shift;
        };
        put(high, byte >> 4);
        put(low, byte & 15);
    })
}

/// Asks for memory that will be read in some hundred cycles.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    let bytes = size_of_val(values);
    let start = values.as_ptr().cast::<i8>();
    for offset in (0..bytes).step_by(size_of::<Line>()) {
        // A hint may name any address.
        // SAFETY: SSE, which every x86_64 CPU has.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(offset)) };
    }
}
