//! A directory for the sockets and logs of one machine.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

/// A directory that goes when the value goes.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes a new one. Its path is short, as socket paths must be, and free of spaces and commas,
    /// which QEMU gives a meaning.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let usable = |dir: &PathBuf| {
            let text = dir.to_string_lossy();
            text.len() < 60 && !text.contains([' ', ','])
        };
        let parent = Some(env::temp_dir()).filter(usable).unwrap_or_else(|| "/tmp".into());
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("llm-os-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                // Left over from a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it: the next machine has a directory of its own.
        let _ = fs::remove_dir_all(&self.path);
    }
}
