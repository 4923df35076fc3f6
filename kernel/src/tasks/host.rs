//! What the agent is told of the system around it: implements [`Host`].

use super::{
    code_host::KernelCodeHost, desk::Desk, disk_files::DiskFiles, embedding::KernelEmbedder,
    model_files::ModelFiles, question,
};
use crate::{disks::Disks, platform::machine::KernelMachine, selftest};
use alloc::{boxed::Box, rc::Rc, string::ToString, vec::Vec};
use core::cell::{OnceCell, RefCell};
use drivers_ps2::{Keyboard, layouts};
use llm_agent::{
    Approval, Check, Disk, EmbeddingModel, Host, Question, UnknownKeymap, models::ModelFile,
};
use llm_memory::{BoxFuture, TextEmbedder, WordEmbedder};
use llm_tools::{CodeHost, Files};
use system_core::{executor::Executor, timer::Timers};
use system_platform::{DateTime, Machine};

/// The machine, the keyboard layout, the embedding model, the self-tests, and the person.
pub struct KernelHost {
    machine: KernelMachine,
    keyboard: Rc<RefCell<Keyboard>>,
    desk: Rc<Desk>,
    timers: Timers,
    code_host: Rc<KernelCodeHost>,
    embedding: RefCell<EmbeddingModel>,
    embedder: OnceCell<KernelEmbedder>,
    models: ModelFiles,
    files: Rc<DiskFiles>,
    disks: Rc<Disks>,
}

impl KernelHost {
    /// The host of one agent.
    pub fn new(
        machine: KernelMachine,
        keyboard: Rc<RefCell<Keyboard>>,
        desk: Rc<Desk>,
        executor: Executor,
        disks: Rc<Disks>,
    ) -> Self {
        let files = Rc::new(DiskFiles::default());
        Self {
            machine,
            keyboard,
            timers: executor.timers(),
            code_host: Rc::new(KernelCodeHost::new(executor, desk.clone())),
            desk,
            embedding: RefCell::new(EmbeddingModel::Missing),
            embedder: OnceCell::new(),
            models: ModelFiles::new(Rc::clone(&files)),
            files,
            disks,
        }
    }

    /// The queue in which tasks sleep.
    pub fn timers(&self) -> Timers {
        self.timers.clone()
    }

    /// The disks.
    pub fn disks(&self) -> &Disks {
        &self.disks
    }

    /// The files on them.
    pub fn disk_files(&self) -> &DiskFiles {
        &self.files
    }

    /// The calendar time now.
    pub fn date_time(&self) -> Option<DateTime> {
        self.desk.date_time()
    }

    /// The models there are.
    pub const fn model_files(&self) -> &ModelFiles {
        &self.models
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

    fn models(&self) -> BoxFuture<'_, Vec<ModelFile>> {
        Box::pin(self.models.list())
    }

    fn embedder(&self) -> &dyn TextEmbedder {
        match self.embedder.get() {
            Some(embedder) => embedder,
            None => &WordEmbedder,
        }
    }

    fn approve<'a>(&'a self, _question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        Box::pin(question::approval(&self.desk, self.timers.clone()))
    }

    fn files(&self) -> Option<&dyn Files> {
        self.files.is_there().then_some(&*self.files)
    }

    fn disks(&self) -> BoxFuture<'_, Vec<Disk>> {
        Box::pin(async {
            let mut disks = Vec::new();
            for disk in self.disks.found() {
                let holds = self.files.holds(&disk).await;
                let info = disk.info();
                disks.push(Disk { name: info.name.clone(), len_bytes: info.len_bytes(), holds });
            }
            let problem = |what| Disk { name: what, len_bytes: 0, holds: "cannot be used".into() };
            disks.extend(self.disks.problems().into_iter().map(problem));
            disks
        })
    }

    fn code_host(&self) -> Option<Rc<dyn CodeHost>> {
        Some(self.code_host.clone())
    }

    fn breathe(&self) {
        // Who computes looks at the stop button itself.
        let _ = self.code_host.breathe();
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

    fn selftest<'a>(&'a self, what: &'a str) -> BoxFuture<'a, Vec<Check>> {
        let shown = |check: selftest::Check| {
            let ok = check.result.is_ok();
            let detail = check.result.unwrap_or_else(|failure| failure.to_string());
            Check { name: check.name.into(), ok, detail }
        };
        Box::pin(async move {
            let mut checks = selftest::run(what);
            checks.extend(selftest::run_on_disks(what, &self.disks).await);
            checks.into_iter().map(shown).collect()
        })
    }
}
