//! The system around an agent that is evaluated: a machine with fixed facts, an embedding model, and
//! a person who allows what is asked for once.

use llm_agent::{
    Approval, Check, EmbeddingModel, Host, Question, UnknownKeymap, testing::FakeHost,
};
use llm_memory::{BoxFuture, TextEmbedder};
use system_platform::Machine;

/// The host of evaluated agents.
pub struct EvaluationHost<'m> {
    machine: FakeHost,
    embedder: &'m dyn TextEmbedder,
}

impl<'m> EvaluationHost<'m> {
    /// A host whose agents find texts with `embedder`.
    pub fn new(embedder: &'m dyn TextEmbedder) -> Self {
        let machine = FakeHost::default();
        machine.approvals.borrow_mut().push(Approval::Once);
        Self { machine, embedder }
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

    fn approve<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        self.machine.approve(question)
    }

    fn selftest(&self, what: &str) -> Vec<Check> {
        self.machine.selftest(what)
    }
}
