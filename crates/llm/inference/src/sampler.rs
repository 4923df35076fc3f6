//! Choosing the next token from the logits.
//!
//! The order of the filters is llama.cpp's: repetition penalty, top-k, top-p, min-p, temperature.

use crate::{grammar::TokenMask, model::TokenId};
use alloc::vec::Vec;
use core::fmt;

/// How to choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerOptions {
    /// Divides the logits: below 1 the likely become likelier; 0 always takes the best.
    pub temperature: f32,
    /// Only the so many best are candidates; 0 for all.
    pub top_k: usize,
    /// Only the best that together have this probability are candidates; 1 for all.
    pub top_p: f32,
    /// Only those at least this fraction as likely as the best are candidates; 0 for all.
    pub min_p: f32,
    /// Logits of recent tokens are divided by it (multiplied, where negative); 1 for no penalty
    /// (Keskar et al. 2019).
    pub repeat_penalty: f32,
    /// How many tokens count as recent.
    pub repeat_last_n: usize,
    /// Where the random numbers start; the same seed gives the same choices.
    pub seed: u64,
}

impl Default for SamplerOptions {
    /// llama.cpp's defaults, and the seed 0.
    fn default() -> Self {
        Self {
            temperature: 0.8,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            repeat_last_n: 64,
            seed: 0,
        }
    }
}

impl SamplerOptions {
    /// Always the best token, whatever was said before.
    pub const fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: 1.0,
            repeat_last_n: 0,
            seed: 0,
        }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// The first option that is out of range.
    pub fn validate(&self) -> Result<(), SamplerError> {
        let check = |name, value: f32, low: f32, high: f32| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(SamplerError { name, value, low, high })
            }
        };
        check("temperature", self.temperature, 0.0, 100.0)?;
        check("top_p", self.top_p, 0.0, 1.0)?;
        check("min_p", self.min_p, 0.0, 1.0)?;
        check("repeat_penalty", self.repeat_penalty, 0.01, 100.0)
    }
}

/// An option that is out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerError {
    /// The option.
    pub name: &'static str,
    /// Its value.
    pub value: f32,
    /// The least it may be.
    pub low: f32,
    /// The most it may be.
    pub high: f32,
}

impl fmt::Display for SamplerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is not in {}..={}", self.name, self.value, self.low, self.high)
    }
}

impl core::error::Error for SamplerError {}

/// The token with the largest logit; the first of several.
pub fn best_token(logits: &[f32]) -> TokenId {
    let mut best = 0;
    for (index, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = index;
        }
    }
    TokenId(best as u32)
}

/// A token that may be chosen.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    logit: f32,
}

/// Chooses tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    options: SamplerOptions,
    random: SplitMix64,
    /// Kept between calls for its memory.
    candidates: Vec<Candidate>,
}

impl Sampler {
    /// A sampler at the start of its random numbers.
    ///
    /// # Errors
    /// An option that is out of range.
    pub fn new(options: SamplerOptions) -> Result<Self, SamplerError> {
        options.validate()?;
        Ok(Self { options, random: SplitMix64(options.seed), candidates: Vec::new() })
    }

    /// The options it was made with.
    pub const fn options(&self) -> &SamplerOptions {
        &self.options
    }

    /// Chooses from `logits`, `(vocabulary)`, which must not be empty; `recent` are the tokens so
    /// far, of which the last few count for the penalty.
    pub fn sample(&mut self, logits: &[f32], recent: &[TokenId]) -> TokenId {
        if self.takes_best() {
            return best_token(logits);
        }
        self.candidates.clear();
        let candidates = (0..).zip(logits);
        self.candidates.extend(candidates.map(|(token, &logit)| Candidate { token, logit }));
        self.choose(recent)
    }

