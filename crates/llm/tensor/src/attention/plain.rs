//! The products of attention in plain Rust, which multiplies, then adds; with halves widened by
//! integer operations, as [`crate::half`] says.

use super::{Block, MAX_HEAD_DIM, PAGE_TOKENS, Weights};
use crate::{cpu::for_each_cpu, half::f16_to_f32};

/// Dimensions of a page of keys that are widened at a time.
const CHUNK: usize = 16;

for_each_cpu! {
    /// The products of the queries and the keys of their segment, page by page. A product adds up
    /// from the first dimension to the last.
    pub(super) fn multiply_keys(block: &Block<'_>, weights: &mut [Weights]) {
        let (span, first) = (block.span(), block.first());
        for page in span.start / PAGE_TOKENS..span.end.div_ceil(PAGE_TOKENS) {
            multiply_page(block, page, page * PAGE_TOKENS - first, weights);
        }
    }
}

for_each_cpu! {
    /// The sums, `(queries, head_dim)`, of the weighted values of a segment. An element adds up from
    /// the first position to the last.
    pub(super) fn add_values(block: &Block<'_>, weights: &[Weights], sums: &mut [f32]) {
        sums.fill(0.0);
        let (span, first) = (block.span(), block.first());
        for position in span {
            add_position(block, position, position - first, weights, sums);
        }
    }
}

#[inline(always)]
fn multiply_page(block: &Block<'_>, page: usize, column: usize, weights: &mut [Weights]) {
    let (keys, _) = block.cached.page_keys(page).as_chunks::<PAGE_TOKENS>();
    for weights in weights.iter_mut() {
        weights[column..][..PAGE_TOKENS].fill(0.0);
    }
    for (chunk, keys) in keys.chunks(CHUNK).enumerate() {
        let mut wide = [[0.0_f32; PAGE_TOKENS]; CHUNK];
        for (wide, keys) in wide.iter_mut().zip(keys) {
            for (wide, &key) in wide.iter_mut().zip(keys) {
                *wide = f16_to_f32(key);
            }
        }
        for (query, weights) in block.queries.iter().zip(&mut *weights) {
            let weights = weights[column..].first_chunk_mut().expect("a page lies in its segment");
            let mut products: [f32; PAGE_TOKENS] = *weights;
            for (&query, wide) in query[chunk * CHUNK..].iter().zip(&wide[..keys.len()]) {
                for (product, &key) in products.iter_mut().zip(wide) {
                    *product += query * key;
                }
            }
            *weights = products;
        }
    }
}

/// Adds the values of a position, weighted by column `column` of `weights`.
#[inline(always)]
fn add_position(
    block: &Block<'_>,
    position: usize,
    column: usize,
    weights: &[Weights],
    sums: &mut [f32],
) {
    let head_dim = block.cached.head_dim;
    let values = block.cached.page_values(position / PAGE_TOKENS);
    let values = &values[position % PAGE_TOKENS * head_dim..][..head_dim];
    let mut wide = [0.0_f32; MAX_HEAD_DIM];
    let wide = &mut wide[..head_dim];
    for (wide, &value) in wide.iter_mut().zip(values) {
        *wide = f16_to_f32(value);
    }
    let rows = sums.chunks_exact_mut(head_dim).zip(weights).zip(block.positions);
    for ((sums, weights), _) in rows.filter(|(_, attended)| attended.contains(&position)) {
        let weight = weights[column];
        for (sum, &value) in sums.iter_mut().zip(&*wide) {
            *sum += weight * value;
        }
    }
}
