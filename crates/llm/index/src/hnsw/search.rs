//! The nearest to a question.

use super::{
    HnswIndex, State,
    walk::{Goal, Ground, Look},
};
use crate::{
    Filter, Hit, IndexError, Scratch,
    scan::{rank, scan, scan_slots, second_look},
};
use alloc::vec::Vec;
use llm_tensor::codes::Query;

/// Slots that a filter is tried on, to know how many it accepts.
const SAMPLE: usize = 512;

/// How many vectors a scan reads in the time that a walk needs for one of its `ef` candidates.
const SCANNED_PER_CANDIDATE: usize = 120;

impl HnswIndex {
    /// The `k` vectors nearest to `query` that the filter accepts, nearest first. `ef` is the
    /// number of candidates that a walk keeps, at least `k`: more find more of the nearest, and
    /// take longer. Where the filter accepts `k` vectors, `k` are found: if few are accepted, all
    /// are looked at.
    ///
    /// # Errors
    /// A query that has no direction, or another number of elements.
    pub fn search(
        &self,
        query: &[f32],
        k: usize,
        ef: usize,
        filter: Option<Filter<'_>>,
        scratch: &mut Scratch,
    ) -> Result<Vec<Hit>, IndexError> {
        let query = Query::new(self.vectors.cpu, &self.vectors.normalized(query)?);
        let k = k.min(self.len());
        let ef = ef.clamp(k, self.vectors.slots().max(k)).max(1);
        let accepts = |slot: u32| {
            self.is_alive(slot)
                && filter.is_none_or(|filter| filter(self.vectors.ids[slot as usize]))
        };
        let has_walked = match (filter, self.graph.entry()) {
            // There is nothing but what is not linked yet.
            (_, None) => {
                scratch.slots.clear();
                true
            }
            (None, Some(entry)) => self.walk_to(&query, entry, k, ef, scratch),
            (Some(_), Some(entry)) => {
                self.is_worth_a_walk(ef, accepts)
                    && self.walk_filtered(&query, entry, k, ef, accepts, scratch)
            }
        };
        if !has_walked {
            return Ok(scan(&self.vectors, &query, k, accepts, scratch));
        }
        // The walk has left its slots in the scratch.
        let Scratch { best, scores, slots, ranked, .. } = scratch;
        best.reset(second_look(k));
        let (pending, more) = self.pending.as_slices();
        for pending in [pending, more] {
            scan_slots(&self.vectors, &query, pending, accepts, scores, best);
        }
        slots.extend(best.finish().iter().map(|ranked| ranked.slot()));
        let hits = rank(&self.vectors, &query, k, slots, scores, ranked);
        // What a walk cannot reach, a scan does.
        if hits.len() < k && self.graph.entry().is_some() {
            return Ok(scan(&self.vectors, &query, k, accepts, scratch));
        }
        Ok(hits)
    }

    /// Leaves the best of the graph in `scratch.slots`; `false` if a scan has to find them.
    fn walk_to(
        &self,
        query: &Query,
        entry: u32,
        k: usize,
        ef: usize,
        scratch: &mut Scratch,
    ) -> bool {
        let goal = Goal { vectors: &self.vectors, query, look: Look::Coarse, ties: 0 };
        let Scratch { visited, pool, slots, scores, ahead, .. } = scratch;
        let mut ground = Ground { visited, pool, slots, scores, ahead };
        let start = self.descend(goal, entry, 0, &mut ground);
        self.walk(goal, &[start], ef, 0, &mut ground);
        let found = pool.ranked().iter().map(|ranked| ranked.slot());
        slots.clear();
        slots.extend(found.filter(|&slot| self.states[slot as usize] == State::Linked));
        // Signposts take the places of what is looked for: then they must not count.
        let signposts = pool.ranked().len() - slots.len();
        if signposts > 0 && (slots.len() < k || signposts > ef / 4) {
            return self.walk_filtered(query, entry, k, ef, |slot| self.is_alive(slot), scratch);
        }
        true
    }

    /// [`Self::walk_to`] among those that are accepted.
    fn walk_filtered(
        &self,
        query: &Query,
        entry: u32,
        k: usize,
        ef: usize,
        accepts: impl Fn(u32) -> bool,
        scratch: &mut Scratch,
    ) -> bool {
        let goal = Goal { vectors: &self.vectors, query, look: Look::Coarse, ties: 0 };
        let Scratch { visited, pool, slots, scores, ahead, .. } = scratch;
        let mut ground = Ground { visited, pool, slots, scores, ahead };
        let start = self.descend(goal, entry, 0, &mut ground);
        // A walk that has seen so many costs as much as a scan.
        let budget = self.vectors.slots() / 4;
        let has_ended = self.walk_among(goal, start, ef, accepts, budget, &mut ground);
        slots.clear();
        slots.extend(pool.ranked().iter().map(|ranked| ranked.slot()));
        has_ended && slots.len() >= k
    }

    /// Whether so many are accepted that a walk among them takes less time than a scan of all.
    fn is_worth_a_walk(&self, ef: usize, accepts: impl Fn(u32) -> bool) -> bool {
        let slots = self.vectors.slots();
        let step = slots.div_ceil(SAMPLE).max(1);
        let tried = slots.div_ceil(step);
        let accepted = (0..slots).step_by(step).filter(|&slot| accepts(slot as u32)).count();
        accepted * slots > SCANNED_PER_CANDIDATE * ef * tried
    }
}
