//! The other CPUs: from the boot loader's waiting room to the compute pool.

use crate::{
    arch::{
        cpu::{self, CpuFeatures},
        gdt::{self, InterruptStack},
        interrupts,
        lapic::{self, CpuRole},
    },
    boot,
    platform::{clock::KernelClock, memory::stacks, pool},
};
use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use spin::Once;
use system_platform::Clock;
use x86_64::VirtAddr;

/// Bytes of another CPU's stack: matrix rows, no recursion.
const STACK_BYTES: u64 = 128 * 1024;

/// A CPU that takes longer to start is counted out until it comes, and keeps the boot loader's memory
/// from being reclaimed.
const START_PATIENCE_NS: u64 = 100_000_000;

/// What a CPU needs to leave the boot loader; `entry::secondary_start` reads the stack from it.
#[repr(C)]
pub struct Launch {
    /// Initial stack pointer.
    pub stack_top: u64,
    /// Index into [`cpus`].
    cpu_index: usize,
}

/// A CPU that was found, whether it came up or not.
pub struct CpuRecord {
    /// Id of its local APIC.
    pub lapic_id: u32,
    /// Whether it runs the kernel.
    pub is_online: AtomicBool,
}

static CPUS: Once<Vec<CpuRecord>> = Once::new();
static ONLINE: AtomicUsize = AtomicUsize::new(1);

/// All CPUs found; the boot CPU is the first. Empty before [`start_others`].
pub fn cpus() -> &'static [CpuRecord] {
    CPUS.get().map_or(&[], Vec::as_slice)
}

/// How many CPUs run the kernel.
pub fn online_count() -> usize {
    ONLINE.load(Ordering::Acquire)
}

/// Whether every CPU that was found runs the kernel.
pub fn all_are_online() -> bool {
    online_count() == cpus().len()
}

/// Waits until every CPU runs the kernel, for a tenth of a second at most.
pub fn wait_for_others() {
    let deadline_ns = KernelClock.now_ns() + START_PATIENCE_NS;
    while !all_are_online() && KernelClock.now_ns() < deadline_ns {
        core::hint::spin_loop();
    }
}

/// Starts every other CPU, without waiting for them.
///
/// # Safety
/// 1. Called once, on the boot CPU, with memory, interrupts and the local APIC set up.
/// 2. The boot loader's memory has not been reclaimed.
pub unsafe fn start_others() {
    let parked: Vec<_> = boot::parked_cpus().collect();
    let ids =
        core::iter::once(boot::boot_lapic_id()).chain(parked.iter().map(|cpu| cpu.lapic_id()));
    let records = ids
        .enumerate()
        .map(|(index, lapic_id)| CpuRecord { lapic_id, is_online: AtomicBool::new(index == 0) });
    let records = records.collect();
    CPUS.call_once(|| records);
    pool::init(parked.len() + 1);
    for (index, cpu) in parked.iter().enumerate() {
        // A CPU without a stack stays where it is.
        let Ok(stack) = stacks::allocate("another CPU", STACK_BYTES) else { break };
        let launch = Box::leak(Box::new(Launch { stack_top: stack.top.0, cpu_index: index + 1 }));
        // SAFETY: long mode and the image are the protocol's promise, the tables were published with
        // the memory set-up, and `launch` is this CPU's alone; each CPU occurs once.
        unsafe { cpu.start(core::ptr::from_ref(launch) as u64) };
    }
}

/// A stack for interrupts of one CPU: the address above it.
///
/// # Panics
/// When there is no memory for it, which is when the kernel cannot run anyway.
pub fn interrupt_stack(purpose: InterruptStack) -> VirtAddr {
    let stack = stacks::allocate(purpose.name(), purpose.size_bytes() as u64)
        .unwrap_or_else(|error| panic!("stack for {}: {error}", purpose.name()));
    VirtAddr::new(stack.top.0)
}

/// Stops all other CPUs; for the one that has crashed.
pub fn stop_others() {
    if online_count() > 1 {
        lapic::interrupt_all_others();
    }
}

/// Rust's first function on another CPU, on its own stack and the kernel's page tables.
pub extern "C" fn secondary_main(launch: &'static Launch) -> ! {
    cpu::enable(&CpuFeatures::detect());
    gdt::init_cpu(interrupt_stack);
    interrupts::load();
    lapic::enable(CpuRole::Secondary);
    cpus()[launch.cpu_index].is_online.store(true, Ordering::Release);
    ONLINE.fetch_add(1, Ordering::AcqRel);
    pool::serve(launch.cpu_index)
}
