//! A turn: the message, the reply, the tools it calls, the reply to their results.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, ReplyReport, StopReason, ToolSource,
    agent::report_error,
    call::{self, CallError, ToolCall},
    call_grammar::CallGrammar,
    cancel::until_cancelled,
    said::is_said,
    stats::Work,
    stream::{Part, ReplyStream},
    syscall::for_model,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};
use llm_context::common_prefix;
use llm_inference::{
    grammar::Constraint,
    model::{ForwardError, LanguageModel, Message, Role, TokenId},
    sampler::Sampler,
    speculate::Speculator,
};
use llm_tools::{Refusal, ToolError, ToolOutput};
use system_platform::Pacer;

/// How often in one turn the model may call tools and be answered.
const MAX_TOOL_ROUNDS: usize = 4;
/// How many calls of a turn may fail, with the model being told why, before the turn ends.
const MAX_REFUSED_CALLS: usize = 2;
/// Prompt tokens between two reports of progress.
const PREFILL_CHUNK: usize = 16;

/// What a reply came to.
struct Reply {
    calls: Vec<Result<ToolCall, CallError>>,
    stop_reason: StopReason,
}

/// What came of the calls of a turn.
#[derive(Default)]
struct Answers {
    results: Vec<ToolOutput>,
    /// Calls that failed.
    refused: usize,
}

/// A reply while it is generated.
#[derive(Default)]
struct Draft {
    /// The tokens, those of calls included.
    generated: Vec<TokenId>,
    /// Their bytes.
    raw: Vec<u8>,
    /// What was shown.
    shown: String,
    stream: ReplyStream,
    calls: Vec<Result<ToolCall, CallError>>,
}

/// Why computing stopped before it was done.
enum Interruption {
    Cancelled,
    Failed(ForwardError),
}

impl<M: LanguageModel> Agent<'_, M> {
    /// One turn with `text` from the person.
    pub(crate) async fn converse<O: Observer + ?Sized>(
        &mut self,
        text: &str,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        if self.model.is_none() {
            let message =
                "no model is loaded, so nobody can answer; commands and tools work (/help)";
            report_error(observer, ErrorSource::Model, message);
            return;
        }
        if !self.admit(Message::new(Role::User, text), observer) {
            return;
        }
        self.is_tainted = false;
        let mut answers = Answers::default();
        if let Some(call) = self.routed_call(text, observer).await {
            let written = Message::new(Role::Assistant, call.written());
            if !self.admit(written, observer)
                || !self.answer_calls(&[Ok(call)], &mut answers, observer, cancel).await
            {
                return;
            }
        }
        for round in 0.. {
            let Some(reply) = self.reply(&answers.results, pacer, observer, cancel).await else {
                return;
            };
            if reply.calls.is_empty() {
                return;
            }
            if reply.stop_reason != StopReason::ToolCall {
                let message = "the reply was cut short: its tool calls were not run";
                report_error(observer, ErrorSource::Tool, message);
                return;
            }
            if round == MAX_TOOL_ROUNDS {
                let message = format!(
                    "{MAX_TOOL_ROUNDS} rounds of tool calls are the most in one turn: the last was not run"
                );
                report_error(observer, ErrorSource::Tool, &message);
                return;
            }
            if !self.answer_calls(&reply.calls, &mut answers, observer, cancel).await {
                return;
            }
        }
    }

    /// Computes what is in the window. Returns whether all is computed.
    pub(crate) async fn compute_window<O: Observer + ?Sized>(
        &mut self,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> bool {
        self.prepare_call_grammar(observer);
        self.prepare_router(observer).await;
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
    fn prepare_call_grammar<O: Observer + ?Sized>(&mut self, observer: &O) {
        let Some(model) = self.model.as_ref().filter(|_| self.call_grammar.is_none()) else {
            return;
        };
        let facilities = self.host.facilities();
        let grammar = CallGrammar::new(model, self.tools.available(&facilities));
        if let Err(error) = &grammar {
            let message = format!("tool calls are not held to the tools' schemas: {error}");
            report_error(observer, ErrorSource::Tool, &message);
        }
        self.call_grammar = Some(grammar);
    }

    /// Puts a message into the window and tells what had to go; `false` if it does not fit.
    fn admit<O: Observer + ?Sized>(&mut self, message: Message, observer: &O) -> bool {
        let Some(model) = &self.model else {
            return false;
        };
        match self.window.push(model, message) {
            Ok(paging) => {
                for evicted in paging.paged_out {
                    observer.on_event(&AgentEvent::Evicted(evicted));
                }
                self.report_context(observer);
                true
            }
            Err(error) => {
                report_error(observer, ErrorSource::Context, &error.to_string());
                false
            }
        }
    }

    /// Asks the model for one reply and puts it into the window. Of the `results` of the turn's tools
    /// those are shown below it that it does not say. `None` if no turn is left to go on with.
    async fn reply<O: Observer + ?Sized>(
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

        let mut draft = Draft::default();
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
            let is_unanswered =
                self.window.segments().last().is_some_and(|last| last.role() == Role::User);
            if is_unanswered && let Err(error) = self.window.undo(model) {
                report_error(observer, ErrorSource::Model, &error.to_string());
                return None;
            }
        } else {
            let text = String::from_utf8_lossy(&draft.raw);
            if let Err(error) = self.window.push_reply(model, &text, &draft.generated) {
                report_error(observer, ErrorSource::Model, &error.to_string());
                return None;
            }
        }
        self.report_context(observer);
        Some(Reply { calls: draft.calls, stop_reason })
    }

    /// Runs calls one after the other and puts what came of them into the window, and into `answers`;
    /// `false` if the turn cannot go on.
    async fn answer_calls<O: Observer + ?Sized>(
        &mut self,
        calls: &[Result<ToolCall, CallError>],
        answers: &mut Answers,
        observer: &O,
        cancel: &AtomicBool,
    ) -> bool {
        for call in calls {
            let told = match call {
                Ok(call) => match self.call_tool(call, ToolSource::Model, observer, cancel).await {
                    Ok(output) => {
                        let told = for_model(&call.name, &output);
                        answers.results.push(output);
                        Some(told)
                    }
                    Err(error) => {
                        let message = format!("{}: {error}", call.name);
                        report_error(observer, ErrorSource::Tool, &message);
                        if matches!(
                            error,
                            ToolError::Faulty(_) | ToolError::Refused(Refusal::Stopped)
                        ) {
                            return false;
                        }
                        answers.refuse(&error.to_string(), observer)
                    }
                },
                // Shown already, when it was found.
                Err(error) => answers.refuse(&error.to_string(), observer),
            };
            let Some(told) = told else {
                return false;
            };
            if !self.admit(Message::new(Role::Tool, told), observer) {
                return false;
            }
        }
        true
    }
}

