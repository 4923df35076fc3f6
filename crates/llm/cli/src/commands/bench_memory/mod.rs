//! `llm-cli bench-memory`: how fast vectors are found. `--make` writes vectors, questions and the
//! right answers into a folder; `--serve` builds our indexes of them and measures what it is asked,
//! a line of JSON at a time, as the peer of `cargo xtask bench-memory` does on the same files.

mod data;

use crate::{args::Args, error::CliError};
use data::{Data, NEAREST};
use llm_index::{FlatIndex, Hit, HnswIndex, HnswOptions, IndexError, Scratch};
use llm_tensor::CpuFeatures;
use serde::Deserialize;
use serde_json::json;
use std::{
    io::{BufRead, Write, stdin, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Instant,
};

/// What is measured.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// Every vector, a question at a time.
    Flat,
    /// Every vector, all questions at once.
    FlatBatch,
    /// The graph.
    Hnsw,
}

/// A line of the input.
#[derive(Debug, Deserialize)]
struct Request {
    method: Method,
    /// Candidates of a walk.
    #[serde(default)]
    ef: usize,
    /// Questions that are asked, from the first on.
    queries: usize,
    /// How many of them are timed together.
    slice: usize,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let made: Option<PathBuf> = args.option("--make")?;
    if let Some(folder) = made {
        let count = args.option("--count")?.unwrap_or(100_000).max(NEAREST);
        let queries = args.option("--queries")?.unwrap_or(1000).max(1);
        let seed = args.option("--seed")?.unwrap_or(1);
        args.words(0)?;
        Data::make(count, queries, seed).write(&folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder: PathBuf = args.required("--serve")?;
    let options = HnswOptions {
        ef_construction: args
            .option("--ef-construction")?
            .unwrap_or(HnswOptions::default().ef_construction),
        ..Default::default()
    };
    args.words(0)?;
    serve(&Data::read(&folder)?, options)?;
    Ok(ExitCode::SUCCESS)
}

/// Resident memory of this process, in bytes; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn serve(data: &Data, options: HnswOptions) -> Result<(), CliError> {
    let cpu = CpuFeatures::detect();
    let scratch = &mut Scratch::new();
    let start = Instant::now();
    let before = resident_bytes();
    let mut flat = FlatIndex::new(cpu, data.dims)?;
    flat.reserve(data.vectors().count())?;
    for (id, vector) in data.vectors().enumerate() {
        flat.insert(id as u64, vector)?;
    }
    let flat_build_s = start.elapsed().as_secs_f64();
    let with_flat = resident_bytes();
    let start = Instant::now();
    let mut hnsw = HnswIndex::new(cpu, data.dims, options)?;
    hnsw.reserve(data.vectors().count())?;
    for (id, vector) in data.vectors().enumerate() {
        hnsw.insert(id as u64, vector, scratch)?;
    }
    let hnsw_build_s = start.elapsed().as_secs_f64();
    let greeting = json!({
        "cpu": cpu.name(),
        "flat_build_s": flat_build_s,
        "flat_bytes": with_flat.saturating_sub(before),
        "hnsw_build_s": hnsw_build_s,
        "hnsw_bytes": resident_bytes().saturating_sub(with_flat),
        "hnsw_held_bytes": hnsw.len_bytes(),
    });
    println!("{greeting}");
    for line in stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?).map_err(CliError::Request)?;
        let (seconds, recall) = answer(data, &flat, &hnsw, &request, scratch)?;
        println!("{}", json!({ "seconds": seconds, "recall": recall }));
        stdout().flush()?;
    }
    Ok(())
}

/// Seconds that each slice of the questions took, and the share of the nearest that were found.
fn answer(
    data: &Data,
    flat: &FlatIndex,
    hnsw: &HnswIndex,
    request: &Request,
    scratch: &mut Scratch,
) -> Result<(Vec<f64>, f64), IndexError> {
    let queries: Vec<&[f32]> = data.queries().take(request.queries).collect();
    let mut seconds = Vec::new();
    let mut results: Vec<Vec<Hit>> = Vec::new();
    for queries in queries.chunks(request.slice.max(1)) {
        let start = Instant::now();
        match request.method {
            Method::FlatBatch => {
                results.extend(flat.search_batch(queries, NEAREST, None, scratch)?);
            }
            Method::Flat => {
                for query in queries {
                    results.push(flat.search(query, NEAREST, None, scratch)?);
                }
            }
            Method::Hnsw => {
                for query in queries {
                    results.push(hnsw.search(query, NEAREST, request.ef, None, scratch)?);
                }
            }
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    let found: usize = results
        .iter()
        .zip(data.truth())
        .map(|(hits, truth)| hits.iter().filter(|hit| truth.contains(&(hit.id as u32))).count())
        .sum();
    Ok((seconds, found as f64 / (NEAREST * queries.len()) as f64))
}
