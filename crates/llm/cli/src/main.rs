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
  generate [--chat] [--system TEXT] [--tokens N] [SAMPLER OPTION]... TEXT
                                            continue TEXT, or answer it
  tokenize [--special] TEXT                 show the tokens of TEXT
  make-reference --fixtures DIR [--cases N] [--steps N] OUT.txt
                                            write the references of the self-test
  make-test-model --kind KIND OUT.gguf      write a small model; KIND is tiny or a defect

sampler options: --greedy --temperature T --top-k N --top-p P --min-p P --repeat-penalty F
  --repeat-last-n N --seed N

options of every command but the last:
  --model FILE.gguf   the model (else $LLM_OS_MODEL, else the downloaded one)
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
        "generate" => commands::generate::run(args),
        "tokenize" => commands::tokenize::run(args),
        "make-reference" => commands::make_reference::run(args),
        "make-test-model" => commands::make_test_model::run(args),
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
