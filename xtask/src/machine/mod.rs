//! A machine in QEMU that is driven by a program: wait for events, press keys, take screenshots.
//!
//! [`Machine::start`] takes [`MachineOptions`]; the machine ends with the value. The tests and
//! `cargo xtask run` both stand on this.

mod error;
mod event_log;
pub mod keys;
mod options;
mod process;
pub mod qemu;
pub mod qmp;
pub(crate) mod scratch;

pub use error::MachineError;
pub use options::{Accelerator, Boot, MachineOptions, Network};

use crate::artifacts;
use crate::error::Error;
use event_log::{EventLog, Found};
use keys::Chord;
use process::Process;
use qemu::BootFiles;
use qmp::Qmp;
use regex::Regex;
use scratch::Scratch;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

const POLL: Duration = Duration::from_millis(10);
/// How long QEMU may take to open its monitor.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Between a key going down and the next thing: a person at 50 keys a second, which the 16 bytes of a
/// PS/2 keyboard's buffer survive while the guest is busy.
const KEY_PAUSE: Duration = Duration::from_millis(10);
/// How much of each log an error shows.
const CONTEXT_LINES: usize = 12;
/// Characters of such a line.
const CONTEXT_LINE_CHARS: usize = 600;
const LOADER_FAILURE: &str = "loader: cannot boot: ";

/// A running machine.
#[derive(Debug)]
pub struct Machine {
    process: Process,
    qmp: Qmp,
    events: EventLog,
    serial_log: PathBuf,
    serial_socket: Option<PathBuf>,
    serial: Option<UnixStream>,
    started: Instant,
    scratch: Scratch,
}

/// How a machine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// QEMU's exit code: 0 after power-off or reset, `2 * code + 1` after a write to the debug port;
    /// `None` after a signal.
    pub code: Option<i32>,
    /// QEMU's word for it: `guest-shutdown`, `guest-reset`, `guest-panic`...
    pub reason: Option<String>,
}

impl Machine {
    /// Builds what the machine boots from, if need be, and switches it on.
    pub fn start(options: &MachineOptions) -> Result<Self, Error> {
        let scratch = Scratch::new().map_err(Error::io("cannot make a temporary directory"))?;
        let files = artifacts::boot_files(options)?;
        let files = linked_boot_files(&scratch, files)?;
        Ok(Self::start_with(options, &files, scratch)?)
    }

    fn start_with(
        options: &MachineOptions,
        files: &BootFiles,
        scratch: Scratch,
    ) -> Result<Self, MachineError> {
        let in_scratch = |name: &str| scratch.path().join(name);
        let events_log = options.events.clone().unwrap_or_else(|| in_scratch("events"));
        let serial_log = options.serial.clone().unwrap_or_else(|| in_scratch("serial"));
        for log in [&events_log, &serial_log] {
            File::create(log)
                .map_err(MachineError::io(format!("cannot write {}", log.display())))?;
        }
        let (qmp_socket, serial_socket) = (in_scratch("qmp"), in_scratch("com1"));

        let mut command = dies_with_us(qemu::QEMU);
        command.args(qemu::arguments(options, files));
        if !options.has_window {
            command.args(["-display", "none"]);
        }
        command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", qmp_socket.display()));
        if options.has_serial_ports {
            command.arg("-chardev").arg(format!(
                "socket,id=com1,path={},server=on,wait=off,logfile={}",
                serial_socket.display(),
                comma_doubled(&serial_log)
            ));
            command
                .arg("-chardev")
                .arg(format!("file,id=com2,path={}", comma_doubled(&events_log)));
            command.args(["-serial", "chardev:com1", "-serial", "chardev:com2"]);
        } else {
            command.args(["-serial", "none"]);
        }
        let complaints = File::create(in_scratch("qemu"))
            .map_err(MachineError::io("cannot write QEMU's log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(complaints);

        let started = Instant::now();
        let process = Process::spawn(command).map_err(MachineError::io("cannot start QEMU"))?;
        let events = EventLog::open(&events_log).map_err(MachineError::io("cannot read events"))?;
        let qmp = match connect(&qmp_socket, &process) {
            Some(qmp) => qmp?,
            None => {
                let complaint = fs::read_to_string(in_scratch("qemu")).unwrap_or_default();
                let source = io::Error::other(complaint.trim().to_owned());
                return Err(MachineError::Io { action: "QEMU did not start".into(), source });
            }
        };
        let serial_socket = options.has_serial_ports.then_some(serial_socket);
        Ok(Self { process, qmp, events, serial_log, serial_socket, serial: None, started, scratch })
    }

    /// Waits for a line of the event log that matches `pattern`, behind the line of the last match,
    /// and returns it. Fails when time is up, and at once when the kernel panics (unless that line
    /// matches), when the loader gives up, and when QEMU ends.
    pub fn wait_event(&mut self, pattern: &str, timeout: Duration) -> Result<String, MachineError> {
        let regex = Regex::new(pattern)?;
        let awaited = format!("event matching `{pattern}`");
        self.wait(&awaited, timeout, |machine| match machine.events.find(&regex) {
            Found::Match(line) => Ok(Some(line)),
            Found::Panic(event) => {
                Err(MachineError::Panicked { event, context: machine.last_lines() })
            }
            Found::Nothing => Ok(None),
        })
    }

    /// Waits until what the first serial port has said so far matches `pattern`, and returns the match.
    pub fn wait_serial(
        &mut self,
        pattern: &str,
        timeout: Duration,
    ) -> Result<String, MachineError> {
        let regex = Regex::new(pattern)?;
        let awaited = format!("serial output matching `{pattern}`");
        self.wait(&awaited, timeout, |machine| {
            let output = machine.serial_output();
            Ok(regex.find(&output).map(|found| found.as_str().to_owned()))
        })
    }

    /// Waits until the machine has switched itself off or was reset.
    pub fn wait_exit(&mut self, timeout: Duration) -> Result<Exit, MachineError> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.process.exit_status() {
                self.refresh_events()?;
                return Ok(Exit { code: status.code(), reason: self.qmp.shutdown_reason() });
            }
            if Instant::now() >= deadline {
                return Err(self.timeout("end of the machine", timeout));
            }
            thread::sleep(POLL);
        }
    }

