//! Records that are kept as JSON, read field by field: whatever stands in them, reading gives a value
//! or an error that names the field.
//!
//! A record is an object with a `version`. [`Node`] is a place in it. Who keeps something across a
//! power cut has a `to_json` beside a `from_json` that reads with nodes: tools (`llm-tools`), turns
//! (`llm-context`), the session (`llm-agent`).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod error;
mod node;

pub use error::{Problem, RecordError};
pub use node::{Node, parse};
