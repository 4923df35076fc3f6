//! Memory that a search needs and the next one can use again.

use crate::{
    best::{Best, Ranked},
    hnsw::{AHEAD, Pool},
};
use alloc::vec::Vec;
use llm_tensor::codes::Query;

/// What searches and insertions work in. One can serve any number of indexes, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(crate) best: Best,
    pub(crate) scores: Vec<f32>,
    pub(crate) slots: Vec<u32>,
    pub(crate) ranked: Vec<Ranked>,
    pub(crate) visited: Visited,
    pub(crate) pool: Pool,
    pub(crate) ahead: [Vec<u32>; AHEAD],
    /// Queries that are vectors of the index: the one that is linked, and one whose links are.
    pub(crate) queries: Option<[Query; 2]>,
}

impl Scratch {
    /// Nothing yet; it grows with the first search.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which slots a search has seen: those that bear its mark, so that nothing is cleared between
/// searches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visited {
    mark: u16,
    marks: Vec<u16>,
}

impl Visited {
    /// Forgets everything; there are `slots` slots.
    pub fn reset(&mut self, slots: usize) {
        if self.marks.len() < slots {
            self.marks.resize(slots, self.mark);
        }
        self.mark = self.mark.wrapping_add(1);
        if self.mark == 0 {
            self.marks.fill(0);
            self.mark = 1;
        }
    }

    /// Marks a slot; whether it was new.
    #[inline]
    pub fn insert(&mut self, slot: u32) -> bool {
        let mark = &mut self.marks[slot as usize];
        let is_new = *mark != self.mark;
        *mark = self.mark;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_search_begins_with_nothing_seen() {
        let mut visited = Visited::default();
        for round in 0..200_000 {
            let slots = 3 + round % 5;
            visited.reset(slots);
            for slot in 0..slots as u32 {
                assert!(visited.insert(slot), "round {round}");
                assert!(!visited.insert(slot));
            }
        }
    }
}
