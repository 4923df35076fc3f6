//! A client for QEMU's machine protocol: one JSON object a line over a Unix socket.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

/// How long QEMU may take for one command; a screenshot of a 4K picture under load takes seconds.
const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to one QEMU.
#[derive(Debug)]
pub struct Qmp {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

/// Why a command to QEMU failed.
#[derive(Debug)]
pub enum QmpError {
    /// The connection broke: QEMU is gone or stuck.
    Io(io::Error),
    /// A line that is not JSON.
    Protocol(String),
    /// QEMU refused.
    Refused {
        /// The command.
        command: String,
        /// QEMU's words.
        reason: String,
    },
}

impl fmt::Display for QmpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the connection to QEMU broke: {error}"),
            Self::Protocol(line) => write!(f, "QEMU sent what is not JSON: {line}"),
            Self::Refused { command, reason } => write!(f, "QEMU refused {command}: {reason}"),
        }
    }
}

impl std::error::Error for QmpError {}

impl From<io::Error> for QmpError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Qmp {
    /// Connects to the socket at `path`, which may come into being until `timeout` is over.
    pub fn connect(path: &Path, timeout: Duration) -> Result<Self, QmpError> {
        let deadline = Instant::now() + timeout;
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() >= deadline => return Err(error.into()),
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
        let mut qmp = Self { reader: BufReader::new(stream.try_clone()?), writer: stream };
        // The greeting; commands are accepted after this one.
        qmp.read()?;
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Runs `command` and returns its result.
    pub fn execute(&mut self, command: &str, arguments: Value) -> Result<Value, QmpError> {
        let mut line = json!({ "execute": command, "arguments": arguments }).to_string();
        line.push('\n');
        self.writer.write_all(line.as_bytes())?;
        loop {
            let mut reply = self.read()?;
            if let Some(error) = reply.get("error") {
                let reason = error["desc"].as_str().unwrap_or("no reason given").to_owned();
                return Err(QmpError::Refused { command: command.to_owned(), reason });
            }
            // Anything else is an event of the machine.
            if let Some(result) = reply.get_mut("return") {
                return Ok(result.take());
            }
        }
    }

    /// After QEMU has ended: why the machine stopped, as `guest-shutdown` or `guest-reset`.
    pub fn shutdown_reason(&mut self) -> Option<String> {
        while let Ok(message) = self.read() {
            if message["event"] == "SHUTDOWN" {
                return message["data"]["reason"].as_str().map(str::to_owned);
            }
        }
        None
    }

    fn read(&mut self) -> Result<Value, QmpError> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        serde_json::from_str(&line).map_err(|_| QmpError::Protocol(line))
    }
}
