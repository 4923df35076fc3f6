//! Full turns with a scripted model.

mod attempts;
mod commands;
mod conversation;
mod delayed;
mod editing;
mod formats;
mod injection;
mod memory;
mod models;
mod paging;
mod rights;
mod routing;
mod side_by_side;
mod stopping;
mod tool_calls;
mod warm_start;

use crate::{
    Agent, Config,
    testing::{FakeHost, Recorded, Recorder, Script, ScriptedModel, block_on},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::sync::atomic::AtomicBool;
use llm_tools::Registry;
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

    /// An agent on a host that has all its parts.
    pub fn complete<'a>(replies: impl IntoIterator<Item = &'a str>) -> Self {
        let model = ScriptedModel::new(4096, replies.into_iter().map(Script::from));
        Self::with_host(Some(model), FakeHost::complete(), Registry::built_in())
    }

    pub fn without_model() -> Self {
        Self::with_model(None)
    }

    fn with_model(model: Option<ScriptedModel>) -> Self {
        Self::with_host(model, FakeHost::default(), Registry::built_in())
    }

    /// An agent on this host with these tools.
    pub fn with_host(model: Option<ScriptedModel>, host: FakeHost, tools: Registry) -> Self {
        // Tests are few and their hosts small: leaking them spares every test a lifetime.
        let host: &'static FakeHost = Box::leak(Box::new(host));
        Self {
            agent: Agent::new(model, host, Config { tools, ..Config::default() }).unwrap(),
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

    /// Runs a command; gives whether it succeeded, and its output.
    pub fn run(&mut self, line: &str) -> (bool, String) {
        match self.say(line).pop() {
            Some(Recorded::Command(_, ok, output)) => (ok, output),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// The output of a command that succeeds.
    pub fn succeed(&mut self, line: &str) -> String {
        let (ok, output) = self.run(line);
        assert!(ok, "{line}: {output}");
        output
    }

    /// The output of a command that fails.
    pub fn fail(&mut self, line: &str) -> String {
        let (ok, output) = self.run(line);
        assert!(!ok, "{line}: {output}");
        output
    }

    pub fn model(&self) -> &ScriptedModel {
        self.agent.model().unwrap()
    }

    /// What the model was told by its tools, in the cache.
    pub fn told(&self) -> Vec<String> {
        let text = self.model().computed_text();
        text.split("<|im_start|>tool\n")
            .skip(1)
            .map(|rest| rest.split("<|im_end|>").next().unwrap_or_default().to_string())
            .collect()
    }
}

/// A call as the model writes it; `arguments` is JSON.
pub fn call(tool: &str, arguments: &str) -> String {
    format!("<tool_call>{{\"name\": \"{tool}\", \"arguments\": {arguments}}}</tool_call>")
}

/// The text of the last reply.
pub fn last_reply(events: &[Recorded]) -> &str {
    let reply = events.iter().rev().find_map(|event| match event {
        Recorded::Reply(text, ..) => Some(text.as_str()),
        _ => None,
    });
    reply.unwrap_or_else(|| panic!("{events:?}"))
}
