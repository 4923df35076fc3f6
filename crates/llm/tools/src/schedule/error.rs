//! Why something cannot be scheduled or found.

use super::{MAX_ENTRIES, MAX_TEXT_BYTES, MIN_INTERVAL_S};
use crate::calendar::{PhraseError, say};
use alloc::{string::String, vec::Vec};
use core::fmt;
use system_platform::DateTime;

/// Why something cannot be scheduled or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// The words do not say when.
    When(PhraseError),
    /// The time is over.
    InThePast {
        /// The time (UTC).
        time: DateTime,
    },
    /// The rule never comes true any more.
    Never,
    /// The time is more than a hundred years away.
    TooFar,
    /// It would repeat more often than every [`MIN_INTERVAL_S`] seconds.
    TooOften {
        /// Seconds from one time to the next.
        seconds: u64,
    },
    /// It takes a real-time clock, and there is none.
    NoClock,
    /// There is no text.
    NoText,
    /// The text is longer than [`MAX_TEXT_BYTES`].
    TextTooLong {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// There are [`MAX_ENTRIES`] entries already.
    Full,
    /// A call that says both when to set something and what to cancel.
    SetAndCancel,
    /// There is no such entry.
    NotFound {
        /// What was asked for.
        name: String,
        /// All entries.
        entries: Vec<String>,
    },
    /// Several entries could be meant.
    Ambiguous {
        /// What was asked for.
        name: String,
        /// All entries.
        entries: Vec<String>,
    },
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::When(error) => error.fmt(f),
            Self::InThePast { time } => write!(f, "{} is over", say::moment(*time, false)),
            Self::Never => f.write_str("the time never comes"),
            Self::TooFar => f.write_str("that is more than 100 years away"),
            Self::TooOften { seconds } => {
                let span = say::seconds(*seconds);
                write!(f, "every {span} is too often; {MIN_INTERVAL_S} seconds are the least")
            }
            Self::NoClock => PhraseError::NoClock.fmt(f),
            Self::NoText => f.write_str("there is nothing to be reminded of"),
            Self::TextTooLong { len_bytes } => {
                write!(f, "the text has {len_bytes} bytes; {MAX_TEXT_BYTES} are allowed")
            }
            Self::Full => {
                write!(f, "there are {MAX_ENTRIES} reminders already, which is the most")
            }
            Self::SetAndCancel => f.write_str("give either \"when\" or \"cancel\", not both"),
            Self::NotFound { name, entries } if entries.is_empty() => {
                write!(f, "there is no reminder \"{name}\"; none is set")
            }
            Self::NotFound { name, entries } => {
                write!(f, "there is no reminder \"{name}\"; there are: {}", entries.join(", "))
            }
            Self::Ambiguous { name, entries } => write!(
                f,
                "\"{name}\" could be several reminders; say the number. There are: {}",
                entries.join(", ")
            ),
        }
    }
}

impl From<PhraseError> for ScheduleError {
    fn from(error: PhraseError) -> Self {
        Self::When(error)
    }
}
