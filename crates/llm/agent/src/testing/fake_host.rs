//! A machine with fixed facts whose clock moves by a millisecond whenever it is looked at.

use crate::{Approval, Check, EmbeddingModel, Host, Question, UnknownKeymap, models::ModelFile};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use core::{
    cell::{Cell, OnceCell, RefCell},
    future::{pending, ready},
};
use llm_memory::BoxFuture;
use llm_tools::{
    Canvas, CodeHost, Files, Network,
    testing::{FakeCanvas, FakeCodeHost, FakeFiles, FakeNetwork},
};
use system_platform::{
    DateTime, Machine,
    machine::{CpuInfo, FrameStats, MemoryRegion, MemoryStats, UnmappedAddress},
};

const KEYMAPS: [&str; 4] = ["us", "uk", "de", "fr"];
const MIB: u64 = 1 << 20;

/// The machine. What a test wants otherwise it sets.
#[derive(Debug)]
pub struct FakeHost {
    /// The checks that the kernel would run.
    pub checks: RefCell<Vec<Check>>,
    /// Whether they wait for something that does not come.
    pub has_endless_checks: Cell<bool>,
    /// How often the machine was switched off.
    pub shut_downs: Cell<u32>,
    /// How often it was started anew.
    pub reboots: Cell<u32>,
    /// The embedding model.
    pub embedding: RefCell<EmbeddingModel>,
    /// The models there are to switch to.
    pub models: RefCell<Vec<ModelFile>>,
    /// What the person says to calls that ask; the last answer holds on. Nobody, if empty.
    pub approvals: RefCell<Vec<Approval>>,
    /// Whether the person reads questions and never answers.
    pub is_hesitating: Cell<bool>,
    /// What the person was asked.
    pub questions: RefCell<Vec<Question>>,
    /// The disk, if there is one.
    pub files: OnceCell<FakeFiles>,
    /// The network, if there is one.
    pub network: OnceCell<FakeNetwork>,
    /// The canvas, if there is one.
    pub canvas: OnceCell<FakeCanvas>,
    /// Where code runs, if there is such a place.
    pub code_host: OnceCell<Rc<FakeCodeHost>>,
    /// Seconds by which the calendar is ahead of where it begins.
    pub passed_s: Cell<i64>,
    keymap: Cell<&'static str>,
    uptime_ns: Cell<u64>,
}

impl Default for FakeHost {
    fn default() -> Self {
        let check =
            |name: &str, detail: &str| Check { name: name.into(), ok: true, detail: detail.into() };
        Self {
            checks: RefCell::new(Vec::from([
                check("paging", "12 regions"),
                check("timer", "100 Hz"),
            ])),
            has_endless_checks: Cell::new(false),
            shut_downs: Cell::new(0),
            reboots: Cell::new(0),
            embedding: RefCell::default(),
            models: RefCell::default(),
            approvals: RefCell::default(),
            is_hesitating: Cell::new(false),
            questions: RefCell::default(),
            files: OnceCell::new(),
            network: OnceCell::new(),
            canvas: OnceCell::new(),
            code_host: OnceCell::new(),
            keymap: Cell::new(KEYMAPS[0]),
            passed_s: Cell::new(0),
            uptime_ns: Cell::new(0),
        }
    }
}

impl FakeHost {
    /// First address of the memory that can be read: 40 bytes, 0, 1, 2, ...
    pub const MEMORY_START: u64 = 0x1000;
    /// How many bytes can be read there.
    pub const MEMORY_LEN: u64 = 40;

    /// A host that has all its parts, with sample files and pages.
    pub fn complete() -> Self {
        Self {
            files: FakeFiles::with_samples().into(),
            network: FakeNetwork::with_samples().into(),
            canvas: FakeCanvas::default().into(),
            code_host: Rc::new(FakeCodeHost::default()).into(),
            ..Self::default()
        }
    }
}

impl Machine for FakeHost {
    fn memory(&self) -> MemoryStats {
        MemoryStats {
            total: 1024 * MIB,
            used: 256 * MIB,
            free: 768 * MIB,
            heap_reserved: 16 * MIB,
            heap_used: 9 * MIB,
        }
    }

