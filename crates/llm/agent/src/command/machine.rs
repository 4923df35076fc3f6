//! What the machine is and how it does: `/disks /mem /mmap /frames /cpus /ticks /time`.

use crate::{Agent, Disk};
use alloc::{format, string::String};
use core::fmt::Write;
use llm_inference::model::LanguageModel;
use llm_tools::{
    calendar::WEEKDAYS,
    measure::{bytes, duration},
};
use system_platform::Machine;

/// Bytes of a page frame.
const FRAME_BYTES: u64 = 4096;

pub async fn disks<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::new();
    for Disk { name, len_bytes, holds } in agent.host.disks().await {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- **{name}**, {}: {holds}", bytes(len_bytes));
    }
    if text.is_empty() {
        text.push_str("No disk was found.");
    }
    text
}

pub fn mem(machine: &dyn Machine) -> String {
    let memory = machine.memory();
    let percent = (u128::from(memory.used) * 100).checked_div(memory.total.into()).unwrap_or(0);
    format!(
        "```\ntotal         {:>10}\nused          {:>10}  {percent} %\nfree          {:>10}\n\
         heap reserved {:>10}\nheap used     {:>10}\n```",
        bytes(memory.total),
        bytes(memory.used),
        bytes(memory.free),
        bytes(memory.heap_reserved),
        bytes(memory.heap_used),
    )
}

pub fn mmap(machine: &dyn Machine) -> String {
    let mut text = String::from("```\n");
    for region in machine.memory_map() {
        let end = region.start.saturating_add(region.len_bytes).saturating_sub(1);
        let _ = writeln!(
            text,
            "{:#014x}-{end:#014x} {:>10}  {}",
            region.start,
            bytes(region.len_bytes),
            region.kind
        );
    }
    text + "```"
}

pub fn frames(machine: &dyn Machine) -> String {
    let frames = machine.frames();
    format!(
        "```\ntotal            {:>10}  {}\nfree             {:>10}  {}\n\
         largest free run {:>10}  {}\nallocations      {:>10}\ndeallocations    {:>10}\n```",
        frames.total,
        bytes(frames.total * FRAME_BYTES),
        frames.free,
        bytes(frames.free * FRAME_BYTES),
        frames.largest_free_run,
        bytes(frames.largest_free_run * FRAME_BYTES),
        frames.allocations,
        frames.deallocations,
    )
}

pub fn cpus(machine: &dyn Machine) -> String {
    let mut text = format!("{}\n```\n", machine.cpu_description());
    let uptime_ns = machine.uptime_ns().max(1);
    for (index, cpu) in machine.cpus().iter().enumerate() {
        let state = if cpu.is_online { "online" } else { "offline" };
        let role = if cpu.is_boot_cpu { "  boot CPU" } else { "" };
        let percent = u128::from(cpu.busy_ns) * 100 / u128::from(uptime_ns);
        let _ = writeln!(
            text,
            "cpu {index}  apic {:<3} {state:<7}  busy {:>12} ({percent} %){role}",
            cpu.apic_id,
            duration(cpu.busy_ns)
        );
    }
    text + "```"
}

pub fn ticks(machine: &dyn Machine) -> String {
    format!("{} timer interrupts in {}", machine.ticks(), duration(machine.uptime_ns()))
}

pub fn time(machine: &dyn Machine) -> String {
    let uptime = duration(machine.uptime_ns());
    match machine.date_time() {
        Some(now) => format!("{}, {now} UTC, up {uptime}", WEEKDAYS[usize::from(now.weekday())]),
        None => format!("There is no working real-time clock; up {uptime}"),
    }
}
