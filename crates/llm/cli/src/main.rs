//! Runs the engine on the host: the same crates as in the kernel, on threads instead of CPUs.

mod args;
mod commands;
mod constraint;
mod convert;
mod error;
mod evaluation;
mod host;
mod huge_pages;
mod medoids;
mod pool;
mod softmax;

use args::{Args, ArgsError};
use error::CliError;
use std::process::ExitCode;

const USAGE: &str = "\
usage: llm-cli COMMAND [OPTION]...

commands:
  parity [--embedding] --fixtures DIR       compare with the reference in DIR; exit 1 if it differs
  bench [--prompt N] [--generate N] [--depth N] [--json | --serve]
                                            measure prefill and decode speed, also behind N tokens;
                                            --serve: whenever a line of the input asks for it
  bench-grammar [--tokens N] GRAMMAR OPTION... TEXT
                                            measure what a grammar costs an answer to TEXT
  bandwidth [--threads N] [--megabytes N] [--json]
                                            measure how fast memory is read
  bench-memory --make DIR [--count N] [--queries N] [--seed N]
                                            write vectors like those of texts, questions and answers
  bench-memory --serve DIR [--ef-construction N]
                                            measure how fast they are found, whenever a line of the
                                            input asks for it
  generate [--chat] [--system TEXT] [--tokens N] [--stop TEXT]... [--logprobs N] [--speculate]
           [SAMPLER OPTION]... [GRAMMAR OPTION]... TEXT
                                            continue TEXT, or answer it
  bench-speculation [--fixtures DIR] [--generate N] [--rounds N]
                                            compare generating with drafts and without; exit 1 if
                                            the output differs
  train-router --training DIR [--folds N] [OUT.bin]
                                            train the agent's router on the requests in DIR; with
                                            --folds: how it does on those it has not seen
  eval-agent --cases FILE.jsonl [--embedding FILE.gguf]
                                            have the agent's conversations in FILE, and count the
                                            right tools, arguments and answers
  eval-memory --embedding FILE.gguf --cases FILE [--unanswered FILE.jsonl] [--json]
                                            remember the facts in FILE and ask for them: by meaning,
                                            by words, by both
  store check FILE                          read the store on a disk or an image of one, and say what
                                            is wrong; exit 1 if anything is
  store dump [--kind N] FILE                each record of it, a line of JSON
  store export [--out FILE.jsonl] FILE      all memories in it, a line of JSON each; exit 1 if any
                                            cannot be read
  tools-doc --out FILE.md                   write what the agent's tools are
  tokenize [--special] TEXT                 show the tokens of TEXT
  embed [--json] TEXT...                    the vectors of texts, and the cosines between them
  convert --from DIR --to OUT.gguf [--type f16|q8_0|f32] [--name NAME]
                                            write the sentence-transformers model in DIR as GGUF
  make-reference --fixtures DIR [--cases N] [--steps N] OUT.txt
                                            write the references of the self-test
  make-test-model --kind KIND OUT.gguf      write a small model; KIND is tiny or a defect

sampler options: --greedy --temperature T --top-k N --top-p P --min-p P --repeat-penalty F
  --repeat-last-n N --seed N
grammar options: --grammar FILE.gbnf | --json-schema FILE.json  what the output must be;
  --lazy MARKER       from MARKER in the output on; --after-end end-turn|free|rearm  what then

options of every command but `bandwidth`, `bench-memory`, `convert`, `make-test-model`, `store` and `tools-doc`:
  --model FILE.gguf   the model (else $LLM_OS_MODEL, else the downloaded one)
  --threads N         CPUs to use (else all)
  --context N         tokens of context (else what the model was trained for)
  --cpu KERNELS       scalar, plain-avx2, fixed-avx2, avx2, avx-vnni or avx512-vnni
                      (else the best)
  --scalar            the same as --cpu scalar
  --no-panels         multiply the weights as the file has them
";

fn main() -> ExitCode {
    huge_pages::ask();
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let args = Args::new(arguments);
    let result = match command.as_str() {
        "parity" => commands::parity::run(args),
        "bandwidth" => commands::bandwidth::run(args),
        "bench" => commands::bench::run(args),
        "bench-grammar" => commands::bench_grammar::run(args),
        "bench-memory" => commands::bench_memory::run(args),
        "bench-speculation" => commands::bench_speculation::run(args),
        "generate" => commands::generate::run(args),
        "train-router" => commands::train_router::run(args),
        "eval-agent" => commands::eval_agent::run(args),
        "eval-memory" => commands::eval_memory::run(args),
        "store" => commands::store::run(args),
        "convert" => commands::convert::run(args),
        "embed" => commands::embed::run(args),
        "tools-doc" => commands::tools_doc::run(args),
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