    fn memory_map(&self) -> Vec<MemoryRegion> {
        [(0, 640 << 10, "usable"), (MIB, 1023 * MIB, "kernel and modules")]
            .map(|(start, len_bytes, kind)| MemoryRegion { start, len_bytes, kind: kind.into() })
            .into()
    }

    fn frames(&self) -> FrameStats {
        FrameStats {
            total: 262_144,
            free: 196_608,
            largest_free_run: 131_072,
            allocations: 70_000,
            deallocations: 4464,
        }
    }

    fn cpus(&self) -> Vec<CpuInfo> {
        [(0, true), (1, false)]
            .map(|(apic_id, is_boot_cpu)| CpuInfo {
                apic_id,
                is_online: true,
                is_boot_cpu,
                busy_ns: 2_000_000,
            })
            .into()
    }

    fn cpu_description(&self) -> String {
        "Fake CPU, AVX2".into()
    }

    fn ticks(&self) -> u64 {
        4242
    }

    fn uptime_ns(&self) -> u64 {
        self.uptime_ns.set(self.uptime_ns.get() + 1_000_000);
        self.uptime_ns.get()
    }

    fn date_time(&self) -> Option<DateTime> {
        Some(DateTime::from_unix(1_795_478_399 + self.passed_s.get()))
    }

    fn boot_description(&self) -> String {
        "a test on the host".into()
    }

    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), UnmappedAddress> {
        for (index, byte) in buffer.iter_mut().enumerate() {
            let address = address.wrapping_add(index as u64);
            let offset = address.wrapping_sub(Self::MEMORY_START);
            if offset >= Self::MEMORY_LEN {
                return Err(UnmappedAddress(address));
            }
            *byte = offset as u8;
        }
        Ok(())
    }

    fn shut_down(&self) {
        self.shut_downs.set(self.shut_downs.get() + 1);
    }

    fn reboot(&self) {
        self.reboots.set(self.reboots.get() + 1);
    }
}

impl Host for FakeHost {
    fn machine(&self) -> &dyn Machine {
        self
    }

    fn keymaps(&self) -> Vec<&'static str> {
        KEYMAPS.into()
    }

    fn embedding(&self) -> EmbeddingModel {
        self.embedding.borrow().clone()
    }

    fn models(&self) -> BoxFuture<'_, Vec<ModelFile>> {
        Box::pin(ready(self.models.borrow().clone()))
    }

    fn keymap(&self) -> &'static str {
        self.keymap.get()
    }

    fn set_keymap(&self, name: &str) -> Result<(), UnknownKeymap> {
        let known = KEYMAPS.into_iter().find(|known| *known == name).ok_or(UnknownKeymap)?;
        self.keymap.set(known);
        Ok(())
    }

    fn approve<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Option<Approval>> {
        self.questions.borrow_mut().push(question.clone());
        if self.is_hesitating.get() {
            return Box::pin(pending());
        }
        let mut approvals = self.approvals.borrow_mut();
        let answer = match approvals.len() {
            0 | 1 => approvals.first().copied(),
            _ => Some(approvals.remove(0)),
        };
        Box::pin(ready(answer))
    }

    fn files(&self) -> Option<&dyn Files> {
        self.files.get().map(|files| files as &dyn Files)
    }

    fn network(&self) -> Option<&dyn Network> {
        self.network.get().map(|network| network as &dyn Network)
    }

    fn canvas(&self) -> Option<&dyn Canvas> {
        self.canvas.get().map(|canvas| canvas as &dyn Canvas)
    }

    fn code_host(&self) -> Option<Rc<dyn CodeHost>> {
        self.code_host.get().map(|host| Rc::clone(host) as Rc<dyn CodeHost>)
    }

    fn selftest<'a>(&'a self, what: &'a str) -> BoxFuture<'a, Vec<Check>> {
        if self.has_endless_checks.get() {
            return Box::pin(pending());
        }
        let checks = self.checks.borrow();
        let wanted = checks.iter().filter(|check| check.name.contains(what));
        Box::pin(ready(wanted.cloned().collect()))
    }
}
