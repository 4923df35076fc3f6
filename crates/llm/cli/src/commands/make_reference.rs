//! `llm-cli make-reference`: the references that travel with the system, from fixtures.

use super::parity::{GreedyCase, read_fixture};
use crate::{
    args::{Args, ArgsError},
    error::CliError,
    host::{self, ModelOptions},
};
use llm_inference::{engine::LoadError, gguf::Gguf};
use std::{fmt::Write, path::PathBuf, process::ExitCode};

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let fixtures: PathBuf = args.required("--fixtures")?;
    let cases: usize = args.option("--cases")?.unwrap_or(2);
    let steps: usize = args.option("--steps")?.unwrap_or(12);
    let path = PathBuf::from(args.words(1)?.pop().ok_or(ArgsError::MissingOption("OUT"))?);
    let file = host::read(&options.path)?;
    let fingerprint = Gguf::parse(&file).map_err(LoadError::from)?.fingerprint();
    let mut out = String::new();
    for case in read_fixture::<Vec<GreedyCase>>(&fixtures, "greedy.json")?.iter().take(cases) {
        let reference = case.reference();
        let prompt: Vec<_> = reference.prompt.iter().map(|token| token.0.to_string()).collect();
        let steps: Vec<_> = (reference.steps.iter().take(steps))
            .map(|step| format!("{}:{:.4}", step.token.0, step.gap_nat))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "fingerprint {fingerprint:016x}\nprompt {}\nsteps {}",
            prompt.join(" "),
            steps.join(" ")
        );
    }
    std::fs::write(&path, out).map_err(|error| CliError::File { path, error })?;
    Ok(ExitCode::SUCCESS)
}