    /// As [`Self::sample`], as if there were no tokens but those `allowed`, of which one at least
    /// must have a logit.
    pub fn sample_among(
        &mut self,
        logits: &[f32],
        recent: &[TokenId],
        allowed: &TokenMask,
    ) -> TokenId {
        self.candidates.clear();
        let candidates = allowed.iter().filter_map(|token| {
            let logit = *logits.get(token.0 as usize)?;
            Some(Candidate { token: token.0, logit })
        });
        self.candidates.extend(candidates);
        self.choose(recent)
    }

    /// Whether the best logit is all that counts.
    pub(crate) fn takes_best(&self) -> bool {
        let ignores_recent = self.options.repeat_penalty == 1.0 || self.options.repeat_last_n == 0;
        self.options.temperature == 0.0 && ignores_recent
    }

    /// Chooses from the candidates, which are in the order of their tokens.
    fn choose(&mut self, recent: &[TokenId]) -> TokenId {
        if self.options.repeat_penalty != 1.0 {
            let recent = &recent[recent.len().saturating_sub(self.options.repeat_last_n)..];
            self.penalise(recent);
        }
        if self.options.temperature == 0.0 {
            return TokenId(self.candidates.iter().fold(self.candidates[0], better).token);
        }
        self.keep_top_k();
        self.keep_probable();
        self.draw()
    }

    fn penalise(&mut self, penalised: &[TokenId]) {
        for (index, token) in penalised.iter().enumerate() {
            // Once for each token, however often it was said.
            if penalised[..index].contains(token) {
                continue;
            }
            let place = self.candidates.binary_search_by_key(&token.0, |candidate| candidate.token);
            if let Ok(place) = place {
                let candidate = &mut self.candidates[place];
                let penalty = self.options.repeat_penalty;
                candidate.logit *= if candidate.logit > 0.0 { 1.0 / penalty } else { penalty };
            }
        }
    }

    /// Sorts the candidates, best first, and drops those after the first k.
    fn keep_top_k(&mut self) {
        let best_first =
            |a: &Candidate, b: &Candidate| b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token));
        let k = self.options.top_k;
        if k > 0 && k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(k, best_first);
            self.candidates.truncate(k);
        }
        self.candidates.sort_unstable_by(best_first);
    }

    /// Applies top-p and min-p to sorted candidates. The best always stays.
    fn keep_probable(&mut self) {
        let largest = self.candidates[0].logit;
        let weight = |candidate: &Candidate| libm::expf(candidate.logit - largest);
        let total: f32 = self.candidates.iter().map(weight).sum();
        let mut before = 0.0;
        let mut count = 0;
        for candidate in &self.candidates {
            let weight = weight(candidate);
            // The best has the weight 1.
            let is_probable = before < self.options.top_p * total && weight >= self.options.min_p;
            if count > 0 && !is_probable {
                break;
            }
            before += weight;
            count += 1;
        }
        self.candidates.truncate(count);
    }

    fn draw(&mut self) -> TokenId {
        let largest = self.candidates[0].logit;
        let weight = |candidate: &Candidate| {
            libm::expf((candidate.logit - largest) / self.options.temperature)
        };
        let total: f32 = self.candidates.iter().map(weight).sum();
        let mut left = self.random.unit() * total;
        for candidate in &self.candidates {
            left -= weight(candidate);
            if left < 0.0 {
                return TokenId(candidate.token);
            }
        }
        // Rounding may leave a little: it belongs to the last.
        TokenId(self.candidates[self.candidates.len() - 1].token)
    }
}

fn better(a: Candidate, b: &Candidate) -> Candidate {
    if b.logit > a.logit { *b } else { a }
}

