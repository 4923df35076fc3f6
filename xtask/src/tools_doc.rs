//! `cargo xtask tools-doc`: `docs/tools.md`, as the tools describe themselves.

use crate::error::Error;
use crate::{llm_cli, paths, process};
use std::process::Command;

/// Writes the document.
///
/// # Errors
/// `llm-cli` cannot be built or fails.
pub fn run() -> Result<(), Error> {
    let path = paths::root().join("docs/tools.md");
    process::run(Command::new(llm_cli::build()?).args(["tools-doc", "--out"]).arg(path))
}
