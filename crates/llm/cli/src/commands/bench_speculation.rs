//! `llm-cli bench-speculation`: generating with drafts and without, in turn, on a task that repeats
//! its input and on others; the output must be the same.

use super::parity::{GreedyCase, read_fixture};
use crate::{args::Args, error::CliError, host::ModelOptions};
use llm_inference::{
    engine::Engine,
    model::{LanguageModel, Message, Role, SpecialTokens, TokenId},
    sampler::best_token,
    speculate::{SpeculationStats, Speculator},
};
use std::{
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};
use system_platform::pace::{self, Unpaced};

const RECORDS: &str = r#"[{"id": 17, "name": "Ada Lovelace", "city": "London", "born": 1815},
 {"id": 23, "name": "Kurt Gödel", "city": "Brno", "born": 1906},
 {"id": 42, "name": "Grace Hopper", "city": "New York", "born": 1906},
 {"id": 51, "name": "Emmy Noether", "city": "Erlangen", "born": 1882}]"#;

const PLAIN_TASKS: [&str; 2] =
    ["Tell me a short story about a lighthouse keeper.", "Why is the sky blue?"];

/// A prompt and a name for it.
struct Task {
    name: String,
    prompt: Vec<TokenId>,
}

/// What a run came to.
struct Run {
    output: Vec<TokenId>,
    elapsed: Duration,
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let count: usize = args.option("--generate")?.unwrap_or(96).max(1);
    let rounds: usize = args.option("--rounds")?.unwrap_or(3).max(1);
    let fixtures: Option<PathBuf> = args.option("--fixtures")?;
    args.words(0)?;
    let host = options.open()?;
    let mut engine = host.load()?;
    let tasks = match fixtures {
        Some(folder) => fixture_tasks(&read_fixture::<Vec<GreedyCase>>(&folder, "greedy.json")?),
        None => chat_tasks(&engine)?,
    };
    let mut agrees = !tasks.is_empty();
    let mut totals = [Duration::ZERO; 2];
    for task in &tasks {
        let mut best = [Duration::MAX; 2];
        let mut stats = SpeculationStats::default();
        let mut tokens = 0;
        for _ in 0..rounds {
            let plain = generate(&mut engine, &task.prompt, count, None)?;
            // A new one each time: what it learns costs time too.
            let mut speculator = Speculator::new();
            let drafted = generate(&mut engine, &task.prompt, count, Some(&mut speculator))?;
            if plain.output != drafted.output {
                println!("{}: the output with drafts differs", task.name);
                agrees = false;
            }
            best = [best[0].min(plain.elapsed), best[1].min(drafted.elapsed)];
            stats = speculator.stats();
            tokens = plain.output.len();
        }
        totals = [totals[0] + best[0], totals[1] + best[1]];
        let speed = |elapsed: Duration| tokens as f64 / elapsed.as_secs_f64();
        println!(
            "{:<12} {tokens:4} tokens  plain {:7.2} tok/s  drafts {:7.2} tok/s  ratio {:.3}  ({} of {} accepted)",
            task.name,
            speed(best[0]),
            speed(best[1]),
            best[0].as_secs_f64() / best[1].as_secs_f64(),
            stats.accepted,
            stats.drafted,
        );
    }
    println!("all tasks: ratio {:.3}", totals[0].as_secs_f64() / totals[1].as_secs_f64());
    println!("same output: {}", if agrees { "yes" } else { "NO" });
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fixture_tasks(cases: &[GreedyCase]) -> Vec<Task> {
    cases
        .iter()
        .enumerate()
        .map(|(index, case)| Task {
            name: format!("prompt {index}"),
            prompt: case.reference().prompt,
        })
        .collect()
}

fn chat_tasks(engine: &Engine<'_>) -> Result<Vec<Task>, CliError> {
    let repeat = format!("Repeat this JSON exactly, with nothing before it:\n\n{RECORDS}");
    let named = [("repeat", repeat.as_str()), ("story", PLAIN_TASKS[0]), ("why", PLAIN_TASKS[1])];
    named
        .into_iter()
        .map(|(name, text)| {
            let text = engine.render(&[Message::new(Role::User, text)], true)?;
            let prompt = engine.encode(&text, SpecialTokens::Parse);
            Ok(Task { name: name.to_string(), prompt })
        })
        .collect()
}

/// Up to `count` greedy tokens after `prompt`, whose own time is not counted.
fn generate(
    engine: &mut Engine<'_>,
    prompt: &[TokenId],
    count: usize,
    mut speculator: Option<&mut Speculator>,
) -> Result<Run, CliError> {
    engine.truncate(0);
    pace::run(engine.extend(prompt, &Unpaced))?;
    let count = count.min(engine.context_limit() - prompt.len());
    let mut output = vec![best_token(engine.logits())];
    let mut chosen = Vec::new();
    let start = Instant::now();
    while output.len() < count {
        let last = output[output.len() - 1];
        if engine.ends_turn(last) {
            break;
        }
        match &mut speculator {
            None => {
                pace::run(engine.extend(&[last], &Unpaced))?;
                output.push(best_token(engine.logits()));
            }
            Some(speculator) => {
                let now_ns = || start.elapsed().as_nanos() as u64;
                let choose = |logits: &[f32]| ControlFlow::Continue(best_token(logits));
                let step = speculator.step(engine, last, &Unpaced, now_ns, &mut chosen, choose);
                pace::run(step)?;
                let end = chosen.iter().position(|&token| engine.ends_turn(token));
                output.extend_from_slice(&chosen[..end.map_or(chosen.len(), |end| end + 1)]);
            }
        }
    }
    let elapsed = start.elapsed();
    output.truncate(count);
    Ok(Run { output, elapsed })
}
