//! The host's command-line tool, built for others to run.

use crate::error::Error;
use crate::{paths, process, setup};
use std::path::PathBuf;

/// `llm-cli`, optimised.
///
/// # Errors
/// Rust is not there, or the tool cannot be built.
pub fn build() -> Result<PathBuf, Error> {
    setup::ensure_rust()?;
    process::run(setup::cargo().args(["build", "--quiet", "--release", "--package", "llm-cli"]))?;
    Ok(paths::target().join("release/llm-cli"))
}
