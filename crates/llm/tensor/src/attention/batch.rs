//! Attention of a batch of tokens in one layer, divided between the workers of a pool.
//!
//! With many tokens, a task is some of them and one key/value head, through all segments. With few,
//! that would be too few tasks for the workers, and each as long as the context; then a task is
//! one token, one key/value head and one segment, and what the segments gave is added up
//! afterwards, in the same order and thus with the same result.

use super::{
    BLOCK_QUERIES, Block, CachedHead, MAX_HEAD_DIM, SEGMENT_TOKENS, ScoreScale, Softmax, Weights,
    mix, union, weigh,
};
use crate::{
    CpuFeatures,
    split::{Tile, for_each_chunk_pair, for_each_tile},
    vector::add,
};
use alloc::{collections::TryReserveError, vec::Vec};
use core::ops::Range;
use system_platform::ComputePool;

/// Queries of a task that goes through all segments.
const TASK_QUERIES: usize = 4 * BLOCK_QUERIES;

/// Segments whose weights such a task keeps on its stack. In a longer context it computes them
/// twice.
const KEPT_SEGMENTS: usize = 4;

/// Tasks for each worker, at least, so that all are done at about the same time.
const TASKS_PER_WORKER: usize = 4;

/// Segments of rows and key/value heads whose weights are kept otherwise. SmolLM2's context has 192
/// for a row.
const PARTS: usize = 256;

/// Rows times key/value heads from which on there are tasks enough without dividing the context.
const FEW: usize = 16;

/// Float operations take about that many times as long as the integer ones of the matrices: for
/// emulators, where a checkpoint must not be late.
const FLOAT_COST: usize = 4;

/// The attention of a batch of tokens in one layer.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    /// What the CPU can do.
    pub cpu: CpuFeatures,
    /// `(rows, heads, head_dim)`, rounded to halves.
    pub queries: &'a [f32],
    /// Query heads; the key/value heads divide them into groups.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Elements of a head, at most [`MAX_HEAD_DIM`].
    pub head_dim: usize,
    /// From products to scores.
    pub scale: ScoreScale,
    /// The cache of a row's sequence and of a key/value head.
    pub cached: &'a (dyn Fn(usize, usize) -> CachedHead<'a> + Sync),
    /// The positions that a row attends to; where these are none, the result is zero.
    pub positions: &'a (dyn Fn(usize) -> Range<usize> + Sync),
}

/// What tasks of one segment leave for each other.
#[derive(Debug)]
pub struct Scratch {
    /// `(tasks, group)`
    weights: Vec<Weights>,
    /// `(tasks, group)`
    softmaxes: Vec<Softmax>,
    /// `(tasks, group, head_dim)`
    mixes: Vec<f32>,
    /// `(rows, heads)`: over all segments so far.
    merged: Vec<Softmax>,
}

impl Scratch {
    /// For a context of any length and batches of any size, of layers with `group` query heads for
    /// each key/value head.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(group: usize, head_dim: usize) -> Result<Self, TryReserveError> {
        Ok(Self {
            weights: filled([0.0; SEGMENT_TOKENS], PARTS * group)?,
            softmaxes: filled(Softmax::EMPTY, PARTS * group)?,
            mixes: filled(0.0, PARTS * group * head_dim)?,
            merged: filled(Softmax::EMPTY, FEW * group)?,
        })
    }

    /// Bytes that [`Self::new`] allocates.
    pub const fn len_bytes(group: usize, head_dim: usize) -> usize {
        let query = size_of::<Weights>() + size_of::<Softmax>() + head_dim * size_of::<f32>();
        PARTS * group * query + FEW * group * size_of::<Softmax>()
    }
}

fn filled<T: Copy>(value: T, len: usize) -> Result<Vec<T>, TryReserveError> {
    let mut values = Vec::new();
    values.try_reserve_exact(len)?;
    values.resize(len, value);
    Ok(values)
}

/// What a task that goes through all segments works in.
struct Buffers {
    weights: [[Weights; BLOCK_QUERIES]; KEPT_SEGMENTS],
    parts: [[Softmax; BLOCK_QUERIES]; KEPT_SEGMENTS],
    /// `(queries, head_dim)`: of one segment.
    part_mixes: [f32; BLOCK_QUERIES * MAX_HEAD_DIM],
    /// `(queries, head_dim)`
    mixes: [f32; BLOCK_QUERIES * MAX_HEAD_DIM],
}

