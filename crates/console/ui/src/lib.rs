//! The console: a view model, what the keys do, and two renderers for the same state.
//!
//! [`Console`] holds the [`View`] (conversation, context gauge, tool log, machine), the line being
//! typed and the scroll position. [`pixel::PixelConsole`] draws it on a framebuffer,
//! [`cells::CellConsole`] in text cells, which [`cells::AnsiWriter`] sends to a terminal and
//! [`cells::VgaWriter`] to VGA text memory. Renderers only read; each redraws what changed since it
//! drew last.
//!
//! Neighbours: `console-graphics` below; the kernel feeds keys and changes the view. Nothing here
//! knows the agent.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod call_text;
pub mod cells;
pub mod console;
pub mod editor;
pub mod format;
pub mod history;
pub mod pixel;
pub mod text;
pub mod theme;
pub mod view;

pub use cells::{AnsiWriter, CellConsole, CellGrid, VgaWriter};
pub use console::{Console, ConsoleAction};
pub use pixel::PixelConsole;
pub use view::{
    CallId, Chip, ChipState, ClockTime, ContextGauge, EntryId, Header, Notice, NoticeLevel,
    Outcome, Prefill, Role, View,
};
