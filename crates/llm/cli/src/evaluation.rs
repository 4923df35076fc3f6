//! The system around an agent that is evaluated: a machine with fixed facts, some files, a network of
//! two pages, an embedding model, and a person who allows what is asked for once.

use llm_agent::{
    Approval, Check, EmbeddingModel, Host, Question, UnknownKeymap, testing::FakeHost,
};
use llm_memory::{BoxFuture, TextEmbedder};
use llm_tools::{
    Canvas, CodeHost, Files, Network,
    testing::{FakeCanvas, FakeCodeHost, FakeFiles, FakeNetwork},
};
use std::rc::Rc;
use system_platform::Machine;

/// The host of evaluated agents.
pub struct EvaluationHost<'m> {
    machine: FakeHost,
    files: FakeFiles,
    network: FakeNetwork,
    canvas: FakeCanvas,
    embedder: &'m dyn TextEmbedder,
}

impl<'m> EvaluationHost<'m> {
    /// A host whose agents find texts with `embedder`.
    pub fn new(embedder: &'m dyn TextEmbedder) -> Self {
        let machine = FakeHost::default();
        machine.approvals.borrow_mut().push(Approval::Once);
        Self {
            machine,
            files: FakeFiles::with_samples(),
            network: FakeNetwork::with_samples(),
            canvas: FakeCanvas::default(),
            embedder,
        }
    }
}

impl Host for EvaluationHost<'_> {
    fn machine(&self) -> &dyn Machine {
        &self.machine
    }

    fn keymaps(&self) -> Vec<&'static str> {
        self.machine.keymaps()
    }

    fn keymap(&self) -> &'static str {
        self.machine.keymap()
    }

    fn set_keymap(&self, name: &str) -> Result<(), UnknownKeymap> {
        self.machine.set_keymap(name)
    }

    fn embedding(&self) -> EmbeddingModel {
        self.machine.embedding()
    }

    fn embedder(&self) -> &dyn TextEmbedder {
        self.embedder
    }

    fn files(&self) -> Option<&dyn Files> {
        Some(&self.files)
    }

    fn network(&self) -> Option<&dyn Network> {
        Some(&self.network)
    }

    fn canvas(&self) -> Option<&dyn Canvas> {
        Some(&self.canvas)
    }

    fn code_host(&self) -> Option<Rc<dyn CodeHost>> {
        Some(Rc::new(FakeCodeHost::default()))
    }

    fn approve<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        self.machine.approve(question)
    }

    fn selftest<'a>(&'a self, what: &'a str) -> BoxFuture<'a, Vec<Check>> {
        self.machine.selftest(what)
    }
}
