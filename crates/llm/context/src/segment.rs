//! One message in the window.

use alloc::{string::String, vec::Vec};
use llm_inference::model::{Message, Role, TokenId};

/// Number of a turn: a user message and all that answers it. Counted from 1 since the start of the
/// conversation; evictions do not renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnId(
    /// The number; 0 for what is pinned.
    pub u64,
);

/// One message and the tokens it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The message. A reply's content is what the tokens say.
    pub message: Message,
    /// Its tokens as rendered, role markers included.
    pub tokens: Vec<TokenId>,
    /// The turn it belongs to.
    pub turn: TurnId,
}

impl Segment {
    /// Whether it is never evicted.
    pub const fn is_pinned(&self) -> bool {
        self.turn.0 == 0
    }

    /// Who said it.
    pub const fn role(&self) -> Role {
        self.message.role
    }

    /// What was said.
    pub const fn text(&self) -> &String {
        &self.message.content
    }
}
