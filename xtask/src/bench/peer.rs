//! llama.cpp as it comes from the Python registry, in an environment of its own.

use crate::error::Error;
use crate::{paths, process, setup};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "llama-cpp-python";
/// What the environment runs.
const SCRIPT: &str = include_str!("peer.py");
/// Another Python that has the package.
const VARIABLE: &str = "LLAMA_CPP_PYTHON";

/// A Python with llama.cpp: the one that `LLAMA_CPP_PYTHON` names, else one of our own, made (and
/// llama.cpp compiled) when it is first needed.
pub fn python() -> Result<PathBuf, Error> {
    if let Some(python) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return Ok(python.into());
    }
    let environment = folder().join("venv");
    let python = environment.join("bin/python");
    if !has_package(&python) {
        eprintln!(
            "Installing {PACKAGE} into {} (it is compiled: minutes) ...",
            environment.display()
        );
        process::run(
            Command::new(setup::python()?).args(["-m", "venv", "--clear"]).arg(&environment),
        )?;
        process::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
    }
    Ok(python)
}

/// The command that serves measurements of llama.cpp.
pub fn command(
    python: &Path,
    model: &Path,
    threads: usize,
    context: usize,
) -> Result<Command, Error> {
    let folder = folder();
    let script = folder.join("peer.py");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&script, SCRIPT))
        .map_err(Error::io(format!("cannot write {}", script.display())))?;
    let mut command = Command::new(python);
    command.arg(script).arg(model).args([threads.to_string(), context.to_string()]);
    Ok(command)
}

fn folder() -> PathBuf {
    paths::target().join("llama-cpp")
}

fn has_package(python: &Path) -> bool {
    process::run_quietly(Command::new(python).args(["-c", "import llama_cpp"])).is_ok()
}
