//! What only the booted kernel can prove: checks of the running machine, for `/selftest`.

mod cpus;
mod disks;
pub mod faults;
mod memory;
mod runtime;

pub use disks::run as run_on_disks;

use crate::{
    arch::{
        cpu,
        interrupts::{self, devices::ticks, exceptions::breakpoint_count},
        pic, vectors,
    },
    platform::{
        clock::{self, KernelClock},
        memory::{address_space, heap, layout, stacks},
        pool::CpuPool,
    },
};
use alloc::{collections::BTreeSet, format, string::String, vec, vec::Vec};
use core::{arch::x86_64::__cpuid, fmt, hint::black_box};
use spin::Mutex;
use system_core::{
    address::{PAGE_BYTES, VirtAddr, align_down},
    paging::Access,
};
use system_platform::{BlockError, Clock, ComputePool};
use x86_64::registers::control::{Cr0, Cr0Flags};

/// Why a check failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Floating point gives wrong results.
    FloatingPoint,
    /// A breakpoint was not noted.
    BreakpointMissed,
    /// The timer's interrupts do not come: so many came in a second.
    TimerStopped(u64),
    /// The clock went back, or stood still.
    ClockNotMonotonic,
    /// A page may be both written and executed.
    WritableCode(VirtAddr),
    /// The kernel may write to read-only pages: CR0.WP is clear.
    NoWriteProtection,
    /// Constants or code have the rights of something else.
    WrongAccess(VirtAddr, Option<Access>),
    /// The heap gave memory that does not keep what is written.
    HeapForgets,
    /// Freed memory is still counted as used: bytes.
    HeapKeeps(u64),
    /// A stack ends where something else is mapped.
    NoGuardPage(VirtAddr),
    /// Some CPUs took no work: those that did, those there are.
    IdleCpus(usize, usize),
    /// Interrupts came that nobody asked for: so many.
    UnexpectedInterrupts(u64),
    /// An interrupt changed a vector register: its number.
    RegisterLost(usize),
    /// A disk failed: its name, and how.
    Disk(String, BlockError),
    /// A disk does not keep what is written: its name and the first block that differs.
    DiskForgets(String, u64),
    /// A count or a byte is wrong: which, what was found, what was expected.
    Mismatch(&'static str, u64, u64),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FloatingPoint => f.write_str("floating point gives wrong results"),
            Self::BreakpointMissed => f.write_str("the breakpoint was not noted"),
            Self::TimerStopped(count) => write!(f, "only {count} timer interrupts in a second"),
            Self::ClockNotMonotonic => f.write_str("the clock went back or stood still"),
            Self::WritableCode(page) => write!(f, "page {page} is writable and executable"),
            Self::NoWriteProtection => f.write_str("write protection is off (CR0.WP)"),
            Self::WrongAccess(page, access) => write!(f, "page {page} has the rights {access:?}"),
            Self::HeapForgets => f.write_str("heap memory does not keep what is written"),
            Self::HeapKeeps(bytes) => write!(f, "{bytes} freed bytes are still in use"),
            Self::NoGuardPage(page) => write!(f, "no guard page at {page}"),
            Self::IdleCpus(busy, all) => write!(f, "only {busy} of {all} CPUs took work"),
            Self::UnexpectedInterrupts(count) => {
                write!(f, "{count} interrupts on vectors without a handler")
            }
            Self::RegisterLost(number) => write!(f, "vector register {number} was changed"),
            Self::Disk(name, error) => write!(f, "{name}: {error}"),
            Self::DiskForgets(name, block) => {
                write!(f, "{name}: block {block} is not what was written")
            }
            Self::Mismatch(what, found, expected) => {
                write!(f, "{what} is {found}, expected {expected}")
            }
        }
    }
}

impl core::error::Error for Failure {}

/// One check and its outcome: what was seen, or what is wrong.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// The outcome.
    pub result: Result<String, Failure>,
}

