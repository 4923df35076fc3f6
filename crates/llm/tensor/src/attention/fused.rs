//! The products of attention in the fused dialect: products are added without rounding in between,
//! and halves are widened as they are loaded, once for all queries of a block.
//!
//! While a page streams through, a later one is fetched: a page is one or a few times 4 KiB, and pages
//! of a head lie apart, which is where the hardware's own prefetching ends.

use super::{BLOCK_QUERIES, Block, MAX_HEAD_DIM, PAGE_TOKENS, SEGMENT_TOKENS, Weights};
use crate::{
    CpuFeatures,
    fused::{Isa, Kernel, run},
};
use core::ops::Range;

/// Floats in a vector.
const LANES: usize = 16;

/// How far ahead of the products pages are fetched, into the second level of the cache. On Zen 4 one
/// page into the first level is a third slower, and without any it takes twice as long.
const PAGES_AHEAD: usize = SEGMENT_TOKENS / PAGE_TOKENS;

/// As [`super::plain::multiply_keys`], with one rounding for each multiplication and addition.
///
/// # Panics
/// `cpu` is not fused.
pub(super) fn multiply_keys(cpu: CpuFeatures, block: &Block<'_>, products: &mut [Weights]) {
    run(cpu, MultiplyKeys { block, products });
}

/// As [`super::plain::add_values`], with one rounding for each multiplication and addition.
///
/// # Panics
/// `cpu` is not fused.
pub(super) fn add_values(
    cpu: CpuFeatures,
    block: &Block<'_>,
    weights: &[Weights],
    sums: &mut [f32],
) {
    run(cpu, AddValues { block, weights, sums });
}

/// See [`multiply_keys`].
struct MultiplyKeys<'a> {
    block: &'a Block<'a>,
    products: &'a mut [Weights],
}

/// See [`add_values`].
struct AddValues<'a> {
    block: &'a Block<'a>,
    weights: &'a [Weights],
    sums: &'a mut [f32],
}

/// Calls a function with the number of queries of a block as its first constant, and with as many
/// vectors of accumulators for each query as there are registers for.
macro_rules! with_queries {
    ($isa:ty, $queries:expr, $roomy:literal, $function:ident($($arg:expr),*)) => {
        match ($queries, const { <$isa as Isa>::IS_ROOMY }) {
            (1, true) => $function::<$isa, 1, $roomy>($($arg),*),
            (2, true) => $function::<$isa, 2, $roomy>($($arg),*),
            (3, true) => $function::<$isa, 3, $roomy>($($arg),*),
            (4, true) => $function::<$isa, 4, $roomy>($($arg),*),
            (5, true) => $function::<$isa, 5, $roomy>($($arg),*),
            (BLOCK_QUERIES, true) => $function::<$isa, BLOCK_QUERIES, $roomy>($($arg),*),
            (1, false) => $function::<$isa, 1, 2>($($arg),*),
            (2, false) => $function::<$isa, 2, 2>($($arg),*),
            (3, false) => $function::<$isa, 3, 1>($($arg),*),
            (4, false) => $function::<$isa, 4, 1>($($arg),*),
            (5, false) => $function::<$isa, 5, 1>($($arg),*),
            (BLOCK_QUERIES, false) => $function::<$isa, BLOCK_QUERIES, 1>($($arg),*),
            _ => unreachable!("a block has up to {BLOCK_QUERIES} queries"),
        }
    };
}

impl Kernel for MultiplyKeys<'_> {
    #[inline(always)]
    fn run_on<I: Isa>(self, isa: I) {
        let Self { block, products } = self;
        with_queries!(I, block.queries.len(), 2, multiply_segment(isa, block, products));
    }
}

impl Kernel for AddValues<'_> {
    #[inline(always)]
    fn run_on<I: Isa>(self, isa: I) {
        let Self { block, weights, sums } = self;
        with_queries!(I, block.queries.len(), 4, add_segment(isa, block, weights, sums));
    }
}

/// `Q` queries, `V` vectors of accumulators for each.
#[inline(always)]
fn multiply_segment<I: Isa, const Q: usize, const V: usize>(
    isa: I,
    block: &Block<'_>,
    products: &mut [Weights],
) {
    let cached = &block.cached;
    let (span, first) = (block.span(), block.first());
    // Side by side, as they are used.
    let mut queries = [[0.0; Q]; MAX_HEAD_DIM];
    for (index, query) in block.queries[..Q].iter().enumerate() {
        for (queries, element) in queries.iter_mut().zip(*query) {
            queries[index] = *element;
        }
    }
    for page in span.start / PAGE_TOKENS..span.end.div_ceil(PAGE_TOKENS) {
        let [next, _] = cached.page_if_any(page + PAGES_AHEAD).unwrap_or_default();
        let column = page * PAGE_TOKENS - first;
        multiply_page::<I, Q, V>(isa, &queries, cached.page_keys(page), next, column, products);
    }
}

