//! What the booted system must reach in QEMU's emulator, measured: `cargo xtask measure`.
//!
//! A command of its own and no test: on a busy host the figures say more about the host.

use crate::error::Error;
use crate::machine::{Machine, MachineError, MachineOptions};
use serde_json::Value;
use std::time::Duration;

const BOOT_TIMEOUT: Duration = Duration::from_secs(120);
const REPLY_TIMEOUT: Duration = Duration::from_secs(300);
const QUESTION: &str = "Write a long poem about the sea, the wind and the stars.";
const REPLY_TOKENS: u64 = 64;
/// What a key press may take until it is drawn, in milliseconds of the guest's time.
const MAX_KEY_LATENCY_MS: f64 = 50.0;
const MAX_READY_MS: f64 = 2500.0;
const MIN_PREFILL_TOK_S: f64 = 16.0;
const MIN_DECODE_TOK_S: f64 = 6.0;

/// Whether more is better.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
}

/// One figure beside what it should be.
struct Figure {
    name: &'static str,
    unit: &'static str,
    found: f64,
    bound: Bound,
    limit: f64,
}

impl Figure {
    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast => self.found >= self.limit,
            Bound::AtMost => self.found <= self.limit,
        }
    }
}

/// Boots the system in TCG with two CPUs, lets the model answer while keys are typed, and prints
/// the figures.
///
/// # Errors
/// A machine that does not come so far, or a figure that is out of bounds.
pub fn run() -> Result<(), Error> {
    let mut machine = Machine::start(&MachineOptions::default())?;
    let ready = event(&mut machine, "ready", BOOT_TIMEOUT)?;
    machine.type_text(&format!("/set max_tokens {REPLY_TOKENS}\n"))?;
    event(&mut machine, "command", BOOT_TIMEOUT)?;
    machine.type_text(&format!("{QUESTION}\n"))?;
    event(&mut machine, "input", BOOT_TIMEOUT)?;
    // While the prompt is computed and the reply is written.
    for key in "typed meanwhile ".chars().cycle().take(64) {
        machine.type_text(&key.to_string())?;
        std::thread::sleep(Duration::from_millis(100));
    }
    let reply = event(&mut machine, "reply", REPLY_TIMEOUT)?;
    let latency_us = machine
        .events()?
        .iter()
        .filter(|event| event["event"] == "key_latency" && event["during_reply"] == true)
        .filter_map(|event| event["max_us"].as_f64())
        .fold(0.0, f64::max);
    report(&[
        Figure {
            name: "kernel entry to prompt",
            unit: "ms",
            found: number(&ready, "since_entry_ms"),
            bound: Bound::AtMost,
            limit: MAX_READY_MS,
        },
        Figure {
            name: "prefill",
            unit: "tok/s",
            found: number(&reply, "prefill_tok_s"),
            bound: Bound::AtLeast,
            limit: MIN_PREFILL_TOK_S,
        },
        Figure {
            name: "decode",
            unit: "tok/s",
            found: number(&reply, "decode_tok_s"),
            bound: Bound::AtLeast,
            limit: MIN_DECODE_TOK_S,
        },
        Figure {
            name: "key press to picture during a reply",
            unit: "ms",
            found: latency_us / 1000.0,
            bound: Bound::AtMost,
            limit: MAX_KEY_LATENCY_MS,
        },
    ])
}

fn report(figures: &[Figure]) -> Result<(), Error> {
    println!("QEMU TCG, -cpu max, 2 CPUs, the built-in model:");
    for figure in figures {
        let bound = if figure.bound == Bound::AtLeast { "at least" } else { "at most" };
        let verdict = if figure.is_met() { "" } else { "  NOT MET" };
        let Figure { name, unit, found, limit, .. } = figure;
        println!("  {name:<36} {found:>8.1} {unit:<6} ({bound} {limit} {unit}){verdict}");
    }
    let missed = figures.iter().filter(|figure| !figure.is_met()).count();
    if missed > 0 { Err(Error::FiguresMissed(missed)) } else { Ok(()) }
}

fn event(machine: &mut Machine, name: &str, timeout: Duration) -> Result<Value, MachineError> {
    let line = machine.wait_event(&format!("\"event\":\"{name}\""), timeout)?;
    Ok(serde_json::from_str(&line).unwrap_or(Value::Null))
}

/// A figure of an event; not a number where it is missing, which meets no bound.
fn number(event: &Value, field: &str) -> f64 {
    event[field].as_f64().unwrap_or(f64::NAN)
}
