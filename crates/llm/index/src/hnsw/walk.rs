//! Walks through the graph, towards a question.

use super::{Graph, HnswIndex, Pool};
use crate::{best::Ranked, scratch::Visited, vectors::Vectors};
use alloc::{collections::BinaryHeap, vec::Vec};
use llm_tensor::codes::{Query, prefetch};

const AHEAD: usize = 4;
/// What a look at a vector reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The upper halves of its elements.
    Coarse,
    /// All of it.
    Whole,
}

/// A question, and how vectors are compared with it.
#[derive(Clone, Copy, Debug)]
pub struct Goal<'a> {
    pub vectors: &'a Vectors,
    pub query: &'a Query,
    pub look: Look,
}

impl Goal<'_> {
    /// Asks for what a look at a vector reads.
    #[inline]
    fn prefetch(&self, slot: u32) {
        prefetch(self.vectors.high_of(slot));
        if self.look == Look::Whole {
            prefetch(self.vectors.low_of(slot));
        }
    }

    /// `out` is `(slots)`.
    pub fn scores(&self, slots: &[u32], out: &mut Vec<f32>) {
        out.resize(slots.len(), 0.0);
        match self.look {
            Look::Coarse => {
                self.query.coarse(&self.vectors.high, &self.vectors.scales, slots, out);
            }
            Look::Whole => self.query.exact(self.vectors.planes(), slots, out),
        }
    }
}

/// What walks work in.
pub struct Ground<'s> {
    pub visited: &'s mut Visited,
    pub pool: &'s mut Pool,
    pub slots: &'s mut Vec<u32>,
    pub scores: &'s mut Vec<f32>,
}

impl Ground<'_> {
    /// The links of a slot that have not been visited yet, with their scores.
    #[inline]
    fn look_around(&mut self, graph: &Graph, goal: Goal<'_>, slot: u32, level: usize) {
        self.slots.clear();
        for &link in graph.links(slot, level) {
            if self.visited.insert(link) {
                goal.prefetch(link);
                self.slots.push(link);
            }
        }
        goal.scores(self.slots, self.scores);
    }

    /// `(slot, score)` of what was seen last.
    fn seen(&self) -> impl Iterator<Item = Ranked> + '_ {
        self.slots.iter().zip(&*self.scores).map(|(&slot, &score)| Ranked::new(score, slot))
    }
}

impl HnswIndex {
    /// From the entry down to a level, always to the best link: where to begin there.
    pub(super) fn descend(
        &self,
        goal: Goal<'_>,
        entry: u32,
        to_level: usize,
        ground: &mut Ground<'_>,
    ) -> Ranked {
        goal.scores(&[entry], ground.scores);
        let mut best = Ranked::new(ground.scores[0], entry);
        for level in (to_level + 1..=self.graph.level(entry)).rev() {
            ground.visited.reset(self.vectors.slots());
            loop {
                ground.look_around(&self.graph, goal, best.slot(), level);
                match ground.seen().max() {
                    Some(better) if better.score() > best.score() => best = better,
                    _ => break,
                }
            }
        }
        best
    }

    /// Fills the pool with the `ef` best that a walk over a level finds.
    pub(super) fn walk(
        &self,
        goal: Goal<'_>,
        starts: &[Ranked],
        ef: usize,
        level: usize,
        ground: &mut Ground<'_>,
    ) {
        ground.visited.reset(self.vectors.slots());
        ground.pool.reset(ef);
        for &start in starts {
            ground.visited.insert(start.slot());
            ground.pool.insert(start);
        }
        let mut ahead: [Vec<u32>; AHEAD] = [const { Vec::new() }; AHEAD];
        let mut waiting = 0;
        loop {
            // Ask for what the next few candidates are linked to, then look at the first's.
            while waiting < AHEAD {
                let Some(slot) = ground.pool.take() else { break };
                ahead[waiting].clear();
                for &link in self.graph.links(slot, level) {
                    if ground.visited.insert(link) {
                        goal.prefetch(link);
                        ahead[waiting].push(link);
                    }
                }
                waiting += 1;
            }
            if waiting == 0 { break; }
            if let Some(next) = ground.pool.peek() {
                prefetch(self.graph.list(next, level));
            }
            goal.scores(&ahead[0], ground.scores);
            for (&slot, &score) in ahead[0].iter().zip(&*ground.scores) {
                if ground.pool.has_room_for(score) {
                    ground.pool.insert(Ranked::new(score, slot));
                }
            }
            ahead.rotate_left(1);
            waiting -= 1;
        }
    }

    /// Fills the pool with the `ef` best of those that are accepted. Others only show the way, as
    /// far as they are better than the worst that was found. `false` if the walk has not ended
    /// after looks at `budget` vectors.
    pub(super) fn walk_among(
        &self,
        goal: Goal<'_>,
        start: Ranked,
        ef: usize,
        accepts: impl Fn(u32) -> bool,
        mut budget: usize,
        ground: &mut Ground<'_>,
    ) -> bool {
        ground.visited.reset(self.vectors.slots());
        ground.pool.reset(ef);
        ground.visited.insert(start.slot());
        let mut candidates = BinaryHeap::from([start]);
        if accepts(start.slot()) {
            ground.pool.insert(start);
        }
        while let Some(candidate) = candidates.pop() {
            if !ground.pool.has_room_for(candidate.score()) {
                break;
            }
            ground.look_around(&self.graph, goal, candidate.slot(), 0);
            let Some(left) = budget.checked_sub(ground.slots.len()) else { return false };
            budget = left;
            for (&slot, &score) in ground.slots.iter().zip(&*ground.scores) {
                if ground.pool.has_room_for(score) {
                    candidates.push(Ranked::new(score, slot));
                    if accepts(slot) {
                        ground.pool.insert(Ranked::new(score, slot));
                    }
                }
            }
        }
        true
    }
}
