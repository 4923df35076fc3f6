//! Attention over cached keys and values that lie in pages.
//!
//! The positions of a sequence are handled in segments of [`SEGMENT_TOKENS`] that begin at fixed
//! positions. First each segment gets weights relative to its own largest score, and their sum (Milakov
//! and Gimelshein 2018); then its values are added up with these, and the sum is scaled to the softmax
//! over all segments. Weights are kept as long as there is room for them and computed again where
//! there is none, so that no buffer grows with the context. What segments give is added from first
//! to last. The result depends on nothing but the query and the positions it attends to: not on the
//! queries that are handled together, nor on who computes which segment.
//!
//! Queries and weights have the precision of halves, as in llama.cpp, whose products with a cache of
//! halves take halves on both sides.

mod batch;
mod fused;
mod plain;
#[cfg(test)]
mod tests;

pub use batch::{Attention, Round, Scratch};

use crate::{
    CpuFeatures,
    cpu::for_each_cpu,
    half::to_half_precision,
    scalar::sum_lanes,
    vector::{self, exp, exp_up_to_88, tanh},
};
use core::ops::Range;

/// Positions of a page, the unit in which memory for keys and values is handed out.
pub const PAGE_TOKENS: usize = 32;

/// Positions over which one softmax runs before it is merged with those before: enough to make
/// merging cheap, few enough that several workers can share a long sequence evenly.
pub const SEGMENT_TOKENS: usize = 4 * PAGE_TOKENS;

/// Largest head dimension there is room for on the stack.
pub const MAX_HEAD_DIM: usize = 256;

/// Queries that share what is loaded of a segment: as many as there are registers for.
const BLOCK_QUERIES: usize = 6;

/// The keys and values of one layer and one key/value head, in halves, as far as one sequence uses
/// them.
#[derive(Clone, Copy, Debug)]
pub struct CachedHead<'a> {
    /// `(pages, kv_heads, head_dim, PAGE_TOKENS)`: of all pages of the layer. Positions lie side by
    /// side, because that many scores are computed at the same time.
    pub keys: &'a [u16],
    /// `(pages, kv_heads, PAGE_TOKENS, head_dim)`: of all pages of the layer.
    pub values: &'a [u16],
    /// The pages of the sequence, from its first position to its last.
    pub pages: &'a [u32],
    /// Key/value heads of the layer.
    pub kv_heads: usize,
    /// The one that is meant.
    pub head: usize,
    /// Elements of a head, at most [`MAX_HEAD_DIM`].
    pub head_dim: usize,
}

impl<'a> CachedHead<'a> {
    /// `(head_dim, PAGE_TOKENS)` of the sequence's page at `index`.
    fn page_keys(&self, index: usize) -> &'a [u16] {
        &self.keys[self.page_start(index)..][..self.head_dim * PAGE_TOKENS]
    }

    /// `(PAGE_TOKENS, head_dim)` of the sequence's page at `index`.
    fn page_values(&self, index: usize) -> &'a [u16] {
        &self.values[self.page_start(index)..][..self.head_dim * PAGE_TOKENS]
    }

    /// The keys and values of the sequence's page at `index`, if there is memory for it already.
    fn page_if_any(&self, index: usize) -> Option<[&'a [u16]; 2]> {
        self.pages.get(index)?;
        let (start, len) = (self.page_start(index), self.head_dim * PAGE_TOKENS);
        Some([self.keys.get(start..start + len)?, self.values.get(start..start + len)?])
    }

    fn page_start(&self, index: usize) -> usize {
        let page = self.pages[index] as usize;
        (page * self.kv_heads + self.head) * self.head_dim * PAGE_TOKENS
    }
}

/// What happens to the product of a query and a key before the softmax.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreScale {
    /// It is multiplied by this, as a rule one over the root of the head dimension.
    pub factor: f32,
    /// Then it is bent so that it stays below this (Gemma 2: `cap * tanh(score / cap)`).
    pub softcap: Option<f32>,
}

/// A query's weights in a segment, relative to that of its largest score.
type Weights = [f32; SEGMENT_TOKENS];

/// Queries that are handled together, at most [`BLOCK_QUERIES`], all of one sequence and
/// key/value head.
#[derive(Clone, Copy)]
struct Block<'a> {
    /// `(queries, head_dim)`
    queries: &'a [&'a [f32]],
    /// What each of them attends to, within one segment.
    positions: &'a [Range<usize>],
    cached: CachedHead<'a>,
    scale: ScoreScale,
}

impl Block<'_> {
    /// From the first position that any of the queries attends to, to the last.
    fn span(&self) -> Range<usize> {
        union(self.positions.iter().cloned())
    }

    /// The first position of the segment.
    fn first(&self) -> usize {
        self.span().start / SEGMENT_TOKENS * SEGMENT_TOKENS
    }
}

