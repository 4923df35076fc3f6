//! The candidates of a walk: the best so far, in order, each looked at once.

use crate::best::Ranked;
use alloc::vec::Vec;

/// A sorted list of at most `limit` candidates. It is short, so that moving its end for each that
/// comes in is quicker than a heap.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    limit: usize,
    /// The best first.
    ranked: Vec<Ranked>,
    /// Which have been taken, by their places.
    is_taken: Vec<bool>,
    /// No candidate before this place is left to take.
    next: usize,
}

impl Pool {
    /// Empties it.
    pub fn reset(&mut self, limit: usize) {
        self.limit = limit.max(1);
        self.ranked.clear();
        self.is_taken.clear();
        self.next = 0;
    }

    /// Whether a candidate of this score would come in.
    #[inline]
    pub fn has_room_for(&self, score: f32) -> bool {
        self.ranked.len() < self.limit || self.ranked[self.limit - 1].score() < score
    }

    /// Adds a candidate, which pushes out the worst of a full list.
    pub fn insert(&mut self, candidate: Ranked) {
        if self.ranked.len() == self.limit {
            if self.ranked[self.limit - 1] >= candidate {
                return;
            }
            self.ranked.pop();
            self.is_taken.pop();
        }
        let place = self.ranked.partition_point(|ranked| *ranked > candidate);
        self.ranked.insert(place, candidate);
        self.is_taken.insert(place, false);
        self.next = self.next.min(place);
    }

    /// The best that has not been taken yet.
    pub fn take(&mut self) -> Option<Ranked> {
        let place = self.next;
        let best = *self.ranked.get(place)?;
        self.is_taken[place] = true;
        while self.is_taken.get(self.next) == Some(&true) {
            self.next += 1;
        }
        Some(best)
    }

    /// The one that would be taken next.
    pub fn peek(&self) -> Option<Ranked> {
        self.ranked.get(self.next).copied()
    }

    /// All candidates, the best first.
    pub fn ranked(&self) -> &[Ranked] {
        &self.ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(pool: &Pool) -> Vec<u32> {
        pool.ranked().iter().map(|ranked| ranked.slot()).collect()
    }

    #[test]
    fn keeps_the_best_and_takes_each_once() {
        let mut pool = Pool::default();
        pool.reset(3);
        pool.insert(Ranked::new(0.5, 1));
        pool.insert(Ranked::new(0.2, 2));
        let taken = |ranked: Option<Ranked>| ranked.map(Ranked::slot);
        assert_eq!((taken(pool.take()), taken(pool.peek())), (Some(1), Some(2)));
        pool.insert(Ranked::new(0.9, 3));
        assert!(!pool.has_room_for(0.1) && pool.has_room_for(0.3));
        pool.insert(Ranked::new(0.1, 4));
        pool.insert(Ranked::new(0.3, 5));
        assert_eq!(slots(&pool), [3, 1, 5]);
        let three = [pool.take(), pool.take(), pool.take()];
        assert_eq!(three.map(taken), [Some(3), Some(5), None]);
        pool.reset(1);
        assert_eq!(pool.take(), None);
    }
}
