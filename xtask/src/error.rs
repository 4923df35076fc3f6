//! What can go wrong on the way from sources to a running machine.

use crate::machine::MachineError;
use std::{fmt, io, path::PathBuf};

/// An error of any command.
#[derive(Debug)]
pub enum Error {
    /// A file or directory could not be used.
    Io {
        /// What was tried, as in "cannot read limine.conf".
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program could not be started or said that it failed.
    Command {
        /// The command line.
        command: String,
        /// How it ended, with what it said if that was captured.
        outcome: String,
    },
    /// Something that must be installed first, with the command that does it.
    Missing {
        /// What is missing.
        what: String,
        /// What to type.
        remedy: String,
    },
    /// A file is not what it should be.
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The machine did not do what was waited for.
    Machine(MachineError),
    /// Tests failed, or there were none.
    Tests,
    /// Something was lost, or came from nowhere, after a power cut.
    Torture(String),
    /// So many figures are not what they should be.
    FiguresMissed(usize),
}

impl Error {
    /// An [`Error::Io`] maker for `map_err`.
    pub fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}

impl From<MachineError> for Error {
    fn from(error: MachineError) -> Self {
        Self::Machine(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::Command { command, outcome } => write!(f, "`{command}` {outcome}"),
            Self::Missing { what, remedy } => write!(f, "{what} is missing. Type:\n    {remedy}"),
            Self::BadFile { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Machine(error) => error.fmt(f),
            Self::Tests => write!(f, "tests failed"),
            Self::Torture(what) => f.write_str(what),
            Self::FiguresMissed(count) => write!(f, "{count} figures are out of bounds"),
        }
    }
}

impl std::error::Error for Error {}
