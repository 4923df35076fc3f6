//! `llm-cli bench`: tokens a second.

use crate::{
    args::Args,
    error::CliError,
    host::{self, ModelOptions},
};
use llm_inference::{
    model::{LanguageModel, TokenId},
    sampler::best_token,
};
use serde::Serialize;
use std::{process::ExitCode, time::Instant};
use system_platform::pace::Unpaced;

#[derive(Serialize)]
struct Figures {
    model: String,
    quantization: String,
    cpu: &'static str,
    threads: usize,
    load_ms: f64,
    prompt_tokens: usize,
    prefill_tok_s: f64,
    generated_tokens: usize,
    decode_tok_s: f64,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let prompt_len: usize = args.option("--prompt")?.unwrap_or(256).max(1);
    let generate: usize = args.option("--generate")?.unwrap_or(64);
    let as_json = args.flag("--json");
    args.words(0)?;
    let host = options.open()?;
    // Touch the file once, so that page faults are not counted.
    std::hint::black_box(
        host.file().iter().step_by(4096).map(|&byte| u64::from(byte)).sum::<u64>(),
    );

    let start = Instant::now();
    let mut engine = host.load()?;
    let load_ms = start.elapsed().as_secs_f64() * 1e3;

    // Which tokens does not matter for the speed: spread them over the vocabulary.
    let vocabulary = engine.info().vocabulary;
    let prompt: Vec<TokenId> =
        (0..prompt_len).map(|index| TokenId((index * 7919 % vocabulary) as u32)).collect();
    let start = Instant::now();
    host::run(engine.extend(&prompt, &Unpaced))?;
    let prefill_tok_s = prompt_len as f64 / start.elapsed().as_secs_f64();

    let start = Instant::now();
    for _ in 0..generate {
        let token = best_token(engine.logits());
        host::run(engine.extend(&[token], &Unpaced))?;
    }
    let decode_tok_s = generate as f64 / start.elapsed().as_secs_f64();

    let figures = Figures {
        model: engine.info().name.clone(),
        quantization: engine.info().quantization.clone(),
        cpu: options.cpu.name(),
        threads: options.threads,
        load_ms,
        prompt_tokens: prompt_len,
        prefill_tok_s,
        generated_tokens: generate,
        decode_tok_s,
    };
    if as_json {
        println!("{}", serde_json::json!(figures));
    } else {
        println!(
            "{} ({}), {}, {} threads",
            figures.model, figures.quantization, figures.cpu, figures.threads
        );
        println!("load     {load_ms:8.1} ms");
        println!("prefill  {prefill_tok_s:8.2} tok/s over {prompt_len} tokens");
        println!("decode   {decode_tok_s:8.2} tok/s over {generate} tokens");
    }
    Ok(ExitCode::SUCCESS)
}
