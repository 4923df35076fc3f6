//! The best of many scores.

use alloc::vec::Vec;

/// A slot with its score, ordered by score and then by slot, the earlier being the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ranked(u64);

impl Ranked {
    pub fn new(score: f32, slot: u32) -> Self {
        // The order of the bits of positive floats is theirs; of negative ones it is reversed.
        let bits = score.to_bits();
        let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        Self(u64::from(ordered) << 32 | u64::from(!slot))
    }

    pub const fn slot(self) -> u32 {
        !(self.0 as u32)
    }

    pub const fn score(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered })
    }
}

/// Keeps the best of what it is given. Candidates are gathered as long as there is room for as many
/// again; then the worse half goes, and nothing that is worse comes in any more. That costs a
/// comparison for most scores, where a heap would cost its depth for many.
#[derive(Clone, Debug, Default)]
pub struct Best {
    keep: usize,
    threshold: f32,
    ranked: Vec<Ranked>,
}

/// Room besides the best.
const ROOM: usize = 256;

impl Best {
    /// Empties it; the best `keep` are to be kept, at least one.
    pub fn reset(&mut self, keep: usize) {
        self.keep = keep.max(1);
        self.threshold = f32::NEG_INFINITY;
        self.ranked.clear();
    }

    /// What a score must exceed to come in.
    #[inline]
    pub const fn threshold(&self) -> f32 {
        self.threshold
    }

    #[inline]
    pub fn push(&mut self, score: f32, slot: u32) {
        if score > self.threshold {
            self.ranked.push(Ranked::new(score, slot));
            if self.ranked.len() >= 2 * self.keep + ROOM {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        if self.ranked.len() > self.keep {
            let last = self.keep - 1;
            self.ranked.select_nth_unstable_by(last, |left, right| right.cmp(left));
            self.ranked.truncate(self.keep);
            self.threshold = self.ranked[last].score();
        }
    }

    /// The best, in no order.
    pub fn finish(&mut self) -> &[Ranked] {
        self.cut();
        &self.ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_are_ordered_by_score_then_by_slot() {
        let scores = [-1.0, -0.5, -0.0, 0.0, 0.25, 1.0];
        let ranked = scores.map(|score| Ranked::new(score, 7));
        assert!(ranked.is_sorted());
        assert_eq!(ranked.map(Ranked::score), scores);
        assert!(Ranked::new(0.5, 3) > Ranked::new(0.5, 4), "the earlier slot is the better");
        assert_eq!(Ranked::new(0.5, 4).slot(), 4);
    }

    proptest! {
        #[test]
        fn the_best_are_those_of_a_sort(
            scores in prop::collection::vec(-8_i8..8, 0..2000), keep in 1_usize..40,
        ) {
            let mut best = Best::default();
            best.reset(keep);
            let mut all = Vec::new();
            for (slot, &score) in scores.iter().enumerate() {
                best.push(f32::from(score), slot as u32);
                all.push(Ranked::new(f32::from(score), slot as u32));
            }
            all.sort_by(|left, right| right.cmp(left));
            all.truncate(keep);
            let mut found = best.finish().to_vec();
            found.sort_by(|left, right| right.cmp(left));
            prop_assert_eq!(found, all);
        }
    }
}
