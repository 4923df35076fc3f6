//! `llm-cli bench`: tokens a second, once, or for a program that asks again and again.

use crate::{args::Args, error::CliError, host::ModelOptions};
use llm_inference::{
    engine::{Engine, LoadError},
    gguf::{Gguf, GgufError},
    model::{LanguageModel, TokenId},
};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
    time::Instant,
};
use system_platform::pace::{self, Unpaced};

/// What is measured, and of what.
#[derive(Serialize)]
struct Subject {
    model: String,
    quantization: String,
    cpu: &'static str,
    threads: usize,
    load_ms: f64,
    /// Bytes that the weights take besides the file.
    weights_bytes: u64,
    vocabulary: usize,
    /// Bytes of weights that a decoded token has to read.
    bytes_per_token: u64,
}

/// Tokens of a prompt, and those that follow it one by one.
#[derive(Deserialize)]
struct Request {
    prompt: Vec<u32>,
    continuation: Vec<u32>,
}

/// Seconds that a prompt and its continuation took.
#[derive(Clone, Copy, Serialize)]
struct Timing {
    prefill_s: f64,
    decode_s: f64,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let prompt_len: usize = args.option("--prompt")?.unwrap_or(256).max(1);
    let generate: usize = args.option("--generate")?.unwrap_or(64);
    let depth: Option<usize> = args.option("--depth")?;
    let as_json = args.flag("--json");
    let serves = args.flag("--serve");
    args.words(0)?;
    let host = options.open()?;
    // Touch the file once, so that page faults are not counted.
    std::hint::black_box(
        host.file().iter().step_by(4096).map(|&byte| u64::from(byte)).sum::<u64>(),
    );

    let start = Instant::now();
    let mut engine = host.load()?;
    let subject = Subject {
        model: engine.info().name.clone(),
        quantization: engine.info().quantization.clone(),
        cpu: options.cpu.name(),
        threads: options.threads,
        load_ms: start.elapsed().as_secs_f64() * 1e3,
        weights_bytes: engine.memory_plan().weights,
        vocabulary: engine.info().vocabulary,
        bytes_per_token: bytes_per_token(host.file()).map_err(LoadError::from)?,
    };
    if serves {
        return serve(&mut engine, &subject);
    }
    let tokens = spread(prompt_len.max(depth.unwrap_or(0)) + generate, subject.vocabulary);
    let mut timed = |prompt_len: usize| {
        let continuation = &tokens[prompt_len..prompt_len + generate];
        measure(&mut engine, &tokens[..prompt_len], continuation)
    };
    let shallow = timed(prompt_len)?;
    let deep = depth.map(|depth| Ok::<_, CliError>((depth, timed(depth.max(1))?))).transpose()?;
    let prefill_tok_s = prompt_len as f64 / shallow.prefill_s;
    let decode_tok_s = generate as f64 / shallow.decode_s;
    let deep = deep.map(|(depth, timing)| (depth, generate as f64 / timing.decode_s));
    if as_json {
        let mut figures = serde_json::json!(subject);
        figures["prompt_tokens"] = prompt_len.into();
        figures["prefill_tok_s"] = prefill_tok_s.into();
        figures["generated_tokens"] = generate.into();
        figures["decode_tok_s"] = decode_tok_s.into();
        if let Some((depth, tok_s)) = deep {
            figures["depth"] = depth.into();
            figures["deep_decode_tok_s"] = tok_s.into();
        }
        println!("{figures}");
    } else {
        let Subject { model, quantization, cpu, threads, load_ms, weights_bytes, .. } = &subject;
        println!("{model} ({quantization}), {cpu}, {threads} threads");
        let megabytes = *weights_bytes as f64 / 1e6;
        println!("load     {load_ms:8.1} ms, {megabytes:.1} MB of weights copied");
        println!("prefill  {prefill_tok_s:8.2} tok/s over {prompt_len} tokens");
        println!("decode   {decode_tok_s:8.2} tok/s over {generate} tokens");
        if let Some((depth, tok_s)) = deep {
            println!("decode   {tok_s:8.2} tok/s over {generate} tokens behind {depth}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Which tokens does not matter for the speed: spread over the vocabulary.
fn spread(len: usize, vocabulary: usize) -> Vec<TokenId> {
    (0..len).map(|index| TokenId((index * 7919 % vocabulary) as u32)).collect()
}

/// Says what is measured, then answers one request a line (JSON) with a line, until the input ends.
fn serve(engine: &mut Engine<'_>, subject: &Subject) -> Result<ExitCode, CliError> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::json!(subject))?;
    output.flush()?;
    for line in io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?).map_err(CliError::Request)?;
        let tokens = |ids: &[u32]| ids.iter().copied().map(TokenId).collect::<Vec<_>>();
        let timing = measure(engine, &tokens(&request.prompt), &tokens(&request.continuation))?;
        writeln!(output, "{}", serde_json::json!(timing))?;
        output.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Computes `prompt` in one go from an empty context, then `continuation` token by token, with the
/// logits of each.
fn measure(
    engine: &mut Engine<'_>,
    prompt: &[TokenId],
    continuation: &[TokenId],
) -> Result<Timing, CliError> {
    engine.truncate(0);
    let start = Instant::now();
    pace::run(engine.extend(prompt, &Unpaced))?;
    let prefill_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    for &token in continuation {
        pace::run(engine.extend(&[token], &Unpaced))?;
    }
    Ok(Timing { prefill_s, decode_s: start.elapsed().as_secs_f64() })
}

/// Bytes of all weights, but for an embedding of which a token reads one row: one that is not the
/// output too.
fn bytes_per_token(file: &[u8]) -> Result<u64, GgufError> {
    let gguf = Gguf::parse(file)?;
    let has_output = gguf.tensor("output.weight").is_some();
    let is_read = |name: &str| !(has_output && name == "token_embd.weight");
    let read = gguf.tensors().iter().filter(|tensor| is_read(tensor.name));
    Ok(read.map(|tensor| tensor.data.len() as u64).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm_inference::testing::TestModel;

    #[test]
    fn a_tied_embedding_is_read_by_each_token_and_another_is_not() {
        let bytes = |model: &TestModel| {
            let file = model.build();
            let all: usize =
                Gguf::parse(&file).unwrap().tensors().iter().map(|tensor| tensor.data.len()).sum();
            (bytes_per_token(&file).unwrap(), all as u64)
        };
        let tied = TestModel::default();
        let (read, all) = bytes(&tied);
        assert_eq!(read, all);
        let table = TestModel::VOCABULARY * tied.width / 32 * 34;
        let (read, all) = bytes(&TestModel { has_output: true, ..tied });
        assert_eq!(read + table as u64, all);
    }
}
