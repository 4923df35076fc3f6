//! `llm-cli embed`: texts as vectors.

use crate::{
    args::{Args, ArgsError},
    error::CliError,
    host::ModelOptions,
};
use serde::Serialize;
use std::{
    io::{Write, stdout},
    process::ExitCode,
};
use system_platform::pace::{self, Unpaced};

/// A line of `--json`.
#[derive(Serialize)]
struct Embedding<'t> {
    text: &'t str,
    ids: Vec<u32>,
    vector: Vec<f32>,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let is_json = args.flag("--json");
    let texts = args.words(usize::MAX)?;
    if texts.is_empty() {
        return Err(ArgsError::MissingOption("TEXT").into());
    }
    let host = options.open()?;
    let mut embedder = host.load_embedder()?;
    let mut embeddings = Vec::with_capacity(texts.len());
    for text in &texts {
        let tokens = embedder.encode(text);
        let vector = pace::run(embedder.embed_tokens(&tokens, &Unpaced))?;
        let ids = tokens.iter().map(|token| token.0).collect();
        embeddings.push(Embedding { text, ids, vector });
    }
    let mut out = stdout().lock();
    for embedding in &embeddings {
        if is_json {
            let line = serde_json::to_string(embedding).expect("texts and numbers are JSON");
            writeln!(out, "{line}")?;
        } else {
            let cosines = embeddings.iter().map(|other| cosine(&embedding.vector, &other.vector));
            let columns: Vec<String> = cosines.map(|cosine| format!("{cosine:7.4}")).collect();
            writeln!(out, "{}  {}", columns.join(" "), embedding.text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Of vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
