//! Which turn has to go first.

use crate::TurnId;
use alloc::collections::BTreeMap;
use core::cmp::Ordering;

/// What decides which turn is paged out next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EvictionPolicy {
    /// The turn that began first.
    #[default]
    OldestFirst,
    /// The turn whose last use is longest ago: its last message, or a touch.
    LeastRecentlyUsed,
    /// The turn with the lowest score; one without a score is below all that have one.
    LeastRelevant,
}

impl EvictionPolicy {
    /// Its name in settings and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OldestFirst => "oldest first",
            Self::LeastRecentlyUsed => "least recently used",
            Self::LeastRelevant => "least relevant",
        }
    }
}

/// What is known of the use of a turn.
#[derive(Clone, Copy, Debug)]
struct Use {
    /// Tick of the last use.
    last: u64,
    /// How much it has to do with what is talked about.
    relevance: Option<f32>,
}

/// The uses of the turns in the window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    turns: BTreeMap<TurnId, Use>,
    ticks: u64,
}

impl Uses {
    /// Notes that a turn is used now; makes it known if it is new.
    pub fn touch(&mut self, turn: TurnId) {
        self.ticks += 1;
        let last = self.ticks;
        self.turns.entry(turn).or_insert(Use { last, relevance: None }).last = last;
    }

    /// Whether the turn is known.
    pub fn contains(&self, turn: TurnId) -> bool {
        self.turns.contains_key(&turn)
    }

    /// Scores a known turn. What is not a number is no score.
    pub fn set_relevance(&mut self, turn: TurnId, score: f32) {
        if let Some(known) = self.turns.get_mut(&turn) {
            known.relevance = (!score.is_nan()).then_some(score);
        }
    }

    /// Takes all scores back.
    pub fn clear_relevance(&mut self) {
        for known in self.turns.values_mut() {
            known.relevance = None;
        }
    }

    /// Forgets a turn.
    pub fn remove(&mut self, turn: TurnId) {
        self.turns.remove(&turn);
    }

    /// The turns, oldest first.
    pub fn turns(&self) -> impl DoubleEndedIterator<Item = TurnId> + ExactSizeIterator {
        self.turns.keys().copied()
    }

    /// The turn that `policy` gives up first, `kept` left out. The oldest of those that are alike.
    pub fn victim(&self, policy: EvictionPolicy, kept: TurnId) -> Option<TurnId> {
        let candidates = self.turns.iter().filter(|(turn, _)| **turn != kept);
        // The first of equal minima is the oldest turn.
        let least = candidates.min_by(|(_, left), (_, right)| match policy {
            EvictionPolicy::OldestFirst => Ordering::Equal,
            EvictionPolicy::LeastRecentlyUsed => left.last.cmp(&right.last),
            EvictionPolicy::LeastRelevant => compare_scores(left.relevance, right.relevance),
        });
        least.map(|(turn, _)| *turn)
    }
}

fn compare_scores(left: Option<f32>, right: Option<f32>) -> Ordering {
    // Scores are numbers, so they can be compared.
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(uses: &Uses, policy: EvictionPolicy) -> alloc::vec::Vec<u64> {
        let mut uses = uses.clone();
        core::iter::from_fn(|| {
            let turn = uses.victim(policy, TurnId(9))?;
            uses.remove(turn);
            Some(turn.0)
        })
        .collect()
    }

    fn uses() -> Uses {
        let mut uses = Uses::default();
        for turn in [1, 2, 3, 4, 9] {
            uses.touch(TurnId(turn));
        }
        uses
    }

    #[test]
    fn each_policy_has_its_order_and_the_kept_turn_is_never_chosen() {
        let mut uses = uses();
        uses.touch(TurnId(1));
        uses.touch(TurnId(3));
        uses.set_relevance(TurnId(1), 0.5);
        uses.set_relevance(TurnId(4), -0.5);
        assert_eq!(order(&uses, EvictionPolicy::OldestFirst), [1, 2, 3, 4]);
        assert_eq!(order(&uses, EvictionPolicy::LeastRecentlyUsed), [2, 4, 1, 3]);
        assert_eq!(order(&uses, EvictionPolicy::LeastRelevant), [2, 3, 4, 1]);
    }

    #[test]
    fn turns_that_are_alike_go_oldest_first() {
        let mut uses = uses();
        for turn in [1, 2, 3] {
            uses.set_relevance(TurnId(turn), 0.0);
        }
        uses.set_relevance(TurnId(3), -0.0);
        assert_eq!(order(&uses, EvictionPolicy::LeastRelevant), [4, 1, 2, 3]);
    }

    #[test]
    fn what_is_not_a_number_is_no_score() {
        let mut uses = uses();
        uses.set_relevance(TurnId(1), f32::NEG_INFINITY);
        uses.set_relevance(TurnId(2), f32::NAN);
        uses.set_relevance(TurnId(3), f32::INFINITY);
        assert_eq!(order(&uses, EvictionPolicy::LeastRelevant), [2, 4, 1, 3]);
        uses.clear_relevance();
        assert_eq!(order(&uses, EvictionPolicy::LeastRelevant), [1, 2, 3, 4]);
    }
}
