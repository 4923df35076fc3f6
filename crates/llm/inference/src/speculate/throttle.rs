//! How long a draft may be, from what drafts have cost and come to.
//!
//! A draft that fails costs time, and what it costs depends on the machine: on silicon, where a step
//! waits for the weights, another token is cheap; under emulation it may cost as much as a step. So
//! both are measured. Time that drafts may lose is a credit that grows by [`ALLOWANCE`] of every
//! plain step and by what drafts have won, and a draft is made only if the credit covers its
//! failure: a text that fools the odds is slowed down by little more than that allowance.

use super::MAX_DRAFT;

/// Part of the time of plain steps that may be lost.
const ALLOWANCE: f32 = 0.015;
/// What may be lost to begin with, in plain steps.
const INITIAL_CREDIT: f32 = 0.75;
/// The most that may be lost after much has been won, in plain steps.
const MAX_CREDIT: f32 = 4.0;
/// How much faster than plain steps a draft must promise to be.
const MIN_SPEEDUP: f32 = 1.1;
/// What another token of a batch costs before it has been measured, in plain steps.
const ASSUMED_EXTRA_COST: f32 = 0.3;
/// Plain steps after which a measured cost is half forgotten, as it may have been an accident.
const FORGETTING_STEPS: f32 = 400.0;
/// Plain steps that are measured before the first draft.
const MIN_PLAIN_STEPS: u32 = 2;

/// Lengths of a match, put into classes: 1, 2, to 4, to 8, more; with the share of right guesses to
/// begin with.
const ASSUMED_ODDS: [f32; 5] = [0.1, 0.3, 0.5, 0.7, 0.85];

/// How often guesses were right, of late.
#[derive(Clone, Copy, Debug)]
struct Odds {
    hits: f32,
    tries: f32,
}

impl Odds {
    /// What is assumed counts like this many tries.
    const ASSUMED_TRIES: f32 = 2.0;
    /// Tries after which the older half is forgotten.
    const MEMORY: f32 = 32.0;

    const fn assumed(share: f32) -> Self {
        Self { hits: share * Self::ASSUMED_TRIES, tries: Self::ASSUMED_TRIES }
    }

    fn record(&mut self, is_hit: bool) {
        self.hits += f32::from(u8::from(is_hit));
        self.tries += 1.0;
        if self.tries > Self::MEMORY {
            self.hits /= 2.0;
            self.tries /= 2.0;
        }
    }

    const fn share(self) -> f32 {
        self.hits / self.tries
    }
}

/// What has been learned.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// Nanoseconds of a plain step, an average that forgets.
    plain_ns: f32,
    plain_steps: u32,
    /// What another token of a batch costs, in plain steps.
    extra_cost: f32,
    /// Time that may be lost, in plain steps.
    credit: f32,
    /// By the class of the match.
    odds: [Odds; ASSUMED_ODDS.len()],
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            plain_ns: 0.0,
            plain_steps: 0,
            extra_cost: ASSUMED_EXTRA_COST,
            credit: INITIAL_CREDIT,
            odds: ASSUMED_ODDS.map(Odds::assumed),
        }
    }
}

const fn class(match_len: usize) -> usize {
    match match_len {
        0 | 1 => 0,
        2 => 1,
        3..=4 => 2,
        5..=8 => 3,
        _ => 4,
    }
}

impl Throttle {
    /// How many tokens to draft after a match of `match_len`, at most `room`; 0 for none.
    pub fn draft_len(&self, match_len: usize, room: usize) -> usize {
        // A clock that stands still tells nothing.
        if self.plain_steps < MIN_PLAIN_STEPS || self.plain_ns <= 0.0 {
            return 0;
        }
        // A step gives one token without a draft, and one more for each that is right.
        let (mut expected, mut reached) = (1.0, 1.0);
        let (mut best_len, mut best_speedup) = (0, MIN_SPEEDUP);
        for len in 1..=MAX_DRAFT.min(room) {
            reached *= self.odds[class(match_len + len - 1)].share();
            expected += reached;
            let cost = self.extra_cost * len as f32;
            let speedup = expected / (1.0 + cost);
            if speedup > best_speedup && cost <= self.credit {
                (best_len, best_speedup) = (len, speedup);
            }
        }
        best_len
    }

    /// A step without a draft took this long.
    pub fn record_plain(&mut self, elapsed_ns: u64) {
        let elapsed = elapsed_ns as f32;
        // An accident, such as another task's turn, is no measure.
        self.plain_ns = if self.plain_steps < MIN_PLAIN_STEPS {
            if self.plain_steps == 0 { elapsed } else { elapsed.min(self.plain_ns) }
        } else {
            self.plain_ns + (elapsed.min(2.0 * self.plain_ns) - self.plain_ns) / 8.0
        };
        self.plain_steps = self.plain_steps.saturating_add(1);
        self.credit = (self.credit + ALLOWANCE).min(MAX_CREDIT);
        self.extra_cost += (ASSUMED_EXTRA_COST - self.extra_cost) / FORGETTING_STEPS;
    }

    /// After a match of `match_len` one token was guessed, but not drafted.
    pub fn record_guess(&mut self, match_len: usize, is_right: bool) {
        self.odds[class(match_len)].record(is_right);
    }

    /// A step with `drafted` tokens, of which the first `accepted` were right, took this long.
    pub fn record_draft(
        &mut self,
        elapsed_ns: u64,
        match_len: usize,
        drafted: usize,
        accepted: usize,
    ) {
        for index in 0..drafted.min(accepted + 1) {
            self.record_guess(match_len + index, index < accepted);
        }
        let most = 2.0 * (1 + drafted) as f32;
        let cost = (elapsed_ns as f32 / self.plain_ns).min(most);
        let extra = ((cost - 1.0) / drafted as f32).max(0.0);
        self.extra_cost += (extra - self.extra_cost) / 2.0;
        self.credit = (self.credit + (1 + accepted) as f32 - cost).min(MAX_CREDIT);
    }
}
