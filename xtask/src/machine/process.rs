//! One QEMU process, which ends with its owner.

use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io, thread};

const POLL: Duration = Duration::from_millis(10);

/// A child process with a thread of its own. Linux ends a child together with the *thread* that
/// started it, where the child asked for that (`setpriv --pdeathsig`): so that thread must live as
/// long as the child may.
#[derive(Debug)]
pub struct Process {
    exit: Arc<Mutex<Option<ExitStatus>>>,
    stop: Arc<AtomicBool>,
    owner: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts `command`.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let exit = Arc::new(Mutex::new(None));
        let stop = Arc::new(AtomicBool::new(false));
        let (report, started) = mpsc::channel();
        let owner = {
            let (exit, stop) = (Arc::clone(&exit), Arc::clone(&stop));
            thread::spawn(move || match command.spawn() {
                Ok(child) => {
                    // The receiver waits for exactly this.
                    let _ = report.send(Ok(()));
                    own(child, &exit, &stop);
                }
                Err(error) => {
                    let _ = report.send(Err(error));
                }
            })
        };
        started.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?;
        Ok(Self { exit, stop, owner: Some(owner) })
    }

    /// How the process ended, if it has.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        *self.exit.lock().expect("the owner thread does not panic")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(owner) = self.owner.take() {
            // It cannot panic, and there is nothing to do if it did.
            let _ = owner.join();
        }
    }
}

fn own(mut child: Child, exit: &Mutex<Option<ExitStatus>>, stop: &AtomicBool) {
    loop {
        if stop.load(Ordering::Relaxed) {
            // Fails only if the child is gone already.
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        match child.try_wait() {
            Ok(None) => thread::sleep(POLL),
            Ok(Some(status)) => {
                *exit.lock().expect("nobody panics with the lock") = Some(status);
                return;
            }
            Err(_) => return,
        }
    }
}
