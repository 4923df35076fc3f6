//! Runs the engine on the host: the same crates as in the kernel, on threads instead of CPUs.

mod args;
mod commands;
mod error;
mod host;
mod pool;

use args::{Args, ArgsError};
use error::CliError;
use std::process::ExitCode;

const USAGE: &str = "\
usage: llm-cli COMMAND [OPTION]...

commands:
  parity --fixtures DIR                     compare with the reference in DIR; exit 1 if it differs
  bench [--prompt N] [--generate N] [--json]   measure prefill and decode speed

options of every command:
  --model FILE.gguf   the model (else $LLMOS_MODEL, else the downloaded one)
  --threads N         CPUs to use (else all)
  --context N         tokens of context (else what the model was trained for)
  --scalar            no AVX2
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let args = Args::new(arguments);
    let result = match command.as_str() {
        "parity" => commands::parity::run(args),
        "bench" => commands::bench::run(args),
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(CliError::Args(ArgsError::Unexpected(other.to_string()))),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("llm-cli {command}: {error}");
            if matches!(error, CliError::Args(_)) {
                eprint!("\n{USAGE}");
            }
            ExitCode::from(2)
        }
    }
}