impl Buffers {
    const fn new() -> Self {
        Self {
            weights: [[[0.0; SEGMENT_TOKENS]; BLOCK_QUERIES]; KEPT_SEGMENTS],
            parts: [[Softmax::EMPTY; BLOCK_QUERIES]; KEPT_SEGMENTS],
            part_mixes: [0.0; BLOCK_QUERIES * MAX_HEAD_DIM],
            mixes: [0.0; BLOCK_QUERIES * MAX_HEAD_DIM],
        }
    }
}

/// A part of the work, between two checkpoints.
#[derive(Clone, Debug)]
pub struct Round {
    kind: Kind,
    /// Rows or segments.
    part: Range<usize>,
    /// The first of all rows or segments.
    first: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Some rows, through all segments.
    Rows {
        /// Of a task.
        tile: usize,
    },
    /// All rows: the weights of some segments.
    Weights {
        /// Whether there is room to keep those of all segments.
        are_kept: bool,
    },
    /// All rows: the values of some segments.
    Values {
        /// Whether there was.
        are_kept: bool,
    },
}

impl Attention<'_> {
    const fn group(&self) -> usize {
        self.heads / self.kv_heads
    }

    const fn rows(&self) -> usize {
        self.queries.len() / (self.heads * self.head_dim)
    }

    /// The query at `index` of those that share a key/value head, `(head_dim)`.
    fn query(&self, row: usize, head: usize, index: usize) -> &[f32] {
        let query = row * self.heads + head * self.group() + index;
        &self.queries[query * self.head_dim..][..self.head_dim]
    }

    /// The work in parts of about `quantum` multiply-adds, each of which has to be [`Self::run`].
    pub fn rounds(&self, workers: usize, quantum: usize) -> impl Iterator<Item = Round> + use<> {
        let rows = self.rows();
        let span = union((0..rows).map(self.positions));
        let segments = span.start / SEGMENT_TOKENS..span.end.div_ceil(SEGMENT_TOKENS);
        // Of one row, one key/value head and one position.
        let cost = FLOAT_COST * 2 * self.group() * self.head_dim;
        let tasks = rows * self.kv_heads;
        let (kinds, all, step) =
            if segments.len() > 1 && tasks < FEW.min(workers * TASKS_PER_WORKER) {
                let step = quantum / (cost / 2 * SEGMENT_TOKENS * tasks);
                let step = step.clamp(1, PARTS / tasks);
                // Rounds of about the same size, none of them short.
                let step = segments.len().div_ceil(segments.len().div_ceil(step));
                let are_kept = segments.len() * tasks <= PARTS;
                let kinds = [Some(Kind::Weights { are_kept }), Some(Kind::Values { are_kept })];
                (kinds, segments, step)
            } else {
                let cost = cost * span.len().max(1) * self.kv_heads;
                // Tasks are about equally long, so two for each worker are the least to share out.
                let least = (2 * workers).div_ceil(self.kv_heads);
                let step = (quantum / cost).max(least).min(rows.max(1));
                let tile = step * self.kv_heads / (workers * TASKS_PER_WORKER);
                let tile = tile.clamp(1, (TASK_QUERIES / self.group()).max(1));
                ([Some(Kind::Rows { tile }), None], 0..rows, step.next_multiple_of(tile))
            };
        kinds.into_iter().flatten().flat_map(move |kind| {
            let (first, end) = (all.start, all.end);
            let part = move |start: usize| start..end.min(start + step);
            all.clone().step_by(step).map(move |start| Round { kind, part: part(start), first })
        })
    }

    /// Does a part of the work; the parts have to come in their order. `out` is `(rows, heads,
    /// head_dim)`, and complete after the last.
    pub fn run(
        &self,
        pool: &dyn ComputePool,
        round: &Round,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        assert!(
            out.len() == self.queries.len() && self.head_dim <= MAX_HEAD_DIM,
            "each query has a result"
        );
        match round.kind {
            Kind::Rows { tile } => {
                let tile = [tile, self.group() * self.head_dim];
                let stride = self.heads * self.head_dim;
                for_each_tile(pool, out, stride, round.part.clone(), tile, &|head, mut tile| {
                    self.attend_tile(head, &mut tile);
                });
            }
            Kind::Weights { are_kept } => self.weigh_segments(pool, round, are_kept, scratch),
            Kind::Values { are_kept } => self.mix_segments(pool, round, are_kept, scratch, out),
        }
    }

    /// All rows of a tile, for one key/value head.
    fn attend_tile(&self, head: usize, tile: &mut Tile<'_>) {
        let mut rows = tile.rows();
        let mut buffers = Buffers::new();
        while !rows.is_empty() {
            // Rows of one sequence read its pages together.
            let pages = (self.cached)(rows.start, head).pages;
            let others = rows.clone().skip(1);
            let is_same = |row: &usize| core::ptr::eq((self.cached)(*row, head).pages, pages);
            let end = rows.start + 1 + others.take_while(is_same).count();
            let first = rows.start;
            let queries = (end - first) * self.group();
            for start in (0..queries).step_by(BLOCK_QUERIES) {
                let part = start..queries.min(start + BLOCK_QUERIES);
                self.attend_queries(head, first, part, &mut buffers, tile);
            }
            rows.start = end;
        }
    }

    /// Up to [`BLOCK_QUERIES`] of the queries that row `first` and those after it have for one
    /// key/value head, counted from the first of that row.
    fn attend_queries(
        &self,
        head: usize,
        first: usize,
        queries: Range<usize>,
        buffers: &mut Buffers,
        tile: &mut Tile<'_>,
    ) {
        let (group, head_dim, count) = (self.group(), self.head_dim, queries.len());
        let rows = first + queries.start / group..first + queries.end.div_ceil(group);
        let span = union(rows.map(self.positions));
        let segments = span.start / SEGMENT_TOKENS..span.end.div_ceil(SEGMENT_TOKENS);
        let are_kept = segments.len() <= KEPT_SEGMENTS;
        let slot = |segment: usize| if are_kept { segment - segments.start } else { 0 };
        let Buffers { weights, parts, part_mixes, mixes } = buffers;
        let mut wholes = [Softmax::EMPTY; BLOCK_QUERIES];
        for segment in segments.clone() {
            let (weights, parts) =
                (&mut weights[slot(segment)][..count], &mut parts[slot(segment)]);
            parts.fill(Softmax::EMPTY);
            self.with_block(head, first, queries.clone(), segment, |block| {
                weigh(self.cpu, block, weights, parts);
            });
            for (whole, &part) in wholes.iter_mut().zip(&*parts) {
                *whole = whole.and(part);
            }
        }
        let (part_mixes, mixes) =
            (&mut part_mixes[..count * head_dim], &mut mixes[..count * head_dim]);
        mixes.fill(0.0);
        for segment in segments.clone() {
            let (weights, parts) =
                (&mut weights[slot(segment)][..count], &mut parts[slot(segment)]);
            self.with_block(head, first, queries.clone(), segment, |block| {
                if !are_kept {
                    weigh(self.cpu, block, weights, parts);
                }
                mix(self.cpu, block, weights, parts, &wholes, part_mixes);
                add(self.cpu, mixes, part_mixes);
            });
        }
        for (query, mix) in queries.zip(mixes.chunks_exact(head_dim)) {
            let column = query % group * head_dim;
            tile.row_mut(first + query / group)[column..column + head_dim].copy_from_slice(mix);
        }
    }

    /// Works on up to [`BLOCK_QUERIES`] of those queries, as far as they attend to positions of a
    /// segment.
    fn with_block(
        &self,
        head: usize,
        first: usize,
        queries: Range<usize>,
        segment: usize,
        work: impl FnOnce(&Block<'_>),
    ) {
        let (group, count) = (self.group(), queries.len());
        let mut vectors: [&[f32]; BLOCK_QUERIES] = [&[]; _];
        let mut positions = [const { 0..0 }; BLOCK_QUERIES];
        for ((query, vector), positions) in queries.zip(&mut vectors).zip(&mut positions) {
            let row = first + query / group;
            *vector = self.query(row, head, query % group);
            let attended = (self.positions)(row);
            *positions = attended.start.max(segment * SEGMENT_TOKENS)
                ..attended.end.min((segment + 1) * SEGMENT_TOKENS);
        }
        let block = Block {
            queries: &vectors[..count],
            positions: &positions[..count],
            cached: (self.cached)(first, head),
            scale: self.scale,
        };
        if !block.span().is_empty() {
            work(&block);
        }
    }

    /// Works on all queries of a task of one segment, block by block: `(segments, rows, kv_heads)`
    /// tasks, those of `part`. The work is told which queries of its group are in a block.
    fn with_task(
        &self,
        part: &Range<usize>,
        task: usize,
        mut work: impl FnMut(usize, Range<usize>, &Block<'_>),
    ) {
        let (head, rest) = (task % self.kv_heads, task / self.kv_heads);
        let (row, segment) = (rest % self.rows(), part.start + rest / self.rows());
        for start in (0..self.group()).step_by(BLOCK_QUERIES) {
            let queries = start..self.group().min(start + BLOCK_QUERIES);
            // Where the row's results begin.
            let first = row * self.heads + head * self.group();
            self.with_block(head, row, queries.clone(), segment, |block| {
                work(first, queries.clone(), block);
            });
        }
    }

    /// Where a round's weights are in the scratch, and how many tasks it has.
    fn place(&self, round: &Round, are_kept: bool) -> (usize, usize) {
        let tasks = self.rows() * self.kv_heads;
        let before = if are_kept { round.part.start - round.first } else { 0 };
        (before * tasks * self.group(), round.part.len() * tasks)
    }

    /// The weights of a round, each segment for itself, and the softmax so far.
    fn weigh_segments(
        &self,
        pool: &dyn ComputePool,
        round: &Round,
        are_kept: bool,
        scratch: &mut Scratch,
    ) {
        let (start, tasks) = self.place(round, are_kept);
        let part = start..start + tasks * self.group();
        let Scratch { weights, softmaxes, merged, .. } = scratch;
        let (weights, softmaxes) = (&mut weights[part.clone()], &mut softmaxes[part]);
        for_each_chunk_pair(pool, tasks, weights, softmaxes, &|task, weights, softmaxes| {
            softmaxes.fill(Softmax::EMPTY);
            self.with_task(&round.part, task, |_, queries, block| {
                weigh(self.cpu, block, &mut weights[queries.clone()], &mut softmaxes[queries]);
            });
        });
        let merged = &mut merged[..self.rows() * self.heads];
        if round.part.start == round.first {
            merged.fill(Softmax::EMPTY);
        }
        for softmaxes in softmaxes.chunks_exact(merged.len()) {
            for (merged, &softmax) in merged.iter_mut().zip(softmaxes) {
                *merged = merged.and(softmax);
            }
        }
    }

    /// The values of a round, each segment for itself, and then added up.
    fn mix_segments(
        &self,
        pool: &dyn ComputePool,
        round: &Round,
        are_kept: bool,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let (group, head_dim) = (self.group(), self.head_dim);
        let (start, tasks) = self.place(round, are_kept);
        let len = tasks * group;
        let Scratch { weights, softmaxes, mixes, merged } = scratch;
        let weights = &mut weights[start..start + len];
        let softmaxes = &softmaxes[start..start + len];
        let mixes = &mut mixes[..len * head_dim];
        for_each_chunk_pair(pool, tasks, weights, mixes, &|task, weights, mixes| {
            // Where a row attends to nothing of the segment.
            mixes.fill(0.0);
            self.with_task(&round.part, task, |first, queries, block| {
                let weights = &mut weights[queries.clone()];
                let mixes = &mut mixes[queries.start * head_dim..queries.end * head_dim];
                let wholes = &merged[first + queries.start..first + queries.end];
                let mut parts = [Softmax::EMPTY; BLOCK_QUERIES];
                if are_kept {
                    let kept = &softmaxes[task * group..][queries];
                    parts[..kept.len()].copy_from_slice(kept);
                } else {
                    weigh(self.cpu, block, weights, &mut parts);
                }
                mix(self.cpu, block, weights, &parts, wholes, mixes);
            });
        });
        if round.part.start == round.first {
            out.fill(0.0);
        }
        // In each segment the queries come in the order of the results.
        for mixes in mixes.chunks_exact(out.len()) {
            add(self.cpu, out, mixes);
        }
    }
}
