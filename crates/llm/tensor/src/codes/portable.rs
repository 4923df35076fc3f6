//! Products of nibbles in 16-bit lanes, in plain Rust: for CPUs without byte products, and for
//! emulators, which are quick at multiplying and adding lanes and at nothing that adds neighbours
//! (see [`crate::lanes`]).

use super::{Line, Rows, TILE, for_each_tile};
use crate::{CpuFeatures, cpu::for_each_cpu};

/// 16-bit words of a line.
const WORDS: usize = 32;

/// Query elements for a line, a word for each of the four nibbles of the line's words.
pub(super) type QueryWords = [[i16; WORDS]; 4];

/// A product is at most 15 * 128 and a line adds four to a lane: so many lines stay in 16 bits.
const LINES_IN_16_BITS: usize = 4;

/// The elements of a line, `quants` as they are in memory, as words.
pub(super) fn query_words(quants: &[Line; 2]) -> QueryWords {
    let of = |half: usize, byte: usize| {
        core::array::from_fn(|word| i16::from(quants[half].0[2 * word + byte].cast_signed()))
    };
    [of(0, 0), of(1, 0), of(0, 1), of(1, 1)]
}

/// For each of some rows of a plane, the products of its nibbles with the query's elements, summed
/// up.
pub(super) fn sums(
    cpu: CpuFeatures,
    query: &[QueryWords],
    plane: &[Line],
    rows: impl Rows,
    out: &mut [i32],
) {
    let lines = query.len();
    for_each_tile!(rows, out, tile => {
        four(cpu, query, tile.map(|row| &plane[row * lines..][..lines]))
    });
}

for_each_cpu! {
    /// [`sums`] of four rows.
    fn four(query: &[QueryWords], rows: [&[Line]; TILE]) -> [i32; TILE] {
        let mut totals = [0; TILE];
        for (total, row) in totals.iter_mut().zip(rows) {
            let pieces = row.chunks(LINES_IN_16_BITS).zip(query.chunks(LINES_IN_16_BITS));
            for (lines, queries) in pieces {
                let mut sums = [0_i16; WORDS];
                for (line, query) in lines.iter().zip(queries) {
                    let pairs = line.0.as_chunks::<2>().0;
                    for (index, sum) in sums.iter_mut().enumerate() {
                        let word = u16::from_le_bytes(pairs[index]);
                        let product = |nibble: usize| {
                            let nibble_value = (word >> (4 * nibble) & 15).cast_signed();
                            nibble_value.wrapping_mul(query[nibble][index])
                        };
                        *sum = sum
                            .wrapping_add(product(0))
                            .wrapping_add(product(1))
                            .wrapping_add(product(2))
                            .wrapping_add(product(3));
                    }
                }
                *total += sums.iter().map(|&sum| i32::from(sum)).sum::<i32>();
            }
        }
        totals
    }
}