    /// All events so far.
    pub fn events(&mut self) -> Result<Vec<Value>, MachineError> {
        self.refresh_events()?;
        Ok(self.events.events())
    }

    /// All lines of the event log so far, also those that are not JSON.
    pub fn event_lines(&mut self) -> Result<Vec<String>, MachineError> {
        self.refresh_events()?;
        Ok(self.events.lines().to_vec())
    }

    /// The kernel's panic, if there was one behind the last match.
    pub fn panic(&mut self) -> Result<Option<String>, MachineError> {
        self.refresh_events()?;
        Ok(self.events.panic().map(str::to_owned))
    }

    /// Types `text` on the keyboard, US layout; a newline is Enter.
    pub fn type_text(&mut self, text: &str) -> Result<(), MachineError> {
        for chord in keys::chords_for_text(text)? {
            self.press_chord(&chord)?;
        }
        Ok(())
    }

    /// Presses the key named `name`, as `enter`, `ctrl-c`, `shift-pgup`, `f1`.
    pub fn press(&mut self, name: &str) -> Result<(), MachineError> {
        self.press_chord(&keys::chord_for_name(name)?)
    }

    /// Writes the screen to `path` as PNG.
    pub fn screenshot(&mut self, path: &Path) -> Result<(), MachineError> {
        let path = std::path::absolute(path).map_err(MachineError::io("cannot find the file"))?;
        self.qmp.execute("screendump", json!({ "filename": path, "format": "png" }))?;
        Ok(())
    }

    /// What the first serial port has said so far.
    pub fn serial_output(&self) -> String {
        // The file was created before the machine started; it goes only with the machine.
        String::from_utf8_lossy(&fs::read(&self.serial_log).unwrap_or_default()).into_owned()
    }

