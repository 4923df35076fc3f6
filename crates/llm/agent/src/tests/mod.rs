//! Full turns with a scripted model.

mod commands;
mod conversation;
mod tool_calls;

use crate::{
    Agent, Config,
    testing::{FakeHost, Recorded, Recorder, Script, ScriptedModel, block_on},
};
use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::AtomicBool;
use system_platform::pace::Unpaced;

/// An agent, and everything around it.
pub struct Bench {
    pub agent: Agent<'static, ScriptedModel>,
    pub host: &'static FakeHost,
    pub recorder: Recorder,
    pub cancel: AtomicBool,
}

impl Bench {
    /// An agent whose model gives these replies, in a window of `limit` tokens.
    pub fn with_limit(limit: usize, replies: impl IntoIterator<Item = Script>) -> Self {
        Self::with_model(Some(ScriptedModel::new(limit, replies)))
    }

    pub fn new<'a>(replies: impl IntoIterator<Item = &'a str>) -> Self {
        Self::with_limit(4096, replies.into_iter().map(Script::from))
    }

    pub fn without_model() -> Self {
        Self::with_model(None)
    }

    fn with_model(model: Option<ScriptedModel>) -> Self {
        // Tests are few and their hosts small: leaking them spares every test a lifetime.
        let host: &'static FakeHost = Box::leak(Box::default());
        Self {
            agent: Agent::new(model, host, Config::default()).unwrap(),
            host,
            recorder: Recorder::default(),
            cancel: AtomicBool::new(false),
        }
    }

    /// Enters a line and gives what happened.
    pub fn enter(&mut self, line: &str) -> Vec<Recorded> {
        block_on(self.agent.process_input(line, &Unpaced, &self.recorder, &self.cancel));
        self.recorder.take()
    }

    /// The events of a line that are not about tokens.
    pub fn say(&mut self, line: &str) -> Vec<Recorded> {
        let mut events = self.enter(line);
        events.retain(|event| {
            !matches!(event, Recorded::Input(_) | Recorded::Prefill(..) | Recorded::Context(_))
        });
        events
    }

    pub fn model(&self) -> &ScriptedModel {
        self.agent.model().unwrap()
    }
}
