//! A machine and a table of tools for the tests of this crate.

use super::{FakeCanvas, FakeCodeHost, FakeFiles, FakeNetwork};
use crate::{
    Blocks, Canvas, CodeHost, Files, Grants, Network, Registry, Schedule, State, ToolContext,
    ToolError, ToolOutput, grants::Permit, tool::ReadingContext,
};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, ops::ControlFlow};
use llm_memory::{Memory, WordEmbedder};
use serde_json::Value;
use system_platform::{
    DateTime, Machine,
    machine::{CpuInfo, FrameStats, MemoryRegion, MemoryStats, UnmappedAddress},
    pace,
};

/// A machine with fixed facts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestMachine {
    pub date_time: Option<DateTime>,
    pub uptime_ns: u64,
}

impl Machine for TestMachine {
    fn memory(&self) -> MemoryStats {
        MemoryStats {
            total: 1 << 30,
            used: 182 << 20,
            free: 842 << 20,
            heap_reserved: 16 << 20,
            heap_used: 9 << 20,
        }
    }
    fn memory_map(&self) -> Vec<MemoryRegion> {
        Vec::new()
    }
    fn frames(&self) -> FrameStats {
        FrameStats::default()
    }
    fn cpus(&self) -> Vec<CpuInfo> {
        [true, false]
            .map(|is_online| CpuInfo {
                apic_id: u32::from(!is_online),
                is_online,
                is_boot_cpu: is_online,
                busy_ns: 0,
            })
            .into()
    }
    fn cpu_description(&self) -> String {
        "Test CPU, AVX2".into()
    }
    fn ticks(&self) -> u64 {
        0
    }
    fn uptime_ns(&self) -> u64 {
        self.uptime_ns
    }
    fn date_time(&self) -> Option<DateTime> {
        self.date_time
    }
    fn boot_description(&self) -> String {
        "a test".into()
    }
    fn read_memory(&self, address: u64, _buffer: &mut [u8]) -> Result<(), UnmappedAddress> {
        Err(UnmappedAddress(address))
    }
    fn shut_down(&self) {}
    fn reboot(&self) {}
}

/// Built-in tools on one machine, with memories and blocks that last from call to call.
pub struct Bench {
    registry: Registry,
    machine: TestMachine,
    memory: Memory,
    blocks: Blocks,
    schedule: Schedule,
    /// What was shown to the person.
    pub notices: Vec<String>,
    /// The disk, if there is one.
    pub files: Option<FakeFiles>,
    /// The network, if there is one.
    pub network: Option<FakeNetwork>,
    /// The canvas, if there is one.
    pub canvas: Option<FakeCanvas>,
    /// Where code runs, if there is such a place.
    pub code_host: Option<Rc<FakeCodeHost>>,
}

impl Bench {
    pub fn new(machine: TestMachine) -> Self {
        Self {
            registry: Registry::built_in(),
            machine,
            memory: Memory::default(),
            blocks: Blocks::default(),
            schedule: Schedule::default(),
            notices: Vec::new(),
            files: None,
            network: None,
            canvas: None,
            code_host: None,
        }
    }

    /// A system that has all its parts.
    pub fn complete() -> Self {
        Self {
            files: Some(FakeFiles::with_samples()),
            network: Some(FakeNetwork::with_samples()),
            canvas: Some(FakeCanvas::default()),
            code_host: Some(Rc::new(FakeCodeHost::default())),
            ..Self::new(TestMachine::default())
        }
    }

    /// Calls a tool as a person does who types the call.
    pub fn call(&mut self, name: &str, arguments: Value) -> Result<String, ToolError> {
        self.output(name, arguments).map(|output| output.text)
    }

    /// The same, with all that the tool says.
    pub fn output(&mut self, name: &str, arguments: Value) -> Result<ToolOutput, ToolError> {
        let capability = self.registry.get(name).ok().and_then(|tool| tool.capability(&arguments));
        self.run(name, &arguments, Grants::for_person(capability))
    }

    /// What the tool reads out of a request.
    pub fn readings(&self, name: &str, request: &str) -> Vec<Value> {
        self.registry.get(name).unwrap().readings(request, &ReadingContext::default())
    }

    pub fn call_with(
        &mut self,
        name: &str,
        arguments: &Value,
        permit: Permit,
    ) -> Result<String, ToolError> {
        self.run(name, arguments, permit).map(|output| output.text)
    }

    fn run(
        &mut self,
        name: &str,
        arguments: &Value,
        permit: Permit,
    ) -> Result<ToolOutput, ToolError> {
        let notices = RefCell::new(core::mem::take(&mut self.notices));
        let context = ToolContext {
            machine: &self.machine,
            state: State::Own {
                memory: &mut self.memory,
                blocks: &mut self.blocks,
                schedule: &mut self.schedule,
            },
            embedder: &WordEmbedder,
            history: &(),
            notices: &notices,
            is_from_outside: false,
            files: self.files.as_ref().map(|files| files as &dyn Files),
            network: self.network.as_ref().map(|network| network as &dyn Network),
            canvas: self.canvas.as_ref().map(|canvas| canvas as &dyn Canvas),
            code_host: self.code_host.clone().map(|host| host as Rc<dyn CodeHost>),
            breathe: &|| ControlFlow::Continue(()),
        };
        let output = pace::run(self.registry.call(name, arguments, permit, context));
        self.notices = notices.into_inner();
        output
    }

    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    pub const fn blocks(&self) -> &Blocks {
        &self.blocks
    }
}
