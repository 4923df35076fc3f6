//! Other programs.

use crate::error::Error;
use std::process::{Command, Output, Stdio};
use std::{env, path::PathBuf};

/// Runs `command` in the foreground and requires success.
pub fn run(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::Command {
            command: describe(command),
            outcome: format!("failed ({status})"),
        }),
    }
}

/// Runs `command` silently and requires success; what it said is in the error otherwise.
pub fn run_quietly(command: &mut Command) -> Result<Output, Error> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))?;
    match output.status.success() {
        true => Ok(output),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let outcome = format!("failed ({})\n{}", output.status, said.trim_end());
            Err(Error::Command { command: describe(command), outcome })
        }
    }
}

/// Where `program` is in the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    // Some live where only root's path leads.
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

fn not_started(command: &Command, error: &std::io::Error) -> Error {
    Error::Command { command: describe(command), outcome: format!("could not be started: {error}") }
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
