//! What the agent needs of the system around it.

use crate::models::ModelFile;
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use core::{fmt, future::ready};
use llm_inference::model::ModelInfo;
use llm_memory::{BoxFuture, TextEmbedder, WordEmbedder};
use llm_tools::{
    Canvas, CodeHost, Facility, Files, Network,
    grants::{Approval, Question},
};
use system_platform::Machine;

/// The machine, its keyboard layouts, its self-tests, and the person at it.
pub trait Host {
    /// The machine.
    fn machine(&self) -> &dyn Machine;

    /// Names of the keyboard layouts there are (`us`, `de`, ...).
    fn keymaps(&self) -> Vec<&'static str>;

    /// Name of the layout in use.
    fn keymap(&self) -> &'static str;

    /// Switches the keyboard layout.
    ///
    /// # Errors
    /// A name that is not among [`Self::keymaps`]; then nothing has changed.
    fn set_keymap(&self, name: &str) -> Result<(), UnknownKeymap>;

    /// The embedding model, as far as it is known.
    fn embedding(&self) -> EmbeddingModel;

    /// The models that the agent can be switched to, with the one in use. They are looked up anew each
    /// time.
    fn models(&self) -> BoxFuture<'_, Vec<ModelFile>> {
        Box::pin(ready(Vec::new()))
    }

    /// Makes vectors of texts: the embedding model where it can be used, words where not.
    fn embedder(&self) -> &dyn TextEmbedder {
        &WordEmbedder
    }

    /// Asks the person whether a call may run; `None` if nobody answers.
    fn approve<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Approval>>;

    /// Lets the rest of the system run for a moment, in the middle of code that cannot wait.
    fn breathe(&self) {}

    /// Files, where there is a disk.
    fn files(&self) -> Option<&dyn Files> {
        None
    }

    /// The disks, whatever is on them.
    fn disks(&self) -> BoxFuture<'_, Vec<Disk>> {
        Box::pin(core::future::ready(Vec::new()))
    }

    /// The network, where there is one.
    fn network(&self) -> Option<&dyn Network> {
        None
    }

    /// The canvas, where there is one.
    fn canvas(&self) -> Option<&dyn Canvas> {
        None
    }

    /// Where code runs, where there is a sandbox.
    fn code_host(&self) -> Option<Rc<dyn CodeHost>> {
        None
    }

    /// The parts of the system that are there.
    fn facilities(&self) -> Vec<Facility> {
        let parts = [
            (self.files().is_some(), Facility::Files),
            (self.network().is_some(), Facility::Network),
            (self.canvas().is_some(), Facility::Canvas),
            (self.code_host().is_some(), Facility::Sandbox),
        ];
        parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, facility)| facility).collect()
    }

    /// Runs the kernel's own checks: those whose name contains `what`, all if it is empty.
    fn selftest<'a>(&'a self, what: &'a str) -> BoxFuture<'a, Vec<Check>>;
}

/// The model that makes vectors of texts. It is loaded when the prompt is up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EmbeddingModel {
    /// There is none.
    #[default]
    Missing,
    /// It has not been looked at yet.
    Waiting,
    /// It can be used.
    Ready(ModelInfo),
    /// It cannot be used, for this reason.
    Unusable(String),
}

/// A disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What it is called.
    pub name: String,
    /// Its length.
    pub len_bytes: u64,
    /// What is on it, and what becomes of it, in words.
    pub holds: String,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
}

/// A keyboard layout that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownKeymap;

impl fmt::Display for UnknownKeymap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such keyboard layout")
    }
}
