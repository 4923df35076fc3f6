//! A scripted run: steps done in the order given, each of which must be met.

use crate::error::Error;
use crate::machine::{Machine, MachineError, MachineOptions};
use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Waits for a line of the event log that matches this regular expression.
    Wait(String),
    /// Types this text.
    Type(String),
    /// Presses this key.
    Key(String),
    /// Does nothing for so many milliseconds.
    SleepMs(u64),
    /// Writes the screen to this file.
    Screenshot(PathBuf),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(pattern) => write!(f, "--wait {pattern:?}"),
            Self::Type(text) => write!(f, "--type {text:?}"),
            Self::Key(name) => write!(f, "--key {name}"),
            Self::SleepMs(ms) => write!(f, "--sleep-ms {ms}"),
            Self::Screenshot(path) => write!(f, "--screenshot {}", path.display()),
        }
    }
}

/// Starts a machine and does `steps`, all within `timeout`.
pub fn run(options: &MachineOptions, steps: &[Step], timeout: Duration) -> Result<(), Error> {
    let mut machine = Machine::start(options)?;
    let deadline = Instant::now() + timeout;
    for (index, step) in steps.iter().enumerate() {
        let started = machine.uptime();
        let done = perform(&mut machine, step, deadline).inspect_err(|_| {
            eprintln!("Step {} of {} was not met: {step}", index + 1, steps.len());
        })?;
        let took = machine.uptime() - started;
        eprintln!(
            "[{:7.2} s] {step} ({:.2} s){done}",
            machine.uptime().as_secs_f64(),
            took.as_secs_f64()
        );
    }
    match machine.panic()? {
        None => Ok(()),
        Some(event) => Err(MachineError::Panicked { event, context: machine.last_lines() }.into()),
    }
}

fn perform(machine: &mut Machine, step: &Step, deadline: Instant) -> Result<String, MachineError> {
    let left = deadline.saturating_duration_since(Instant::now());
    match step {
        Step::Wait(pattern) => {
            return machine.wait_event(pattern, left).map(|line| format!("\n            {line}"));
        }
        Step::Type(text) => machine.type_text(text)?,
        Step::Key(name) => machine.press(name)?,
        Step::SleepMs(ms) => {
            let pause = Duration::from_millis(*ms);
            if pause > left {
                let awaited = format!("time for --sleep-ms {ms}");
                let context = machine.last_lines();
                return Err(MachineError::Timeout {
                    awaited,
                    seconds: left.as_secs_f64(),
                    context,
                });
            }
            thread::sleep(pause);
        }
        Step::Screenshot(path) => machine.screenshot(path)?,
    }
    Ok(String::new())
}

/// Text of `--type`, where `\n` is Enter, `\t` is Tab and `\\` is a backslash.
pub fn unescape(text: &str) -> String {
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\').then(|| characters.clone().next()).flatten();
        let replacement = match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('\\') => '\\',
            _ => {
                result.push(character);
                continue;
            }
        };
        characters.next();
        result.push(replacement);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_keys_and_other_backslashes_stay() {
        assert_eq!(unescape(r"hi\n"), "hi\n");
        assert_eq!(unescape(r"a\\n\tb\q\"), "a\\n\tb\\q\\");
    }
}
