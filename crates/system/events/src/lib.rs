//! The event log: what the system reports to people's scripts and to tests, one JSON object a line.
//!
//! [`Event`] is everything that can be reported, [`panic_line`] the one report that must work
//! without a heap, and [`escape`] the JSON string writer below it. `docs/testing.md` explains every
//! event and field; a test holds it to that.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod escape;
pub mod event;
pub mod panic_line;

pub use escape::write_escaped;
pub use event::{
    ContextByRole, DisplayInfo, DisplayKind, Event, MemoryPlan, PowerAction, StopReason, ToolSource,
};
pub use panic_line::{Location, write_panic_line};
