//! The context window: the memory of the agent, counted in the tokens of the model.
//!
//! [`Window`] holds the conversation as [`Segment`]s, each with the exact tokens it takes in the
//! model's own rendering. What has been computed once stays a prefix of the next prompt wherever
//! possible: a reply is kept as the tokens the model generated, never tokenised anew. When the
//! budget would overflow, the oldest whole turns go, and every one that goes is reported.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod budget;
pub mod error;
mod fragment;
pub mod segment;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod usage;
pub mod window;

pub use budget::Budget;
pub use error::WindowError;
pub use segment::{Segment, TurnId};
pub use usage::{RoleCounts, Usage};
pub use window::{Evicted, Window};

use llm_inference::model::TokenId;

/// How many tokens at the start of `prompt` are those in the cache already.
pub fn common_prefix(computed: &[TokenId], prompt: &[TokenId]) -> usize {
    computed.iter().zip(prompt).take_while(|(left, right)| left == right).count()
}
