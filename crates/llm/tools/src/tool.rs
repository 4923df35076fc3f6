//! What a tool is: its description for the model, what it needs, and its call.

use crate::{Capability, Facility, ToolContext, ToolError};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::future::ready;
use llm_memory::BoxFuture;
use serde_json::Value;
use system_platform::DateTime;

/// What a call comes to, when it is done.
pub type ToolFuture<'a> = BoxFuture<'a, Result<ToolOutput, ToolError>>;

/// One system call of the agent.
pub trait Tool {
    /// The name it is called by; unique in a registry.
    fn name(&self) -> &str;

    /// What it does, in one sentence.
    fn description(&self) -> &str;

    /// JSON Schema of its arguments: the subset that [`crate::schema`] checks.
    fn schema(&self) -> &Value;

    /// Requests in a person's words that this tool answers, each with the arguments it then gets.
    fn examples(&self) -> &[Example];

    /// The right that a call with these arguments needs; `None` where it harms nobody.
    fn capability(&self, arguments: &Value) -> Option<Capability> {
        let _ = arguments;
        None
    }

    /// The part of the system without which it cannot work.
    fn facility(&self) -> Option<Facility> {
        None
    }

    /// How long a call may take, in milliseconds.
    fn time_limit_ms(&self) -> u64 {
        5_000
    }

    /// Arguments that can be read out of a person's request to this tool, best first; empty where
    /// the model has to find them. Models too small to be trusted with that are held to these.
    fn readings(&self, request: &str, context: &ReadingContext) -> Vec<Value> {
        let _ = (request, context);
        Vec::new()
    }

    /// Whether the texts among its arguments are words of the request, so that a small model is held
    /// to these; otherwise it writes freely.
    fn takes_words(&self) -> bool {
        true
    }

    /// Does it. `arguments` have passed the schema. Dropping the future stops the call.
    ///
    /// # Errors
    /// What the caller may mend, or a fault of the tool itself.
    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a>;
}

/// A request and the arguments that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What a person says.
    pub request: &'static str,
    /// The arguments, as JSON text.
    pub arguments: &'static str,
}

/// What helps to read a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadingContext {
    /// The time now; `None` where there is no clock.
    pub now: Option<DateTime>,
}

/// Who stands behind the text of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The system, or the person at it.
    #[default]
    Inside,
    /// Somebody else: a page, a file. It is data, whatever it says.
    Outside,
}

/// What a tool found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// The result, as a person wants to see it.
    pub text: String,
    /// The result as the model is told it: a statement that can be repeated as it stands, because
    /// small models lose a bare value.
    pub statement: String,
    /// Whether it is what was asked for, so that the reply has to say it; that something was done
    /// is not.
    pub is_answer: bool,
    /// Who stands behind the text.
    pub origin: Origin,
}

impl ToolOutput {
    /// A result that says all by itself.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { statement: text.clone(), text, is_answer: true, origin: Origin::Inside }
    }

    /// That something was done.
    pub fn acknowledgement(text: impl Into<String>) -> Self {
        Self { is_answer: false, ..Self::new(text) }
    }

    /// A result, and the same as a statement.
    pub fn with_statement(text: impl Into<String>, statement: impl Into<String>) -> Self {
        Self { statement: statement.into(), ..Self::new(text) }
    }

    /// A text that somebody else wrote.
    pub fn from_outside(text: impl Into<String>) -> Self {
        Self { origin: Origin::Outside, ..Self::new(text) }
    }
}

/// The future of a call that is done at once.
pub fn done<'a>(result: Result<ToolOutput, ToolError>) -> ToolFuture<'a> {
    Box::pin(ready(result))
}
