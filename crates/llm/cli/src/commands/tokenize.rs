//! `llm-cli tokenize`: the tokens of a text.

use crate::{
    args::Args,
    error::CliError,
    host::{self, ModelOptions},
};
use llm_inference::{engine::LoadError, gguf::Gguf, model::SpecialTokens, tokenizer::Tokenizer};
use std::process::ExitCode;

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let special =
        if args.flag("--special") { SpecialTokens::Parse } else { SpecialTokens::Literal };
    let text = args.words(1)?.pop().unwrap_or_default();
    let file = host::read(&options.path)?;
    let gguf = Gguf::parse(&file).map_err(LoadError::from)?;
    let tokenizer = Tokenizer::from_gguf(&gguf).map_err(LoadError::from)?;
    for token in tokenizer.encode(&text, special) {
        println!("{:6} {:?}", token.0, tokenizer.spelling(token));
    }
    Ok(ExitCode::SUCCESS)
}
