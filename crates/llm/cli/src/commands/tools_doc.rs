//! `llm-cli tools-doc`: the agent's tools as a document.

use crate::{args::Args, error::CliError};
use llm_tools::{Registry, document};
use std::{path::PathBuf, process::ExitCode};

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let path: PathBuf = args.required("--out")?;
    args.words(0)?;
    let text = document(&Registry::built_in());
    std::fs::write(&path, text).map_err(|error| CliError::File { path, error })?;
    Ok(ExitCode::SUCCESS)
}