impl Answers {
    /// Takes note of a call that failed. Gives what the model is told of it; `None` where that was
    /// often enough.
    fn refuse<O: Observer + ?Sized>(&mut self, error: &str, observer: &O) -> Option<String> {
        self.refused += 1;
        if self.refused > MAX_REFUSED_CALLS {
            let message = format!(
                "the model was told of {MAX_REFUSED_CALLS} calls that failed and made another: the turn ends"
            );
            report_error(observer, ErrorSource::Tool, &message);
            return None;
        }
        Some(format!("error: {error}"))
    }
}

impl Draft {
    /// Takes one more token and shows what is complete with it.
    fn push<O: Observer + ?Sized>(&mut self, token: TokenId, bytes: &[u8], observer: &O) {
        self.generated.push(token);
        self.raw.extend_from_slice(bytes);
        let parts = self.stream.push(bytes);
        self.take(parts, observer);
    }

    fn finish<O: Observer + ?Sized>(&mut self, observer: &O) {
        let parts = self.stream.finish();
        self.take(parts, observer);
    }

    /// Shows the results that were not said.
    fn say_results<O: Observer + ?Sized>(&mut self, results: &[ToolOutput], observer: &O) {
        for result in results.iter().filter(|result| result.is_answer) {
            if is_said(&self.shown, &result.text) {
                continue;
            }
            let gap = if self.shown.trim().is_empty() { "" } else { "\n\n" };
            let text = format!("{gap}{}", result.statement);
            observer.on_event(&AgentEvent::TextDelta { text: &text });
            self.shown.push_str(&text);
        }
    }

    fn take<O: Observer + ?Sized>(&mut self, parts: Vec<Part>, observer: &O) {
        for part in parts {
            let call = match part {
                Part::Text(text) => {
                    observer.on_event(&AgentEvent::TextDelta { text: &text });
                    self.shown.push_str(&text);
                    continue;
                }
                Part::Call(text) => (call::parse(&text), text),
                Part::UnclosedCall(text) => (Err(CallError::Unclosed), text),
            };
            if let (Err(error), text) = &call {
                report_error(observer, ErrorSource::Tool, &format!("{error}: {}", text.trim()));
            }
            self.calls.push(call.0);
        }
    }
}

/// What bounds a reply.
#[derive(Clone, Copy)]
struct Limits {
    /// As `/set max_tokens` says.
    max_tokens: usize,
    /// Tokens the window has room for.
    room: usize,
}

/// Computes `tokens` from `reused` on, after dropping from the cache what differs; tells `progress`
/// how many of them are done.
async fn compute<M: LanguageModel>(
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

/// What chooses a token.
struct Chooser<'g> {
    sampler: &'g mut Sampler,
    /// Holds tool calls to their grammar.
    constraint: Option<Constraint<'g>>,
}

/// What makes a reply.
struct Generator<'g> {
    chooser: Chooser<'g>,
    /// Has what the text says already computed along with the token at hand; what is chosen stays
    /// the same.
    speculator: &'g mut Speculator,
    now_ns: &'g dyn Fn() -> u64,
}

impl Chooser<'_> {
    /// Chooses a token behind those of `reply`, which may become `most` tokens long.
    fn choose(&mut self, logits: &[f32], reply: &[TokenId], most: usize) -> TokenId {
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

/// Generates until the model, the limits or the person end it.
async fn generate<M: LanguageModel, O: Observer + ?Sized>(
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
            draft.push(token, model.token_bytes(token), observer);
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
