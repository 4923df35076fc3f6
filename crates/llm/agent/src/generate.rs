//! Tokens computed and chosen: a prompt in chunks, a reply until the model, the limits or the person
//! end it.

use crate::{Observer, StopReason, cancel::until_cancelled, draft::Draft};

use core::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};
use llm_inference::{
    grammar::Constraint,
    model::{ForwardError, LanguageModel, TokenId},
    sampler::Sampler,
    speculate::Speculator,
};
use system_platform::Pacer;

/// Prompt tokens between two reports of progress.
const PREFILL_CHUNK: usize = 16;

/// Why computing stopped before it was done.
pub(crate) enum Interruption {
    Cancelled,
    Failed(ForwardError),
}

/// What bounds a reply.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// As `/set max_tokens` says.
    pub max_tokens: usize,
    /// Tokens the window has room for.
    pub room: usize,
}

/// What chooses a token.
pub(crate) struct Chooser<'g> {
    pub sampler: &'g mut Sampler,
    /// Holds tool calls to their grammar.
    pub constraint: Option<Constraint<'g>>,
}

/// What makes a reply.
pub(crate) struct Generator<'g> {
    pub chooser: Chooser<'g>,
    /// Has what the text says already computed along with the token at hand; what is chosen stays
    /// the same.
    pub speculator: &'g mut Speculator,
    pub now_ns: &'g dyn Fn() -> u64,
}

impl Chooser<'_> {
    /// Chooses a token behind those of `reply`, which may become `most` tokens long.
    pub fn choose(&mut self, logits: &[f32], reply: &[TokenId], most: usize) -> TokenId {
        if let Some(constraint) = &mut self.constraint {
            // A call that has begun is brought to its end before the reply is cut off.
            let left = u32::try_from(most.saturating_sub(reply.len())).unwrap_or(u32::MAX);
            let token = constraint.choose(self.sampler, logits, reply, left);
            if let Ok(token) = token
                && constraint.accept(token).is_ok()
            {
                return token;
            }
            // A vocabulary that cannot spell the grammar. Whoever reads the call will say what is
            // wrong with it.
            self.constraint = None;
        }
        self.sampler.sample(logits, reply)
    }
}

/// Computes `tokens` from `reused` on, after dropping from the cache what differs; tells `progress`
/// how many of them are done.
pub(crate) async fn compute<M: LanguageModel>(
    model: &mut M,
    tokens: &[TokenId],
    reused: usize,
    pacer: &impl Pacer,
    cancel: &AtomicBool,
    progress: impl Fn(usize),
) -> Result<(), Interruption> {
    model.truncate(reused);
    let mut done = 0;
    for chunk in tokens[reused..].chunks(PREFILL_CHUNK) {
        match until_cancelled(model.extend(chunk, pacer), cancel).await {
            None => return Err(Interruption::Cancelled),
            Some(Err(error)) => return Err(Interruption::Failed(error)),
            Some(Ok(())) => {}
        }
        done += chunk.len();
        progress(done);
    }
    Ok(())
}

/// Generates until the model, the limits or the person end it.
pub(crate) async fn generate<M: LanguageModel, O: Observer + ?Sized>(
    model: &mut M,
    generator: Generator<'_>,
    limits: Limits,
    draft: &mut Draft,
    pacer: &impl Pacer,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<StopReason, Interruption> {
    let Generator { mut chooser, speculator, now_ns } = generator;
    let most = limits.room.min(limits.max_tokens);
    let mut chosen = alloc::vec![chooser.choose(model.logits(), &[], most)];
    // As the sampler has chosen them; some may turn out to come after the end.
    let mut recent = chosen.clone();
    loop {
        for &token in &chosen {
            if cancel.load(Ordering::Relaxed) {
                return Err(Interruption::Cancelled);
            }
            if draft.generated.len() >= limits.room {
                return Ok(StopReason::ContextFull);
            }
            if model.ends_turn(token) {
                return Ok(StopReason::EndOfTurn);
            }
            let bytes = draft.markers.bytes(model, token);
            draft.push(token, bytes, observer);
            if draft.generated.len() >= limits.max_tokens {
                return Ok(StopReason::Length);
            }
        }
        let last = recent[recent.len() - 1];
        let choose = |logits: &[f32]| {
            let token = chooser.choose(logits, &recent, most);
            recent.push(token);
            ControlFlow::Continue(token)
        };
        let step = speculator.step(model, last, pacer, now_ns, &mut chosen, choose);
        match until_cancelled(step, cancel).await {
            None => return Err(Interruption::Cancelled),
            Some(Err(error)) => return Err(Interruption::Failed(error)),
            Some(Ok(())) => {}
        }
    }
}
