//! Keeps the events of an agent as lines of text that a test can compare.

use crate::{AgentEvent, Approval, Observer, StopReason, ToolSource};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::RefCell;

/// One event, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// A line was entered.
    Input(String),
    /// A command has run: its name, whether it succeeded, its output.
    Command(String, bool, String),
    /// The prompt: tokens to compute, tokens reused. Kept when it is complete.
    Prefill(usize, usize),
    /// Tokens computed while idle. Kept when it is complete.
    WarmUp(usize),
    /// A reply: its text, its tokens, why it ended.
    Reply(String, usize, StopReason),
    /// The tool that a request was matched with.
    Routed(Option<String>),
    /// A call: tool, arguments, who.
    ToolCall(String, String, ToolSource),
    /// Its result: tool, whether it succeeded, the text.
    ToolResult(String, bool, String),
    /// A question to the person: the right that is asked for.
    Asked(String),
    /// The answer.
    Answered(Option<Approval>),
    /// A notice to the person.
    Notice(String),
    /// Tokens in the window.
    Context(usize),
    /// A turn that went: its number, its tokens.
    Evicted(u64, usize),
    /// A text that was brought back.
    PagedIn(String),
    /// Turns dropped for good.
    Forgotten(usize),
    /// The conversation began anew.
    Reset,
    /// A check: its name, whether it passed.
    Selftest(String, bool),
    /// The power switch.
    Power(String),
    /// An error: who noticed, what.
    Error(String, String),
}

/// Records events.
#[derive(Debug, Default)]
pub struct Recorder {
    events: RefCell<Vec<Recorded>>,
    /// The text of the reply that is being generated.
    reply: RefCell<String>,
}

impl Recorder {
    /// Everything recorded since the last call.
    pub fn take(&self) -> Vec<Recorded> {
        self.events.take()
    }
}

impl Observer for Recorder {
    fn on_event(&self, event: &AgentEvent<'_>) {
        let recorded = match event {
            AgentEvent::Input { text } => Recorded::Input((*text).into()),
            AgentEvent::Command { name, ok, output, .. } => {
                Recorded::Command((*name).into(), *ok, (*output).into())
            }
            AgentEvent::Prefill { done, total, reused } if done == total => {
                Recorded::Prefill(*total, *reused)
            }
            AgentEvent::WarmUp { done, total } if done == total => Recorded::WarmUp(*total),
            AgentEvent::Prefill { .. }
            | AgentEvent::WarmUp { .. }
            | AgentEvent::Ingesting { .. } => return,
            AgentEvent::ReplyStarted => {
                assert_eq!(*self.reply.borrow(), "", "a reply began inside another");
                return;
            }
            AgentEvent::TextDelta { text } => {
                self.reply.borrow_mut().push_str(text);
                return;
            }
            AgentEvent::ReplyFinished(report) => {
                assert_eq!(self.reply.take(), report.text, "what was streamed is the reply");
                Recorded::Reply(report.text.into(), report.tokens, report.stop_reason)
            }
            AgentEvent::Routed { route } => Recorded::Routed(route.tool().map(Into::into)),
            AgentEvent::ToolCall { name, arguments, source } => {
                Recorded::ToolCall((*name).into(), arguments.to_string(), *source)
            }
            AgentEvent::ToolResult { name, ok, result, .. } => {
                Recorded::ToolResult((*name).into(), *ok, (*result).into())
            }
            AgentEvent::ApprovalAsked { question } => {
                Recorded::Asked(question.capability.to_string())
            }
            AgentEvent::ApprovalGiven { answer, .. } => Recorded::Answered(*answer),
            AgentEvent::Notice { text } => Recorded::Notice((*text).into()),
            AgentEvent::Context(usage) => Recorded::Context(usage.used),
            AgentEvent::Evicted(evicted) => Recorded::Evicted(evicted.turn.0, evicted.tokens),
            AgentEvent::PagedIn { recalled } => Recorded::PagedIn(recalled.text.clone()),
            AgentEvent::Forgotten { turns } => Recorded::Forgotten(*turns),
            AgentEvent::ConversationReset => Recorded::Reset,
            AgentEvent::Selftest { name, ok, .. } => Recorded::Selftest((*name).into(), *ok),
            AgentEvent::Power { action } => Recorded::Power(format!("{action:?}")),
            AgentEvent::Error { source, message } => {
                Recorded::Error(source.as_str().into(), (*message).into())
            }
        };
        self.events.borrow_mut().push(recorded);
    }
}
