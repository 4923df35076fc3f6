//! What a machine did instead.

use super::keys::UnknownKey;
use super::qmp::QmpError;
use std::process::ExitStatus;
use std::{fmt, io};

/// Why a step with a machine failed. Where it helps, `context` holds the last lines that the machine
/// wrote.
#[derive(Debug)]
pub enum MachineError {
    /// A file, socket or process of the host failed.
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// QEMU did not do what it was told.
    Qmp(QmpError),
    /// Text or a key that no keyboard has.
    Key(UnknownKey),
    /// A pattern that is no regular expression.
    Pattern(regex::Error),
    /// Nothing matched in time.
    Timeout {
        /// What was waited for.
        awaited: String,
        /// How long, in seconds.
        seconds: f64,
        /// The last lines.
        context: String,
    },
    /// The kernel panicked.
    Panicked {
        /// The event.
        event: String,
        /// The last lines.
        context: String,
    },
    /// The loader could not start the kernel.
    LoaderFailed {
        /// Its words.
        reason: String,
    },
    /// QEMU ended.
    Exited {
        /// How.
        status: ExitStatus,
        /// What was waited for.
        awaited: String,
        /// The last lines.
        context: String,
    },
    /// The machine has no such port.
    NoSerialPort,
}

impl MachineError {
    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}

impl From<QmpError> for MachineError {
    fn from(error: QmpError) -> Self {
        Self::Qmp(error)
    }
}

impl From<UnknownKey> for MachineError {
    fn from(error: UnknownKey) -> Self {
        Self::Key(error)
    }
}

impl From<regex::Error> for MachineError {
    fn from(error: regex::Error) -> Self {
        Self::Pattern(error)
    }
}

impl fmt::Display for MachineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, source } => write!(f, "{action}: {source}"),
            Self::Qmp(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::Pattern(error) => error.fmt(f),
            Self::Timeout { awaited, seconds, context } => {
                write!(f, "no {awaited} within {seconds:.0} s\n{context}")
            }
            Self::Panicked { event, context } => {
                write!(f, "the kernel panicked: {event}\n{context}")
            }
            Self::LoaderFailed { reason } => write!(f, "the loader failed: {reason}"),
            Self::Exited { status, awaited, context } => {
                write!(f, "QEMU ended ({status}) before {awaited}\n{context}")
            }
            Self::NoSerialPort => write!(f, "this machine has no serial ports"),
        }
    }
}

impl std::error::Error for MachineError {}
