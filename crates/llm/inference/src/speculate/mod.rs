//! Speculation by looking things up in the prompt (Saxena 2023): what followed the last time the
//! text went like this is drafted, computed in one batch with the token at hand, and kept as far as
//! the model chooses the same. The output is what it would be without: every token is chosen from
//! the same logits, bit for bit, in the same order, by the same sampler.
//!
//! [`lookup`] finds drafts, [`throttle`] decides how long they may be, and [`Speculator`] does a
//! step of generation with both.

mod lookup;
#[cfg(test)]
mod tests;
mod throttle;

use crate::model::{ForwardError, LanguageModel, TokenId};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use lookup::longest_match;
use system_platform::Pacer;
use throttle::Throttle;

/// Tokens of the longest draft. With the token at hand the logits of eight are computed together,
/// which the engine does in one product.
pub const MAX_DRAFT: usize = 7;

/// What drafts came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpeculationStats {
    /// Steps, drafted or not: passes over the weights.
    pub steps: u64,
    /// Tokens that were drafted.
    pub drafted: u64,
    /// Those of them that the model chose too.
    pub accepted: u64,
}

/// Generates with drafts. It learns while it works, so one should be kept as long as the model.
#[derive(Clone, Debug, Default)]
pub struct Speculator {
    throttle: Throttle,
    stats: SpeculationStats,
    /// `(computed tokens and the one at hand)`: kept between steps for its memory.
    text: Vec<TokenId>,
}

impl Speculator {
    /// One that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What drafts came to so far.
    pub const fn stats(&self) -> SpeculationStats {
        self.stats
    }

    /// Computes `token` after what `model` has computed, and perhaps a draft of what follows.
    ///
    /// `choose` is shown the logits after each token and chooses the next; `Break` ends the
    /// generation with its choice. Its choices come in `chosen`, in order: all but the last are
    /// computed afterwards, and the last is the `token` of the next step. `now_ns` is a clock: from
    /// it is learned what a draft costs here.
    ///
    /// # Errors
    /// What [`LanguageModel::extend`] says, and as it says.
    pub async fn step<M: LanguageModel>(
        &mut self,
        model: &mut M,
        token: TokenId,
        pacer: &impl Pacer,
        now_ns: impl Fn() -> u64,
        chosen: &mut Vec<TokenId>,
        mut choose: impl FnMut(&[f32]) -> ControlFlow<TokenId, TokenId>,
    ) -> Result<(), ForwardError> {
        chosen.clear();
        let Self { throttle, stats, text } = self;
        text.clear();
        text.extend_from_slice(model.computed());
        let computed = text.len();
        text.push(token);
        let found = longest_match(text);
        let room = model.context_limit().saturating_sub(text.len());
        let draft_len = found.map_or(0, |found| throttle.draft_len(found.len, room));
        stats.steps += 1;
        if let (Some(found), true) = (found, draft_len > 0) {
            // One by one: the draft may run into itself, as in a text that repeats a word.
            for offset in 0..draft_len {
                text.push(text[found.next + offset]);
            }
            let mut is_over = false;
            let start_ns = now_ns();
            let result = model.extend_each(&text[computed..], pacer, |index, logits| {
                if is_over {
                    return;
                }
                let choice = match choose(logits) {
                    ControlFlow::Continue(choice) => choice,
                    ControlFlow::Break(choice) => {
                        is_over = true;
                        choice
                    }
                };
                chosen.push(choice);
                is_over |= text.get(computed + 1 + index) != Some(&choice);
            });
            match result.await {
                // A draft that finds no room is no reason to stop.
                Err(ForwardError::ArenaFull { .. }) if chosen.is_empty() => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    // The token at hand, and the choices that were drafted.
                    model.truncate(computed + chosen.len());
                    let elapsed_ns = now_ns().saturating_sub(start_ns);
                    let accepted = chosen.len() - 1;
                    throttle.record_draft(elapsed_ns, found.len, draft_len, accepted);
                    stats.drafted += draft_len as u64;
                    stats.accepted += accepted as u64;
                    return Ok(());
                }
            }
        }
        let start_ns = now_ns();
        model.extend(&[token], pacer).await?;
        throttle.record_plain(now_ns().saturating_sub(start_ns));
        let (ControlFlow::Break(next) | ControlFlow::Continue(next)) = choose(model.logits());
        chosen.push(next);
        // What the draft would have been tells as much as if it had been computed.
        if let (Some(found), 0) = (found, draft_len) {
            throttle.record_guess(found.len, text[found.next] == next);
        }
        Ok(())
    }
}
