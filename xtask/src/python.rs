//! Python environments with what our engines are compared with.

use crate::error::Error;
use crate::{paths, process, setup};
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Packages of the Python registry, and how to tell that they are there.
pub struct Environment {
    /// Of the folder under `target` that the environment is made in.
    pub name: &'static str,
    /// What is installed.
    pub packages: &'static [&'static str],
    /// A program that fails where they are missing.
    pub check: &'static str,
    /// A variable that names another Python that has them.
    pub variable: &'static str,
}

impl Environment {
    /// A Python with the packages: the one that the variable names, else one of our own, made when
    /// it is first needed.
    pub fn python(&self) -> Result<PathBuf, Error> {
        if let Some(python) = env::var_os(self.variable).filter(|value| !value.is_empty()) {
            return Ok(python.into());
        }
        let environment = self.folder().join("venv");
        let python = environment.join("bin/python");
        if process::run_quietly(Command::new(&python).args(["-c", self.check])).is_err() {
            eprintln!(
                "Installing {} into {} (some is compiled: minutes) ...",
                self.packages.join(" and "),
                environment.display()
            );
            process::run(
                Command::new(setup::python()?).args(["-m", "venv", "--clear"]).arg(&environment),
            )?;
            let mut install = Command::new(&python);
            process::run(install.args(["-m", "pip", "install", "--quiet"]).args(self.packages))?;
        }
        Ok(python)
    }

    /// Writes a script beside the environment, and returns where it is.
    pub fn script(&self, text: &str) -> Result<PathBuf, Error> {
        let folder = self.folder();
        let script = folder.join("peer.py");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&script, text))
            .map_err(Error::io(format!("cannot write {}", script.display())))?;
        Ok(script)
    }

    fn folder(&self) -> PathBuf {
        paths::target().join(self.name)
    }
}
