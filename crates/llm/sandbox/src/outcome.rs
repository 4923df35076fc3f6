//! What a run came to.

use alloc::string::String;

/// The result of a run that ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The value of the last expression, or the result of the entry point, as text; `None` where
    /// there is none.
    pub value: Option<String>,
    /// Everything that was printed, each `print` on a line of its own.
    pub output: String,
}
