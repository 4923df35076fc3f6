//! Monotonic time from the CPU's time-stamp counter.

use crate::arch::{cpu::time_stamp, pit};
use core::{
    arch::x86_64::{__cpuid, CpuidResult},
    sync::atomic::{AtomicU64, Ordering},
};
use spin::Once;
use system_platform::Clock;

/// Leaf with the counter's frequency in kHz, as VMware defined it and KVM and others took it over.
const HYPERVISOR_TIMING_LEAF: u32 = 0x4000_0010;
/// The first leaf of a hypervisor; it tells the last one.
const HYPERVISOR_LEAF: u32 = 0x4000_0000;
/// Leaf with the counter's ratio to the core crystal clock (SDM volume 3, 20.7.3).
const CRYSTAL_LEAF: u32 = 0x15;
/// Leaf with the nominal frequency in MHz.
const NOMINAL_LEAF: u32 = 0x16;

/// Steps of the interval timer over which the counter is measured: 10 ms.
const MEASURED_STEPS: u16 = (pit::INPUT_HZ / 100) as u16;
/// Measurements, of which the lowest counts: whatever disturbs one makes time seem shorter.
const MEASUREMENTS: usize = 3;
/// Readings at either end of the measurement, of which the least disturbed counts.
const READINGS: usize = 8;
/// A timer that stands still is given up after so many readings.
const MAX_READINGS: u32 = 100_000;

/// Time-stamp counts per second that no CPU is outside of.
const PLAUSIBLE_HZ: core::ops::RangeInclusive<u64> = 100_000_000..=20_000_000_000;
/// Taken where nothing tells the frequency: seconds are wrong then, but time goes on.
const FALLBACK_HZ: u64 = 2_000_000_000;

const NS_PER_S: u64 = 1_000_000_000;
/// Fraction bits of [`NS_PER_COUNT`].
const FRACTION_BITS: u32 = 32;

/// The counter when the kernel was entered.
static START: AtomicU64 = AtomicU64::new(0);
/// Nanoseconds per count, with [`FRACTION_BITS`] after the point.
static NS_PER_COUNT: AtomicU64 = AtomicU64::new((NS_PER_S << FRACTION_BITS) / FALLBACK_HZ);
static CALIBRATION: Once<(u64, Source)> = Once::new();

/// Who told the frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The hypervisor.
    Hypervisor,
    /// The CPU, exactly.
    Crystal,
    /// Measured against the interval timer.
    IntervalTimer,
    /// The CPU's nominal frequency.
    Nominal,
    /// Nobody; a guess.
    Guess,
}

impl Source {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hypervisor => "told by the hypervisor",
            Self::Crystal => "told by the CPU",
            Self::IntervalTimer => "measured against the interval timer",
            Self::Nominal => "the CPU's nominal frequency",
            Self::Guess => "a guess, nothing tells it",
        }
    }
}

/// The clock of the kernel; all values are the same clock. Until [`init`] it counts from an unknown
/// start with a guessed frequency, good for time-outs alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelClock;

impl Clock for KernelClock {
    fn now_ns(&self) -> u64 {
        // The counters of two CPUs may differ by a little: never before the start.
        let counts = time_stamp().saturating_sub(START.load(Ordering::Relaxed));
        let ns_per_count = NS_PER_COUNT.load(Ordering::Relaxed);
        ((u128::from(counts) * u128::from(ns_per_count)) >> FRACTION_BITS) as u64
    }
}

/// Finds out how fast the counter runs, in about 30 ms at most. `start` is the counter at the
/// kernel's entry, where the clock's time 0 is.
pub fn init(start: u64) {
    START.store(start, Ordering::Relaxed);
    let (hz, _) = *CALIBRATION.call_once(frequency);
    NS_PER_COUNT.store((NS_PER_S << FRACTION_BITS) / hz, Ordering::Relaxed);
}

/// Counts per second, and who told them.
pub fn calibration() -> (u64, Source) {
    CALIBRATION.get().copied().unwrap_or((FALLBACK_HZ, Source::Guess))
}

fn frequency() -> (u64, Source) {
    type Answer = fn() -> Option<u64>;
    let candidates: [(Answer, Source); 4] = [
        (hypervisor_hz, Source::Hypervisor),
        (crystal_hz, Source::Crystal),
        (measured_hz, Source::IntervalTimer),
        (nominal_hz, Source::Nominal),
    ];
    candidates
        .into_iter()
        .find_map(|(hz, source)| Some((hz().filter(|hz| PLAUSIBLE_HZ.contains(hz))?, source)))
        .unwrap_or((FALLBACK_HZ, Source::Guess))
}

/// The leaf, if the range that starts at `first` has it.
fn leaf(first: u32, leaf: u32) -> Option<CpuidResult> {
    (__cpuid(first).eax >= leaf).then(|| __cpuid(leaf))
}

fn hypervisor_hz() -> Option<u64> {
    if !crate::arch::hypervisor::is_present() {
        return None;
    }
    let khz = leaf(HYPERVISOR_LEAF, HYPERVISOR_TIMING_LEAF)?.eax;
    Some(u64::from(khz) * 1000)
}

fn crystal_hz() -> Option<u64> {
    let CpuidResult { eax: denominator, ebx: numerator, ecx: crystal_hz, .. } =
        leaf(0, CRYSTAL_LEAF)?;
    (u64::from(crystal_hz) * u64::from(numerator)).checked_div(u64::from(denominator))
}

fn nominal_hz() -> Option<u64> {
    Some(u64::from(leaf(0, NOMINAL_LEAF)?.eax & 0xFFFF) * 1_000_000)
}

/// The counter and the timer, read together.
#[derive(Clone, Copy)]
struct Reading {
    counts: u64,
    steps: u16,
    /// Counts that went by during the reading, so the error of `counts`.
    uncertainty: u64,
}

impl Reading {
    fn take(timer: &pit::CountDown) -> Self {
        let before = time_stamp();
        let steps = timer.elapsed_steps();
        let uncertainty = time_stamp().saturating_sub(before);
        Self { counts: before + uncertainty / 2, steps, uncertainty }
    }

    /// The least disturbed of a few: an emulator may stop a virtual CPU for milliseconds, but
    /// hardly every time.
    fn take_best(timer: &pit::CountDown) -> Option<Self> {
        (0..READINGS).map(|_| Self::take(timer)).min_by_key(|reading| reading.uncertainty)
    }
}

fn measured_hz() -> Option<u64> {
    (0..MEASUREMENTS).filter_map(|_| measure_once()).min()
}

fn measure_once() -> Option<u64> {
    let timer = pit::CountDown::start();
    let first = Reading::take_best(&timer)?;
    let is_running = (0..MAX_READINGS)
        .any(|_| timer.elapsed_steps().saturating_sub(first.steps) >= MEASURED_STEPS);
    let last = Reading::take_best(&timer)?;
    let steps = u64::from(last.steps.checked_sub(first.steps)?);
    let counts = last.counts.checked_sub(first.counts)?;
    let hz = u128::from(counts) * u128::from(pit::INPUT_HZ) / u128::from(steps.max(1));
    is_running.then_some(hz as u64)
}
