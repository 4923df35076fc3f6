//! Why a tool call cannot be read.

use alloc::string::String;
use core::fmt;

/// A call that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The reply ended inside it.
    Unclosed {
        /// What should have come before.
        end: &'static str,
    },
    /// Not JSON.
    NotJson {
        /// What the JSON parser says.
        message: String,
    },
    /// JSON, but no object.
    NotAnObject,
    /// A list without a call in it.
    NoCalls,
    /// The name is missing or no string.
    NoName,
    /// The arguments are missing.
    NoArguments {
        /// The field that they should be in.
        key: &'static str,
    },
    /// The id is no string.
    BadId,
    /// Something beside name, arguments and, where calls have one, id.
    UnknownField {
        /// Its name.
        name: String,
    },
    /// Not `name(key=value)`.
    NotCode {
        /// The character, from 1.
        position: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// An argument given twice.
    RepeatedArgument {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tool call cannot be read: ")?;
        match self {
            Self::Unclosed { end } => write!(f, "the reply ended before {end}"),
            Self::NotJson { message } => write!(f, "not JSON: {message}"),
            Self::NotAnObject => f.write_str("not a JSON object"),
            Self::NoCalls => f.write_str("there is no call in it"),
            Self::NoName => f.write_str("\"name\" is missing or not a string"),
            Self::NoArguments { key } => write!(f, "\"{key}\" is missing"),
            Self::BadId => f.write_str("\"id\" is not a string"),
            Self::UnknownField { name } => write!(f, "unknown field \"{name}\""),
            Self::NotCode { position, expected } => {
                write!(f, "position {position}: expected {expected}")
            }
            Self::RepeatedArgument { name } => write!(f, "argument \"{name}\" is there twice"),
        }
    }
}
