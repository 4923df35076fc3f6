//! Tools: the system calls of the agent.
//!
//! [`Tool`] is one call, [`Registry`] the table of all. Arguments are JSON, checked strictly against
//! the tool's schema ([`schema`]) before the tool sees them. One file per tool; what a tool may
//! touch is what [`ToolContext`] hands it.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod arguments;
pub mod calc;
pub mod echo;
pub mod expression;
pub mod measure;
pub mod nearest;
pub mod notes;
pub mod recall;
pub mod registry;
pub mod schema;
pub mod store;
pub mod sysinfo;
#[cfg(test)]
mod testing;
pub mod time;
pub mod tool;

pub use notes::Notes;
pub use registry::Registry;
pub use tool::{Fault, Refusal, Tool, ToolContext, ToolError, ToolOutput};
