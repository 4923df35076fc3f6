//! Log-probabilities: what the model thinks of the tokens that come next, before any sampling.

use crate::model::TokenId;
use alloc::vec::Vec;

/// The natural logarithms of the softmax of logits.
#[derive(Clone, Copy, Debug)]
pub struct LogProbs<'l> {
    /// `(vocabulary)`
    logits: &'l [f32],
    /// The logarithm of the sum of the exponentials of all logits.
    log_total: f64,
}

impl<'l> LogProbs<'l> {
    /// Those of `logits`, `(vocabulary)`, which must be numbers.
    pub fn new(logits: &'l [f32]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f64 = logits.iter().map(|&logit| f64::from(libm::expf(logit - largest))).sum();
        Self { logits, log_total: f64::from(largest) + libm::log(total) }
    }

    /// That of one token; `None` for one outside the vocabulary.
    pub fn of(&self, token: TokenId) -> Option<f32> {
        self.logits.get(token.0 as usize).map(|&logit| self.relative(logit))
    }

    /// The `count` most probable tokens, best first; of equals the one with the smaller number.
    pub fn top(&self, count: usize) -> Vec<(TokenId, f32)> {
        // Sorted, best first. Few are asked for, and most tokens lose against the last of them.
        let mut best: Vec<(TokenId, f32)> = Vec::with_capacity(count.min(self.logits.len()));
        for (token, &logit) in self.logits.iter().enumerate() {
            if best.len() == count && best.last().is_none_or(|&(_, least)| logit <= least) {
                continue;
            }
            best.truncate(count.saturating_sub(1));
            let place = best.partition_point(|&(_, other)| other >= logit);
            best.insert(place, (TokenId(token as u32), logit));
        }
        best.iter_mut().for_each(|(_, logit)| *logit = self.relative(*logit));
        best
    }

    fn relative(&self, logit: f32) -> f32 {
        (f64::from(logit) - self.log_total) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_tensor::testing::Random;

    #[test]
    fn of_equal_logits_each_has_its_share() {
        let logits = [1000.0; 8];
        let probs = LogProbs::new(&logits);
        let expected = -libm::logf(8.0);
        assert!((probs.of(TokenId(5)).expect("in the vocabulary") - expected).abs() < 1e-6);
        assert_eq!(probs.of(TokenId(8)), None);
        let first: Vec<_> = probs.top(3).into_iter().map(|(token, _)| token).collect();
        assert_eq!(first, [0, 1, 2].map(TokenId));
        assert!(probs.top(0).is_empty());
        assert_eq!(probs.top(100).len(), 8);
    }

    #[test]
    fn the_best_are_those_that_sorting_all_would_find() {
        let mut random = Random::new(5);
        for _ in 0..50 {
            let count = 1 + random.below(300);
            // Few different values, so that there are ties.
            let logits: Vec<f32> = (0..count).map(|_| random.below(40) as f32 / 4.0).collect();
            let probs = LogProbs::new(&logits);
            let total: f64 =
                (0..count).filter_map(|token| probs.of(TokenId(token as u32))).map(exp).sum();
            assert!((total - 1.0).abs() < 1e-5, "{total}");
            let mut sorted: Vec<usize> = (0..count).collect();
            sorted.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
            let top = probs.top(10);
            assert_eq!(top.len(), count.min(10));
            for (&(token, log_probability), expected) in top.iter().zip(sorted) {
                assert_eq!(token.0 as usize, expected);
                assert_eq!(Some(log_probability), probs.of(token));
            }
        }
    }

    fn exp(value: f32) -> f64 {
        libm::exp(f64::from(value))
    }
}
