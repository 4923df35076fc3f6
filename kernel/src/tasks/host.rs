//! What the agent is told of the system around it: implements [`Host`].

use crate::{platform::machine::KernelMachine, selftest};
use alloc::{
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::RefCell;
use drivers_ps2::{Keyboard, layouts};
use llm_agent::{Check, Host, UnknownKeymap};
use system_platform::{
    DateTime, Machine,
    machine::{CpuInfo, FrameStats, MemoryRegion, MemoryStats, UnmappedAddress},
};

/// The machine, the keyboard layout and the self-tests.
pub struct KernelHost {
    machine: KernelMachine,
    keyboard: Rc<RefCell<Keyboard>>,
}

impl KernelHost {
    /// The host of one agent.
    pub const fn new(machine: KernelMachine, keyboard: Rc<RefCell<Keyboard>>) -> Self {
        Self { machine, keyboard }
    }
}

impl Host for KernelHost {
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

impl Machine for KernelHost {
    fn memory(&self) -> MemoryStats {
        self.machine.memory()
    }

    fn memory_map(&self) -> Vec<MemoryRegion> {
        self.machine.memory_map()
    }

    fn frames(&self) -> FrameStats {
        self.machine.frames()
    }

    fn cpus(&self) -> Vec<CpuInfo> {
        self.machine.cpus()
    }

    fn cpu_description(&self) -> String {
        self.machine.cpu_description()
    }

    fn ticks(&self) -> u64 {
        self.machine.ticks()
    }

    fn uptime_ns(&self) -> u64 {
        self.machine.uptime_ns()
    }

    fn date_time(&self) -> Option<DateTime> {
        self.machine.date_time()
    }

    fn boot_description(&self) -> String {
        self.machine.boot_description()
    }

    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), UnmappedAddress> {
        self.machine.read_memory(address, buffer)
    }

    fn shut_down(&self) {
        self.machine.shut_down();
    }

    fn reboot(&self) {
        self.machine.reboot();
    }
}
