//! A machine and a table of tools for the tests of this crate.

use crate::{Notes, Registry, ToolContext, ToolError};
use alloc::{string::String, vec::Vec};
use serde_json::Value;
use system_platform::{
    DateTime, Machine,
    machine::{CpuInfo, FrameStats, MemoryRegion, MemoryStats, UnmappedAddress},
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

/// Built-in tools on one machine, with notes that last from call to call.
pub struct Bench {
    registry: Registry,
    machine: TestMachine,
    notes: Notes,
}

impl Bench {
    pub fn new(machine: TestMachine) -> Self {
        Self { registry: Registry::built_in(), machine, notes: Notes::default() }
    }

    pub fn call(&mut self, name: &str, arguments: Value) -> Result<String, ToolError> {
        let mut context = ToolContext { machine: &self.machine, notes: &mut self.notes };
        self.registry.call(name, &arguments, &mut context).map(|output| output.text)
    }
}
