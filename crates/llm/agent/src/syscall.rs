//! The system call: a tool call on its way from whoever asks for it to the tool and back. Rights are
//! checked, the person is asked where need be, and everything is written into the audit log.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, ToolSource,
    agent::report_error,
    calls::{CallError, ToolCall},
    cancel::until_cancelled,
    join::join_all,
    own_words::{are_own_words, begins_as},
    turn_index::Conversation,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{
    cell::RefCell,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};
use llm_context::outside;
use llm_inference::model::LanguageModel;
use llm_tools::{
    Capability, Grants, Origin, Refusal, State, ToolContext, ToolError, ToolOutput,
    audit::Call,
    grants::{Decision, Permit, Question},
};

/// Who asks for a call, and whose words it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The person, by a command.
    Person,
    /// The router, which has read the call out of what the person said in this turn.
    Router,
    /// The model, which may have it from any text in its window.
    Model,
}

impl Caller {
    const fn source(self) -> ToolSource {
        match self {
            Self::Person => ToolSource::User,
            Self::Router | Self::Model => ToolSource::Model,
        }
    }
}

/// A call on its way to the tool.
struct Prepared<'c> {
    call: &'c ToolCall,
    capability: Option<Capability>,
    /// Whether text from outside may stand in it.
    is_suspect: bool,
    permit: Result<Permit, ToolError>,
}

/// A call on its way back.
struct Finished<'c> {
    call: &'c ToolCall,
    capability: Option<Capability>,
    decision: String,
    result: Result<ToolOutput, ToolError>,
    duration_ns: u64,
}

/// The tool that looks through the turns.
const SEARCH_HISTORY: &str = "search_history";