/// From the first position of any of the ranges to the last.
fn union(ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
    let attended = ranges.filter(|range| !range.is_empty());
    attended.reduce(|all, range| all.start.min(range.start)..all.end.max(range.end)).unwrap_or(0..0)
}

/// A softmax: what its weights are relative to, and their sum.
#[derive(Clone, Copy, Debug)]
struct Softmax {
    largest: f32,
    total: f32,
}

impl Softmax {
    /// Of no positions.
    const EMPTY: Self = Self { largest: f32::NEG_INFINITY, total: 0.0 };

    /// With the positions of a later segment.
    fn and(self, later: Self) -> Self {
        if self.total == 0.0 || later.total == 0.0 {
            return if self.total == 0.0 { later } else { self };
        }
        let largest = if later.largest > self.largest { later.largest } else { self.largest };
        let total = self.total * exp(self.largest - largest);
        Self { largest, total: total + later.total * exp(later.largest - largest) }
    }

    /// What makes weights of a segment, whose softmax this is, those of the softmax over all.
    fn share_in(self, whole: Self) -> f32 {
        if self.total == 0.0 { 0.0 } else { exp(self.largest - whole.largest) / whole.total }
    }
}

/// The weights of each query of `block`, all of whose positions lie in one segment, and the softmax
/// over them. Positions that a query does not attend to have the weight zero, as far as others of
/// the block do.
fn weigh(cpu: CpuFeatures, block: &Block<'_>, weights: &mut [Weights], softmaxes: &mut [Softmax]) {
    if cpu.is_fused() {
        fused::multiply_keys(cpu, block, weights);
    } else {
        plain::multiply_keys(cpu, block, weights);
    }
    let first = block.first();
    for ((weights, softmax), attended) in weights.iter_mut().zip(softmaxes).zip(block.positions) {
        let attended = if attended.is_empty() { first..first } else { attended.clone() };
        let attended = attended.start - first..attended.end - first;
        *softmax = exponentiate(cpu, weights, attended, block.scale);
    }
}

/// The weighted values of a segment, `(queries, head_dim)`, added up; `parts` are its softmaxes and
/// `wholes` those over all segments.
fn mix(
    cpu: CpuFeatures,
    block: &Block<'_>,
    weights: &[Weights],
    parts: &[Softmax],
    wholes: &[Softmax],
    mixes: &mut [f32],
) {
    if cpu.is_fused() {
        fused::add_values(cpu, block, weights, mixes);
    } else {
        plain::add_values(cpu, block, weights, mixes);
    }
    let rows = mixes.chunks_exact_mut(block.cached.head_dim);
    for ((mix, part), &whole) in rows.zip(parts).zip(wholes) {
        vector::scale(cpu, mix, part.share_in(whole));
    }
}

for_each_cpu! {
    /// Turns products with keys into weights, and gives their softmax. The sum goes through eight
    /// lanes, position `i` of the segment to lane `i % 8`.
    fn exponentiate(weights: &mut Weights, attended: Range<usize>, scale: ScoreScale) -> Softmax {
        let whole = attended.start / 8 * 8..attended.end.next_multiple_of(8);
        weights[whole.start..attended.start].fill(f32::NEG_INFINITY);
        weights[attended.end..whole.end].fill(f32::NEG_INFINITY);
        let scores = weights[whole].as_chunks_mut::<8>().0;
        if let Some(cap) = scale.softcap {
            for score in scores.as_flattened_mut() {
                // Minus infinity has to stay that.
                let bent = cap * tanh(*score * scale.factor / cap);
                *score = if *score == f32::NEG_INFINITY { *score } else { bent };
            }
        }
        let factor = if scale.softcap.is_some() { 1.0 } else { scale.factor };
        // One loop for each, since compilers make vectors of no more at a time.
        for score in scores.as_flattened_mut() {
            *score *= factor;
        }
        // A NaN loses every comparison here but comes back through the exponential below.
        let mut largest = [f32::NEG_INFINITY; 8];
        for scores in &*scores {
            for (largest, &score) in largest.iter_mut().zip(scores) {
                *largest = if score > *largest { score } else { *largest };
            }
        }
        let largest = largest.into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
        for score in scores.as_flattened_mut() {
            *score = to_half_precision(exp_up_to_88(*score - largest));
        }
        let mut lanes = [0.0_f32; 8];
        for weights in &*scores {
            for (lane, &weight) in lanes.iter_mut().zip(weights) {
                *lane += weight;
            }
        }
        Softmax { largest, total: sum_lanes(lanes) }
    }
}
