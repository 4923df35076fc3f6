//! llama.cpp as it comes from the Python registry, in an environment of its own.

use crate::error::Error;
use crate::python::Environment;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the environment runs.
const SCRIPT: &str = include_str!("peer.py");

const ENVIRONMENT: Environment = Environment {
    name: "llama-cpp",
    packages: &["llama-cpp-python"],
    check: "import llama_cpp",
    variable: "LLAMA_CPP_PYTHON",
};

/// A Python with llama.cpp.
pub fn python() -> Result<PathBuf, Error> {
    ENVIRONMENT.python()
}

/// The command that serves measurements of llama.cpp.
pub fn command(
    python: &Path,
    model: &Path,
    threads: usize,
    context: usize,
) -> Result<Command, Error> {
    let mut command = Command::new(python);
    command
        .arg(ENVIRONMENT.script(SCRIPT)?)
        .arg(model)
        .args([threads.to_string(), context.to_string()]);
    Ok(command)
}
