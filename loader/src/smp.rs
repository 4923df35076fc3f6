//! Starts the other CPUs and parks each until the kernel gives it an entry point.

use crate::apic::LocalApic;
use crate::console::log;
use crate::entry;
use crate::port::delay_us;
use drivers_acpi::{Acpi, PhysicalMemory};
use system_boot::responses::{self, CPU_RECORD_BYTES};
use system_boot::{Arena, HHDM_OFFSET, OutOfMemory, PAGE_BYTES};

/// More CPUs than this are left asleep.
const MAX_CPUS: usize = 64;
const INIT_DELAY_US: u32 = 10_000;
/// How long a CPU may take to answer its first start command before it gets the second.
const FIRST_START_US: u32 = 1_000;
const SECOND_START_US: u32 = 500_000;

/// A CPU that may be started.
#[derive(Clone, Copy)]
struct Cpu {
    processor_id: u32,
    apic_id: u32,
}

/// What every started CPU needs.
pub struct CpuSetup {
    /// Physical address of the kernel's page tables.
    pub page_map: u64,
    /// Stack of each CPU.
    pub stack_bytes: u64,
    /// Physical address of a page below 1 MiB that nobody uses; without it no CPU is started.
    pub trampoline: Option<u32>,
}

/// Starts the CPUs that the ACPI tables of `rsdp` list, and returns the physical address of the
/// response that lists those that came up, the boot CPU among them.
pub fn start_cpus(
    arena: &mut Arena<'_>,
    memory: &impl PhysicalMemory,
    rsdp: Option<u64>,
    setup: &CpuSetup,
) -> Result<u64, OutOfMemory> {
    let apic = LocalApic::of_this_cpu();
    let (cpus, known) = list_cpus(memory, rsdp, apic.id());
    if let Some(page) = setup.trampoline {
        // SAFETY: nobody uses the page; see `CpuSetup`.
        unsafe { entry::install_trampoline(page, setup.page_map) };
    }

    let mut records = [0; MAX_CPUS];
    let mut started = 0;
    for &cpu in &cpus[..known] {
        let record = record(arena, cpu)?;
        if cpu.apic_id == apic.id() || start(arena, &apic, cpu, record, setup)? {
            records[started] = record;
            started += 1;
        } else {
            log!("loader: CPU with APIC id {} does not answer", cpu.apic_id);
        }
    }
    log!("loader: {started} CPUs");
    let records = records[..started].iter().copied();
    responses::cpus(arena, records, apic.id(), apic.is_x2apic())
}

/// The CPUs that firmware lists as ready, and how many; the boot CPU alone when it lists none.
fn list_cpus(
    memory: &impl PhysicalMemory,
    rsdp: Option<u64>,
    boot_apic_id: u32,
) -> ([Cpu; MAX_CPUS], usize) {
    let mut cpus = [Cpu { processor_id: 0, apic_id: boot_apic_id }; MAX_CPUS];
    let acpi = rsdp.and_then(|rsdp| Acpi::from_rsdp(memory, rsdp).ok());
    let Some(madt) = acpi.as_ref().and_then(|acpi| acpi.madt().ok()) else {
        return (cpus, 1);
    };
    let mut known = 0;
    for (slot, cpu) in cpus.iter_mut().zip(madt.cpus().filter(|cpu| cpu.is_enabled)) {
        *slot = Cpu { processor_id: cpu.processor_uid, apic_id: cpu.apic_id };
        known += 1;
    }
    (cpus, known.max(1))
}

/// The record by which the kernel knows `cpu`: its numbers; no entry point yet.
fn record(arena: &mut Arena<'_>, cpu: Cpu) -> Result<u64, OutOfMemory> {
    let record = arena.allocate(CPU_RECORD_BYTES, 16)?;
    arena.set_word(record, u64::from(cpu.processor_id) | u64::from(cpu.apic_id) << 32);
    Ok(record)
}

/// Starts one CPU (Intel SDM volume 3A, section 9.4.4.1) and returns whether it came up.
fn start(
    arena: &mut Arena<'_>,
    apic: &LocalApic,
    cpu: Cpu,
    record: u64,
    setup: &CpuSetup,
) -> Result<bool, OutOfMemory> {
    let Some(trampoline) = setup.trampoline else { return Ok(false) };
    let stack = arena.allocate(setup.stack_bytes, PAGE_BYTES)?;
    arena.set_word(record + 8, stack + setup.stack_bytes + HHDM_OFFSET);
    entry::offer_record(record + HHDM_OFFSET);
    apic.send_init(cpu.apic_id);
    delay_us(INIT_DELAY_US);
    for patience_us in [FIRST_START_US, SECOND_START_US] {
        apic.send_startup(cpu.apic_id, trampoline);
        for _ in 0..patience_us / 10 {
            if entry::is_record_taken() {
                return Ok(true);
            }
            delay_us(10);
        }
    }
    // Should it wake later after all, it finds the record of another CPU or none: put it back to sleep.
    apic.send_init(cpu.apic_id);
    Ok(false)
}