/// The products of the queries, `(head_dim, Q)`, and `keys`, `(head_dim, PAGE_TOKENS)`, whose first
/// goes to column `column`. A product adds up from the first dimension to the last.
#[inline(always)]
fn multiply_page<I: Isa, const Q: usize, const V: usize>(
    isa: I,
    queries: &[[f32; Q]],
    keys: &[u16],
    next: &[u16],
    column: usize,
    products: &mut [Weights],
) {
    let (keys, _) = keys.as_chunks::<PAGE_TOKENS>();
    for start in (0..PAGE_TOKENS).step_by(V * LANES) {
        let mut sums = [[isa.splat(0.0); V]; Q];
        for (dim, (keys, queries)) in keys.iter().zip(queries).enumerate() {
            if start == 0 {
                prefetch(isa, next, dim * PAGE_TOKENS);
            }
            let keys: &[[u16; LANES]; V] =
                keys[start..].as_chunks().0.first_chunk().expect("the vectors divide a page");
            for (vector, keys) in keys.iter().enumerate() {
                let keys = isa.cached(keys);
                for (sums, &query) in sums.iter_mut().zip(queries) {
                    sums[vector] = isa.fused(isa.splat(query), keys, sums[vector]);
                }
            }
        }
        for (sums, products) in sums.into_iter().zip(&mut *products) {
            let products = products[column + start..][..V * LANES].as_chunks_mut().0;
            for (sum, products) in sums.into_iter().zip(products) {
                isa.store(sum, products);
            }
        }
    }
}

/// `Q` queries, `V` vectors of accumulators for each.
#[inline(always)]
fn add_segment<I: Isa, const Q: usize, const V: usize>(
    isa: I,
    block: &Block<'_>,
    weights: &[Weights],
    sums: &mut [f32],
) {
    sums.fill(0.0);
    let cached = &block.cached;
    let (span, first) = (block.span(), block.first());
    let common = block.positions.iter().fold(span.clone(), |common, range| {
        common.start.max(range.start)..common.end.min(range.end)
    });
    for page in span.start / PAGE_TOKENS..span.end.div_ceil(PAGE_TOKENS) {
        let [_, next] = cached.page_if_any(page + PAGES_AHEAD).unwrap_or_default();
        let values = Values {
            halves: cached.page_values(page),
            next,
            head_dim: cached.head_dim,
            position: page * PAGE_TOKENS,
            column: page * PAGE_TOKENS - first,
        };
        let whole = values.within(&common);
        // Positions that only some of the queries attend to come before and after those of all.
        let (before, after) = if whole.is_empty() {
            (0..PAGE_TOKENS, PAGE_TOKENS..PAGE_TOKENS)
        } else {
            (0..whole.start, whole.end..PAGE_TOKENS)
        };
        add_some(isa, &values, block, &before, weights, sums);
        if !whole.is_empty() {
            add_page::<I, Q, V>(isa, &values, 0, whole, weights, sums);
        }
        add_some(isa, &values, block, &after, weights, sums);
    }
}

/// The values of a page.
struct Values<'a> {
    /// `(PAGE_TOKENS, head_dim)`
    halves: &'a [u16],
    /// What is read some pages later, of the same size, or nothing.
    next: &'a [u16],
    head_dim: usize,
    /// The first position of the page.
    position: usize,
    /// Where it is in its segment.
    column: usize,
}

impl Values<'_> {
    /// The positions of `range` that are in the page, counted from its first.
    fn within(&self, range: &Range<usize>) -> Range<usize> {
        let clip = |position: usize| position.saturating_sub(self.position).min(PAGE_TOKENS);
        clip(range.start)..clip(range.end)
    }
}

/// Adds, to the sum of each query, those values of `positions` that it attends to.
#[inline(always)]
fn add_some<I: Isa>(
    isa: I,
    values: &Values<'_>,
    block: &Block<'_>,
    positions: &Range<usize>,
    weights: &[Weights],
    sums: &mut [f32],
) {
    if positions.is_empty() {
        return;
    }
    for (row, attended) in block.positions.iter().enumerate() {
        let attended = values.within(attended);
        let some = attended.start.max(positions.start)..attended.end.min(positions.end);
        if !some.is_empty() {
            add_page::<I, 1, 1>(isa, values, row, some, weights, sums);
        }
    }
}