    /// Sends `bytes` to the first serial port.
    pub fn serial_send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), MachineError> {
        if self.serial.is_none() {
            let socket = self.serial_socket.as_ref().ok_or(MachineError::NoSerialPort)?;
            let stream = UnixStream::connect(socket)
                .map_err(MachineError::io("cannot connect to the serial port"))?;
            let mut reader = stream
                .try_clone()
                .map_err(MachineError::io("cannot connect to the serial port"))?;
            // What the guest says is in the log; but nobody reading would make it wait. The thread
            // ends with QEMU.
            thread::spawn(move || {
                let mut sink = [0; 4096];
                while matches!(reader.read(&mut sink), Ok(1..)) {}
            });
            self.serial = Some(stream);
        }
        let stream = self.serial.as_mut().expect("connected above");
        stream.write_all(bytes.as_ref()).map_err(MachineError::io("cannot send to the serial port"))
    }

    /// Time since the machine was switched on.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// QEMU's monitor.
    pub fn qmp(&mut self) -> &mut Qmp {
        &mut self.qmp
    }

    /// The last lines of both logs, for messages.
    pub fn last_lines(&self) -> String {
        let mut text = String::new();
        let serial = without_escapes(&self.serial_output());
        let complaints = fs::read_to_string(self.scratch.path().join("qemu")).unwrap_or_default();
        let logs = [
            ("last events", self.events.lines().join("\n")),
            ("last lines of the serial port", serial),
            ("QEMU says", complaints),
        ];
        for (title, log) in logs {
            let lines: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
            if !lines.is_empty() {
                text.push_str(&format!("  {title}:\n"));
            }
            for line in &lines[lines.len().saturating_sub(CONTEXT_LINES)..] {
                let mut shown: String = line.chars().take(CONTEXT_LINE_CHARS).collect();
                if shown.len() < line.len() {
                    shown.push('…');
                }
                text.push_str(&format!("    {shown}\n"));
            }
        }
        text
    }

    fn wait<T>(
        &mut self,
        awaited: &str,
        timeout: Duration,
        mut check: impl FnMut(&mut Self) -> Result<Option<T>, MachineError>,
    ) -> Result<T, MachineError> {
        let deadline = Instant::now() + timeout;
        loop {
            // Before looking: what a machine said before it ended counts.
            let exit = self.process.exit_status();
            self.refresh_events()?;
            if let Some(found) = check(self)? {
                return Ok(found);
            }
            if let Some(reason) = self.loader_failure() {
                return Err(MachineError::LoaderFailed { reason });
            }
            if let Some(status) = exit {
                let (awaited, context) = (awaited.to_owned(), self.last_lines());
                return Err(MachineError::Exited { status, awaited, context });
            }
            if Instant::now() >= deadline {
                return Err(self.timeout(awaited, timeout));
            }
            thread::sleep(POLL);
        }
    }

    fn refresh_events(&mut self) -> Result<(), MachineError> {
        self.events.refresh().map_err(MachineError::io("cannot read the event log"))
    }

    /// Why the loader gave up, if it did. It speaks before the kernel does, so the log's first bytes do.
    fn loader_failure(&self) -> Option<String> {
        let mut head = Vec::new();
        File::open(&self.serial_log).ok()?.take(16 << 10).read_to_end(&mut head).ok()?;
        let head = String::from_utf8_lossy(&head);
        let start = head.find(LOADER_FAILURE)? + LOADER_FAILURE.len();
        head[start..].split_once('\n').map(|(reason, _)| reason.trim().to_owned())
    }

    fn timeout(&self, awaited: &str, timeout: Duration) -> MachineError {
        MachineError::Timeout {
            awaited: awaited.to_owned(),
            seconds: timeout.as_secs_f64(),
            context: self.last_lines(),
        }
    }

    fn press_chord(&mut self, chord: &Chord) -> Result<(), MachineError> {
        let codes = chord.key_codes();
        for (code, is_down) in codes
            .iter()
            .map(|code| (code, true))
            .chain(codes.iter().rev().map(|code| (code, false)))
        {
            let key = json!({ "type": "qcode", "data": code });
            let event = json!({ "type": "key", "data": { "down": is_down, "key": key } });
            self.qmp.execute("input-send-event", json!({ "events": [event] }))?;
            thread::sleep(KEY_PAUSE);
        }
        Ok(())
    }
}

/// Connects to QEMU's monitor; `None` when QEMU ends instead.
fn connect(socket: &Path, process: &Process) -> Option<Result<Qmp, MachineError>> {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        match Qmp::connect(socket, Duration::ZERO) {
            Ok(qmp) => return Some(Ok(qmp)),
            Err(_) if process.exit_status().is_some() => return None,
            Err(error) if Instant::now() >= deadline => return Some(Err(error.into())),
            Err(_) => thread::sleep(POLL),
        }
    }
}

/// A command that Linux kills when the thread that starts it ends, where `setpriv` is installed.
fn dies_with_us(program: &str) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|dir| dir.join("setpriv").exists()) {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Boot files under names that QEMU's module list can hold.
pub(crate) fn linked_boot_files(scratch: &Scratch, files: BootFiles) -> Result<BootFiles, Error> {
    let link = |file: PathBuf, name: &str| {
        let link = scratch.path().join(name);
        std::path::absolute(&file)
            .and_then(|file| std::os::unix::fs::symlink(file, &link))
            .map_err(Error::io(format!("cannot link to {}", file.display())))?;
        Ok::<_, Error>(link)
    };
    match files {
        BootFiles::Direct { loader, kernel, model, embedding } => Ok(BootFiles::Direct {
            loader,
            kernel: link(kernel, "kernel")?,
            model: model.map(|model| link(model, "model.gguf")).transpose()?,
            embedding: embedding.map(|model| link(model, "embedding.gguf")).transpose()?,
        }),
        image => Ok(image),
    }
}

fn comma_doubled(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// `text` without the control sequences that colour and place it.
fn without_escapes(text: &str) -> String {
    let sequence = Regex::new("\x1b\\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]").expect("a constant");
    sequence.replace_all(text, "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_are_left_out_of_messages() {
        assert_eq!(without_escapes("\x1b[1;31mred\x1b[0m \x1b[?25lx"), "red x");
    }
}
