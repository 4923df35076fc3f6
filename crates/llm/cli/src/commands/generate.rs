//! `llm-cli generate`: continues a text, or answers a message, as the tokens come.

use crate::{
    args::Args,
    error::CliError,
    host::{self, ModelOptions},
};
use llm_inference::{
    model::{LanguageModel, Message, Role, SpecialTokens},
    sampler::{Sampler, SamplerOptions},
    tokenizer::Utf8Stream,
};
use std::{
    io::{self, Write},
    process::ExitCode,
};
use system_platform::pace::Unpaced;

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let sampler = sampler_options(&mut args)?;
    let limit: usize = args.option("--tokens")?.unwrap_or(256);
    let system: Option<String> = args.option("--system")?;
    let is_chat = args.flag("--chat") || system.is_some();
    let text = args.words(1)?.pop().unwrap_or_default();
    let mut sampler = Sampler::new(sampler)?;
    let host = options.open()?;
    let mut engine = host.load()?;
    if let (true, Some(warning)) = (is_chat, engine.template_warning()) {
        eprintln!("warning: {warning}");
    }

    let prompt = if is_chat {
        let system = system.map(|content| Message::new(Role::System, content));
        let messages: Vec<Message> =
            system.into_iter().chain([Message::new(Role::User, text)]).collect();
        engine.encode(&engine.render(&messages, true)?, SpecialTokens::Parse)
    } else {
        engine.encode(&text, SpecialTokens::Literal)
    };
    let mut next =
        if prompt.is_empty() { engine.tokenizer().bos().into_iter().collect() } else { prompt };
    let mut characters = Utf8Stream::default();
    let mut output = io::stdout().lock();
    for _ in 0..limit {
        if engine.computed().len() + next.len() > engine.context_limit() {
            break;
        }
        host::run(engine.extend(&next, &Unpaced))?;
        let token = sampler.sample(engine.logits(), engine.computed());
        if engine.ends_turn(token) {
            break;
        }
        output.write_all(characters.push(engine.token_bytes(token)).as_bytes())?;
        output.flush()?;
        next = vec![token];
    }
    writeln!(output, "{}", characters.finish())?;
    Ok(ExitCode::SUCCESS)
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
