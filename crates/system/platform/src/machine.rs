//! Facts about the machine that commands and tools report, and the power switch.

use crate::DateTime;
use alloc::{string::String, vec::Vec};

/// Physical memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Everything the firmware reports as memory.
    pub total: u64,
    /// Held by the kernel, the heap and the loaded models.
    pub used: u64,
    /// Frames that nobody holds.
    pub free: u64,
    /// Of `used`: what the heap has taken from the frame allocator.
    pub heap_reserved: u64,
    /// Of `heap_reserved`: what is handed out at the moment.
    pub heap_used: u64,
}

/// One entry of the memory map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryRegion {
    /// First physical address.
    pub start: u64,
    /// Length in bytes.
    pub len_bytes: u64,
    /// What it is, in words.
    pub kind: String,
}

/// One CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuInfo {
    /// Local APIC id.
    pub apic_id: u32,
    /// Whether it takes part in the compute pool.
    pub is_online: bool,
    /// Whether the kernel was started on it.
    pub is_boot_cpu: bool,
    /// Time spent on pool work since the start, in nanoseconds.
    pub busy_ns: u64,
}

/// Page-frame counts of the frame allocator (4 KiB frames).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameStats {
    /// Frames under management.
    pub total: u64,
    /// Frames free now.
    pub free: u64,
    /// Longest run of free frames.
    pub largest_free_run: u64,
    /// Allocations since the start.
    pub allocations: u64,
    /// Deallocations since the start.
    pub deallocations: u64,
}

/// Why memory could not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnmappedAddress(
    /// The first address that is not mapped for reading.
    pub u64,
);

/// What the kernel tells about the machine it runs on, and the power switch.
pub trait Machine {
    /// Memory counts now.
    fn memory(&self) -> MemoryStats;
    /// The firmware's memory map.
    fn memory_map(&self) -> Vec<MemoryRegion>;
    /// Counts of the frame allocator.
    fn frames(&self) -> FrameStats;
    /// All CPUs found.
    fn cpus(&self) -> Vec<CpuInfo>;
    /// The CPU's own name, and the instruction sets that the engine uses on it.
    fn cpu_description(&self) -> String;
    /// Timer interrupts since the start.
    fn ticks(&self) -> u64;
    /// Nanoseconds since the kernel was entered.
    fn uptime_ns(&self) -> u64;
    /// The calendar time, UTC; `None` where there is no working real-time clock.
    fn date_time(&self) -> Option<DateTime>;
    /// Who loaded the kernel: boot loader, version, firmware type.
    fn boot_description(&self) -> String;
    /// Copies `buffer.len()` bytes of mapped memory from a virtual address; never faults.
    ///
    /// # Errors
    /// The first address that is not mapped memory. Device registers count as not mapped.
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), UnmappedAddress>;
    /// Switches the machine off, or halts it for good where that is impossible. Returns only in
    /// tests.
    fn shut_down(&self);
    /// Starts the machine anew. Returns only in tests.
    fn reboot(&self);
}
