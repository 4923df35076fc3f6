//! What calls look at and change of the agent: its memories, its blocks, its schedule.
//!
//! Calls that only look share it, and may run side by side; a call that changes something has it for
//! itself. Which of the two a call is follows from its capability, so a tool that changes what its
//! capability does not say is found out.

use crate::{Blocks, Capability, Schedule, ToolError, capability::Effect, error::Fault};
use llm_memory::Memory;

/// The state, as a call has it.
pub enum State<'a> {
    /// To look at, beside other calls.
    Shared {
        /// What is remembered.
        memory: &'a Memory,
        /// The labelled blocks.
        blocks: &'a Blocks,
        /// What wakes the agent later.
        schedule: &'a Schedule,
    },
    /// To change.
    Own {
        /// What is remembered.
        memory: &'a mut Memory,
        /// The labelled blocks.
        blocks: &'a mut Blocks,
        /// What wakes the agent later.
        schedule: &'a mut Schedule,
    },
}

impl State<'_> {
    /// Whether a call that needs `capability` has to have the state for itself.
    pub fn is_needed_alone(capability: Option<&Capability>) -> bool {
        capability.is_some_and(|it| matches!(it.effect(), Effect::Writes | Effect::Executes))
    }

    /// The memories.
    pub const fn memory(&self) -> &Memory {
        match self {
            Self::Shared { memory, .. } => memory,
            Self::Own { memory, .. } => memory,
        }
    }

    /// The schedule.
    pub const fn schedule(&self) -> &Schedule {
        match self {
            Self::Shared { schedule, .. } => schedule,
            Self::Own { schedule, .. } => schedule,
        }
    }

    /// The memories, to change.
    ///
    /// # Errors
    /// The state is shared.
    pub const fn memory_mut(&mut self) -> Result<&mut Memory, ToolError> {
        match self {
            Self::Own { memory, .. } => Ok(memory),
            Self::Shared { .. } => Err(ToolError::Faulty(Fault::SharedState)),
        }
    }

    /// The blocks, to change.
    ///
    /// # Errors
    /// The state is shared.
    pub const fn blocks_mut(&mut self) -> Result<&mut Blocks, ToolError> {
        match self {
            Self::Own { blocks, .. } => Ok(blocks),
            Self::Shared { .. } => Err(ToolError::Faulty(Fault::SharedState)),
        }
    }

    /// The schedule, to change.
    ///
    /// # Errors
    /// The state is shared.
    pub const fn schedule_mut(&mut self) -> Result<&mut Schedule, ToolError> {
        match self {
            Self::Own { schedule, .. } => Ok(schedule),
            Self::Shared { .. } => Err(ToolError::Faulty(Fault::SharedState)),
        }
    }
}
