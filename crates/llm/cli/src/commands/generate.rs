//! `llm-cli generate`: continues a text, or answers a message, as the tokens come.

use crate::{args::Args, constraint::GrammarOptions, error::CliError, host::ModelOptions};
use llm_inference::{
    engine::Engine,
    grammar::{Constraint, ConstraintError, TokenTrie},
    logprob::LogProbs,
    model::{LanguageModel, Message, Role, SpecialTokens, TokenId},
    sampler::{Sampler, SamplerOptions, best_token},
    speculate::Speculator,
    stop::StopStream,
};
use std::{
    io::{self, Write},
    ops::ControlFlow,
    process::ExitCode,
    time::Instant,
};
use system_platform::pace::{self, Unpaced};

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let sampler = sampler_options(&mut args)?;
    let grammar = GrammarOptions::from_args(&mut args)?;
    let limit: u32 = args.option("--tokens")?.unwrap_or(256);
    let system: Option<String> = args.option("--system")?;
    let is_chat = args.flag("--chat") || system.is_some();
    let speculates = args.flag("--speculate");
    let log_probabilities: Option<usize> = args.option("--logprobs")?;
    let mut stops: Vec<String> = Vec::new();
    while let Some(stop) = args.option("--stop")? {
        stops.push(stop);
    }
    let text = args.words(1)?.pop().unwrap_or_default();
    let mut stream = StopStream::new(&stops)?;
    let host = options.open()?;
    let mut engine = host.load()?;
    if let (true, Some(warning)) = (is_chat, engine.template_warning()) {
        eprintln!("warning: {warning}");
    }
    if let Some(warning) = engine.tokenizer().warning() {
        eprintln!("warning: {warning}");
    }

    let prompt = if is_chat {
        let system = system.map(|content| Message::new(Role::System, content));
        let messages: Vec<Message> =
            system.into_iter().chain([Message::new(Role::User, text)]).collect();
        engine.encode(&engine.render(&messages, true)?, SpecialTokens::Parse)
    } else {
        engine.tokenizer().encode_prompt(&text, SpecialTokens::Literal)
    };
    let prompt =
        if prompt.is_empty() { engine.tokenizer().bos().into_iter().collect() } else { prompt };
    pace::run(engine.extend(&prompt, &Unpaced))?;
    let mut output = io::stdout().lock();
    let trie = grammar.as_ref().map(|_| TokenTrie::of_model(&engine));
    let constraint = grammar.as_ref().zip(trie.as_ref());
    let mut generation = Generation {
        constraint: constraint.map(|(grammar, trie)| grammar.constraint(&engine, trie)),
        left: limit,
        sampler: Sampler::new(sampler)?,
        speculator: speculates.then(Speculator::new),
        written: prompt,
        log_probabilities,
    };
    let mut chosen = generation.first(&engine)?;
    let mut left = limit;
    'reply: while let Some(last) = chosen.last().map(|choice| choice.token) {
        for choice in &chosen {
            if left == 0 || engine.ends_turn(choice.token) {
                break 'reply;
            }
            left -= 1;
            let released = stream.push(engine.token_bytes(choice.token));
            output.write_all(released.text.as_bytes())?;
            output.flush()?;
            choice.report(&engine);
            if released.stop.is_some() {
                break 'reply;
            }
        }
        if engine.computed().len() == engine.context_limit() {
            break;
        }
        chosen = generation.next(&mut engine, last)?;
    }
    writeln!(output, "{}", stream.finish())?;
    if let Some(speculator) = generation.speculator {
        let stats = speculator.stats();
        eprintln!(
            "drafts: {} of {} tokens accepted, {} steps",
            stats.accepted, stats.drafted, stats.steps
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// A token that was chosen, and what the model thought of it and of others.
#[derive(Clone, Debug)]
struct Choice {
    token: TokenId,
    log_probability: Option<f32>,
    best: Vec<(TokenId, f32)>,
}

impl Choice {
    /// Writes the log-probabilities, if there are any, apart from the text.
    fn report(&self, engine: &Engine<'_>) {
        let Some(log_probability) = self.log_probability else { return };
        let show = |token: TokenId| String::from_utf8_lossy(engine.token_bytes(token)).into_owned();
        let best: Vec<String> = self
            .best
            .iter()
            .map(|&(token, log_probability)| format!("{:?} {log_probability:.3}", show(token)))
            .collect();
        eprintln!("{:?} {log_probability:.3} [{}]", show(self.token), best.join(", "));
    }
}

/// What chooses tokens.
struct Generation<'g> {
    constraint: Option<Constraint<'g>>,
    /// Tokens that may still be chosen: a grammar comes to its end with the last.
    left: u32,
    sampler: Sampler,
    speculator: Option<Speculator>,
    /// The prompt and all choices.
    written: Vec<TokenId>,
    /// How many of the best to tell of; `None` if nobody asked.
    log_probabilities: Option<usize>,
}

impl Generation<'_> {
    /// The choice after the prompt.
    fn first(&mut self, engine: &Engine<'_>) -> Result<Vec<Choice>, CliError> {
        Ok(vec![self.choose(engine.logits())?])
    }

    fn choose(&mut self, logits: &[f32]) -> Result<Choice, ConstraintError> {
        let token = match &mut self.constraint {
            None => self.sampler.sample(logits, &self.written),
            Some(constraint) => {
                let sampler = &mut self.sampler;
                let token = constraint.choose(sampler, logits, &self.written, self.left)?;
                constraint.accept(token)?;
                token
            }
        };
        self.left = self.left.saturating_sub(1);
        self.written.push(token);
        let (log_probability, best) = match self.log_probabilities {
            Some(count) => {
                let probabilities = LogProbs::new(logits);
                (probabilities.of(token), probabilities.top(count))
            }
            None => (None, Vec::new()),
        };
        Ok(Choice { token, log_probability, best })
    }

    /// Computes `token` and gives the choices that follow, at least one.
    fn next(&mut self, engine: &mut Engine<'_>, token: TokenId) -> Result<Vec<Choice>, CliError> {
        let Some(mut speculator) = self.speculator.take() else {
            pace::run(engine.extend(&[token], &Unpaced))?;
            return Ok(vec![self.choose(engine.logits())?]);
        };
        let start = Instant::now();
        let now_ns = || start.elapsed().as_nanos() as u64;
        let mut choices = Vec::new();
        let mut failure = None;
        let choose = |logits: &[f32]| match self.choose(logits) {
            Ok(choice) => {
                let token = choice.token;
                choices.push(choice);
                ControlFlow::Continue(token)
            }
            Err(error) => {
                failure = Some(error);
                // Some token must be named; nobody will see it.
                ControlFlow::Break(best_token(logits))
            }
        };
        let mut chosen = Vec::new();
        let step = speculator.step(engine, token, &Unpaced, now_ns, &mut chosen, choose);
        let result = pace::run(step);
        self.speculator = Some(speculator);
        result?;
        failure.map_or(Ok(choices), |error| Err(error.into()))
    }
}

fn sampler_options(args: &mut Args) -> Result<SamplerOptions, CliError> {
    let base =
        if args.flag("--greedy") { SamplerOptions::greedy() } else { SamplerOptions::default() };
    Ok(SamplerOptions {
        temperature: args.option("--temperature")?.unwrap_or(base.temperature),
        top_k: args.option("--top-k")?.unwrap_or(base.top_k),
        top_p: args.option("--top-p")?.unwrap_or(base.top_p),
        min_p: args.option("--min-p")?.unwrap_or(base.min_p),
        repeat_penalty: args.option("--repeat-penalty")?.unwrap_or(base.repeat_penalty),
        repeat_last_n: args.option("--repeat-last-n")?.unwrap_or(base.repeat_last_n),
        seed: args.option("--seed")?.unwrap_or(base.seed),
    })
}
