//! A machine for a person: in a window, or in this terminal over the serial line.

use crate::artifacts;
use crate::error::Error;
use crate::machine::qemu;
use crate::machine::scratch::Scratch;
use crate::machine::{Accelerator, MachineOptions, linked_boot_files};
use crate::setup;
use std::env;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);
/// How long the host's CPU may take for what it does in a tenth of it: firmware and loader.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// What `--accel` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceleratorChoice {
    /// The host's CPU where that works.
    #[default]
    Auto,
    /// QEMU's translator.
    Tcg,
    /// The host's CPU.
    Kvm,
}

impl AcceleratorChoice {
    /// Reads the value of `--accel` or `LLMOS_ACCEL`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "auto" => Some(Self::Auto),
            "tcg" => Some(Self::Tcg),
            "kvm" => Some(Self::Kvm),
            _ => None,
        }
    }

    /// What it comes to on this host.
    pub fn resolve(self) -> Result<Accelerator, Error> {
        Ok(match self {
            Self::Tcg => Accelerator::Tcg,
            Self::Kvm => Accelerator::Kvm,
            Self::Auto if kvm_works()? => Accelerator::Kvm,
            Self::Auto => Accelerator::Tcg,
        })
    }
}

/// Whether a window can be opened: there is a display, and QEMU can use one. What that needs is
/// installed; without it the console runs in the terminal.
pub fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return false;
    }
    match setup::ensure(setup::TO_RUN).and_then(|()| setup::ensure(setup::TO_SHOW)) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("No window: {error}");
            false
        }
    }
}

/// Runs a machine until it ends, the person ends it, or `timeout` is over.
pub fn run(options: &MachineOptions, timeout: Option<Duration>) -> Result<(), Error> {
    let scratch = Scratch::new().map_err(Error::io("cannot make a temporary directory"))?;
    let files = linked_boot_files(&scratch, artifacts::boot_files(options)?)?;
    let mut command = Command::new(qemu::QEMU);
    command.args(qemu::arguments(options, &files));
    if options.has_window {
        command.args(["-serial", "null"]);
    } else {
        eprintln!("The console runs in this terminal. Ctrl-A, then X, ends the machine at once.");
        command.args(["-display", "none", "-serial", "mon:stdio"]);
    }
    match &options.events {
        Some(path) => command.arg("-serial").arg(format!("file:{}", path.display())),
        None => command.args(["-serial", "null"]),
    };
    let child = command.spawn().map_err(Error::io("cannot start QEMU"))?;
    let status = wait(child, timeout)?;
    // The kernel's way to say that all is well, besides power-off.
    const SUCCESS: i32 = 2 * 0x10 + 1;
    match status.map(|status| status.code()) {
        Some(Some(0 | SUCCESS)) => Ok(()),
        Some(code) => Err(Error::Command {
            command: qemu::QEMU.to_owned(),
            outcome: format!("ended with {code:?}: the system panicked, or QEMU failed"),
        }),
        None => Err(Error::Command {
            command: qemu::QEMU.to_owned(),
            outcome: "was still running at the time-out".to_owned(),
        }),
    }
}

/// Waits for `child`; kills it at the time-out and returns `None`.
fn wait(mut child: Child, timeout: Option<Duration>) -> Result<Option<ExitStatus>, Error> {
    let lost = || Error::io("cannot wait for QEMU");
    let Some(timeout) = timeout else {
        return child.wait().map(Some).map_err(lost());
    };
    let deadline = Instant::now() + timeout;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().map_err(lost())? {
            return Ok(Some(status));
        }
        thread::sleep(POLL);
    }
    child.kill().map_err(lost())?;
    child.wait().map_err(lost())?;
    Ok(None)
}

/// Whether the host's CPU can run a guest. The device may be there and useless (a virtual machine
/// without nesting hangs in it), so this boots the loader without a kernel and waits for its complaint.
fn kvm_works() -> Result<bool, Error> {
    let device = std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm");
    if device.is_err() {
        return Ok(false);
    }
    let scratch = Scratch::new().map_err(Error::io("cannot make a temporary directory"))?;
    let log = scratch.path().join("serial");
    let child = Command::new(qemu::QEMU)
        .args(["-machine", "pc", "-accel", "kvm", "-cpu", "max", "-m", "64", "-nic", "none"])
        .args(["-display", "none", "-no-reboot", "-serial"])
        .arg(format!("file:{}", log.display()))
        .arg("-kernel")
        .arg(artifacts::loader()?)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return Ok(false) };
    let works = complains(&mut child, &log);
    // It halts after its complaint: it does not end by itself. Fails only if it is gone already.
    let _ = child.kill();
    let _ = child.wait();
    if !works {
        eprintln!("/dev/kvm does not work here: using QEMU's translator.");
    }
    Ok(works)
}

fn complains(child: &mut Child, log: &Path) -> bool {
    let deadline = Instant::now() + PROBE_TIMEOUT;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        if std::fs::read_to_string(log).is_ok_and(|text| text.contains("loader: cannot boot")) {
            return true;
        }
        thread::sleep(POLL);
    }
    false
}