/// Adds the values of `positions`, weighted, to the sums of `Q` queries from `row` on. An element
/// adds up from the first position to the last.
#[inline(always)]
fn add_page<I: Isa, const Q: usize, const V: usize>(
    isa: I,
    values: &Values<'_>,
    row: usize,
    positions: Range<usize>,
    weights: &[Weights],
    sums: &mut [f32],
) {
    let head_dim = values.head_dim;
    let mut rows = [&[0.0; PAGE_TOKENS]; Q];
    for (index, row_weights) in rows.iter_mut().enumerate() {
        let weights = weights[row + index][values.column..].first_chunk();
        *row_weights = weights.expect("a page lies within its segment");
    }
    let sums = &mut sums[row * head_dim..(row + Q) * head_dim];
    let whole = head_dim / (V * LANES) * (V * LANES);
    for start in (0..whole).step_by(V * LANES) {
        add_columns::<I, Q, V>(isa, values, positions.clone(), start, rows, sums);
    }
    let vectors = head_dim / LANES * LANES;
    for start in (whole..vectors).step_by(LANES) {
        add_columns::<I, Q, 1>(isa, values, positions.clone(), start, rows, sums);
    }
    if vectors < head_dim {
        add_rest(isa, values, positions, vectors, rows, sums);
    }
}

/// The dimensions from `start` on, as many as `V` vectors hold.
#[inline(always)]
fn add_columns<I: Isa, const Q: usize, const V: usize>(
    isa: I,
    values: &Values<'_>,
    positions: Range<usize>,
    start: usize,
    weights: [&[f32; PAGE_TOKENS]; Q],
    sums: &mut [f32],
) {
    let head_dim = values.head_dim;
    let mut totals = [[isa.splat(0.0); V]; Q];
    for (totals, sums) in totals.iter_mut().zip(sums.chunks_exact(head_dim)) {
        let sums = sums[start..][..V * LANES].as_chunks::<LANES>().0;
        for (total, sums) in totals.iter_mut().zip(sums) {
            *total = isa.floats(sums);
        }
    }
    let rows = values.halves.chunks_exact(head_dim).enumerate();
    // The bound is known to hold, and so the compiler knows it too.
    for (position, row) in rows.take(positions.end.min(PAGE_TOKENS)).skip(positions.start) {
        // A vector of halves is half a cache line.
        for vector in (0..V).step_by(2) {
            prefetch(isa, values.next, position * head_dim + start + vector * LANES);
        }
        let row: &[[u16; LANES]; V] =
            row[start..].as_chunks().0.first_chunk().expect("the vectors are within a head");
        for (vector, halves) in row.iter().enumerate() {
            let halves = isa.cached(halves);
            for (totals, weights) in totals.iter_mut().zip(weights) {
                totals[vector] = isa.fused(isa.splat(weights[position]), halves, totals[vector]);
            }
        }
    }
    for (totals, sums) in totals.into_iter().zip(sums.chunks_exact_mut(head_dim)) {
        let sums = sums[start..][..V * LANES].as_chunks_mut::<LANES>().0;
        for (total, sums) in totals.into_iter().zip(sums) {
            isa.store(total, sums);
        }
    }
}

/// The dimensions from `start` on, fewer than fill a vector.
#[inline(always)]
fn add_rest<I: Isa, const Q: usize>(
    isa: I,
    values: &Values<'_>,
    positions: Range<usize>,
    start: usize,
    weights: [&[f32; PAGE_TOKENS]; Q],
    sums: &mut [f32],
) {
    let head_dim = values.head_dim;
    let rest = head_dim - start;
    for (weights, sums) in weights.into_iter().zip(sums.chunks_exact_mut(head_dim)) {
        let mut floats = [0.0; LANES];
        floats[..rest].copy_from_slice(&sums[start..]);
        let mut total = isa.floats(&floats);
        let rows = values.halves.chunks_exact(head_dim).zip(weights);
        for (row, &weight) in rows.take(positions.end).skip(positions.start) {
            let mut padded = [0; LANES];
            padded[..rest].copy_from_slice(&row[start..]);
            total = isa.fused(isa.splat(weight), isa.cached(&padded), total);
        }
        isa.store(total, &mut floats);
        sums[start..].copy_from_slice(&floats[..rest]);
    }
}

/// Asks for the cache line that holds element `index`, if there is one.
#[inline(always)]
fn prefetch(isa: impl Isa, halves: &[u16], index: usize) {
    if let Some(half) = halves.get(index) {
        isa.prefetch(core::ptr::from_ref(half).cast());
    }
}
