//! One piece of the window: a message, or a part of one that has a state of its own.

use crate::recall::{RECALLED_MARK, RecallSource, Recalled};
use alloc::{format, vec::Vec};
use llm_inference::model::{Message, Role, TokenId};

/// Number of a turn: a user message and all that answers it. Counted from 1 since the start of the
/// conversation; a number is never given twice, and page-outs do not renumber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TurnId(
    /// The number; 0 for what belongs to no turn.
    pub u64,
);

impl TurnId {
    /// What is pinned, and the summaries.
    pub const NONE: Self = Self(0);
}

/// How a piece of the conversation is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SegmentState {
    /// In the window for good.
    Pinned,
    /// In the window, until its turn is paged out.
    Live,
    /// In the window in the place of turns that were paged out: a line for each.
    Summary,
    /// In the window a second time: recalled text in front of a question.
    PagedIn,
    /// In the archive only.
    PagedOut,
}

impl SegmentState {
    /// Its name in maps and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Live => "live",
            Self::Summary => "summary",
            Self::PagedIn => "paged in",
            Self::PagedOut => "paged out",
        }
    }
}

/// A piece of the window and the tokens it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Who says it and what. A reply's content is what the tokens say.
    pub message: Message,
    /// Its tokens as rendered, role markers included. Where several segments make one message, the
    /// first has the markers that open it and the last those that close it. A template that renders
    /// a message otherwise when others follow has its tokens shared out to the messages by length:
    /// the sum is exact, a share may be off by some markers.
    pub tokens: Vec<TokenId>,
    /// The turn it belongs to.
    pub turn: TurnId,
    /// How it is kept.
    pub state: SegmentState,
    /// Where recalled text comes from.
    pub source: Option<RecallSource>,
    /// Whether it and the segment behind it are one message for the template.
    pub joins_next: bool,
}

impl Segment {
    /// Whether it is never paged out.
    pub const fn is_pinned(&self) -> bool {
        matches!(self.state, SegmentState::Pinned)
    }

    /// Who said it.
    pub const fn role(&self) -> Role {
        self.message.role
    }

    /// What was said.
    pub const fn text(&self) -> &str {
        self.message.content.as_str()
    }

    pub(crate) const fn new(message: Message, turn: TurnId, state: SegmentState) -> Self {
        Self { message, tokens: Vec::new(), turn, state, source: None, joins_next: false }
    }

    pub(crate) fn recalled(recalled: &Recalled, turn: TurnId, role: Role) -> Self {
        let text = format!("{RECALLED_MARK} {}", recalled.text);
        let segment = Self::new(Message::new(role, text), turn, SegmentState::PagedIn);
        Self { source: Some(recalled.source), joins_next: true, ..segment }
    }
}
