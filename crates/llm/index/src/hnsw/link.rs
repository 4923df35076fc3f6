//! Links of a new vector, chosen so that they lead in different directions.

use super::{
    Graph, HnswIndex, State,
    graph::{MAX_LEVEL, UPPER_LINKS},
    walk::{Goal, Ground, Look},
};
use crate::{
    Scratch,
    best::Ranked,
    vectors::{MAX_SLOTS, Vectors},
};
use alloc::vec::Vec;
use llm_tensor::codes::Query;

impl HnswIndex {
    /// Puts a vector into the graph.
    pub(super) fn link(&mut self, slot: u32, scratch: &mut Scratch) {
        let level = self.draw_level();
        self.graph.raise(slot, level);
        self.states[slot as usize] = State::Linked;
        let Some(entry) = self.graph.entry() else {
            self.graph.set_entry(Some(slot));
            return;
        };
        let top = self.graph.level(entry);
        let Scratch { visited, pool, slots, scores, ahead, queries, .. } = scratch;
        let [query, other] = queries_of(queries, &self.vectors);
        query.set_to(self.vectors.planes(), self.vectors.lines(), slot);
        let ties = ties_of(slot);
        let goal = Goal { vectors: &self.vectors, query, look: Look::Whole, ties };
        let mut ground = Ground { visited, pool, slots, scores, ahead };
        let mut starts = Vec::from([self.descend(goal, entry, level, &mut ground)]);
        let mut chosen = Vec::new();
        for level in (0..=level.min(top)).rev() {
            let goal = Goal { vectors: &self.vectors, query, look: Look::Whole, ties };
            let mut ground = Ground { visited, pool, slots, scores, ahead };
            self.walk(goal, &starts, self.options.ef_construction, level, &mut ground);
            starts.clear();
            starts.extend(pool.ranked());
            let candidates: Vec<Ranked> = starts
                .iter()
                .map(|&ranked| Ranked::new(ranked.score(), goal.slot(ranked)))
                .filter(|ranked| {
                    self.states[ranked.slot() as usize] == State::Linked && ranked.slot() != slot
                })
                .collect();
            choose(&self.vectors, other, &candidates, UPPER_LINKS, &mut chosen, scores);
            self.graph.set_links(slot, level, chosen.iter().copied());
            let links = core::mem::take(&mut chosen);
            for &from in &links {
                self.link_back(from, level, slot, other, &mut chosen, slots, scores);
            }
            chosen = links;
        }
        if level > top {
            self.graph.set_entry(Some(slot));
        }
    }

    /// Adds a link; a full list keeps those that lead in the most directions.
    #[expect(clippy::too_many_arguments, reason = "the buffers are borrowed one by one")]
    fn link_back(
        &mut self,
        from: u32,
        level: usize,
        to: u32,
        query: &mut Query,
        chosen: &mut Vec<u32>,
        slots: &mut Vec<u32>,
        scores: &mut Vec<f32>,
    ) {
        if self.graph.try_link(from, level, to) {
            return;
        }
        slots.clear();
        slots.extend(self.graph.links(from, level));
        slots.push(to);
        self.relink(from, level, query, chosen, slots, scores);
    }

    /// Chooses the links of a slot anew, among `slots`.
    pub(super) fn relink(
        &mut self,
        from: u32,
        level: usize,
        query: &mut Query,
        chosen: &mut Vec<u32>,
        slots: &mut Vec<u32>,
        scores: &mut Vec<f32>,
    ) {
        slots.retain(|&slot| self.states[slot as usize] == State::Linked);
        query.set_to(self.vectors.planes(), self.vectors.lines(), from);
        let ties = ties_of(from);
        let goal = Goal { vectors: &self.vectors, query, look: Look::Whole, ties };
        goal.scores(slots, scores);
        let pairs = slots.iter().zip(&*scores);
        let mut candidates: Vec<Ranked> =
            pairs.map(|(&slot, &score)| goal.ranked(score, slot)).collect();
        candidates.sort_unstable_by(|left, right| right.cmp(left));
        for ranked in &mut candidates {
            *ranked = Ranked::new(ranked.score(), goal.slot(*ranked));
        }
        choose(&self.vectors, query, &candidates, Graph::limit(level), chosen, scores);
        self.graph.set_links(from, level, chosen.iter().copied());
    }

    /// A level that each slot reaches with a sixteenth of the chance of the one below.
    fn draw_level(&mut self) -> usize {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.drawn += 1;
        let mut z = self.options.seed.wrapping_add(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z.trailing_zeros() as usize / 4).min(MAX_LEVEL)
    }
}

/// The two queries of a scratch.
pub(super) fn queries_of<'s>(
    queries: &'s mut Option<[Query; 2]>,
    vectors: &Vectors,
) -> &'s mut [Query; 2] {
    queries.insert([Query::empty(vectors.cpu), Query::empty(vectors.cpu)])
}

/// The order of equals for a slot.
const fn ties_of(slot: u32) -> u32 {
    // Fibonacci hashing (Knuth, volume 3, 6.4), in the bits that slots have.
    slot.wrapping_add(1).wrapping_mul(0x9e37_79b9) & (MAX_SLOTS as u32 - 1)
}

/// Chooses up to `limit` of the candidates, which come the nearest first: those that are nearer to
/// whom they are chosen for than to any that has been chosen (Malkov and Yashunin 2018, algorithm
/// 4), then the nearest of the others.
fn choose(
    vectors: &Vectors,
    query: &mut Query,
    candidates: &[Ranked],
    limit: usize,
    chosen: &mut Vec<u32>,
    scores: &mut Vec<f32>,
) {
    chosen.clear();
    let mut others = Vec::new();
    for candidate in candidates {
        if chosen.len() == limit {
            return;
        }
        query.set_to(vectors.planes(), vectors.lines(), candidate.slot());
        let goal = Goal { vectors, query, look: Look::Whole, ties: 0 };
        // Those that were chosen last are as far away and the likeliest to be near.
        let is_new = chosen.rchunks(4).all(|chosen| {
            goal.scores(chosen, scores);
            scores.iter().all(|&score| score < candidate.score())
        });
        if is_new {
            chosen.push(candidate.slot());
        } else {
            others.push(candidate.slot());
        }
    }
    others.truncate(limit - chosen.len());
    chosen.append(&mut others);
}
