//! What is brought back into the window: texts of turns that were paged out, and memories.

use crate::TurnId;
use alloc::string::String;

/// Stands before every text that was brought back, so that neither the model nor a reader takes it
/// for something that has just been said.
pub const RECALLED_MARK: &str = "[recalled]";

/// Where a recalled text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecallSource {
    /// A turn of this conversation.
    Turn(TurnId),
    /// A record of a memory that outlives conversations, by the number it has there.
    Memory(u64),
}

/// A text to stand in front of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Where it comes from.
    pub source: RecallSource,
    /// What it says; the window puts [`RECALLED_MARK`] before it.
    pub text: String,
}
