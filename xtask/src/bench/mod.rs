//! `cargo xtask bench-llm`: how fast our engine is on this machine, beside llama.cpp if asked, and
//! beside what the memory allows.
//!
//! Both engines stay loaded as processes of their own and take turns, round by round, on the same
//! tokens with the same number of threads and the same context: what else the machine does hits both.
//! Medians are shown. The limit is how often a second the memory could be read as far as a decoded
//! token reads the weights.

mod options;
mod peer;
pub(crate) mod worker;

pub use options::BenchOptions;

use crate::error::Error;
use crate::{llm_cli, process};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use worker::{Timing, Worker};

/// Tokens a second of one engine, over all rounds.
#[derive(Default)]
struct Speeds {
    prefill: Vec<f64>,
    decode: Vec<f64>,
    deep_decode: Vec<f64>,
}

/// Measures and prints a table in Markdown.
///
/// # Errors
/// An engine that cannot be built, installed or started, or that fails at the model.
pub fn run(options: &BenchOptions) -> Result<(), Error> {
    let model = options.model.required_path()?;
    let ours = llm_cli::build()?;
    let python = options.has_peer.then(peer::python).transpose()?;
    let heading = ["threads", "what", "ours", "llama.cpp", "ratio", "limit", "share of limit"];
    let mut rows =
        vec![heading.map(str::to_owned).join(" | "), "|---|---|--:|--:|--:|--:|--:|".into()];
    rows[0] = format!("| {} |", rows[0]);
    for &threads in &options.threads {
        let (subject, results) = measure(options, &ours, python.as_deref(), &model, threads)?;
        if rows.len() == 2 {
            println!("{}", title(&model, &subject, options));
        }
        rows.extend(results);
    }
    println!("\n{}", rows.join("\n"));
    Ok(())
}

fn title(model: &Path, subject: &Value, options: &BenchOptions) -> String {
    let file = model.file_name().unwrap_or_default().to_string_lossy();
    let text = |field: &str| subject[field].as_str().unwrap_or_default().to_owned();
    format!(
        "{} ({file}), {}; tokens a second, medians of {} rounds, context {}",
        text("model"),
        text("cpu"),
        options.rounds,
        options.context()
    )
}

/// What our engine says of itself, and the rows of the table for a number of threads.
fn measure(
    options: &BenchOptions,
    ours: &Path,
    python: Option<&Path>,
    model: &Path,
    threads: usize,
) -> Result<(Value, Vec<String>), Error> {
    let context = options.context();
    let before = bandwidth(ours, threads)?;
    let mut command = Command::new(ours);
    command.args(["bench", "--serve", "--model"]).arg(model);
    command.args(["--threads", &threads.to_string(), "--context", &context.to_string()]);
    let mut engine = Worker::start(command)?;
    let mut other = match python {
        Some(python) => Some(Worker::start(peer::command(python, model, threads, context)?)?),
        None => None,
    };
    let subject = engine.greeting().clone();
    let vocabulary = subject["vocabulary"].as_u64().unwrap_or(1).max(1);
    let tokens: Vec<u64> = (0..context as u64).map(|index| index * 7919 % vocabulary).collect();

    let (mut our_speeds, mut other_speeds) = (Speeds::default(), Speeds::default());
    // One more than counts: the first brings the weights into memory.
    for round in 0..=options.rounds {
        eprint!("\r{threads} threads, round {round} of {} ", options.rounds);
        let turn = |worker: &mut Worker, speeds: &mut Speeds| {
            let ask = |worker: &mut Worker, prompt: usize| -> Result<(f64, f64), Error> {
                let (prompt, rest) = tokens.split_at(prompt);
                let continuation = &rest[..options.generate];
                let Timing { prefill_s, decode_s } = worker.ask(prompt, continuation)?;
                Ok((prompt.len() as f64 / prefill_s, continuation.len() as f64 / decode_s))
            };
            let (prefill, decode) = ask(worker, options.prompt)?;
            let deep = options.depth.map(|depth| ask(worker, depth)).transpose()?;
            if round > 0 {
                speeds.prefill.push(prefill);
                speeds.decode.push(decode);
                speeds.deep_decode.extend(deep.map(|(_, decode)| decode));
            }
            Ok::<_, Error>(())
        };
        turn(&mut engine, &mut our_speeds)?;
        if let Some(other) = &mut other {
            turn(other, &mut other_speeds)?;
        }
    }
    eprintln!();
    let bytes_s = before.max(bandwidth(ours, threads)?);
    let bytes_per_token = subject["bytes_per_token"].as_f64().unwrap_or(f64::NAN);
    eprintln!(
        "Memory is read at {:.1} GB/s; a token reads {:.1} MB of weights.",
        bytes_s / 1e9,
        bytes_per_token / 1e6
    );
    let limit = Some(bytes_s / bytes_per_token);
    let mut rows = vec![
        row(
            threads,
            &format!("prefill of {}", options.prompt),
            &our_speeds.prefill,
            &other_speeds.prefill,
            None,
        ),
        row(
            threads,
            &format!("decode of {}", options.generate),
            &our_speeds.decode,
            &other_speeds.decode,
            limit,
        ),
    ];
    if let Some(depth) = options.depth {
        let what = format!("decode of {} behind {depth}", options.generate);
        rows.push(row(threads, &what, &our_speeds.deep_decode, &other_speeds.deep_decode, limit));
    }
    Ok((subject, rows))
}

/// Bytes a second that this machine's memory is read with.
fn bandwidth(ours: &Path, threads: usize) -> Result<f64, Error> {
    let output = process::run_quietly(Command::new(ours).args([
        "bandwidth",
        "--json",
        "--threads",
        &threads.to_string(),
    ]))?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    answer["bytes_s"].as_f64().ok_or_else(|| Error::Command {
        command: "llm-cli bandwidth".into(),
        outcome: "told no bandwidth".into(),
    })
}

fn row(threads: usize, what: &str, ours: &[f64], other: &[f64], limit: Option<f64>) -> String {
    let ours = median(ours);
    let other = median(other);
    let cell = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let ratio = ours.zip(other).map(|(ours, other)| format!("{:.2}", ours / other));
    let share = ours.zip(limit).map(|(ours, limit)| format!("{:.0} %", 100.0 * ours / limit));
    let speed = |value: Option<f64>| cell(value.map(|value| format!("{value:.1}")));
    let cells = [speed(ours), speed(other), cell(ratio), speed(limit), cell(share)];
    format!("| {threads} | {what} | {} |", cells.join(" | "))
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        len if len.is_multiple_of(2) => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        _ => Some(sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_medians_their_ratio_and_the_share_of_the_limit() {
        let ours = [120.0, 300.0, 110.0];
        let row_of = |other: &[f64], limit| row(2, "decode of 64", &ours, other, limit);
        assert_eq!(
            row_of(&[50.0, 70.0], Some(240.0)),
            "| 2 | decode of 64 | 120.0 | 60.0 | 2.00 | 240.0 | 50 % |"
        );
        assert_eq!(row_of(&[], None), "| 2 | decode of 64 | 120.0 | – | – | – | – |");
    }
}
