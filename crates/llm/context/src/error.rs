//! Why the window refuses something.

use core::fmt;
use llm_inference::model::TemplateError;

/// Why a message cannot go into the window. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowError {
    /// It would not fit even if all older turns went.
    MessageTooLarge {
        /// Its size in tokens, as rendered.
        tokens: usize,
        /// The tokens there are for it.
        room: usize,
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
            Self::Template(error) => error.fmt(f),
        }
    }
}

impl From<TemplateError> for WindowError {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}
