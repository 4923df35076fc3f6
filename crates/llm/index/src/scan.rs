//! The exact search: a coarse look at every vector, and a second one at the best.

use crate::{
    Hit, Scratch,
    best::{Best, Ranked},
    vectors::Vectors,
};
use alloc::vec::Vec;
use llm_tensor::codes::Query;

/// Vectors whose scores are computed before they are looked at.
pub const BLOCK: usize = 256;

/// How many are looked at twice where `k` are asked for.
pub const fn second_look(k: usize) -> usize {
    4 * k + 64
}

/// Adds the coarse scores of a stretch of slots to the best.
pub fn scan_block(
    vectors: &Vectors,
    query: &Query,
    first: usize,
    accepts: impl Fn(u32) -> bool,
    scores: &mut Vec<f32>,
    best: &mut Best,
) {
    let count = BLOCK.min(vectors.slots() - first);
    let lines = vectors.lines();
    scores.resize(BLOCK, 0.0);
    let high = &vectors.high[first * lines..][..count * lines];
    query.coarse_all(high, &vectors.scales[first..][..count], &mut scores[..count]);
    for (group, scores) in scores[..count].chunks(16).enumerate() {
        let largest = scores.iter().fold(f32::NEG_INFINITY, |largest, &x| largest.max(x));
        if largest > best.threshold() {
            for (at, &score) in scores.iter().enumerate() {
                let slot = (first + 16 * group + at) as u32;
                if score > best.threshold() && accepts(slot) {
                    best.push(score, slot);
                }
            }
        }
    }
}

/// Adds the coarse scores of some slots to the best.
pub fn scan_slots(
    vectors: &Vectors,
    query: &Query,
    slots: &[u32],
    accepts: impl Fn(u32) -> bool,
    scores: &mut Vec<f32>,
    best: &mut Best,
) {
    scores.resize(BLOCK, 0.0);
    for slots in slots.chunks(BLOCK) {
        let scores = &mut scores[..slots.len()];
        query.coarse(&vectors.high, &vectors.scales, slots, scores);
        for (&slot, &score) in slots.iter().zip(&*scores) {
            if score > best.threshold() && accepts(slot) {
                best.push(score, slot);
            }
        }
    }
}

/// The best `k` of all slots that are accepted.
pub fn scan(
    vectors: &Vectors,
    query: &Query,
    k: usize,
    accepts: impl Fn(u32) -> bool,
    scratch: &mut Scratch,
) -> Vec<Hit> {
    let Scratch { best, scores, .. } = scratch;
    best.reset(second_look(k));
    for first in (0..vectors.slots()).step_by(BLOCK) {
        scan_block(vectors, query, first, &accepts, scores, best);
    }
    take_second_look(vectors, query, k, scratch)
}

/// The best `k` of those that a first look has found.
pub fn take_second_look(
    vectors: &Vectors,
    query: &Query,
    k: usize,
    scratch: &mut Scratch,
) -> Vec<Hit> {
    let Scratch { best, scores, slots, ranked, .. } = scratch;
    slots.clear();
    slots.extend(best.finish().iter().map(|ranked| ranked.slot()));
    rank(vectors, query, k, slots, scores, ranked)
}

/// The best `k` of some slots by their whole elements, best first.
pub fn rank(
    vectors: &Vectors,
    query: &Query,
    k: usize,
    slots: &[u32],
    scores: &mut Vec<f32>,
    ranked: &mut Vec<Ranked>,
) -> Vec<Hit> {
    slots.iter().for_each(|&slot| vectors.prefetch(slot));
    scores.resize(slots.len(), 0.0);
    query.fine(vectors.planes(), slots, scores);
    ranked.clear();
    ranked.extend(slots.iter().zip(&*scores).map(|(&slot, &score)| Ranked::new(score, slot)));
    ranked.sort_unstable_by(|left, right| right.cmp(left));
    let hit =
        |ranked: &Ranked| Hit { id: vectors.ids[ranked.slot() as usize], score: ranked.score() };
    ranked.iter().take(k).map(hit).collect()
}
