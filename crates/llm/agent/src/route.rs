//! Routing: for a model too small to choose a tool and to write its call, the router chooses, and the
//! arguments are read out of the person's own words.
//!
//! The call stands in the window as if the model had written it, so that its answer comes from the
//! same conversation that a larger model would see.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer,
    agent::report_error,
    call::{self, ToolCall},
};
use alloc::string::ToString;
use llm_inference::model::LanguageModel;
use llm_tools::{ReadingContext, Router};

/// Models with fewer weights than this are routed.
pub const SMALL_MODEL_PARAMETERS: u64 = 1_000_000_000;
/// A tool that is less likely than this is not called: an answer in words does less harm.
const SURE_ENOUGH: f32 = 0.35;

/// The router, and whose vectors it was made for.
pub(crate) struct PreparedRouter {
    router: Router,
    fingerprint: u64,
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
        let is_made = |made: &PreparedRouter| made.fingerprint == fingerprint;
        if !self.is_routed() || self.router.as_ref().is_some_and(is_made) {
            return;
        }
        match Router::new(&self.tools, embedder).await {
            Ok(router) => self.router = Some(PreparedRouter { router, fingerprint }),
            Err(error) => report_error(observer, ErrorSource::Agent, &error.to_string()),
        }
    }

    /// The call that answers `request`, if a tool does.
    pub(crate) async fn routed_call<O: Observer + ?Sized>(
        &mut self,
        request: &str,
        observer: &O,
    ) -> Option<ToolCall> {
        if !self.is_routed() {
            return None;
        }
        self.prepare_router(observer).await;
        let prepared = self.router.as_ref()?;
        let vector = match self.host.embedder().embed(request).await {
            Ok(vector) => vector,
            Err(error) => {
                report_error(observer, ErrorSource::Agent, &error.to_string());
                return None;
            }
        };
        let mut route = prepared.router.route(request, &vector);
        if route.tool().is_some() && route.confidence() < SURE_ENOUGH {
            route.prefer_none();
        }
        observer.on_event(&AgentEvent::Routed { route: &route });
        let tool = self.tools.get(route.tool()?).ok()?;
        let context = ReadingContext { now: self.host.machine().date_time() };
        let arguments = tool.readings(request, &context).into_iter().next()?;
        Some(ToolCall { name: tool.name().into(), arguments })
    }
}

impl ToolCall {
    /// The call as a model writes it.
    pub fn written(&self) -> alloc::string::String {
        let call = serde_json::json!({"name": self.name, "arguments": self.arguments});
        alloc::format!("{}{call}{}", call::OPEN, call::CLOSE)
    }
}
