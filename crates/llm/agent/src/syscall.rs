//! The system call: a tool call on its way from whoever asks for it to the tool and back. Rights are
//! checked, the person is asked where need be, and everything is written into the audit log.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, ToolSource, agent::report_error, calls::ToolCall,
    cancel::until_cancelled, own_words::are_own_words, turn_index::Conversation,
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
use llm_context::outside;
use llm_inference::model::LanguageModel;
use llm_tools::{
    Capability, Grants, Origin, Refusal, ToolContext, ToolError, ToolOutput,
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
        let ToolCall { name, arguments, .. } = call;
        let source = caller.source();
        observer.on_event(&AgentEvent::ToolCall { name, arguments, source });
        let checked = self.tools.check(name, arguments);
        let needed = checked.map(|tool| tool.capability(arguments));
        let capability = needed.as_ref().ok().cloned().flatten();
        let permit = match needed {
            Ok(needed) => self.permit(call, needed, caller, observer, cancel).await,
            Err(error) => Err(error),
        };
        let started_ns = self.host.machine().uptime_ns();
        let (decision, result) = match permit {
            Ok(permit) => {
                let decision = permit.basis().as_str().to_string();
                (decision, self.run_tool(call, permit, observer, cancel).await)
            }
            Err(error) => (format!("refused: {error}"), Err(error)),
        };
        let duration_ns = self.host.machine().uptime_ns() - started_ns;
        let shown = result.as_ref().map_or_else(ToString::to_string, |output| output.text.clone());
        self.audit.append(Call {
            unix_s: self.host.machine().date_time().map(|now| now.to_unix()),
            task: &self.task,
            tool: name,
            arguments: &arguments.to_string(),
            capability: capability.as_ref().map(Capability::to_string).as_deref(),
            decision: &decision,
            ok: result.is_ok(),
            result: &shown,
            duration_us: duration_ns / 1000,
        });
        observer.on_event(&AgentEvent::ToolResult {
            name,
            ok: result.is_ok(),
            result: &shown,
            duration_ns,
        });
        result
    }

    /// The leave for a call, from the task's rights or from the person. Stopping takes an open
    /// question back: nothing is decided by it.
    async fn permit<O: Observer + ?Sized>(
        &mut self,
        call: &ToolCall,
        needed: Option<Capability>,
        caller: Caller,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Result<Permit, ToolError> {
        if caller == Caller::Person {
            return Ok(Grants::for_person(needed));
        }
        let is_tainted = self.is_tainted || caller == Caller::Model && self.is_suspect(call);
        match self.grants.decide(needed, is_tainted) {
            Decision::Granted(permit) => Ok(permit),
            Decision::Denied(denied) => Err(denied.into()),
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

    /// Whether a call that the model wrote may come from a text from outside that an earlier turn has
    /// left in the window: it says something that the person has not just said.
    fn is_suspect(&self, call: &ToolCall) -> bool {
        self.window.holds_outside_data()
            && !are_own_words(&call.arguments, self.window.question().unwrap_or_default())
    }

    async fn run_tool<O: Observer + ?Sized>(
        &mut self,
        call: &ToolCall,
        permit: Permit,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Result<ToolOutput, ToolError> {
        let host = self.host;
        let breathe = || {
            host.breathe();
            match cancel.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let mut notices = Vec::new();
        if call.name == SEARCH_HISTORY {
            self.index_turns(observer).await;
        }
        let blocks_before = self.blocks.clone();
        let conversation = Conversation {
            window: &self.window,
            index: &self.turn_index,
            embedder: host.embedder(),
        };
        let context = ToolContext {
            machine: host.machine(),
            memory: &mut self.memory,
            embedder: host.embedder(),
            history: &conversation,
            blocks: &mut self.blocks,
            schedule: &mut self.schedule,
            notices: &mut notices,
            files: host.files(),
            network: host.network(),
            canvas: host.canvas(),
            code_host: host.code_host(),
            breathe: &breathe,
        };
        let running = self.tools.call(&call.name, &call.arguments, permit, context);
        let result = match until_cancelled(running, cancel).await {
            Some(result) => result,
            None => Err(Refusal::Stopped.into()),
        };
        for text in &notices {
            observer.on_event(&AgentEvent::Notice { text });
        }
        if self.blocks != blocks_before
            && let Err(error) = self.repin(observer)
        {
            self.blocks = blocks_before;
            report_error(observer, ErrorSource::Context, &error.to_string());
        }
        // What was said earlier may hold data from outside too.
        let is_from_outside = |output: &ToolOutput| {
            output.origin == Origin::Outside || outside::is_in(&output.statement)
        };
        self.is_tainted |= result.as_ref().is_ok_and(is_from_outside);
        result
    }
}

/// A result as the model is told it: text from outside is marked as data.
pub(crate) fn for_model(tool: &str, output: &ToolOutput) -> String {
    match output.origin {
        Origin::Inside => output.statement.clone(),
        Origin::Outside => outside::marked(tool, &output.statement),
    }
}
