//! Walks through the graph, towards a question.

use super::{HnswIndex, Pool};
use crate::{best::Ranked, scratch::Visited, vectors::Vectors};
use alloc::{collections::BinaryHeap, vec::Vec};
use llm_tensor::codes::{Query, prefetch};

/// Candidates whose links are asked for before the scores of the first are known.
pub const AHEAD: usize = 4;

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
    /// Decides the order of equals: another for each vector that is linked, or many equals would
    /// all be linked to the same few.
    pub ties: u32,
}

impl Goal<'_> {
    /// A slot in the order of this goal.
    #[inline]
    pub fn ranked(&self, score: f32, slot: u32) -> Ranked {
        Ranked::new(score, slot ^ self.ties)
    }

    /// The slot of [`Self::ranked`].
    #[inline]
    pub fn slot(&self, ranked: Ranked) -> u32 {
        ranked.slot() ^ self.ties
    }

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
    /// What the candidates that have been taken are linked to.
    pub ahead: &'s mut [Vec<u32>; AHEAD],
}

impl Ground<'_> {
    /// Asks for the links of a slot that have not been visited yet, and puts them into `slots`.
    #[inline]
    fn look_around(visited: &mut Visited, goal: Goal<'_>, links: &[u32], slots: &mut Vec<u32>) {
        slots.clear();
        for &link in links {
            if visited.insert(link) {
                goal.prefetch(link);
                slots.push(link);
            }
        }
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
        let mut best = goal.ranked(ground.scores[0], entry);
        for level in (to_level + 1..=self.graph.level(entry)).rev() {
            ground.visited.reset(self.vectors.slots());
            loop {
                let links = self.graph.links(goal.slot(best), level);
                Ground::look_around(ground.visited, goal, links, ground.slots);
                goal.scores(ground.slots, ground.scores);
                let seen = ground.slots.iter().zip(&*ground.scores);
                match seen.map(|(&slot, &score)| goal.ranked(score, slot)).max() {
                    Some(better) if better.score() > best.score() => best = better,
                    _ => break,
                }
            }
        }
        best
    }

    /// Fills the pool with the `ef` best that a walk over a level finds. A few candidates are
    /// taken ahead of their turn, so that memory is on its way while others are looked at.
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
            ground.visited.insert(goal.slot(start));
            ground.pool.insert(start);
        }
        let mut waiting = 0;
        loop {
            while waiting < AHEAD
                && let Some(next) = ground.pool.take()
            {
                let links = self.graph.links(goal.slot(next), level);
                Ground::look_around(ground.visited, goal, links, &mut ground.ahead[waiting]);
                waiting += 1;
            }
            if waiting == 0 {
                return;
            }
            if let Some(next) = ground.pool.peek() {
                prefetch(self.graph.list(goal.slot(next), level));
            }
            goal.scores(&ground.ahead[0], ground.scores);
            for (&slot, &score) in ground.ahead[0].iter().zip(&*ground.scores) {
                if ground.pool.has_room_for(score) {
                    ground.pool.insert(goal.ranked(score, slot));
                }
            }
            ground.ahead.rotate_left(1);
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
            let links = self.graph.links(candidate.slot(), 0);
            Ground::look_around(ground.visited, goal, links, ground.slots);
            goal.scores(ground.slots, ground.scores);
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
