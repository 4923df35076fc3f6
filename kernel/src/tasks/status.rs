//! The task that keeps the status line true: once a second, and never more.

use super::{desk::Desk, event_log};
use crate::platform::clock::KernelClock;
use alloc::rc::Rc;
use console_ui::{Chip, ChipState, Header};
use llm_agent::Host;
use system_core::timer::Timers;
use system_events::Event;
use system_platform::{Clock, machine::CpuInfo};

const PERIOD_NS: u64 = 1_000_000_000;

/// Busy time of all CPUs up to some moment.
struct LoadMeter {
    busy_ns: u64,
    at_ns: u64,
}

impl LoadMeter {
    fn new() -> Self {
        Self { busy_ns: 0, at_ns: KernelClock.now_ns() }
    }

    /// Per cent of the time since the last call that the CPUs spent computing.
    fn measure(&mut self, cpus: &[CpuInfo]) -> u8 {
        let now_ns = KernelClock.now_ns();
        let busy_ns: u64 = cpus.iter().map(|cpu| cpu.busy_ns).sum();
        let online = cpus.iter().filter(|cpu| cpu.is_online).count() as u64;
        let available_ns = now_ns.saturating_sub(self.at_ns) * online.max(1);
        let spent_ns = busy_ns.saturating_sub(self.busy_ns);
        *self = Self { busy_ns, at_ns: now_ns };
        (spent_ns * 100).checked_div(available_ns).unwrap_or(0).min(100) as u8
    }
}

/// Updates the status line for ever.
pub async fn keep_status(desk: Rc<Desk>, host: &'static dyn Host, timers: Timers) {
    let mut meter = LoadMeter::new();
    let mut due_ns = KernelClock.now_ns();
    loop {
        refresh(&desk, host, &mut meter);
        report_latency(&desk);
        due_ns = (due_ns + PERIOD_NS).max(KernelClock.now_ns());
        timers.sleep_until(due_ns).await;
    }
}

fn refresh(desk: &Desk, host: &dyn Host, meter: &mut LoadMeter) {
    let cpus = host.machine().cpus();
    let memory = host.machine().memory();
    let load = meter.measure(&cpus);
    let clock = desk.date_time().map(|now| (now.hour, now.minute));
    desk.update(|console| {
        let old = console.view.header().clone();
        let is_computing = console.view.is_busy() || console.view.prefill().is_some();
        let rate = if is_computing { old.tokens_per_second.unwrap_or(0.0) } else { 0.0 };
        console.view.push_rate(rate);
        console.view.set_header(Header {
            cpus: cpus.iter().filter(|cpu| cpu.is_online).count() as u32,
            cpu_load_percent: Some(load),
            memory_used_mib: (memory.used >> 20) as u32,
            memory_total_mib: (memory.total >> 20) as u32,
            uptime_s: KernelClock.now_ms() / 1000,
            clock,
            ..old
        });
    });
}

/// Puts the model's name into the header, or says that there is none.
pub fn show_model(desk: &Desk, model: Option<&str>) {
    let chip = |label: &str, state| Chip { label: label.into(), state };
    desk.update(|console| {
        let header = console.view.header().clone();
        let (name, chips) = match model {
            Some(name) => (name, [chip("local", ChipState::Good)].into()),
            None => ("no model", [chip("commands only", ChipState::Warning)].into()),
        };
        console.view.set_header(Header { model: name.into(), chips, ..header });
    });
}

fn report_latency(desk: &Desk) {
    if let Some(latency) = desk.take_latency() {
        event_log::write(&Event::KeyLatency {
            keys: latency.keys,
            max_us: latency.max_ns / 1000,
            during_reply: latency.during_reply,
        });
    }
}
