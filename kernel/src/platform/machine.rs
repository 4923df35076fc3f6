//! Facts about this machine: implements [`Machine`].

use super::{
    clock::KernelClock,
    memory::{address_space, frames, heap, layout},
    pool,
};
use crate::{
    arch::{cpu, interrupts, port::Ports, smp},
    boot::{self, BootInfo, Firmware},
    power,
};
use alloc::{format, string::String, vec::Vec};
use core::sync::atomic::Ordering;
use drivers_rtc::Rtc;
use system_core::address::{PAGE_BYTES, VirtAddr};
use system_platform::{
    Clock, DateTime, Machine,
    machine::{CpuInfo, FrameStats, MemoryRegion, MemoryStats, UnmappedAddress},
};

/// The machine that the kernel runs on.
#[derive(Clone, Debug)]
pub struct KernelMachine {
    memory_map: Vec<boot::MemoryRegion>,
    total_memory_bytes: u64,
    boot_description: String,
    clock_chip: Rtc<Ports>,
}

impl KernelMachine {
    /// Keeps what it needs of the boot loader's answers. `century_register` is the real-time
    /// clock's, as the ACPI tables have it.
    pub fn new(boot: &BootInfo, century_register: Option<u8>) -> Self {
        let firmware = match boot.firmware {
            Some(Firmware::Bios) => "BIOS",
            Some(Firmware::Uefi) => "UEFI",
            None => "unknown firmware",
        };
        let (name, version) = (&boot.bootloader_name, &boot.bootloader_version);
        let memory = boot.memory_map.iter().filter(|region| region.kind.is_memory());
        Self {
            total_memory_bytes: memory.map(|region| region.len_bytes).sum(),
            memory_map: boot.memory_map.clone(),
            boot_description: format!("{name} {version} on {firmware}"),
            clock_chip: Rtc::new(Ports, century_register),
        }
    }
}

impl Machine for KernelMachine {
    fn memory(&self) -> MemoryStats {
        let free = frames::free_frames() * PAGE_BYTES;
        let heap = heap::usage();
        MemoryStats {
            total: self.total_memory_bytes,
            used: self.total_memory_bytes.saturating_sub(free),
            free,
            heap_reserved: heap.reserved_bytes,
            heap_used: heap.used_bytes,
        }
    }

    fn memory_map(&self) -> Vec<MemoryRegion> {
        let regions = self.memory_map.iter();
        regions
            .map(|region| MemoryRegion {
                start: region.start.0,
                len_bytes: region.len_bytes,
                kind: region.kind.name().into(),
            })
            .collect()
    }

    fn frames(&self) -> FrameStats {
        let counts = frames::counts();
        FrameStats {
            total: counts.total,
            free: counts.free,
            largest_free_run: counts.largest_free_run,
            allocations: counts.allocations,
            deallocations: counts.deallocations,
        }
    }

    fn cpus(&self) -> Vec<CpuInfo> {
        let records = smp::cpus().iter().enumerate();
        records
            .map(|(index, record)| CpuInfo {
                apic_id: record.lapic_id,
                is_online: record.is_online.load(Ordering::Relaxed),
                is_boot_cpu: index == 0,
                busy_ns: pool::busy_ns(index),
            })
            .collect()
    }

    fn cpu_description(&self) -> String {
        cpu::description()
    }

    fn ticks(&self) -> u64 {
        interrupts::devices::ticks()
    }

    fn uptime_ns(&self) -> u64 {
        KernelClock.now_ns()
    }

    fn date_time(&self) -> Option<DateTime> {
        self.clock_chip.read()
    }

    fn boot_description(&self) -> String {
        self.boot_description.clone()
    }

    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), UnmappedAddress> {
        for (offset, byte) in buffer.iter_mut().enumerate() {
            let virt = address.checked_add(offset as u64).ok_or(UnmappedAddress(address))?;
            let is_new_page = offset == 0 || virt.is_multiple_of(PAGE_BYTES);
            if is_new_page && !is_readable(VirtAddr(virt)) {
                return Err(UnmappedAddress(virt));
            }
            // SAFETY: the page was found to be mapped memory, no device's, and pages are never
            // unmapped. Others may write the byte meanwhile, hence volatile.
            *byte = unsafe { (virt as *const u8).read_volatile() };
        }
        Ok(())
    }

    fn shut_down(&self) {
        power::shut_down()
    }

    fn reboot(&self) {
        power::reboot()
    }
}

/// Whether reading there has no effect and does not fault.
fn is_readable(address: VirtAddr) -> bool {
    !layout::DEVICES.contains(address) && address_space::translate(address).is_some()
}
