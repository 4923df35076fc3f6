//! `llm-cli parity`: agreement of a language model with reference data made by llama.cpp.

use super::parity_embedding;
use crate::{
    args::Args,
    error::CliError,
    host::{self, Host, ModelOptions},
};
use llm_inference::{
    engine::Engine,
    model::{LanguageModel, SpecialTokens, TokenId},
    parity::{Reference, ReferenceStep, Report, follow},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use system_platform::pace::{self, Unpaced};

/// How far the perplexity may be off, as a fraction.
const PERPLEXITY_TOLERANCE: f64 = 0.005;

/// A text and its tokens, special tokens parsed.
#[derive(Deserialize)]
struct TokenCase {
    text: String,
    ids: Vec<u32>,
}

/// A prompt and its greedy continuation.
#[derive(Deserialize)]
pub struct GreedyCase {
    /// The prompt as the template renders it.
    pub rendered: String,
    /// Its tokens.
    pub ids: Vec<u32>,
    /// The continuation.
    pub greedy: Vec<u32>,
    /// The five best tokens at each step with their log-probabilities, best first.
    pub top5: Vec<Vec<(u32, f32)>>,
}

/// A text whose perplexity is known.
#[derive(Deserialize)]
struct PerplexityCase {
    ids: Vec<u32>,
    /// Number of windows of [`WINDOW`] tokens, each fed from an empty cache.
    windows: usize,
    ppl: f64,
}

/// Tokens of a window.
const WINDOW: usize = 256;

/// The first token of a window whose likelihood counts: the first half is context only.
const FIRST_SCORED: usize = 129;

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let fixtures: PathBuf = args.required("--fixtures")?;
    let is_embedding = args.flag("--embedding");
    args.words(0)?;
    let host = options.open()?;
    let agrees = match is_embedding {
        true => parity_embedding::agrees(&host, &fixtures)?,
        false => agrees(&host, &fixtures)?,
    };
    println!("{}", if agrees { "parity: yes" } else { "parity: NO" });
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a language model gives the tokens, continuations and perplexity in `fixtures`. Says what
/// differs.
fn agrees(host: &Host, fixtures: &Path) -> Result<bool, CliError> {
    let mut engine = host.load()?;
    let tokens_agree = check_tokens(&engine, &read_fixture::<Vec<_>>(fixtures, "tokens.json")?);
    let greedy_agrees =
        check_greedy(&mut engine, &read_fixture::<Vec<_>>(fixtures, "greedy.json")?)?;
    let perplexity = read_fixture(fixtures, "perplexity.json")?;
    let perplexity_agrees = check_perplexity(&mut engine, &perplexity)?;
    Ok(tokens_agree && greedy_agrees && perplexity_agrees)
}

/// Reads a fixture file of a folder.
pub fn read_fixture<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, CliError> {
    let path = folder.join(name);
    let bytes = host::read(&path)?;
    serde_json::from_slice(&bytes).map_err(|error| CliError::Fixture { path, error })
}

impl GreedyCase {
    /// The form that the check takes.
    pub fn reference(&self) -> Reference {
        let step = |(&token, top): (&u32, &Vec<(u32, f32)>)| ReferenceStep {
            token: TokenId(token),
            gap_nat: match top[..] {
                [(_, best), (_, second), ..] => best - second,
                _ => f32::INFINITY,
            },
        };
        Reference {
            prompt: self.ids.iter().copied().map(TokenId).collect(),
            steps: self.greedy.iter().zip(&self.top5).map(step).collect(),
        }
    }
}

fn check_tokens(engine: &Engine<'_>, cases: &[TokenCase]) -> bool {
    let mut exact = 0;
    for case in cases {
        let found: Vec<u32> =
            engine.encode(&case.text, SpecialTokens::Parse).iter().map(|token| token.0).collect();
        if found == case.ids {
            exact += 1;
        } else {
            println!("tokens: {:?}: expected {:?}, found {found:?}", case.text, case.ids);
        }
    }
    println!("tokens: {exact} of {} texts exact", cases.len());
    exact == cases.len() && exact > 0
}

fn check_greedy(engine: &mut Engine<'_>, cases: &[GreedyCase]) -> Result<bool, CliError> {
    let mut total = Report::default();
    let mut prompts_agree = true;
    for (index, case) in cases.iter().enumerate() {
        let reference = case.reference();
        if engine.encode(&case.rendered, SpecialTokens::Parse) != reference.prompt {
            println!("greedy: prompt {index}: other tokens than the reference");
            prompts_agree = false;
        }
        let report = pace::run(follow(engine, &reference, &Unpaced))?;
        for difference in &report.different {
            println!(
                "greedy: prompt {index}, step {}: token {} instead of {}, which led by {:.3} nat",
                difference.step,
                difference.found.0,
                difference.expected.token.0,
                difference.expected.gap_nat
            );
        }
        total.absorb(&report);
    }
    println!(
        "greedy: {} of {} steps equal, {} differ at a near-tie of the reference, {} differ otherwise",
        total.equal,
        total.steps(),
        total.near_ties.len(),
        total.different.len()
    );
    Ok(prompts_agree && total.is_passed() && total.steps() > 0)
}

fn check_perplexity(engine: &mut Engine<'_>, case: &PerplexityCase) -> Result<bool, CliError> {
    let tokens: Vec<TokenId> = case.ids.iter().copied().map(TokenId).collect();
    let (mut sum, mut count) = (0.0, 0);
    for window in tokens.chunks_exact(WINDOW).take(case.windows) {
        engine.truncate(0);
        // The logits of token i are about token i + 1.
        pace::run(engine.extend_each(window, &Unpaced, |index, logits| {
            if (FIRST_SCORED..WINDOW).contains(&(index + 1)) {
                sum += negative_log_likelihood(logits, window[index + 1]);
                count += 1;
            }
        }))?;
    }
    let perplexity = f64::exp(sum / f64::from(count));
    let ratio = perplexity / case.ppl;
    println!(
        "perplexity: {perplexity:.4} over {count} tokens, reference {:.4}, ratio {ratio:.5}",
        case.ppl
    );
    Ok(count > 0 && (ratio - 1.0).abs() <= PERPLEXITY_TOLERANCE)
}

fn negative_log_likelihood(logits: &[f32], token: TokenId) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&logit| f64::exp(f64::from(logit) - largest)).sum();
    sum.ln() + largest - f64::from(logits[token.0 as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelihood_of_equal_logits_is_one_over_their_number() {
        let nll = negative_log_likelihood(&[3.0; 8], TokenId(5));
        assert!((nll - f64::ln(8.0)).abs() < 1e-12);
    }
}
