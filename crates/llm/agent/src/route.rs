//! Routing: for a model too small to choose a tool and to write its call, the router chooses, and the
//! arguments are read out of the person's own words.
//!
//! What such a model would make of a result is worse than the result: the reply is what the tool
//! says. Larger models choose, call and word by themselves ([`crate::turn`]); the router then only
//! picks the tools that they are told of.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, ReplyReport, StopReason,
    agent::report_error,
    calls::ToolCall,
    paging::Question,
    prompt::tools_named,
    syscall::{Caller, for_model},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::sync::atomic::AtomicBool;
use llm_inference::model::{LanguageModel, Message, Role, SpecialTokens};
use llm_tools::{ReadingContext, Refusal, Router, Tool, colloquial::plain, router::Route};
use system_platform::Pacer;

/// Models with fewer weights than this are routed.
pub const SMALL_MODEL_PARAMETERS: u64 = 1_000_000_000;
/// A tool that is less likely than this is not called: an answer in words does less harm.
const SURE_ENOUGH: f32 = 0.35;

/// A memory that is nearer to a question than this speaks for recalling it.
const MEMORY_NEAR: f32 = 0.45;
/// Where nothing is nearer than this, there is nothing to be recalled,
const MEMORY_FAR: f32 = 0.25;
/// and it is less likely that somebody asks for it.
const NOTHING_NEAR_WEIGHT: f32 = 0.4;
/// How much a memory near speaks for it: a factor of e for each eighth.
const MEMORY_WEIGHT: f32 = 8.0;

/// What a tool loses that reads requests, but not this one.
const UNREAD_WEIGHT: f32 = 0.25;

/// The router, and whose vectors it was made for.
pub(crate) struct PreparedRouter {
    pub router: Router,
    fingerprint: u64,
    /// Names of the tools that read requests at all: those registered at run time mostly leave it to
    /// the model.
    readers: Vec<String>,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Whether tools are chosen for the model.
    pub(crate) fn is_routed(&self) -> bool {
        let is_small = |model: &M| model.info().parameters < SMALL_MODEL_PARAMETERS;
        self.settings.router == 1 && self.model.as_ref().is_some_and(is_small)
    }

    /// Makes the router, once for each embedding model.
    pub(crate) async fn prepare_router<O: Observer + ?Sized>(&mut self, observer: &O) {
        let embedder = self.host.embedder();
        let fingerprint = embedder.fingerprint();
        if self.router.as_ref().is_some_and(|made| made.fingerprint == fingerprint) {
            return;
        }
        match Router::new(&self.tools, embedder).await {
            Ok(router) => {
                let context = self.reading_context();
                let readers = self.tools.iter().filter(|tool| reads_requests(*tool, &context));
                let readers = readers.map(|tool| tool.name().to_string()).collect();
                self.router = Some(PreparedRouter { router, fingerprint, readers });
            }
            Err(error) => report_error(observer, ErrorSource::Agent, &error.to_string()),
        }
    }

    pub(crate) fn reading_context(&self) -> ReadingContext {
        ReadingContext { now: self.host.machine().date_time() }
    }

    /// Which tool answers a question, for a model that does not choose by itself.
    pub(crate) async fn route<O: Observer + ?Sized>(
        &mut self,
        question: &Question<'_>,
        observer: &O,
    ) -> Option<Route> {
        if !self.is_routed() {
            return None;
        }
        let route = self.judge(question, observer).await?;
        observer.on_event(&AgentEvent::Routed { route: &route });
        Some(route)
    }

    /// Which tool a question asks for, by its own words: nothing that is in the window has a say.
    pub(crate) async fn judge<O: Observer + ?Sized>(
        &mut self,
        question: &Question<'_>,
        observer: &O,
    ) -> Option<Route> {
        self.prepare_router(observer).await;
        let vector = question.vector.as_ref()?;
        let prepared = self.router.as_ref()?;
        let mut route = prepared.router.route(&plain(question.text), vector);
        // What is remembered about the question makes it likelier to be asked for, and nothing less so.
        let nearest = self.memories_about(question, 1);
        let score = nearest.first().map_or(0.0, |found| found.score);
        let weight = match score >= MEMORY_FAR {
            true => libm::expf(MEMORY_WEIGHT * (score - MEMORY_NEAR).max(0.0)),
            false => NOTHING_NEAR_WEIGHT,
        };
        route.weigh("recall", weight);
        let context = self.reading_context();
        for tool in tools_named(&self.tools, &prepared.readers) {
            // A tool that finds nothing in the request to work on is less likely to be meant.
            if tool.readings(question.text, &context).is_empty() {
                route.weigh(tool.name(), UNREAD_WEIGHT);
            }
        }
        if route.confidence() < SURE_ENOUGH {
            route.prefer_none();
        }
        Some(route)
    }

    /// Calls `tool` for a question that is in the window, and answers with what it says.
    pub(crate) async fn answer_routed<O: Observer + ?Sized>(
        &mut self,
        tool: &str,
        question: &Question<'_>,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        let context = self.reading_context();
        let reading = match self.tools.get(tool) {
            Ok(tool) => tool.readings(question.text, &context).into_iter().next(),
            Err(error) => {
                report_error(observer, ErrorSource::Tool, &error.to_string());
                self.drop_unanswered(observer);
                return;
            }
        };
        let (call, caller) = match reading {
            Some(arguments) => {
                (ToolCall { id: String::new(), name: tool.into(), arguments }, Caller::Router)
            }
            None => match self.written_call(tool, question, pacer, observer, cancel).await {
                Some(call) => (call, Caller::Model),
                None => {
                    self.drop_unanswered(observer);
                    self.report_context(observer);
                    return;
                }
            },
        };
        match self.call_tool(&call, caller, observer, cancel).await {
            Ok(output) => {
                let kept = for_model(tool, &output);
                self.say(&output.statement, &kept, StopReason::EndOfTurn, observer);
            }
            Err(error) => {
                let is_stopped = error == Refusal::Stopped.into();
                let reason = if is_stopped { StopReason::Cancelled } else { StopReason::EndOfTurn };
                let kept = self.error_for_model(tool, &error);
                let [text, kept] =
                    [error.to_string(), kept].map(|error| format!("That did not work: {error}."));
                self.say(&text, &kept, reason, observer);
            }
        }
    }

    /// Replies with a text that the model has not made. What is `kept` of it in the window has marks
    /// around what comes from outside.
    fn say<O: Observer + ?Sized>(
        &mut self,
        text: &str,
        kept: &str,
        stop_reason: StopReason,
        observer: &O,
    ) {
        let Some(model) = &self.model else { return };
        let tokens = model.encode(kept, SpecialTokens::Literal);
        observer.on_event(&AgentEvent::ReplyStarted);
        observer.on_event(&AgentEvent::TextDelta { text });
        observer.on_event(&AgentEvent::ReplyFinished(ReplyReport {
            text,
            tokens: tokens.len(),
            prompt_tokens: self.window.usage().used,
            reused_tokens: self.window.usage().used,
            prefill_tok_s: None,
            decode_tok_s: None,
            stop_reason,
        }));
        let reply = Message::new(Role::Assistant, kept);
        if let Err(error) = self.window.push_reply(model, reply, &tokens) {
            report_error(observer, ErrorSource::Model, &error.to_string());
        }
        self.report_context(observer);
    }
}

/// Whether a tool reads at least one of its own examples.
fn reads_requests(tool: &dyn Tool, context: &ReadingContext) -> bool {
    tool.examples().iter().any(|example| !tool.readings(example.request, context).is_empty())
}
