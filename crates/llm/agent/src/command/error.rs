//! Why a command did not do what it should.

use crate::{SettingError, models::ChooseError};
use alloc::string::String;
use core::fmt;
use llm_context::WindowError;
use llm_inference::model::TemplateError;
use llm_memory::MemoryError;
use llm_tools::{
    ToolError, audit::Broken, blocks::BlockError, capability::UnknownCapability, measure::bytes,
};

/// A command that failed.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandError {
    /// There is no such command.
    Unknown {
        /// The name without the slash.
        name: String,
        /// The command that comes closest.
        nearest: Option<&'static str>,
    },
    /// It was called in another way than it can be.
    Usage {
        /// How it is called.
        usage: String,
    },
    /// It takes a number, and got something else.
    NotANumber {
        /// What it got.
        text: String,
    },
    /// The parameter cannot be set so.
    Setting(SettingError),
    /// The tool gave no result.
    Tool(ToolError),
    /// The system prompt does not fit.
    Window(WindowError),
    /// Not even the first byte can be read.
    Unmapped {
        /// The address.
        address: u64,
    },
    /// More bytes than fit a screen or two.
    TooLong {
        /// The most there are.
        max: usize,
    },
    /// There is no such right.
    Capability(UnknownCapability),
    /// The audit log was changed.
    Audit(Broken),
    /// The block cannot be changed.
    Block(BlockError),
    /// The conversation cannot be rendered.
    Template(TemplateError),
    /// Memory did not do what was asked.
    Memory(MemoryError),
    /// No memory has these words.
    NothingRemembered {
        /// The words.
        what: String,
    },
    /// Several memories have these words.
    SeveralRemembered {
        /// The words.
        what: String,
        /// The memories with their numbers.
        list: String,
    },
    /// A file that is too long to be taken in.
    FileTooLong {
        /// Its path.
        path: String,
        /// The most that is taken, in bytes.
        most: usize,
    },
    /// There is not enough memory.
    NoMemory {
        /// For what.
        what: String,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The name means no model.
    Model(ChooseError),
    /// It needs a model.
    NoModel,
    /// There is no turn.
    NothingToUndo,
    /// No turn came in the place of the last.
    Unanswered,
    /// Nothing was saved under this name.
    NothingSaved {
        /// The name.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// Some checks failed.
    ChecksFailed {
        /// All results.
        report: String,
    },
    /// No check has such a name.
    NoSuchCheck {
        /// The name.
        what: String,
    },
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "there is no command `/{name}`; did you mean `/{nearest}`?")
            }
            Self::Unknown { name, nearest: None } => {
                write!(f, "there is no command `/{name}`; `/help` shows them all")
            }
            Self::Usage { usage } => write!(f, "usage: `{usage}`"),
            Self::NotANumber { text } => write!(f, "\"{text}\" is not a number"),
            Self::Setting(error) => error.fmt(f),
            Self::Tool(error) => error.fmt(f),
            Self::Window(error) => error.fmt(f),
            Self::Unmapped { address } => write!(f, "{address:#018x} is not mapped memory"),
            Self::TooLong { max } => write!(f, "at most {max} bytes can be shown at once"),
            Self::Capability(error) => error.fmt(f),
            Self::Audit(error) => error.fmt(f),
            Self::Block(error) => error.fmt(f),
            Self::Template(error) => error.fmt(f),
            Self::Memory(error) => error.fmt(f),
            Self::NothingRemembered { what } => {
                write!(f, "no memory says \"{what}\"; `/memories` shows what there is")
            }
            Self::SeveralRemembered { what, list } => {
                write!(f, "several memories say \"{what}\", so name one by its number: {list}")
            }
            Self::FileTooLong { path, most } => {
                write!(
                    f,
                    "{path} is longer than {}, the most that is taken in",
                    bytes(*most as u64)
                )
            }
            Self::NoMemory { what, needed, free } => write!(
                f,
                "{what} needs {} of memory, and {} are free",
                bytes(*needed),
                bytes(*free)
            ),
            Self::Model(error) => error.fmt(f),
            Self::NoModel => f.write_str("no model is loaded, so there is no conversation"),
            Self::NothingToUndo => f.write_str("there is no turn in the window"),
            Self::Unanswered => f.write_str("there was no reply, so the last turn stays as it was"),
            Self::NothingSaved { name, known } if known.is_empty() => {
                write!(f, "nothing is saved as \"{name}\", or under any other name")
            }
            Self::NothingSaved { name, known } => {
                write!(f, "nothing is saved as \"{name}\"; there are {known}")
            }
            Self::ChecksFailed { report } => f.write_str(report),
            Self::NoSuchCheck { what } => write!(f, "there is no check named \"{what}\""),
        }
    }
}

impl From<UnknownCapability> for CommandError {
    fn from(error: UnknownCapability) -> Self {
        Self::Capability(error)
    }
}

impl From<ChooseError> for CommandError {
    fn from(error: ChooseError) -> Self {
        Self::Model(error)
    }
}

impl From<Broken> for CommandError {
    fn from(error: Broken) -> Self {
        Self::Audit(error)
    }
}

impl From<BlockError> for CommandError {
    fn from(error: BlockError) -> Self {
        Self::Block(error)
    }
}

impl From<TemplateError> for CommandError {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

impl From<SettingError> for CommandError {
    fn from(error: SettingError) -> Self {
        Self::Setting(error)
    }
}

impl From<ToolError> for CommandError {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

impl From<WindowError> for CommandError {
    fn from(error: WindowError) -> Self {
        Self::Window(error)
    }
}
