//! The context window: the memory of the agent, counted in the tokens of the model.
//!
//! [`Window`] holds the conversation as [`Segment`]s, each with the exact tokens it takes in the
//! model's own rendering. What has been computed once stays a prefix of the next prompt wherever
//! possible: a reply is kept as the tokens the model generated, never tokenised anew.
//!
//! It is virtual memory. When the budget would overflow, whole turns are paged out, as an
//! [`EvictionPolicy`] chooses, and every one that goes is reported: word for word to the
//! [`Archive`], and as one line to a summary that stays. What an agent finds there again, or in a
//! memory of its own, is paged in as [`Recalled`] text in front of a question.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod archive;
pub mod budget;
pub mod error;
mod fragment;
mod kept;
pub mod outside;
pub mod policy;
pub mod recall;
pub mod segment;
mod summary;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod turn;
pub mod usage;
pub mod window;

pub use archive::{Archive, ArchivedTurn};
pub use budget::Budget;
pub use error::WindowError;
pub use kept::{KeptTurn, PagedOut};
pub use policy::EvictionPolicy;
pub use recall::{RECALLED_MARK, RecallSource, Recalled};
pub use segment::{Segment, SegmentState, TurnId};
pub use turn::{Turn, TurnView};
pub use usage::{RoleCounts, StateCounts, Usage};
pub use window::{PageOut, Paging, Window};

use llm_inference::model::TokenId;

/// How many tokens at the start of `prompt` are those in the cache already.
pub fn common_prefix(computed: &[TokenId], prompt: &[TokenId]) -> usize {
    computed.iter().zip(prompt).take_while(|(left, right)| left == right).count()
}
