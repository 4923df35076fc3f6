//! One ranking of what was found by meaning and by words, with what is recent and important ahead.
//!
//! Relevance is a convex combination of both scores, after Bruch, Gai and Ingber, "An Analysis of
//! Fusion Functions for Hybrid Retrieval" (2023): it found such a sum better than reciprocal rank
//! fusion and in little need of tuning, and unlike ranks it keeps how near something is, so that a
//! caller can tell that nothing answers. Each score is brought to 0 to 1 by what is possible, not
//! by what was found: a cosine is in that range already, what is below 0 being unrelated, and
//! [`crate::bm25`] gives shares of the most that a document could have. Divided by the question's
//! best instead, a single everyday word in common would count as much as all of them. That the
//! recent and the important come first is after Park et al., "Generative Agents" (2023), but as a
//! discount: neither makes relevant what is not.

use alloc::{collections::BTreeMap, vec::Vec};

/// What each part counts. [`Weights::default`] gives the constants in use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// Of the cosine in the relevance; the words have the rest. 0 to 1.
    pub meaning: f32,
    /// How much of its relevance the oldest loses. With `importance` at most 1.
    pub recency: f32,
    /// How much of its relevance the least important loses.
    pub importance: f32,
    /// After how many seconds half of what is recent about something is gone.
    pub half_life_s: i64,
}

impl Default for Weights {
    /// 0.75 for meaning, as `cargo xtask eval-memory` counts: of the values from 0.3 to 0.95 it did
    /// best for every other fact of `memory-quality.jsonl`. For the rest, which had no part in the
    /// choice, the right fact is first for 81 % of the questions and among three for 92 %; by
    /// meaning alone it is 80 % and 92 %. Less loses paraphrases, more loses names and numbers; how
    /// many of each the set has, somebody decided, but from 0.7 to 0.9 little changes. A tenth each
    /// for recency and importance: they order what is about as relevant. A month, because facts
    /// about a person change over months, not days.
    fn default() -> Self {
        Self { meaning: 0.75, recency: 0.1, importance: 0.1, half_life_s: 30 * 86_400 }
    }
}

/// What is known of a candidate besides what was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// When it was, in seconds since 1970; `None` where there was no clock.
    pub unix_s: Option<i64>,
    /// How important it is, 0 to 1; 0.5 where nobody said.
    pub importance: f32,
}

/// A candidate and what its place is due to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The candidate.
    pub id: u64,
    /// The score it is ranked by, 0 to 1.
    pub score: f32,
    /// The score without recency and importance, 0 to 1.
    pub relevance: f32,
}

/// The `count` best of what was found by meaning (`cosines`) or by words (`words`, scores of
/// [`crate::bm25`] or of anything else from 0 to 1). Whatever is missing from a list counts 0
/// there. `about` is asked once for each candidate; without `now_unix_s`, or a time of its own,
/// something is half recent.
///
/// Best first; among equals the newer, then the higher number. A number that stands in a list twice
/// counts with its better score.
pub fn fuse(
    cosines: &[(u64, f32)],
    words: &[(u64, f32)],
    now_unix_s: Option<i64>,
    about: &dyn Fn(u64) -> About,
    weights: &Weights,
    count: usize,
) -> Vec<Ranked> {
    let mut candidates: BTreeMap<u64, (f32, f32)> = BTreeMap::new();
    for &(id, cosine) in cosines {
        let candidate = candidates.entry(id).or_default();
        candidate.0 = candidate.0.max(share(cosine));
    }
    for &(id, score) in words {
        let candidate = candidates.entry(id).or_default();
        candidate.1 = candidate.1.max(share(score));
    }
    let rank = |(id, (meaning, words))| {
        let relevance = weights.meaning * meaning + (1.0 - weights.meaning) * words;
        let about = about(id);
        let lost = weights.recency * (1.0 - recency(about.unix_s, now_unix_s, weights.half_life_s))
            + weights.importance * (1.0 - about.importance.clamp(0.0, 1.0));
        (Ranked { id, score: relevance * (1.0 - lost), relevance }, about.unix_s)
    };
    let mut ranked: Vec<(Ranked, Option<i64>)> = candidates.into_iter().map(rank).collect();
    ranked.sort_unstable_by(|(left, left_s), (right, right_s)| {
        right.score.total_cmp(&left.score).then(right_s.cmp(left_s)).then(right.id.cmp(&left.id))
    });
    ranked.truncate(count);
    ranked.into_iter().map(|(ranked, _)| ranked).collect()
}

/// A score from 0 to 1; one that is no number is none.
fn share(score: f32) -> f32 {
    if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
}

