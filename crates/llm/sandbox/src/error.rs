//! Why a run gave no outcome.

use alloc::string::String;
use core::fmt;

/// What ended a run. Each reads as a sentence that can be told to whoever wrote the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxError {
    /// The source text or the module is longer than is accepted.
    SourceTooLong {
        /// Its length.
        len_bytes: usize,
        /// What is accepted.
        max_bytes: usize,
    },
    /// The script cannot be parsed.
    Syntax {
        /// What is wrong.
        message: String,
        /// Where, counted from 1; `None` at the end of the text.
        line: Option<usize>,
        /// The character in the line, counted from 1.
        column: Option<usize>,
    },
    /// The code failed while it ran: a wrong type, an unknown name, a `throw`, a trap.
    Runtime {
        /// What went wrong.
        message: String,
        /// In which line of a script, counted from 1.
        line: Option<usize>,
    },
    /// It took more operations than it may.
    OutOfFuel {
        /// The limit.
        fuel: u64,
    },
    /// It took more memory than it may.
    OutOfMemory {
        /// The limit.
        max_bytes: u64,
    },
    /// One value is larger than values may be.
    ValueTooLarge {
        /// Of what there is too much.
        what: &'static str,
    },
    /// Calls, expressions or values are nested too deeply.
    TooDeep,
    /// A script has more variables or functions than it may.
    TooManyNames,
    /// It printed, or came to, more text than is taken.
    OutputTooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// The host ended it.
    Interrupted,
    /// The bytes are not a module that can be run.
    BadModule {
        /// What is wrong.
        message: String,
    },
    /// The module exports none of the functions that are run.
    MissingEntryPoint,
    /// The module asks for something that there is not.
    UnknownImport {
        /// Of which module.
        module: String,
        /// By which name.
        name: String,
    },
    /// The module asks for a host function with other parameters than it has.
    UnsupportedImport {
        /// By which name.
        name: String,
    },
    /// The entry point takes arguments, or its result is not one number.
    UnsupportedSignature {
        /// The entry point.
        name: &'static str,
    },
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceTooLong { len_bytes, max_bytes } => {
                write!(f, "the code is {len_bytes} bytes long; at most {max_bytes} are accepted")
            }
            Self::Syntax { message, line: Some(line), column: Some(column) } => {
                write!(f, "line {line}, column {column}: {message}")
            }
            Self::Syntax { message, .. } => write!(f, "at the end: {message}"),
            Self::Runtime { message, line: Some(line) } => write!(f, "line {line}: {message}"),
            Self::Runtime { message, line: None } => f.write_str(message),
            Self::OutOfFuel { fuel } => {
                write!(f, "stopped after {fuel} operations; is there an endless loop?")
            }
            Self::OutOfMemory { max_bytes } => {
                write!(f, "stopped for taking more than {} KiB of memory", max_bytes / 1024)
            }
            Self::ValueTooLarge { what } => write!(f, "a value has grown to too many {what}"),
            Self::TooDeep => f.write_str("calls, expressions or values are nested too deeply"),
            Self::TooManyNames => f.write_str("there are too many variables or functions"),
            Self::OutputTooLong { max_bytes } => {
                write!(f, "there is more output than the {max_bytes} bytes that are taken")
            }
            Self::Interrupted => f.write_str("interrupted"),
            Self::BadModule { message } => write!(f, "not a module that can be run: {message}"),
            Self::MissingEntryPoint => {
                f.write_str("the module exports no function \"run\", \"main\" or \"_start\"")
            }
            Self::UnknownImport { module, name } => {
                write!(f, "the module imports \"{module}.{name}\", which does not exist here")
            }
            Self::UnsupportedImport { name } => {
                write!(
                    f,
                    "the module imports \"host.{name}\" with parameters that it does not have"
                )
            }
            Self::UnsupportedSignature { name } => {
                write!(f, "\"{name}\" must take no arguments and give at most one number")
            }
        }
    }
}

impl core::error::Error for SandboxError {}
