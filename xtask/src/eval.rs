//! `cargo xtask eval-agent`: how often the agent calls the right tool, with arguments that are
//! accepted, and answers right, over conversations from a file.

use crate::error::Error;
use crate::model::ModelChoice;
use crate::{artifacts, llm_cli, paths, process};
use std::path::PathBuf;
use std::process::Command;

/// What is to be tried.
#[derive(Debug)]
pub struct EvalOptions {
    /// Who is asked.
    pub model: ModelChoice,
    /// Lines of JSON, as `llm-cli eval-agent` reads them.
    pub cases: PathBuf,
}

impl Default for EvalOptions {
    fn default() -> Self {
        let cases = paths::root().join("tests/fixtures/agent-cases.jsonl");
        Self { model: ModelChoice::default(), cases }
    }
}

/// Has the conversations and prints what came of each, and of all.
///
/// # Errors
/// There is no model, or `llm-cli` cannot be built or fails.
pub fn run(options: &EvalOptions) -> Result<(), Error> {
    let model = options.model.required_path()?;
    let mut command = Command::new(llm_cli::build()?);
    command.args(["eval-agent", "--model"]).arg(model).arg("--cases").arg(&options.cases);
    command.arg("--embedding").arg(artifacts::default_embedding()?);
    process::run(&mut command)
}
