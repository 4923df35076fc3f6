//! A turn: the message, the reply, the tools it calls, the reply to their results.

use crate::{
    Agent, ErrorSource, Observer, StopReason,
    agent::report_error,
    calls::{CallError, CallFormat, ToolCall},
    paging::Question,
    syscall::{Caller, for_model},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::sync::atomic::AtomicBool;
use llm_inference::model::{LanguageModel, Message, Role};
use llm_tools::{Refusal, ToolError, ToolOutput, router::Route};
use system_platform::Pacer;

/// How often in one turn the model may call tools and be answered.
const MAX_TOOL_ROUNDS: usize = 4;
/// How many calls of a turn may fail, with the model being told why, before the turn ends.
const MAX_REFUSED_CALLS: usize = 2;

/// What came of the calls of a turn.
#[derive(Default)]
pub(crate) struct Answers {
    pub results: Vec<ToolOutput>,
    /// Calls that failed.
    refused: usize,
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
        let question = self.look_at(text, observer).await;
        let route = self.route(&question, observer).await;
        self.take_turn(&question, route, pacer, observer, cancel).await;
    }

    /// A turn with a question whose `route` is known, for a model that is routed.
    pub(crate) async fn take_turn<O: Observer + ?Sized>(
        &mut self,
        question: &Question<'_>,
        route: Option<Route>,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        self.is_tainted = false;
        self.asked_tool = route.as_ref().and_then(|route| route.tool()).map(ToString::to_string);
        let is_routed = route.is_some();
        if let Some(tool) = route.as_ref().and_then(|route| route.tool()) {
            if self.admit_question(question, false, observer).await {
                self.answer_routed(tool, question, pacer, observer, cancel).await;
            }
            return;
        }
        if !is_routed {
            self.describe_for(question, observer).await;
        }
        if self.admit_question(question, true, observer).await {
            if !is_routed && self.window.holds_outside_data() {
                let route = self.judge(question, observer).await;
                self.asked_tool = route.and_then(|route| route.tool().map(ToString::to_string));
            }
            self.answer(pacer, observer, cancel).await;
        }
    }

    /// Replies, and goes on while the replies call tools.
    async fn answer<O: Observer + ?Sized>(
        &mut self,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        let mut answers = Answers::default();
        for round in 0.. {
            let Some(reply) = self.reply(&answers.results, pacer, observer, cancel).await else {
                return;
            };
            if reply.calls.is_empty() {
                return;
            }
            if self.is_routed() {
                // It was told of no tool: what it calls it has from a text, and nobody knows whose.
                let message = "tools are chosen for this model: its own call was not run";
                report_error(observer, ErrorSource::Tool, message);
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

    /// Puts what came of the calls of a reply into the window and tells what had to go; `false` if it
    /// does not fit.
    fn admit_results<O: Observer + ?Sized>(&mut self, told: Vec<Message>, observer: &O) -> bool {
        let Some(model) = self.model.as_ref().filter(|_| !told.is_empty()) else {
            return false;
        };
        match self.window.push_results(model, told) {
            Ok(paging) => {
                self.report_paging(&paging, observer);
                self.report_context(observer);
                true
            }
            Err(error) => {
                report_error(observer, ErrorSource::Context, &error.to_string());
                false
            }
        }
    }

    /// Runs calls, those side by side that do not depend on one another, and puts what came of them
    /// into the window in their order, and into `answers`; `false` if the turn cannot go on.
    async fn answer_calls<O: Observer + ?Sized>(
        &mut self,
        calls: &[Result<ToolCall, CallError>],
        answers: &mut Answers,
        observer: &O,
        cancel: &AtomicBool,
    ) -> bool {
        let mut told = Vec::with_capacity(calls.len());
        let mut rest = calls;
        let mut goes_on = true;
        while goes_on && !rest.is_empty() {
            let (group, behind) = rest.split_at(self.independent(rest));
            rest = behind;
            let readable: Vec<&ToolCall> =
                group.iter().filter_map(|call| call.as_ref().ok()).collect();
            let results = self.call_tools(&readable, Caller::Model, observer, cancel).await;
            let mut results = results.into_iter();
            let messages = group.iter().map_while(|call| match call {
                Ok(call) => self.answer_of(call, results.next()?, answers, observer),
                // Shown already, when it was found.
                Err(error) => {
                    let text = answers.refuse(&error.to_string(), observer)?;
                    Some(Message::new(Role::Tool, text))
                }
            });
            let before = told.len();
            told.extend(messages);
            goes_on = told.len() == before + group.len();
        }
        self.admit_results(told, observer) && goes_on
    }

    /// What the model is told of a call; `None` if the turn cannot go on.
    fn answer_of<O: Observer + ?Sized>(
        &self,
        call: &ToolCall,
        result: Result<ToolOutput, ToolError>,
        answers: &mut Answers,
        observer: &O,
    ) -> Option<Message> {
        let told = match result {
            Ok(output) => {
                let told = for_model(&call.name, &output);
                answers.results.push(output);
                told
            }
            Err(error) => {
                let message = format!("{}: {error}", call.name);
                report_error(observer, ErrorSource::Tool, &message);
                if matches!(error, ToolError::Faulty(_) | ToolError::Refused(Refusal::Stopped)) {
                    return None;
                }
                answers.refuse(&self.error_for_model(&call.name, &error), observer)?
            }
        };
        Some(self.result_message(call, &told))
    }

    /// What came of a call as a message that names the call. Where the chat template has no place for
    /// it, the text has the form that models of the family know.
    fn result_message(&self, call: &ToolCall, told: &str) -> Message {
        let text = match &self.model {
            Some(model) if !model.takes_results() => CallFormat::of(model).write_result(call, told),
            _ => told.into(),
        };
        Message::result(call, text)
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