/// SplitMix64 (Steele, Lea, Flood 2014): one word of state, and the same numbers everywhere.
#[derive(Clone, Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    /// A number in 0.0..1.0.
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1_u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(options: SamplerOptions) -> Sampler {
        Sampler::new(options).expect("the options are in range")
    }

    fn counts(options: SamplerOptions, logits: &[f32]) -> [usize; 4] {
        let mut sampler = sampler(options);
        let mut counts = [0; 4];
        for _ in 0..4000 {
            counts[sampler.sample(logits, &[]).0 as usize] += 1;
        }
        counts
    }

    /// Probabilities 0.5, 0.25, 0.15, 0.1.
    fn logits() -> [f32; 4] {
        [0.5, 0.25, 0.15, 0.1].map(libm::logf)
    }

    const ALL: SamplerOptions =
        SamplerOptions { temperature: 1.0, seed: 42, ..SamplerOptions::greedy() };

    #[test]
    fn greedy_takes_the_first_of_the_best() {
        let mut sampler = sampler(SamplerOptions::greedy());
        assert_eq!(sampler.sample(&[1.0, 3.0, 3.0, -1.0], &[TokenId(1)]), TokenId(1));
    }

    #[test]
    fn draws_tokens_as_often_as_they_are_probable() {
        let counts = counts(ALL, &logits());
        for (count, expected) in counts.into_iter().zip([2000, 1000, 600, 400]) {
            assert!(count.abs_diff(expected) < 100, "{counts:?}");
        }
    }

    #[test]
    fn low_temperature_prefers_the_best_and_high_levels_all() {
        let cold = counts(SamplerOptions { temperature: 0.1, ..ALL }, &logits());
        assert!(cold[0] > 3980, "{cold:?}");
        let hot = counts(SamplerOptions { temperature: 50.0, ..ALL }, &logits());
        assert!(hot.iter().all(|count| count.abs_diff(1000) < 150), "{hot:?}");
    }

    #[test]
    fn top_k_keeps_the_k_best() {
        let counts = counts(SamplerOptions { top_k: 2, ..ALL }, &logits());
        assert!(counts[0] > 0 && counts[1] > 0 && counts[2] + counts[3] == 0, "{counts:?}");
    }

    #[test]
    fn top_p_keeps_the_token_that_crosses_the_limit_and_no_more() {
        let counts = counts(SamplerOptions { top_p: 0.6, ..ALL }, &logits());
        assert!(counts[0] > 0 && counts[1] > 0 && counts[2] + counts[3] == 0, "{counts:?}");
        let none = super::tests::counts(SamplerOptions { top_p: 0.0, ..ALL }, &logits());
        assert_eq!(none, [4000, 0, 0, 0]);
    }

    #[test]
    fn min_p_drops_what_is_far_less_likely_than_the_best() {
        let counts = counts(SamplerOptions { min_p: 0.25, ..ALL }, &logits());
        assert!(counts[2] > 0 && counts[3] == 0, "{counts:?}");
    }

    #[test]
    fn the_penalty_moves_recent_tokens_back_once_and_forgets_old_ones() {
        let options =
            SamplerOptions { repeat_penalty: 2.0, repeat_last_n: 2, ..SamplerOptions::greedy() };
        let mut sampler = sampler(options);
        let logits = [4.0, 3.0, -1.0, -1.5];
        let recent = [TokenId(0), TokenId(0)];
        assert_eq!(sampler.sample(&logits, &recent), TokenId(1));
        assert_eq!(sampler.sample(&logits, &[TokenId(0), TokenId(2), TokenId(3)]), TokenId(0));
        assert_eq!(sampler.sample(&[-1.0, -1.5], &[TokenId(0)]), TokenId(1));
        assert_eq!(sampler.sample(&[7.0, 3.0], &recent), TokenId(0), "halved once, not twice");
    }

    #[test]
    fn the_same_seed_gives_the_same_tokens_and_another_gives_others() {
        let draw = |seed| {
            let mut sampler = sampler(SamplerOptions { seed, ..ALL });
            core::array::from_fn::<_, 64, _>(|_| sampler.sample(&logits(), &[]).0)
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let error = Sampler::new(SamplerOptions { top_p: 1.5, ..ALL }).err();
        assert_eq!(error.map(|error| error.name), Some("top_p"));
        assert!(Sampler::new(SamplerOptions { temperature: f32::NAN, ..ALL }).is_err());
    }
}
