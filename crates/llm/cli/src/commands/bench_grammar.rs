//! `llm-cli bench-grammar`: what it costs to hold an answer to a grammar.
//!
//! The model answers under the grammar twice, the second time with everything that was found out
//! the first time; each mask is timed, and each decoding step beside it. Masks are made for every
//! token here; sampling greedily makes them only where the best token is not allowed.

use crate::{
    args::{Args, ArgsError},
    constraint::GrammarOptions,
    error::CliError,
    host::ModelOptions,
};
use llm_inference::{
    grammar::TokenTrie,
    model::{LanguageModel, Message, Role, SpecialTokens},
    sampler::{Sampler, SamplerOptions},
};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use system_platform::pace::{self, Unpaced};

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let limit: u32 = args.option("--tokens")?.unwrap_or(100);
    let grammar = GrammarOptions::from_args(&mut args)?
        .ok_or(ArgsError::MissingOption("--grammar or --json-schema"))?;
    let text = args.words(1)?.pop().unwrap_or_default();
    let host = options.open()?;
    let mut engine = host.load()?;

    let start = Instant::now();
    let trie = TokenTrie::of_model(&engine);
    println!(
        "trie      {:9.3} ms, {} tokens, {} kB",
        milliseconds(start.elapsed()),
        trie.vocabulary(),
        trie.len_bytes() / 1024
    );
    println!("automaton {:9} states", grammar.states());
    let mut constraint = grammar.constraint(&engine, &trie);
    let prompt = engine.render(&[Message::new(Role::User, text)], true)?;
    let prompt = engine.encode(&prompt, SpecialTokens::Parse);

    for name in ["first", "again"] {
        constraint.restart();
        engine.truncate(0);
        pace::run(engine.extend(&prompt, &Unpaced))?;
        // The likely tokens, but not always the same ones.
        let sampling = SamplerOptions { seed: 1, ..SamplerOptions::default() };
        let mut sampler = Sampler::new(sampling)?;
        let (mut masks, mut steps) = (Vec::new(), Vec::new());
        for used in 0..limit {
            let mut logits = engine.logits().to_vec();
            let start = Instant::now();
            constraint.mask_towards_end(&mut logits, limit - used)?;
            masks.push(start.elapsed());
            let token = sampler.sample(&logits, engine.computed());
            constraint.accept(token)?;
            if engine.ends_turn(token) || engine.computed().len() == engine.context_limit() {
                break;
            }
            let start = Instant::now();
            pace::run(engine.extend(&[token], &Unpaced))?;
            steps.push(start.elapsed());
        }
        masks.sort_unstable();
        steps.sort_unstable();
        let mean = |times: &[Duration]| {
            milliseconds(times.iter().sum()) / f64::from(times.len().max(1) as u32)
        };
        let share = 100.0 * mean(&masks) / mean(&steps).max(f64::MIN_POSITIVE);
        println!(
            "{name}: mask {:7.3} ms (median {:7.3}, worst {:7.3}), step {:7.3} ms, {share:.1} % \
             over {} tokens",
            mean(&masks),
            milliseconds(masks.get(masks.len() / 2).copied().unwrap_or_default()),
            milliseconds(masks.last().copied().unwrap_or_default()),
            mean(&steps),
            masks.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
