//! Vectors of twelve bits an element for the search by meaning, in three planes of four bits each:
//! the first is read by a coarse look at many vectors, the others only of those that are worth it.
//!
//! An element is `scale * (byte - 128 + (rest - 7.5) / 16)`: the upper nibble of the byte stands in
//! the first plane, the lower one in the second, the rest in the third. A [`Line`] of a plane holds
//! 128 elements: 64 in the lower nibbles of its bytes and the 64 that follow in the upper ones. A
//! [`Query`] is rounded to eight bits, so that products are integers and all kernels give the same
//! bits, whatever the dialect; [`Query::fine`] puts back what that takes off. Elements that pad a
//! query are zeros.

mod avx2;
mod avx512;
mod portable;
mod query;
#[cfg(test)]
mod tests;

pub use crate::fused::Line;
use crate::{CpuFeatures, cpu::for_each_cpu, scalar::ROUNDING_MAGIC};
use alloc::vec;
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

/// Fills `out` with the sums that an expression makes of four rows' numbers; a tile that is short
/// repeats its first. No function, since what is compiled for an instruction set is not inlined
/// into what is not.
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

for_each_cpu! {
    /// The step that `vector` is rounded in, and its elements in steps, each within -127..=127; a
    /// vector of zeros has steps of 0. `rest` is what rounding takes off, in steps: within half of
    /// one.
    fn quantize(vector: &[f32], steps: &mut [i8], rest: &mut [f32]) -> f32 {
        let mut largest = 0.0_f32;
        for &x in vector {
            largest = if x.abs() > largest { x.abs() } else { largest };
        }
        let scale = largest / 127.0;
        let factor = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        for ((&x, step), rest) in vector.iter().zip(steps).zip(rest) {
            let exact = (x * factor).clamp(-127.0, 127.0);
            // Rounded to the nearest, without a branch.
            let rounded = exact + ROUNDING_MAGIC - ROUNDING_MAGIC;
            *step = rounded as i8;
            *rest = exact - rounded;
        }
        scale
    }
}

/// Writes a vector of finite elements into its three planes, each of [`lines_of`] its length, and
/// returns its scale.
pub fn encode(cpu: CpuFeatures, vector: &[f32], planes: [&mut [Line]; 3]) -> f32 {
    let lines = lines_of(vector.len());
    assert!(planes.iter().all(|plane| plane.len() == lines), "a plane has the lines of its vector");
    let len = lines * LINE_ELEMENTS;
    let (mut steps, mut rest) = (vec![0; len], vec![0.0; len]);
    let scale = quantize(cpu, vector, &mut steps, &mut rest);
    let [high, low, last] = planes;
    let elements = steps.as_chunks::<64>().0.iter().zip(rest.as_chunks::<64>().0);
    for (index, (steps, rest)) in elements.enumerate() {
        let (line, is_upper) = (index / 2, index % 2 == 1);
        let put = |target: &mut u8, nibble: u8| {
            *target = if is_upper { *target & 15 | nibble << 4 } else { nibble };
        };
        for (place, (step, rest)) in steps.iter().zip(rest).enumerate() {
            let byte = (i32::from(*step) + OFFSET) as u8;
            put(&mut high[line].0[place], byte >> 4);
            put(&mut low[line].0[place], byte & 15);
            // Half a step more is 16, which there is no room for.
            put(&mut last[line].0[place], ((rest + 0.5) * 16.0).clamp(0.0, 15.0) as u8);
        }
    }
    scale
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
