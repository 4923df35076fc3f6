//! The executor of the boot CPU: what it does when nothing is to do, and how long computations make
//! room.

use super::clock::KernelClock;
use crate::platform::serial;
use core::cell::Cell;
use system_core::{
    executor::{Executor, yield_now},
    timer::Timers,
};
use system_platform::{Clock, Pacer, Timer};
use x86_64::instructions::{hlt, interrupts};

/// A computation yields when it has held the CPU for so long. A key press must show within 50 ms:
/// one step of this length, the console's, and another leave ample room.
pub const STEP_NS: u64 = 4_000_000;

/// Bytes a serial port sends in one turn of its task: 1.3 ms in an emulator.
const PUMP_BYTES: usize = 256;

/// Runs the tasks for ever; the CPU sleeps while none is woken. The timer's interrupts end a sleep,
/// so deadlines are met within 4 ms.
pub fn run(executor: &Executor) -> ! {
    executor.run(|| KernelClock.now_ns(), sleep_until_interrupt)
}

fn sleep_until_interrupt(executor: &Executor) {
    // From here to the `hlt` no handler can wake a task: `sti` takes effect after the instruction
    // that follows it.
    interrupts::disable();
    if executor.has_woken() {
        interrupts::enable();
    } else {
        interrupts::enable_and_hlt();
    }
}

/// Runs the tasks until `is_done` or `patience_ns` are over.
pub fn run_until(executor: &Executor, patience_ns: u64, is_done: impl Fn() -> bool) {
    let end_ns = KernelClock.now_ns() + patience_ns;
    while !is_done() && KernelClock.now_ns() < end_ns {
        if executor.run_round(KernelClock.now_ns()) == 0 {
            sleep_until_interrupt(executor);
        }
    }
}

/// Sleeps with interrupts off for ever; where the system cannot go on.
pub fn halt_forever() -> ! {
    interrupts::disable();
    loop {
        hlt();
    }
}

/// Starts the task that moves a port's output to its UART.
pub fn spawn_serial_pump(executor: &Executor, port: &'static serial::SerialPort) {
    executor.spawner().spawn(async move {
        loop {
            port.output_event().wait().await;
            while port.is_present() && port.backlog_bytes() > 0 {
                port.pump(PUMP_BYTES);
                yield_now().await;
            }
        }
    });
}

/// The clock, and sleeping among the executor's tasks. A sleep is met within 4 ms.
#[derive(Clone)]
pub struct KernelTimer {
    timers: Timers,
}

impl KernelTimer {
    /// A timer for the tasks of an executor.
    pub fn new(executor: &Executor) -> Self {
        Self { timers: executor.timers() }
    }
}

impl Clock for KernelTimer {
    fn now_ns(&self) -> u64 {
        KernelClock.now_ns()
    }
}

impl Timer for KernelTimer {
    async fn sleep(&self, duration_ns: u64) {
        match duration_ns {
            0 => yield_now().await,
            _ => self.timers.sleep_until(self.now_ns().saturating_add(duration_ns)).await,
        }
    }
}

/// Yields to the other tasks once a computation has held the CPU for 4 ms.
#[derive(Debug)]
pub struct KernelPacer {
    step_end_ns: Cell<u64>,
}

impl KernelPacer {
    /// A pacer for one task.
    pub const fn new() -> Self {
        Self { step_end_ns: Cell::new(0) }
    }
}

impl Default for KernelPacer {
    fn default() -> Self {
        Self::new()
    }
}

impl Pacer for KernelPacer {
    async fn checkpoint(&self) {
        if KernelClock.now_ns() >= self.step_end_ns.get() {
            yield_now().await;
            self.step_end_ns.set(KernelClock.now_ns() + STEP_NS);
        }
    }
}
