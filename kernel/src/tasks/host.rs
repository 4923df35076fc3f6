//! What the agent is told of the system around it: implements [`Host`].

use super::{approval, desk::Desk, embedding::KernelEmbedder};
use crate::{
    platform::{clock::KernelClock, machine::KernelMachine},
    selftest,
};
use alloc::{boxed::Box, rc::Rc, string::ToString, vec::Vec};
use core::cell::{Cell, OnceCell, RefCell};
use drivers_ps2::{Keyboard, layouts};
use llm_agent::{Approval, Check, EmbeddingModel, Host, Question, UnknownKeymap};
use llm_memory::{BoxFuture, TextEmbedder, WordEmbedder};
use system_core::executor::Executor;
use system_platform::{Clock, Machine};

/// Code that cannot wait lets the others run as often.
const BREATH_NS: u64 = 4_000_000;

/// The machine, the keyboard layout, the embedding model, the self-tests, and the person.
pub struct KernelHost {
    machine: KernelMachine,
    keyboard: Rc<RefCell<Keyboard>>,
    desk: Rc<Desk>,
    executor: Executor,
    embedding: RefCell<EmbeddingModel>,
    embedder: OnceCell<KernelEmbedder>,
    next_breath_ns: Cell<u64>,
}

impl KernelHost {
    /// The host of one agent.
    pub fn new(
        machine: KernelMachine,
        keyboard: Rc<RefCell<Keyboard>>,
        desk: Rc<Desk>,
        executor: Executor,
    ) -> Self {
        Self {
            machine,
            keyboard,
            desk,
            executor,
            embedding: RefCell::new(EmbeddingModel::Missing),
            embedder: OnceCell::new(),
            next_breath_ns: Cell::new(0),
        }
    }

    /// Takes note of what has become of the embedding model.
    pub fn set_embedding(&self, embedding: EmbeddingModel) {
        self.embedding.replace(embedding);
    }

    /// Takes the embedding model into use.
    pub fn set_embedder(&self, embedder: KernelEmbedder) {
        // A second one cannot come: it is loaded once.
        let _ = self.embedder.set(embedder);
    }
}

impl Host for KernelHost {
    fn machine(&self) -> &dyn Machine {
        &self.machine
    }

    fn embedding(&self) -> EmbeddingModel {
        self.embedding.borrow().clone()
    }

    fn embedder(&self) -> &dyn TextEmbedder {
        match self.embedder.get() {
            Some(embedder) => embedder,
            None => &WordEmbedder,
        }
    }

    fn approve<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        Box::pin(approval::ask(&self.desk, self.executor.timers(), question))
    }

    fn breathe(&self) {
        let now_ns = KernelClock.now_ns();
        if now_ns >= self.next_breath_ns.get() {
            self.executor.run_round(now_ns);
            self.next_breath_ns.set(KernelClock.now_ns() + BREATH_NS);
        }
    }

    fn keymaps(&self) -> Vec<&'static str> {
        layouts().collect()
    }

    fn keymap(&self) -> &'static str {
        self.keyboard.borrow().layout()
    }

    fn set_keymap(&self, name: &str) -> Result<(), UnknownKeymap> {
        self.keyboard.borrow_mut().set_layout(name).map_err(|_| UnknownKeymap)
    }

    fn selftest(&self, what: &str) -> Vec<Check> {
        let shown = |check: selftest::Check| {
            let ok = check.result.is_ok();
            let detail = check.result.unwrap_or_else(|failure| failure.to_string());
            Check { name: check.name.into(), ok, detail }
        };
        selftest::run(what).into_iter().map(shown).collect()
    }
}
