//! What the agent is told of the system around it: implements [`Host`].

use crate::{platform::machine::KernelMachine, selftest};
use alloc::{boxed::Box, rc::Rc, string::ToString, vec::Vec};
use core::{cell::RefCell, future::ready};
use drivers_ps2::{Keyboard, layouts};
use llm_agent::{Approval, Check, EmbeddingModel, Host, Question, UnknownKeymap};
use llm_memory::BoxFuture;
use system_platform::Machine;

/// The machine, the keyboard layout, the embedding model and the self-tests.
pub struct KernelHost {
    machine: KernelMachine,
    keyboard: Rc<RefCell<Keyboard>>,
    embedding: RefCell<EmbeddingModel>,
}

impl KernelHost {
    /// The host of one agent.
    pub const fn new(machine: KernelMachine, keyboard: Rc<RefCell<Keyboard>>) -> Self {
        Self { machine, keyboard, embedding: RefCell::new(EmbeddingModel::Missing) }
    }

    /// Takes note of what has become of the embedding model.
    pub fn set_embedding(&self, embedding: EmbeddingModel) {
        self.embedding.replace(embedding);
    }
}

impl Host for KernelHost {
    fn machine(&self) -> &dyn Machine {
        &self.machine
    }

    fn embedding(&self) -> EmbeddingModel {
        self.embedding.borrow().clone()
    }

    fn approve<'a>(&'a self, _question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        Box::pin(ready(None))
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
