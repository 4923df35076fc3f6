//! Why the window refuses something.

use crate::TurnId;
use core::fmt;
use llm_inference::model::TemplateError;

/// Why something cannot go into the window. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowError {
    /// It would not fit even if all older turns went.
    MessageTooLarge {
        /// Its size in tokens, as rendered.
        tokens: usize,
        /// The tokens there are for it.
        room: usize,
    },
    /// A turn of a saved conversation has no message, or its number does not come after that of the
    /// turn before it.
    TurnOrder {
        /// Its number.
        turn: TurnId,
    },
    /// The model's template cannot be rendered.
    Template(TemplateError),
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MessageTooLarge { tokens, room } => {
                write!(f, "the message has {tokens} tokens, but the window has room for {room}")
            }
            Self::TurnOrder { turn } => {
                write!(f, "turn {} of the conversation is empty or out of order", turn.0)
            }
            Self::Template(error) => error.fmt(f),
        }
    }
}

impl From<TemplateError> for WindowError {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}
