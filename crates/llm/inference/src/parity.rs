//! Whether the engine computes what a reference implementation computed.
//!
//! The model is led along the reference's own continuation ("teacher-forced"), so that one
//! different choice does not spoil all that follows, and its best token is compared at each step.
//! Implementations round differently, so a step at which the reference itself was almost undecided
//! may differ.

use crate::{
    model::{ForwardError, LanguageModel, TokenId},
    sampler::best_token,
};
use alloc::vec::Vec;
use system_platform::Pacer;

/// Two candidates closer than this, in nat, count as a tie: what rounding to 8 bits can turn round
/// (llama.cpp differs as much between its own builds).
pub const TIE_NAT: f32 = 0.25;

/// One token of a reference continuation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceStep {
    /// The token the reference found best.
    pub token: TokenId,
    /// By how much its log-probability was above the second best's, in nat.
    pub gap_nat: f32,
}

/// A prompt and its greedy continuation by the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The prompt.
    pub prompt: Vec<TokenId>,
    /// The continuation.
    pub steps: Vec<ReferenceStep>,
}

/// A step at which the engine found another token best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Index of the step.
    pub step: usize,
    /// The reference's token.
    pub expected: ReferenceStep,
    /// The engine's.
    pub found: TokenId,
}

/// How a model did along a reference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Steps at which the best token was the same.
    pub equal: usize,
    /// Other steps at which the reference's top two were within [`TIE_NAT`].
    pub near_ties: Vec<Difference>,
    /// All remaining steps.
    pub different: Vec<Difference>,
}

impl Report {
    /// Whether no step differs beyond a tie.
    pub fn is_passed(&self) -> bool {
        self.different.is_empty()
    }

    /// Steps compared.
    pub fn steps(&self) -> usize {
        self.equal + self.near_ties.len() + self.different.len()
    }

    /// Counts the steps of another report too.
    pub fn absorb(&mut self, other: &Self) {
        self.equal += other.equal;
        self.near_ties.extend_from_slice(&other.near_ties);
        self.different.extend_from_slice(&other.different);
    }
}

/// Leads `model` along `reference`, from an empty cache. Afterwards the cache holds the prompt and
/// the continuation but for its last token.
///
/// # Errors
/// What [`LanguageModel::extend`] says.
pub async fn follow(
    model: &mut impl LanguageModel,
    reference: &Reference,
    pacer: &impl Pacer,
) -> Result<Report, ForwardError> {
    let mut report = Report::default();
    model.truncate(0);
    model.extend(&reference.prompt, pacer).await?;
    for (step, &expected) in reference.steps.iter().enumerate() {
        if step > 0 {
            model.extend(&[reference.steps[step - 1].token], pacer).await?;
        }
        let found = best_token(model.logits());
        let difference = Difference { step, expected, found };
        if found == expected.token {
            report.equal += 1;
        } else if expected.gap_nat <= TIE_NAT {
            report.near_ties.push(difference);
        } else {
            report.different.push(difference);
        }
    }
    Ok(report)
}

/// Whether `tokens` computed in one go and computed one by one give the same logits, bit for bit:
/// a check that needs no reference. Starts from an empty cache and leaves `tokens` in it.
///
/// # Errors
/// What [`LanguageModel::extend`] says.
pub async fn batches_agree(
    model: &mut impl LanguageModel,
    tokens: &[TokenId],
    pacer: &impl Pacer,
) -> Result<bool, ForwardError> {
    model.truncate(0);
    model.extend(tokens, pacer).await?;
    let at_once: Vec<u32> = model.logits().iter().map(|logit| logit.to_bits()).collect();
    model.truncate(0);
    for &token in tokens {
        model.extend(&[token], pacer).await?;
    }
    Ok(model.logits().iter().map(|logit| logit.to_bits()).eq(at_once))
}
