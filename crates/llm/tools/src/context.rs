//! What a running tool may touch.

use crate::{Canvas, CodeHost, Facility, Files, History, Network, Refusal, State};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, ops::ControlFlow};
use llm_memory::TextEmbedder;
use system_platform::Machine;

/// Everything that calls work on. What a call really reaches is what its permit is for: no tool is
/// called without one.
pub struct ToolContext<'a> {
    /// The machine, to look at.
    pub machine: &'a dyn Machine,
    /// What is remembered, the blocks, the schedule.
    pub state: State<'a>,
    /// Makes vectors of texts.
    pub embedder: &'a dyn TextEmbedder,
    /// What was said before.
    pub history: &'a dyn History,
    /// Notices to be shown to the person.
    pub notices: &'a RefCell<Vec<String>>,
    /// Whether text that somebody else wrote may stand in the arguments: what is kept of it stays
    /// marked.
    pub is_from_outside: bool,
    /// Files, where there is a disk.
    pub files: Option<&'a dyn Files>,
    /// The network, where there is one.
    pub network: Option<&'a dyn Network>,
    /// The canvas, where there is one.
    pub canvas: Option<&'a dyn Canvas>,
    /// Where code runs, where there is a sandbox.
    pub code_host: Option<Rc<dyn CodeHost>>,
    /// Lets others run for a moment; `Break` when the call has to stop. Code that runs without
    /// awaiting calls it every few milliseconds.
    pub breathe: &'a dyn Fn() -> ControlFlow<()>,
}

impl<'a> ToolContext<'a> {
    /// The time now, in seconds since 1970; `None` where there is no clock.
    pub fn unix_s(&self) -> Option<i64> {
        self.machine.date_time().map(|now| now.to_unix())
    }

    /// The files.
    ///
    /// # Errors
    /// There is no disk.
    pub fn files(&self) -> Result<&'a dyn Files, Refusal> {
        self.files.ok_or(Refusal::Missing(Facility::Files))
    }

    /// The network.
    ///
    /// # Errors
    /// There is none.
    pub fn network(&self) -> Result<&'a dyn Network, Refusal> {
        self.network.ok_or(Refusal::Missing(Facility::Network))
    }

    /// The canvas.
    ///
    /// # Errors
    /// There is none.
    pub fn canvas(&self) -> Result<&'a dyn Canvas, Refusal> {
        self.canvas.ok_or(Refusal::Missing(Facility::Canvas))
    }
}
