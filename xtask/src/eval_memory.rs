//! `cargo xtask eval-memory`: how well memories are found by meaning, by words and by both, over facts
//! and questions from files.

use crate::error::Error;
use crate::{artifacts, llm_cli, paths, process};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be tried.
#[derive(Debug, Default)]
pub struct MemoryEvalOptions {
    /// Another embedding model than that of the image.
    pub embedding: Option<PathBuf>,
    /// Other facts and questions than ours and those of the embedding model's fixture, as
    /// `llm-cli eval-memory` reads them.
    pub cases: Option<PathBuf>,
}

/// Asks all questions and prints how many found their fact.
///
/// # Errors
/// There is no model, or `llm-cli` cannot be built or fails.
pub fn run(options: &MemoryEvalOptions) -> Result<(), Error> {
    let embedding = match &options.embedding {
        Some(path) => path.clone(),
        None => artifacts::default_embedding()?,
    };
    let evaluate = |cases: &Path| {
        let mut command = command(&embedding, cases)?;
        eprintln!("{}", cases.display());
        process::run(&mut command)
    };
    if let Some(cases) = &options.cases {
        return evaluate(cases);
    }
    evaluate(&our_cases())?;
    evaluate(&reference_cases())
}

/// `llm-cli eval-memory` for a model and cases. With ours go the questions that nothing answers.
///
/// # Errors
/// `llm-cli` cannot be built.
pub fn command(embedding: &Path, cases: &Path) -> Result<Command, Error> {
    let mut command = Command::new(llm_cli::build()?);
    command.args(["eval-memory", "--embedding"]).arg(embedding).arg("--cases").arg(cases);
    if cases == our_cases() {
        let unanswered = paths::root().join("tests/fixtures/memory-quality-unanswered.jsonl");
        command.arg("--unanswered").arg(unanswered);
    }
    Ok(command)
}

/// Facts as a person tells them, and questions.
pub fn our_cases() -> PathBuf {
    paths::root().join("tests/fixtures/memory-quality.jsonl")
}

/// Those of the embedding model's fixture, with what its reference found.
pub fn reference_cases() -> PathBuf {
    paths::root().join("tests/fixtures/all-minilm-l6-v2/embeddings.json")
}