impl<M: LanguageModel> Agent<'_, M> {
    /// Runs one call. What comes of it is told to `observer` and kept in the audit log.
    pub(crate) async fn call_tool<O: Observer + ?Sized>(
        &mut self,
        call: &ToolCall,
        caller: Caller,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Result<ToolOutput, ToolError> {
        let mut results = self.call_tools(&[call], caller, observer, cancel).await;
        results.pop().expect("a result for each call")
    }

    /// How many of the first of these calls may run side by side: none of them changes what another
    /// might look at, or what is on the screen. At least one, if there is one.
    pub(crate) fn independent(&self, calls: &[Result<ToolCall, CallError>]) -> usize {
        let is_independent = |call: &Result<ToolCall, CallError>| {
            call.as_ref().is_ok_and(|ToolCall { name, arguments, .. }| {
                let needed = self.tools.get(name).ok().and_then(|tool| tool.capability(arguments));
                needed.is_none_or(|capability| capability.effect().is_independent())
            })
        };
        let side_by_side = calls.iter().take_while(|call| is_independent(call)).count();
        side_by_side.max(1).min(calls.len())
    }

    /// Runs calls side by side; of several, none may need the state alone. What comes of them, in
    /// their order.
    pub(crate) async fn call_tools<O: Observer + ?Sized>(
        &mut self,
        calls: &[&ToolCall],
        caller: Caller,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Vec<Result<ToolOutput, ToolError>> {
        let source = caller.source();
        let mut prepared = Vec::with_capacity(calls.len());
        for call in calls {
            let ToolCall { name, arguments, .. } = call;
            observer.on_event(&AgentEvent::ToolCall { name, arguments, source });
            let needed = self.tools.check(name, arguments).map(|tool| tool.capability(arguments));
            let capability = needed.as_ref().ok().cloned().flatten();
            let is_suspect = caller == Caller::Model && self.is_suspect(call);
            let permit = match needed {
                Ok(needed) => {
                    let is_tainted = self.is_tainted || is_suspect;
                    self.permit(call, needed, caller, is_tainted, observer, cancel).await
                }
                Err(error) => Err(error),
            };
            prepared.push(Prepared { call, capability, is_suspect, permit });
        }
        let finished = self.run_tools(prepared, observer, cancel).await;
        let end = |finished: Finished<'_>| {
            let Finished { call, capability, decision, mut result, duration_ns } = finished;
            if let Ok(output) = &mut result
                && self.repeats_outside_state(&output.statement)
            {
                output.origin = Origin::Outside;
            }
            let text = |output: &ToolOutput| output.text.clone();
            let shown = result.as_ref().map_or_else(ToString::to_string, text);
            self.audit.append(Call {
                unix_s: self.unix_s(),
                task: &self.task,
                tool: &call.name,
                arguments: &call.arguments.to_string(),
                capability: capability.as_ref().map(Capability::to_string).as_deref(),
                decision: &decision,
                ok: result.is_ok(),
                result: &shown,
                duration_us: duration_ns / 1000,
            });
            observer.on_event(&AgentEvent::ToolResult {
                name: &call.name,
                ok: result.is_ok(),
                result: &shown,
                is_about_arguments: result.as_ref().is_err_and(ToolError::is_about_arguments),
                duration_ns,
            });
            // What was said earlier may hold data from outside too.
            self.is_tainted |= match &result {
                Ok(output) => output.origin == Origin::Outside || outside::is_in(&output.statement),
                Err(error) => self.is_from_outside(error),
            };
            result
        };
        finished.into_iter().map(end).collect()
    }

    /// The leave for a call, from the task's rights or from the person. Stopping takes an open
    /// question back: nothing is decided by it.
    async fn permit<O: Observer + ?Sized>(
        &mut self,
        call: &ToolCall,
        needed: Option<Capability>,
        caller: Caller,
        is_tainted: bool,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Result<Permit, ToolError> {
        if caller == Caller::Person {
            return Ok(Grants::for_person(needed));
        }
        match self.grants.decide(needed, is_tainted) {
            Decision::Granted(permit) => Ok(permit),
            Decision::Denied(denied) => Err(denied.into()),
            // The person has stopped at the question before.
            Decision::Ask(_) if cancel.load(Ordering::Relaxed) => Err(Refusal::Stopped.into()),
            Decision::Ask(capability) => {
                let question = Question {
                    tool: call.name.clone(),
                    arguments: call.arguments.to_string(),
                    capability: capability.clone(),
                    is_tainted,
                };
                let mut answer = None;
                if self.is_attended {
                    observer.on_event(&AgentEvent::ApprovalAsked { question: &question });
                    let asked = until_cancelled(self.host.approve(&question), cancel).await;
                    answer = asked.flatten();
                    observer.on_event(&AgentEvent::ApprovalGiven { question: &question, answer });
                    if answer.is_none() && cancel.load(Ordering::Relaxed) {
                        return Err(Refusal::Stopped.into());
                    }
                }
                Ok(self.grants.answer(capability, answer)?)
            }
        }
    }

    /// Whether a call that the model wrote may come from a text from outside, be it of this turn or of
    /// an earlier one that is still in the window: the person has not just asked for this tool, or not
    /// with these arguments.
    fn is_suspect(&self, call: &ToolCall) -> bool {
        if !self.is_tainted && !self.window.holds_outside_data() {
            return false;
        }
        let ToolCall { name, arguments, .. } = call;
        let question = self.window.question().unwrap_or_default();
        let Ok(tool) = self.tools.get(name) else {
            return true;
        };
        let begins_as_one = || tool.examples().iter().any(|it| begins_as(question, it.request));
        let is_asked_for = self.asked_tool.as_ref() == Some(name) || begins_as_one();
        let is_read_out = || tool.readings(question, &self.reading_context()).contains(arguments);
        !(is_asked_for && (are_own_words(arguments, question) || is_read_out()))
    }

    /// Whether an error says what somebody else wrote.
    fn is_from_outside(&self, error: &ToolError) -> bool {
        matches!(error, ToolError::Refused(Refusal::Network(_)))
            || self.repeats_outside_state(&error.to_string())
    }

    /// An error as the model is told it: text from outside is marked as data.
    pub(crate) fn error_for_model(&self, tool: &str, error: &ToolError) -> String {
        match self.is_from_outside(error) {
            true => outside::marked(tool, &error.to_string()),
            false => error.to_string(),
        }
    }

    async fn run_tools<'c, O: Observer + ?Sized>(
        &mut self,
        prepared: Vec<Prepared<'c>>,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Vec<Finished<'c>> {
        let host = self.host;
        let breathe = || {
            host.breathe();
            match cancel.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        if prepared.iter().any(|it| it.call.name == SEARCH_HISTORY) {
            self.index_turns(observer).await;
        }
        let notices = RefCell::new(Vec::new());
        let conversation = Conversation {
            window: &self.window,
            index: &self.turn_index,
            embedder: host.embedder(),
        };
        let context = |state, is_from_outside| ToolContext {
            machine: host.machine(),
            state,
            embedder: host.embedder(),
            history: &conversation,
            notices: &notices,
            is_from_outside,
            files: host.files(),
            network: host.network(),
            canvas: host.canvas(),
            code_host: host.code_host(),
            breathe: &breathe,
        };
        let tools = &self.tools;
        let run = async |prepared: Prepared<'c>, state| {
            let Prepared { call, capability, permit, is_suspect } = prepared;
            let started_ns = host.machine().uptime_ns();
            let (decision, result) = match permit {
                Ok(permit) => {
                    let decision = permit.basis().as_str().to_string();
                    let context = context(state, is_suspect);
                    let running = tools.call(&call.name, &call.arguments, permit, context);
                    let result = until_cancelled(running, cancel).await;
                    (decision, result.unwrap_or_else(|| Err(Refusal::Stopped.into())))
                }
                Err(error) => (format!("refused: {error}"), Err(error)),
            };
            let duration_ns = host.machine().uptime_ns() - started_ns;
            Finished { call, capability, decision, result, duration_ns }
        };
        let needs_state = |it: &Prepared<'_>| State::is_needed_alone(it.capability.as_ref());
        let mut prepared = prepared;
        let mut changed = None;
        let finished = if let Some(alone) = prepared.pop_if(|it| needs_state(it)) {
            changed = Some((self.state_before(), alone.is_suspect));
            let state = State::Own {
                memory: &mut self.memory,
                blocks: &mut self.blocks,
                schedule: &mut self.schedule,
            };
            Vec::from([run(alone, state).await])
        } else {
            let shared = || State::Shared {
                memory: &self.memory,
                blocks: &self.blocks,
                schedule: &self.schedule,
            };
            join_all(prepared.into_iter().map(|it| run(it, shared()))).await
        };
        for text in notices.into_inner() {
            observer.on_event(&AgentEvent::Notice { text: &text });
        }
        if let Some((before, is_suspect)) = changed {
            self.note_changes(&before, is_suspect);
            if let Err(error) = self.repin_blocks(before, observer) {
                report_error(observer, ErrorSource::Context, &error.to_string());
            }
        }
        finished
    }
}

/// A result as the model is told it: text from outside is marked as data.
pub(crate) fn for_model(tool: &str, output: &ToolOutput) -> String {
    match output.origin {
        Origin::Inside => output.statement.clone(),
        Origin::Outside => outside::marked(tool, &output.statement),
    }
}
