//! Why a record cannot be read.

use alloc::string::String;
use core::fmt;

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// Which part of it: `schedule.entries[2].due`.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a part of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is no JSON.
    NotJson {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
    },
    /// A later version of the system wrote it.
    Newer {
        /// The version of the record.
        version: u64,
        /// The latest version that is known.
        known: u64,
    },
    /// It is not there.
    Missing,
    /// It is something else than it should be.
    Expected(
        /// What it should be.
        &'static str,
    ),
    /// It is what it should be, and still cannot be used.
    Refused {
        /// Why, as whoever refused it says.
        reason: String,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.problem {
            Problem::NotJson { line, column } => {
                write!(f, "{field} is no JSON at line {line}, column {column}")
            }
            Problem::Newer { version, known } => {
                write!(f, "{field} has version {version}, this system knows up to {known}")
            }
            Problem::Missing => write!(f, "{field} is missing"),
            Problem::Expected(what) => write!(f, "{field} is not {what}"),
            Problem::Refused { reason } => write!(f, "{field}: {reason}"),
        }
    }
}

impl core::error::Error for RecordError {}
