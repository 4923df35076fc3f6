//! Arguments that a model too small to be trusted finds all the same: it chooses, token by token,
//! among what the tool's schema allows, and of texts among the person's own words.
//!
//! For tools that cannot read a request by themselves, such as those registered at run time.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer,
    agent::report_error,
    calls::{CallFormat, CallGrammar, ToolCall},
    cancel::until_cancelled,
    generate::{Chooser, Interruption, compute},
    paging::Question,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{fmt, sync::atomic::AtomicBool};
use llm_context::common_prefix;
use llm_inference::{
    grammar::{Grammar, GrammarError},
    model::{ForwardError, LanguageModel, SpecialTokens, TemplateError},
    sampler::{Sampler, SamplerError},
};
use llm_tools::request::held_to_words;
use serde_json::Value;
use system_platform::Pacer;

/// The most tokens of arguments.
const MOST_TOKENS: usize = 200;

/// Why no arguments were found.
enum NoArguments {
    Grammar(GrammarError),
    Template(TemplateError),
    Sampler(SamplerError),
    Forward(ForwardError),
    Unreadable(serde_json::Error),
    /// The person stopped it.
    Cancelled,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// A call of `tool` for a question that is in the window; `None` if there is none to be made, which
    /// was told then.
    pub(crate) async fn written_call<O: Observer + ?Sized>(
        &mut self,
        tool: &str,
        question: &Question<'_>,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Option<ToolCall> {
        self.prepare_call_grammar(observer);
        match self.write_arguments(tool, question, pacer, observer, cancel).await {
            Ok(arguments) => Some(ToolCall { id: String::new(), name: tool.into(), arguments }),
            Err(NoArguments::Cancelled) => None,
            Err(error) => {
                if let (NoArguments::Forward(_), Some(model)) = (&error, &mut self.model) {
                    model.truncate(0);
                }
                let message = format!("no arguments for {tool}: {error}");
                report_error(observer, ErrorSource::Tool, &message);
                None
            }
        }
    }

    async fn write_arguments<O: Observer + ?Sized>(
        &mut self,
        tool: &str,
        question: &Question<'_>,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> Result<Value, NoArguments> {
        let Some((model, tools)) = self.model.as_mut().zip(self.tools.get(tool).ok()) else {
            return Err(NoArguments::Cancelled);
        };
        let schema = match tools.takes_words() {
            true => held_to_words(tools.schema(), question.text),
            false => tools.schema().clone(),
        };
        let grammar =
            Grammar::from_json_schema(&schema.to_string()).map_err(NoArguments::Grammar)?;
        let mut prompt = self.window.prompt(model).map_err(NoArguments::Template)?;
        let opening = CallFormat::of(model).write_opening(tool);
        prompt.extend(model.encode(&opening, SpecialTokens::Literal));
        let reused = common_prefix(model.computed(), &prompt).min(prompt.len() - 1);
        let total = prompt.len() - reused;
        compute(model, &prompt, reused, pacer, cancel, |done| {
            observer.on_event(&AgentEvent::Prefill { done, total, reused });
        })
        .await
        .map_err(NoArguments::from)?;
        let mut sampler =
            Sampler::new(self.settings.sampler_options()).map_err(NoArguments::Sampler)?;
        let vocabulary = self.call_grammar.as_ref().and_then(|grammar| grammar.as_ref().ok());
        let constraint = vocabulary.map(|calls: &CallGrammar| calls.constraint_to(&grammar));
        let mut chooser = Chooser { sampler: &mut sampler, constraint };
        let (mut written, mut tokens) = (Vec::new(), Vec::new());
        while tokens.len() < MOST_TOKENS {
            let token = chooser.choose(model.logits(), &tokens, MOST_TOKENS);
            if model.ends_turn(token) {
                break;
            }
            written.extend_from_slice(model.token_bytes(token));
            tokens.push(token);
            match until_cancelled(model.extend(&[token], pacer), cancel).await {
                None => return Err(NoArguments::Cancelled),
                Some(computed) => computed.map_err(NoArguments::Forward)?,
            }
        }
        serde_json::from_slice(&written).map_err(NoArguments::Unreadable)
    }
}

impl From<Interruption> for NoArguments {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Cancelled => Self::Cancelled,
            Interruption::Failed(error) => Self::Forward(error),
        }
    }
}

impl fmt::Display for NoArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grammar(error) => error.fmt(f),
            Self::Template(error) => error.fmt(f),
            Self::Sampler(error) => error.fmt(f),
            Self::Forward(error) => error.fmt(f),
            Self::Unreadable(error) => write!(f, "not JSON: {error}"),
            Self::Cancelled => f.write_str("stopped"),
        }
    }
}
