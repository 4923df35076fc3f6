//! faiss and hnswlib as they come from the Python registry, in an environment of their own.

use crate::error::Error;
use crate::python::Environment;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the environment runs.
const SCRIPT: &str = include_str!("peer.py");

const ENVIRONMENT: Environment = Environment {
    name: "faiss",
    packages: &["faiss-cpu", "hnswlib"],
    check: "import faiss, hnswlib",
    variable: "FAISS_PYTHON",
};

/// A Python with faiss and hnswlib.
pub fn python() -> Result<PathBuf, Error> {
    ENVIRONMENT.python()
}

/// The command that serves measurements of the files in a folder.
pub fn command(python: &Path, data: &Path) -> Result<Command, Error> {
    let mut command = Command::new(python);
    command.arg(ENVIRONMENT.script(SCRIPT)?).arg(data);
    // Memory in pages of 2 MiB, as `llm-cli` asks for it.
    command.env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
    Ok(command)
}
