//! Tools: the system calls of the agent.
//!
//! [`Tool`] is one call, [`Registry`] the table of all. Arguments are JSON, checked strictly against
//! the tool's schema ([`schema`]) before the tool sees them. One file per tool; what a tool may
//! touch is what [`ToolContext`] hands it, and it runs only with a [`grants::Permit`] for the
//! [`Capability`] it needs. [`audit`] keeps what was called, and
//! [`document()`] writes what there is.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod arguments;
pub mod audit;
pub mod blocks;
pub mod calc;
pub mod calendar;
pub mod capability;
pub mod clock;
pub mod colloquial;
pub mod context;
mod document;
pub mod draw;
pub mod echo;
pub mod edit_block;
pub mod error;
mod excerpt;
pub mod expression;
pub mod facility;
pub mod grants;
pub mod http_get;
mod limit;
pub mod list_files;
pub mod measure;
pub mod nearest;
pub mod notify;
mod number_words;
mod paths;
pub mod programs;
pub mod read_file;
pub mod recall;
pub mod registry;
pub mod remember;
pub mod request;
pub mod router;
pub mod run_code;
pub mod schedule;
pub mod schema;
pub mod search_history;
pub mod state;
pub mod sysinfo;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tool;
mod url;
pub mod web_search;
pub mod write_file;

pub use audit::Audit;
pub use blocks::Blocks;
pub use capability::Capability;
pub use context::ToolContext;
pub use document::document;
pub use error::{Fault, Refusal, ToolError};
pub use facility::{Canvas, CodeHost, Facility, Files, History, Network};
pub use grants::Grants;
pub use registry::Registry;
pub use router::Router;
pub use schedule::Schedule;
pub use state::State;
pub use tool::{Example, Origin, ReadingContext, Tool, ToolFuture, ToolOutput};
