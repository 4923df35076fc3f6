//! `llm-cli convert`: a GGUF file of a sentence-transformers model.

use crate::{
    args::Args,
    convert::{Storage, convert},
    error::CliError,
};
use std::{path::PathBuf, process::ExitCode};

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let from: PathBuf = args.required("--from")?;
    let to: PathBuf = args.required("--to")?;
    let storage: Storage = args.option("--type")?.unwrap_or(Storage::Q8_0);
    let name: Option<String> = args.option("--name")?;
    args.words(0)?;
    let folder = || from.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.or_else(folder).unwrap_or_else(|| "bert".to_string());
    let file = convert(&from, &name, storage)?;
    std::fs::write(&to, &file).map_err(|error| CliError::File { path: to.clone(), error })?;
    println!("{}: {name}, {}, {} bytes", to.display(), storage.tensor_type(), file.len());
    Ok(ExitCode::SUCCESS)
}
