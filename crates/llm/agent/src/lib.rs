//! The agent: the one user process. It takes a line of input, runs a command or asks the model,
//! runs the tools the model calls, and reports everything it does as typed events.
//!
//! [`Agent`] is the process; [`Host`] is what it needs of the system around it; an [`Observer`]
//! sees its [`AgentEvent`]s. Neighbours: the window (`llm-context`), the tools (`llm-tools`), the
//! model behind [`llm_inference::model::LanguageModel`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod agent;
pub mod calls;
mod cancel;
mod command;
pub mod descriptions;
mod draft;
mod event;
mod generate;
mod host;
mod join;
pub mod models;
mod outside_state;
mod own_words;
mod paging;
mod prompt;
mod remembering;
mod reply;
mod route;
mod said;
mod session;
mod settings;
mod stats;
mod syscall;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod turn;
mod turn_index;
mod wake;
mod warm_start;
mod written;

pub use agent::{Agent, Config};
pub use command::names as command_names;
pub use event::{
    AgentEvent, ErrorSource, Observer, PowerAction, ReplyReport, StopReason, ToolSource,
};
pub use host::{Check, Disk, EmbeddingModel, Host, UnknownKeymap};
pub use llm_context::{PageOut, RecallSource, RoleCounts, TurnId, Usage, WindowError};
pub use llm_tools::grants::{Approval, Question};
pub use session::{Resumed, SessionError};
pub use settings::{SettingError, Settings};
pub use stats::Stats;
pub use warm_start::{SavedStart, WarmStart, WarmStartError};
