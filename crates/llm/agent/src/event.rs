//! What an agent does, as typed events for consoles, logs and tests.

use llm_context::{PageOut, Recalled, Usage};
use llm_tools::{
    grants::{Approval, Question},
    router::Route,
};
use serde_json::Value;
pub use system_events::{PowerAction, StopReason, ToolSource};

/// Sees everything an agent does, at the moment it does it. Observers are shared by tasks that take
/// turns, so they keep their state in cells.
pub trait Observer {
    /// Takes note of one event.
    fn on_event(&self, event: &AgentEvent<'_>);
}

/// Ignores everything.
impl Observer for () {
    fn on_event(&self, _event: &AgentEvent<'_>) {}
}

/// Something an agent has done or met.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentEvent<'a> {
    /// A line was entered: a command or a message.
    Input {
        /// The whole text.
        text: &'a str,
    },
    /// A slash command has run.
    Command {
        /// Its name without the slash.
        name: &'a str,
        /// What stood behind the name.
        arguments: &'a str,
        /// Whether it did what it should.
        ok: bool,
        /// What it has to say, in Markdown: tables as fenced code.
        output: &'a str,
    },
    /// The prompt is being computed.
    Prefill {
        /// Tokens computed since the prompt was put together.
        done: usize,
        /// Tokens to compute: those of the prompt that were not in the cache.
        total: usize,
        /// Tokens of the prompt that were in the cache.
        reused: usize,
    },
    /// What the next prompt begins with is being computed while nobody waits for it.
    WarmUp {
        /// Tokens computed since it began.
        done: usize,
        /// Tokens to compute.
        total: usize,
    },
    /// The prompt is computed, the first word comes next.
    ReplyStarted,
    /// More of the reply: whole characters only, without tool calls.
    TextDelta {
        /// The text.
        text: &'a str,
    },
    /// The model has finished, or was made to finish. With [`StopReason::ToolCall`] tools run next,
    /// and another reply follows.
    ReplyFinished(ReplyReport<'a>),
    /// A small model's request was matched with the tools.
    Routed {
        /// Which tool answers it, and how sure that is.
        route: &'a Route,
    },
    /// A tool is about to run.
    ToolCall {
        /// The tool.
        name: &'a str,
        /// Its arguments.
        arguments: &'a Value,
        /// Who called it.
        source: ToolSource,
    },
    /// A tool has run, or was refused.
    ToolResult {
        /// The tool.
        name: &'a str,
        /// Whether it succeeded.
        ok: bool,
        /// Its answer, or the error in words.
        result: &'a str,
        /// Whether the arguments were at fault, where it failed.
        is_about_arguments: bool,
        /// How long it ran.
        duration_ns: u64,
    },
    /// A call waits for the person to say whether it may run.
    ApprovalAsked {
        /// What is asked.
        question: &'a Question,
    },
    /// The person has said so.
    ApprovalGiven {
        /// What was asked.
        question: &'a Question,
        /// The answer; `None` if nobody gave one.
        answer: Option<Approval>,
    },
    /// A tool shows the person something.
    Notice {
        /// The text.
        text: &'a str,
    },
    /// A file is being taken into memory.
    Ingesting {
        /// Its path.
        path: &'a str,
        /// Parts that are done.
        done: usize,
        /// All parts.
        total: usize,
    },
    /// The context window has changed.
    Context(Usage),
    /// Something said or remembered earlier was brought back into the context window.
    PagedIn {
        /// What, and where it comes from.
        recalled: &'a Recalled,
    },
    /// Turns that were paged out long ago were dropped for good.
    Forgotten {
        /// How many.
        turns: usize,
    },
    /// A turn was paged out of the context window.
    Evicted(PageOut),
    /// The conversation begins anew; a console may clear its transcript.
    ConversationReset,
    /// One check of `/selftest`.
    Selftest {
        /// The check.
        name: &'a str,
        /// Whether it passed.
        ok: bool,
        /// What was seen.
        detail: &'a str,
    },
    /// The machine is about to be switched off or restarted.
    Power {
        /// Which of the two.
        action: PowerAction,
    },
    /// Something went wrong, and the agent goes on.
    Error {
        /// Which part noticed.
        source: ErrorSource,
        /// What is wrong, for a person to read.
        message: &'a str,
    },
}

/// One finished reply.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyReport<'a> {
    /// The text, without tool calls.
    pub text: &'a str,
    /// Tokens generated, those of tool calls included.
    pub tokens: usize,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of those: tokens that were in the cache.
    pub reused_tokens: usize,
    /// Speed of computing the rest of the prompt; `None` if there was nothing to compute.
    pub prefill_tok_s: Option<f32>,
    /// Speed of generating; `None` if nothing was generated.
    pub decode_tok_s: Option<f32>,
    /// Why it ended.
    pub stop_reason: StopReason,
}

/// Which part noticed an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorSource {
    /// There is no model, or it cannot compute.
    Model,
    /// The context window: a message that does not fit.
    Context,
    /// A tool call that cannot be read or run.
    Tool,
    /// The agent itself.
    Agent,
    /// What is remembered.
    Memory,
}

impl ErrorSource {
    /// Its name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Context => "context",
            Self::Tool => "tool",
            Self::Agent => "agent",
            Self::Memory => "memory",
        }
    }
}
