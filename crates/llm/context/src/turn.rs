//! Turns as others see them: to export and save a conversation, and to take it up again.

use crate::{SegmentState, TurnId};
use alloc::vec::Vec;
use llm_inference::model::Message;

/// A turn of a conversation that is taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number; not 0.
    pub id: TurnId,
    /// What was said in it, oldest first.
    pub messages: Vec<Message>,
    /// Whether text that somebody else wrote stood in it, be it in the messages or in what was
    /// recalled for it.
    pub held_outside_data: bool,
}

/// A turn where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnView<'w> {
    /// Its number.
    pub id: TurnId,
    /// [`SegmentState::Live`] in the window, [`SegmentState::PagedOut`] in the archive.
    pub state: SegmentState,
    /// Tokens its messages take, or took, in the window.
    pub tokens: usize,
    /// What was said in it, oldest first, without what was recalled for it.
    pub messages: Vec<&'w Message>,
    /// Whether text that somebody else wrote stood in it, be it in the messages or in what was
    /// recalled for it. What was said to it may repeat it.
    pub held_outside_data: bool,
}

impl TurnView<'_> {
    /// A copy that lives on its own.
    pub fn to_turn(&self) -> Turn {
        Turn {
            id: self.id,
            messages: self.messages.iter().copied().cloned().collect(),
            held_outside_data: self.held_outside_data,
        }
    }
}
