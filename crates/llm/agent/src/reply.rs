//! One reply of the model: its prompt computed, its tokens generated, and what came of it put into
//! the window.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, ReplyReport, StopReason,
    agent::report_error,
    calls::{CallError, CallFormat, CallGrammar, ToolCall, highest_number},
    draft::Draft,
    generate::{Chooser, Generator, Interruption, Limits, compute, generate},
    stats::Work,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::sync::atomic::AtomicBool;
use llm_context::common_prefix;
use llm_inference::{
    model::{LanguageModel, Message, Role},
    sampler::Sampler,
};
use llm_tools::ToolOutput;
use system_platform::Pacer;

/// What a reply came to.
pub(crate) struct Reply {
    pub calls: Vec<Result<ToolCall, CallError>>,
    pub stop_reason: StopReason,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Computes what is in the window. Returns whether all is computed.
    pub(crate) async fn compute_window<O: Observer + ?Sized>(
        &mut self,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> bool {
        if self.model.is_none() {
            return true;
        }
        self.prepare_call_grammar(observer);
        self.prepare_router(observer).await;
        // While nobody waits, as it takes a moment for each.
        self.index_turns(observer).await;
        let Some(model) = &mut self.model else {
            return true;
        };
        let tokens = self.window.tokens();
        let reused = common_prefix(model.computed(), &tokens);
        if reused == tokens.len() {
            return true;
        }
        let started_ns = self.host.machine().uptime_ns();
        let total = tokens.len() - reused;
        let computed = compute(model, &tokens, reused, pacer, cancel, |done| {
            observer.on_event(&AgentEvent::WarmUp { done, total });
        })
        .await;
        let done = model.computed().len().saturating_sub(reused);
        self.stats.record_warm_up(done as u64, self.host.machine().uptime_ns() - started_ns);
        if let Err(Interruption::Failed(error)) = &computed {
            model.truncate(0);
            report_error(observer, ErrorSource::Model, &error.to_string());
        }
        computed.is_ok()
    }

    /// Makes the grammar of tool calls, once.
    pub(crate) fn prepare_call_grammar<O: Observer + ?Sized>(&mut self, observer: &O) {
        let Some(model) = self.model.as_ref().filter(|_| self.call_grammar.is_none()) else {
            return;
        };
        let facilities = self.host.facilities();
        let available = self.tools.available(&facilities);
        let grammar = CallGrammar::new(model, available, CallFormat::of(model));
        if let Err(error) = &grammar {
            let message = format!("tool calls are not held to the tools' schemas: {error}");
            report_error(observer, ErrorSource::Tool, &message);
        }
        self.call_grammar = Some(grammar);
    }

    /// Asks the model for one reply and puts it into the window. Of the `results` of the turn's tools
    /// those are shown below it that it does not say. `None` if no turn is left to go on with.
    pub(crate) async fn reply<O: Observer + ?Sized>(
        &mut self,
        results: &[ToolOutput],
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Option<Reply> {
        self.prepare_call_grammar(observer);
        let model = self.model.as_mut()?;
        let prompt = self.window.prompt(model).and_then(|prompt| {
            let room = self.window.reply_room(model, prompt.len())?;
            Ok((prompt, room))
        });
        let (prompt, room) = match prompt {
            Ok(prompt) => prompt,
            Err(error) => {
                report_error(observer, ErrorSource::Model, &error.to_string());
                return None;
            }
        };
        let mut sampler = match Sampler::new(self.settings.sampler_options()) {
            Ok(sampler) => sampler,
            Err(error) => {
                report_error(observer, ErrorSource::Agent, &error.to_string());
                return None;
            }
        };
        // The last token is computed in any case: its logits choose the first word.
        let reused = common_prefix(model.computed(), &prompt).min(prompt.len().saturating_sub(1));
        let total = prompt.len() - reused;
        let started_ns = self.host.machine().uptime_ns();
        observer.on_event(&AgentEvent::Prefill { done: 0, total, reused });
        let prefill = compute(model, &prompt, reused, pacer, cancel, |done| {
            observer.on_event(&AgentEvent::Prefill { done, total, reused });
        })
        .await;
        let prefilled_ns = self.host.machine().uptime_ns();
        let mut work = Work {
            prefill_tokens: model.computed().len().saturating_sub(reused) as u64,
            prefill_ns: prefilled_ns - started_ns,
            reused_tokens: reused as u64,
            ..Work::default()
        };

        let mut draft =
            Draft::new(model, highest_number(self.window.turns().flat_map(|turn| turn.messages)));
        let outcome = match prefill {
            Ok(()) => {
                observer.on_event(&AgentEvent::ReplyStarted);
                let limits = Limits { max_tokens: self.settings.max_tokens, room };
                let machine = self.host.machine();
                let grammar = self.call_grammar.as_ref().and_then(|grammar| grammar.as_ref().ok());
                let grammar = grammar.filter(|_| self.settings.call_grammar == 1);
                let generator = Generator {
                    chooser: Chooser {
                        sampler: &mut sampler,
                        constraint: grammar.map(CallGrammar::constraint),
                    },
                    speculator: &mut self.speculator,
                    now_ns: &|| machine.uptime_ns(),
                };
                generate(model, generator, limits, &mut draft, pacer, observer, cancel).await
            }
            Err(interruption) => Err(interruption),
        };
        draft.finish(observer);
        work.decode_tokens = draft.generated.len() as u64;
        work.decode_ns = self.host.machine().uptime_ns() - prefilled_ns;
        let stop_reason = match outcome {
            Ok(StopReason::EndOfTurn) if !draft.calls.is_empty() => StopReason::ToolCall,
            Ok(stop_reason) => stop_reason,
            Err(Interruption::Cancelled) => StopReason::Cancelled,
            Err(Interruption::Failed(error)) => {
                // What stands in the cache after a failure is not to be trusted.
                model.truncate(0);
                report_error(observer, ErrorSource::Model, &error.to_string());
                StopReason::Error
            }
        };
        if matches!(stop_reason, StopReason::EndOfTurn | StopReason::Length) {
            draft.say_results(results, observer);
        }
        self.stats.record_reply(work);
        observer.on_event(&AgentEvent::ReplyFinished(ReplyReport {
            text: &draft.shown,
            tokens: draft.generated.len(),
            prompt_tokens: prompt.len(),
            reused_tokens: reused,
            prefill_tok_s: work.prefill_tok_s(),
            decode_tok_s: work.decode_tok_s(),
            stop_reason,
        }));
        self.keep_reply(draft, stop_reason, observer)
    }

    /// Puts a reply into the window. One without a token leaves no trace, and a question that got
    /// none goes with it: a small model would learn silence from it.
    fn keep_reply<O: Observer + ?Sized>(
        &mut self,
        draft: Draft,
        stop_reason: StopReason,
        observer: &O,
    ) -> Option<Reply> {
        let model = self.model.as_ref()?;
        if draft.generated.is_empty() && stop_reason != StopReason::EndOfTurn {
            self.drop_unanswered(observer);
        } else {
            let text = String::from_utf8_lossy(&draft.raw);
            // Those of a reply that was cut short are not run.
            let calls = match stop_reason {
                StopReason::ToolCall => draft.calls_apart(),
                _ => None,
            };
            let reply = Message::reply(text, calls);
            if let Err(error) = self.window.push_reply(model, reply, &draft.generated) {
                report_error(observer, ErrorSource::Model, &error.to_string());
                return None;
            }
        }
        self.report_context(observer);
        Some(Reply { calls: draft.calls, stop_reason })
    }

    /// Takes the question at the end back, if there is one.
    pub(crate) fn drop_unanswered<O: Observer + ?Sized>(&mut self, observer: &O) {
        let is_unanswered =
            self.window.segments().last().is_some_and(|last| last.role() == Role::User);
        if let Some(model) = self.model.as_ref().filter(|_| is_unanswered)
            && let Err(error) = self.window.undo(model)
        {
            report_error(observer, ErrorSource::Model, &error.to_string());
        }
    }
}
