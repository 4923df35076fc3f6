//! What a tool is: its description for the model, its call, and how it may fail.

use crate::{
    Notes,
    expression::ExpressionError,
    notes::NotesError,
    schema::{ArgumentError, SchemaFault},
};
use alloc::string::String;
use core::fmt;
use serde_json::Value;
use system_platform::Machine;

/// One system call of the agent.
pub trait Tool {
    /// The name it is called by; unique in a registry.
    fn name(&self) -> &'static str;

    /// What it does, in one sentence.
    fn description(&self) -> &'static str;

    /// JSON Schema of its arguments: the subset that [`crate::schema`] checks.
    fn schema(&self) -> &Value;

    /// Requests in a person's words that this tool answers, each with the arguments it then gets.
    fn examples(&self) -> &[Example];

    /// Does it. `arguments` have passed the schema.
    ///
    /// # Errors
    /// What the caller may mend, or a fault of the tool itself.
    fn call(
        &self,
        arguments: &Value,
        context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError>;
}

/// A request and the arguments that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What a person says.
    pub request: &'static str,
    /// The arguments, as JSON text.
    pub arguments: &'static str,
}

/// What a running tool may touch.
pub struct ToolContext<'a> {
    /// The machine, to look at.
    pub machine: &'a dyn Machine,
    /// The notes kept by `store` and `recall`.
    pub notes: &'a mut Notes,
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
}

impl ToolOutput {
    /// A result that says all by itself.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { statement: text.clone(), text, is_answer: true }
    }

    /// That something was done.
    pub fn acknowledgement(text: impl Into<String>) -> Self {
        Self { is_answer: false, ..Self::new(text) }
    }

    /// A result, and the same as a statement.
    pub fn with_statement(text: impl Into<String>, statement: impl Into<String>) -> Self {
        Self { text: text.into(), statement: statement.into(), is_answer: true }
    }
}

/// Why a call gave no result.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolError {
    /// The caller can mend it: the model is told and may try again.
    Refused(Refusal),
    /// The tool is broken: the turn ends.
    Faulty(Fault),
}

/// What a caller can mend.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// There is no tool of this name.
    UnknownTool {
        /// The name asked for.
        name: String,
        /// The tool whose name comes closest.
        nearest: Option<&'static str>,
    },
    /// The arguments do not fit the schema.
    Arguments(ArgumentError),
    /// The expression cannot be computed.
    Expression(ExpressionError),
    /// The note cannot be kept or found.
    Notes(NotesError),
}

/// What only a programmer can mend.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The tool's schema uses what the checker does not know.
    Schema(SchemaFault),
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Faulty(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTool { name, nearest: Some(nearest) } => {
                write!(f, "there is no tool \"{name}\"; did you mean \"{nearest}\"?")
            }
            Self::UnknownTool { name, nearest: None } => write!(f, "there is no tool \"{name}\""),
            Self::Arguments(error) => error.fmt(f),
            Self::Expression(error) => error.fmt(f),
            Self::Notes(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(fault) => fault.fmt(f),
        }
    }
}

impl From<ArgumentError> for ToolError {
    fn from(error: ArgumentError) -> Self {
        Self::Refused(Refusal::Arguments(error))
    }
}

impl From<ExpressionError> for ToolError {
    fn from(error: ExpressionError) -> Self {
        Self::Refused(Refusal::Expression(error))
    }
}

impl From<NotesError> for ToolError {
    fn from(error: NotesError) -> Self {
        Self::Refused(Refusal::Notes(error))
    }
}

impl From<SchemaFault> for ToolError {
    fn from(fault: SchemaFault) -> Self {
        Self::Faulty(Fault::Schema(fault))
    }
}