/// 1 for now, half after each half-life, towards 0. What is dated in the future is now: clocks err.
fn recency(unix_s: Option<i64>, now_unix_s: Option<i64>, half_life_s: i64) -> f32 {
    match (unix_s, now_unix_s) {
        (Some(then), Some(now)) => {
            let age = now.saturating_sub(then).max(0) as f32;
            libm::exp2f(-age / half_life_s.max(1) as f32)
        }
        _ => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_800_000_000;
    const PLAIN: About = About { unix_s: Some(NOW), importance: 0.5 };

    fn ids(cosines: &[(u64, f32)], words: &[(u64, f32)], about: &dyn Fn(u64) -> About) -> Vec<u64> {
        let ranked = fuse(cosines, words, Some(NOW), about, &Weights::default(), 9);
        ranked.iter().map(|ranked| ranked.id).collect()
    }

    #[test]
    fn what_both_found_is_ahead_of_what_one_found() {
        let about = |_| PLAIN;
        assert_eq!(ids(&[(1, 0.62), (2, 0.6), (3, 0.5)], &[(2, 0.4), (4, 0.2)], &about)[0], 2);
        // All words beat a vague likeness, and a likeness a few words, also where nothing has more.
        assert_eq!(ids(&[(1, 0.1)], &[(2, 0.5)], &about), [2, 1]);
        assert_eq!(ids(&[(1, 0.5)], &[(2, 0.1), (3, 0.5)], &about), [1, 3, 2]);
        assert_eq!(ids(&[(1, 0.3)], &[(2, 0.2)], &about), [1, 2]);
    }

    #[test]
    fn recency_and_importance_order_what_is_about_as_relevant_and_nothing_else() {
        let old = |id| About { unix_s: Some(NOW - if id == 1 { 300 * DAY } else { 0 }), ..PLAIN };
        assert_eq!(ids(&[(1, 0.61), (2, 0.6)], &[], &old), [2, 1]);
        assert_eq!(ids(&[(1, 0.8), (2, 0.6)], &[], &old), [1, 2]);
        let important = |id| About { importance: if id == 2 { 1.0 } else { 0.0 }, ..PLAIN };
        assert_eq!(ids(&[(1, 0.61), (2, 0.6)], &[], &important), [2, 1]);
        assert_eq!(ids(&[(1, 0.8), (2, 0.6)], &[], &important), [1, 2]);
        // What has nothing to do with the question stays there, however new and important.
        let ranked = fuse(&[(1, -0.1)], &[], Some(NOW), &|_| PLAIN, &Weights::default(), 9);
        assert_eq!((ranked[0].score, ranked[0].relevance), (0.0, 0.0));
    }

    #[test]
    fn half_of_what_is_recent_is_gone_after_a_half_life() {
        let recent = |age| recency(Some(NOW - age), Some(NOW), 30 * DAY);
        assert_eq!(recent(0), 1.0);
        assert!((recent(30 * DAY) - 0.5).abs() < 1e-6);
        assert!((recent(60 * DAY) - 0.25).abs() < 1e-6);
        assert_eq!(recent(-5), 1.0, "a clock that was ahead");
        assert_eq!(recency(None, Some(NOW), DAY), 0.5);
        assert_eq!(recency(Some(i64::MIN), Some(i64::MAX), 0), 0.0);
    }

    #[test]
    fn among_equals_the_newer_then_the_higher_number() {
        let nowhere = |id| About { unix_s: (id == 1).then_some(NOW), importance: 0.5 };
        let weights = Weights { recency: 0.0, ..Weights::default() };
        let ranked = fuse(&[(1, 0.5), (2, 0.5), (3, 0.5)], &[], None, &nowhere, &weights, 2);
        assert_eq!(ranked.iter().map(|ranked| ranked.id).collect::<Vec<_>>(), [1, 3]);
    }

    proptest! {
        #[test]
        fn scores_are_shares_and_ordered(
            cosines in proptest::collection::vec((0_u64..20, any::<f32>()), 0..20),
            words in proptest::collection::vec((0_u64..20, any::<f32>()), 0..20),
            then in any::<i64>(), importance in any::<f32>(), count in 0_usize..20,
        ) {
            let importance = if importance.is_nan() { 0.0 } else { importance };
            let about = |id: u64| About { unix_s: Some(then.wrapping_mul(id as i64)), importance };
            let ranked = fuse(&cosines, &words, Some(NOW), &about, &Weights::default(), count);
            prop_assert!(ranked.len() <= count);
            prop_assert!(ranked.is_sorted_by(|left, right| left.score >= right.score));
            for ranked in ranked {
                prop_assert!((0.0..=1.0).contains(&ranked.score), "{ranked:?}");
                prop_assert!(ranked.score <= ranked.relevance);
            }
        }
    }
}
