//! A booted system under test: events as JSON, steps with names, and what was seen last when a step
//! fails.

use crate::workspace::root;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use xtask::machine::{Exit, Machine, MachineError, MachineOptions};

/// From power-on to a prompt, with room for a slow and busy host: firmware, boot loader, 100 MB of
/// model through an emulated CD.
const BOOT_TIMEOUT: Duration = Duration::from_secs(90);
/// For anything that needs no model.
pub const PROMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// For a model turn of a few dozen tokens.
pub const MODEL_TIMEOUT: Duration = Duration::from_secs(150);

/// Only one machine at a time: two of them on two host cores would measure each other, and the
/// guest's clock runs on while the host is busy.
static HOST: Mutex<()> = Mutex::new(());

/// A machine with the system on it.
pub struct System {
    machine: Machine,
    test: String,
    /// What `ready` said.
    ready: Value,
    /// Held until the machine is gone (fields are dropped in order).
    _host: MutexGuard<'static, ()>,
}

impl System {
    /// Switches a machine on and waits for the prompt.
    ///
    /// # Panics
    /// Where that fails, with what was seen last.
    pub fn boot(options: &MachineOptions) -> Self {
        let mut system = Self::power_on(options);
        system.wait_ready();
        system
    }

    /// Switches a machine on without waiting for anything.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn power_on(options: &MachineOptions) -> Self {
        // A test that failed has released its machine all the same.
        let host = HOST.lock().unwrap_or_else(PoisonError::into_inner);
        let test = thread::current().name().unwrap_or("test").to_owned();
        let machine = Machine::start(options)
            .unwrap_or_else(|error| panic!("{test}: step \"power on\": {error}"));
        Self { machine, test, ready: Value::Null, _host: host }
    }

    /// Waits for the prompt.
    ///
    /// # Panics
    /// Where it does not come.
    pub fn wait_ready(&mut self) {
        self.ready = self.wait("prompt is ready", "ready", BOOT_TIMEOUT, |_| true);
    }

    /// The `ready` event.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// The machine below.
    pub fn machine(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Waits for an event with this name for which `is_it` holds, behind the one of the last wait.
    ///
    /// # Panics
    /// Where it does not come in time, or the kernel panics or the machine ends before.
    pub fn wait(
        &mut self,
        step: &str,
        event: &str,
        timeout: Duration,
        is_it: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + timeout;
        let pattern = format!("\"event\":\"{event}\"");
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.step(step, |machine| machine.wait_event(&pattern, left));
            match serde_json::from_str::<Value>(&line) {
                Ok(value) if value["event"] == event && is_it(&value) => return value,
                Ok(_) => {}
                Err(error) => self.fail(step, &format!("{line} is no JSON: {error}")),
            }
        }
    }

    /// Types a line on the keyboard.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn enter(&mut self, line: &str) {
        let step = format!("type {line:?}");
        self.step(&step, |machine| machine.type_text(line));
        self.step(&step, |machine| machine.press("enter"));
    }

    /// Types a line after which the machine ends: it may be gone before Enter is released.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn enter_last(&mut self, line: &str) {
        self.step(&format!("type {line:?}"), |machine| machine.type_text(line));
        // What the line does is told by the event log and the exit code.
        let _ = self.machine.press("enter");
    }

    /// Types a slash command on the keyboard and waits until it has run.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn command(&mut self, line: &str) -> Value {
        self.enter(line);
        self.command_result(line, PROMPT_TIMEOUT)
    }

    /// Sends a slash command over the serial line and waits until it has run.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn serial_command(&mut self, line: &str) -> Value {
        let step = format!("send {line:?}");
        self.step(&step, |machine| machine.serial_send(format!("{line}\r")));
        self.command_result(line, PROMPT_TIMEOUT)
    }

    /// Waits until a command that was entered has run.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn command_result(&mut self, line: &str, timeout: Duration) -> Value {
        let name = line.trim_start_matches('/').split(' ').next().unwrap_or_default().to_owned();
        self.wait(line, "command", timeout, |event| event["name"] == *name)
    }

    /// The output of a command that succeeds, typed on the keyboard.
    ///
    /// # Panics
    /// Where it fails.
    pub fn output(&mut self, line: &str) -> String {
        let event = self.command(line);
        self.check(line, event["ok"] == true, &event);
        text(&event, "output")
    }

    /// The message of a command that fails, typed on the keyboard.
    ///
    /// # Panics
    /// Where it succeeds.
    pub fn refusal(&mut self, line: &str) -> String {
        let event = self.command(line);
        self.check(line, event["ok"] == false, &event);
        text(&event, "output")
    }

    /// Fails the step unless `holds`, showing what was seen.
    ///
    /// # Panics
    /// Unless `holds`.
    pub fn check(&mut self, step: &str, holds: bool, seen: &Value) {
        if !holds {
            self.fail(step, &format!("saw {seen}"));
        }
    }

    /// The last event with a name that has been written already.
    ///
    /// # Panics
    /// Where there is none.
    pub fn last(&mut self, step: &str, event: &str) -> Value {
        let Some(found) = self.events(event).pop() else {
            self.fail(step, &format!("there is no event {event}"));
        };
        found
    }

    /// All events so far with a name.
    ///
    /// # Panics
    /// Where the log cannot be read.
    pub fn events(&mut self, name: &str) -> Vec<Value> {
        let mut events = self.step("read the log", Machine::events);
        events.retain(|event| event["event"] == name);
        events
    }

    /// Takes a screenshot and keeps it with the build's output.
    ///
    /// # Panics
    /// Where QEMU cannot take it.
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        let path = artifacts().join(format!("{name}.png"));
        self.step("screenshot", |machine| machine.screenshot(&path));
        path
    }

    /// What is in VGA text memory: 25 rows of 80 characters, those that are not ASCII as spaces.
    ///
    /// # Panics
    /// Where QEMU cannot read it.
    pub fn vga_text(&mut self) -> Vec<String> {
        let path = artifacts().join("vga-text.bin");
        let arguments = json!({ "val": 0xB8000, "size": 80 * 25 * 2, "filename": path });
        let answer = self.machine.qmp().execute("pmemsave", arguments);
        answer.unwrap_or_else(|error| panic!("pmemsave: {error}"));
        let bytes = std::fs::read(&path).expect("QEMU has written the file");
        let show = |byte: u8| if byte.is_ascii_graphic() { char::from(byte) } else { ' ' };
        bytes.chunks(160).map(|row| row.iter().step_by(2).map(|&b| show(b)).collect()).collect()
    }

    /// Waits until the machine has ended.
    ///
    /// # Panics
    /// Where it goes on.
    pub fn wait_exit(&mut self, step: &str) -> Exit {
        self.step(step, |machine| machine.wait_exit(PROMPT_TIMEOUT))
    }

    /// Switches the system off by its own command, typed on the keyboard.
    ///
    /// # Panics
    /// Where the machine goes on or ends badly.
    pub fn shut_down(mut self) {
        self.enter_last("/shutdown");
        self.check_shut_down();
    }

    /// Switches the system off by its own command, sent over the serial line.
    ///
    /// # Panics
    /// Where the machine goes on or ends badly.
    pub fn shut_down_over_serial(mut self) {
        self.step("send /shutdown", |machine| machine.serial_send("/shutdown\r"));
        self.check_shut_down();
    }

    fn check_shut_down(&mut self) {
        self.wait("/shutdown", "power", PROMPT_TIMEOUT, |event| event["action"] == "shutdown");
        let exit = self.wait_exit("machine is off");
        // QEMU may be gone before its word for it was read.
        let is_off = exit.reason.as_deref().is_none_or(|reason| reason == "guest-shutdown");
        if exit.code != Some(0) || !is_off {
            self.fail("machine is off", &format!("{exit:?}"));
        }
    }

    /// Fails the test.
    ///
    /// # Panics
    /// Always.
    pub fn fail(&mut self, step: &str, message: &str) -> ! {
        let test = &self.test;
        panic!("{test}: step \"{step}\": {message}\n{}", self.machine.last_lines());
    }

    /// Does something with the machine, naming the step if it fails.
    ///
    /// # Panics
    /// Where it fails.
    pub fn step<T>(
        &mut self,
        step: &str,
        action: impl FnOnce(&mut Machine) -> Result<T, MachineError>,
    ) -> T {
        // Errors of the machine bring the last lines with them.
        action(&mut self.machine)
            .unwrap_or_else(|error| panic!("{}: step \"{step}\": {error}", self.test))
    }
}

/// The text in a field of an event; empty where there is none.
pub fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap_or_default().to_owned()
}

/// The number in a field of an event.
///
/// # Panics
/// Where there is none.
pub fn number(event: &Value, field: &str) -> u64 {
    event[field].as_u64().unwrap_or_else(|| panic!("{event} has no number {field}"))
}

/// Where tests leave files for people to look at.
///
/// # Panics
/// Where it cannot be made.
pub fn artifacts() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = target.unwrap_or_else(|| root().join("target")).join("screens");
    std::fs::create_dir_all(&folder).expect("the build's folder can be written");
    folder
}