/// A check's name, and what runs it.
type NamedCheck = (&'static str, fn() -> Result<String, Failure>);

const CHECKS: [NamedCheck; 16] = [
    ("floating point", floating_point),
    ("breakpoint returns", breakpoint_returns),
    ("timer ticks", timer_ticks),
    ("clock is monotonic", clock_is_monotonic),
    ("no page is writable and executable", write_xor_execute),
    ("constants are read-only", constants_are_read_only),
    ("code is read-only", code_is_read_only),
    ("heap grows and frees", heap_grows_and_frees),
    ("impossible allocation is refused", memory::impossible_allocation_is_refused),
    ("memory functions", runtime::memory_functions),
    ("guard page below the stack", guard_page_below_stack),
    ("every CPU takes work", every_cpu_takes_work),
    ("pieces of a job run once", cpus::pieces_run_once),
    ("job within a job", cpus::job_within_a_job),
    ("interrupts keep vector registers", interrupts_keep_vector_registers),
    ("interrupts are expected", interrupts_are_expected),
];

/// Runs the checks whose name contains `what`, on the boot CPU with interrupts on; all of them take
/// less than half a second. `fault NAME` provokes one of [`faults::FAULTS`] instead, and returns
/// only where the system survives it. Nothing is run, and the list is empty, where no name fits.
pub fn run(what: &str) -> Vec<Check> {
    if let Some(name) = what.strip_prefix("fault ") {
        return faults::Fault::by_name(name.trim()).map(survive).into_iter().collect();
    }
    let wanted = CHECKS.into_iter().filter(|(name, _)| name.contains(what));
    wanted.map(|(name, check)| Check { name, result: check() }).collect()
}

/// Provokes a fault and tells that the system has survived it.
fn survive(fault: faults::Fault) -> Check {
    fault.provoke();
    Check { name: fault.name, result: Ok(String::from(fault.expectation)) }
}

/// Fails when the two differ.
fn expect_equal(what: &'static str, found: u64, expected: u64) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(Failure::Mismatch(what, found, expected)) }
}

const NS_PER_MS: u64 = 1_000_000;
/// Timer interrupts to wait for: 40 ms of them.
const TICKS: u64 = 10;
/// An emulator under load loses most of them, but never so many.
const TICK_PATIENCE_NS: u64 = 1000 * NS_PER_MS;

fn floating_point() -> Result<String, Failure> {
    if !cpu::float_arithmetic_works() {
        return Err(Failure::FloatingPoint);
    }
    Ok(String::from("in hardware"))
}

fn breakpoint_returns() -> Result<String, Failure> {
    let before = breakpoint_count();
    x86_64::instructions::interrupts::int3();
    let passed = breakpoint_count() - before;
    if passed == 0 { Err(Failure::BreakpointMissed) } else { Ok(format!("{passed} passed")) }
}

fn timer_ticks() -> Result<String, Failure> {
    let (start_ns, first) = (KernelClock.now_ns(), ticks());
    let elapsed_ns = || KernelClock.now_ns() - start_ns;
    while ticks() - first < TICKS && elapsed_ns() < TICK_PATIENCE_NS {
        core::hint::spin_loop();
    }
    match ticks() - first {
        count @ 0..TICKS => Err(Failure::TimerStopped(count)),
        count => Ok(format!("{count} in {} ms", elapsed_ns() / NS_PER_MS)),
    }
}

fn clock_is_monotonic() -> Result<String, Failure> {
    const READINGS: usize = 10_000;
    let start_ns = KernelClock.now_ns();
    let mut last_ns = start_ns;
    for _ in 0..READINGS {
        let now_ns = KernelClock.now_ns();
        if now_ns < last_ns {
            return Err(Failure::ClockNotMonotonic);
        }
        last_ns = now_ns;
    }
    if last_ns == start_ns {
        return Err(Failure::ClockNotMonotonic);
    }
    let (hz, source) = clock::calibration();
    Ok(format!("{} MHz, {}", hz / 1_000_000, source.name()))
}

fn write_xor_execute() -> Result<String, Failure> {
    let mut pages = 0;
    let violation = address_space::find_page(|_, translation| {
        pages += 1;
        translation.access.is_writable && translation.access.is_executable
    });
    match violation {
        Some(page) => Err(Failure::WritableCode(page)),
        None => Ok(format!("{pages} pages")),
    }
}

/// Checks the rights of the page that contains an address.
fn expect_access(address: VirtAddr, is_executable: bool) -> Result<(), Failure> {
    if !Cr0::read().contains(Cr0Flags::WRITE_PROTECT) {
        return Err(Failure::NoWriteProtection);
    }
    let access = address_space::translate(address).map(|translation| translation.access);
    match access {
        Some(access) if !access.is_writable && access.is_executable == is_executable => Ok(()),
        _ => Err(Failure::WrongAccess(address, access)),
    }
}

fn constants_are_read_only() -> Result<String, Failure> {
    static CONSTANT: [u8; 64] = [0x5A; 64];
    let address = VirtAddr(black_box(&CONSTANT).as_ptr() as u64);
    expect_access(address, false)?;
    Ok(format!("at {address}"))
}

fn code_is_read_only() -> Result<String, Failure> {
    let address = VirtAddr(code_is_read_only as *const () as u64);
    expect_access(address, true)?;
    Ok(format!("at {address}"))
}

fn heap_grows_and_frees() -> Result<String, Failure> {
    const LEN_BYTES: usize = 8 << 20;
    let before = heap::usage();
    let mut block = vec![0_u64; LEN_BYTES / size_of::<u64>()];
    for (index, word) in block.iter_mut().enumerate() {
        *word = index as u64 ^ 0xA5A5;
    }
    let during = heap::usage();
    let is_kept = black_box(&block).iter().enumerate().all(|(i, word)| *word == i as u64 ^ 0xA5A5);
    if !is_kept || during.used_bytes < before.used_bytes + LEN_BYTES as u64 {
        return Err(Failure::HeapForgets);
    }
    drop(block);
    let kept = heap::usage().used_bytes.saturating_sub(before.used_bytes);
    if kept > 0 {
        return Err(Failure::HeapKeeps(kept));
    }
    let grown = during.reserved_bytes - before.reserved_bytes;
    Ok(format!("{} MiB used and freed, grown by {} KiB", LEN_BYTES >> 20, grown >> 10))
}

fn guard_page_below_stack() -> Result<String, Failure> {
    const MAX_PAGES: u64 = 4096;
    let marker = 0_u8;
    let here = align_down(black_box(&raw const marker) as u64, PAGE_BYTES);
    let bottom = (0..MAX_PAGES)
        .map(|pages| VirtAddr(here - pages * PAGE_BYTES))
        .find(|page| address_space::translate(*page).is_none())
        .ok_or(Failure::NoGuardPage(VirtAddr(here - MAX_PAGES * PAGE_BYTES)))?;
    if !layout::STACKS.contains(VirtAddr(here)) || !stacks::is_guard(bottom) {
        return Err(Failure::NoGuardPage(bottom));
    }
    Ok(format!("at {bottom}, {} KiB below", (here - bottom.0) >> 10))
}

/// The local APIC's id of the CPU that runs this.
fn this_cpu() -> u32 {
    __cpuid(1).ebx >> 24
}

fn every_cpu_takes_work() -> Result<String, Failure> {
    /// A CPU that was asleep needs a moment to wake.
    const PATIENCE_NS: u64 = 500 * NS_PER_MS;
    let pool = CpuPool;
    let workers = pool.workers();
    let seen = Mutex::new(BTreeSet::new());
    let deadline_ns = KernelClock.now_ns() + PATIENCE_NS;
    // Whoever takes a piece keeps it until all have one, so nobody can take two.
    pool.parallel_for(workers, &|_| {
        seen.lock().insert(this_cpu());
        while seen.lock().len() < workers && KernelClock.now_ns() < deadline_ns {
            core::hint::spin_loop();
        }
    });
    let busy = seen.into_inner().len();
    if busy < workers {
        return Err(Failure::IdleCpus(busy, workers));
    }
    Ok(format!("{workers} of {workers}"))
}

fn interrupts_keep_vector_registers() -> Result<String, Failure> {
    const ROUNDS: u64 = 100_000;
    const WANTED_TICKS: u64 = 5;
    let values: vectors::Registers =
        core::array::from_fn(|i| core::array::from_fn(|j| (i * 37 + j * 11 + 1) as u8));
    let (first_tick, deadline_ns) = (ticks(), KernelClock.now_ns() + TICK_PATIENCE_NS);
    while ticks() < first_tick + WANTED_TICKS && KernelClock.now_ns() < deadline_ns {
        let held = vectors::hold(&values, ROUNDS);
        if let Some(lost) = (0..values.len()).find(|i| held[*i] != values[*i]) {
            return Err(Failure::RegisterLost(lost));
        }
    }
    match ticks() - first_tick {
        0 => Err(Failure::TimerStopped(0)),
        count => Ok(format!("{} bits, {count} ticks", if vectors::are_wide() { 256 } else { 128 })),
    }
}

fn interrupts_are_expected() -> Result<String, Failure> {
    match interrupts::unexpected_count() {
        0 => Ok(format!("{} timer, {} spurious", ticks(), pic::spurious_count())),
        count => Err(Failure::UnexpectedInterrupts(count)),
    }
}
