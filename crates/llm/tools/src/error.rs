//! Why a call gave no result: split by who can act.

use crate::{
    Facility,
    blocks::BlockError,
    draw::DrawingError,
    expression::ExpressionError,
    facility::{FileError, NetworkError},
    grants::Denied,
    schedule::ScheduleError,
    schema::{ArgumentError, CheckError, SchemaFault},
};
use alloc::string::String;
use core::fmt;
use llm_memory::MemoryError;
use llm_sandbox::SandboxError;

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
        nearest: Option<String>,
    },
    /// The arguments do not fit the schema.
    Arguments(ArgumentError),
    /// The expression cannot be computed.
    Expression(ExpressionError),
    /// It cannot be kept or found.
    Memory(MemoryError),
    /// The block cannot be changed.
    Block(BlockError),
    /// It cannot be scheduled, or found in the schedule.
    Schedule(ScheduleError),
    /// The file cannot be read or written.
    File(FileError),
    /// The network did not answer.
    Network(NetworkError),
    /// The picture cannot be drawn.
    Drawing(DrawingError),
    /// The code cannot be run to its end.
    Code(SandboxError),
    /// Code in a language that does not run here.
    UnknownLanguage {
        /// The language.
        name: String,
    },
    /// The call needs a right that is not there.
    Denied(Denied),
    /// The system lacks what the tool needs.
    Missing(Facility),
    /// The call took longer than it may.
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// The person stopped it.
    Stopped,
}

/// What only a programmer can mend.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The tool's schema uses what the checker does not know.
    Schema(SchemaFault),
    /// It changes what its capability does not say.
    SharedState,
}

impl ToolError {
    /// Whether the arguments are at fault, rather than what they met: a file that is not there, a
    /// right that is missing, time that is over.
    pub const fn is_about_arguments(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        !matches!(
            refusal,
            Refusal::File(
                FileError::NotFound { .. }
                    | FileError::WrongKind { .. }
                    | FileError::Full
                    | FileError::Device { .. }
            ) | Refusal::Schedule(
                ScheduleError::InThePast { .. }
                    | ScheduleError::NotFound { .. }
                    | ScheduleError::Full
                    | ScheduleError::NoClock
            ) | Refusal::Network(_)
                | Refusal::Denied(_)
                | Refusal::Missing(_)
                | Refusal::TimedOut { .. }
                | Refusal::Stopped
        )
    }
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
            Self::Memory(error) => error.fmt(f),
            Self::Block(error) => error.fmt(f),
            Self::Schedule(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Network(error) => error.fmt(f),
            Self::Drawing(error) => error.fmt(f),
            Self::Code(error) => error.fmt(f),
            Self::UnknownLanguage { name } => {
                write!(f, "there is no language \"{name}\"; there are rhai and wasm")
            }
            Self::Denied(denied) => denied.fmt(f),
            Self::Missing(facility) => {
                write!(f, "this needs {facility}, which this system does not have")
            }
            Self::TimedOut { limit_ms } => write!(f, "stopped after its limit of {limit_ms} ms"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(fault) => fault.fmt(f),
            Self::SharedState => {
                f.write_str("the tool changes something that its capability does not say")
            }
        }
    }
}

impl From<Refusal> for ToolError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
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

impl From<MemoryError> for ToolError {
    fn from(error: MemoryError) -> Self {
        Self::Refused(Refusal::Memory(error))
    }
}

impl From<BlockError> for ToolError {
    fn from(error: BlockError) -> Self {
        Self::Refused(Refusal::Block(error))
    }
}

impl From<ScheduleError> for ToolError {
    fn from(error: ScheduleError) -> Self {
        Self::Refused(Refusal::Schedule(error))
    }
}

impl From<FileError> for ToolError {
    fn from(error: FileError) -> Self {
        Self::Refused(Refusal::File(error))
    }
}

impl From<NetworkError> for ToolError {
    fn from(error: NetworkError) -> Self {
        Self::Refused(Refusal::Network(error))
    }
}

impl From<DrawingError> for ToolError {
    fn from(error: DrawingError) -> Self {
        Self::Refused(Refusal::Drawing(error))
    }
}

impl From<Denied> for ToolError {
    fn from(denied: Denied) -> Self {
        Self::Refused(Refusal::Denied(denied))
    }
}

impl From<SchemaFault> for ToolError {
    fn from(fault: SchemaFault) -> Self {
        Self::Faulty(Fault::Schema(fault))
    }
}

impl From<CheckError> for ToolError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Arguments(error) => error.into(),
            CheckError::Schema(fault) => fault.into(),
        }
    }
}
