//! `llm-cli eval-agent`: how often the agent does what it should.
//!
//! A case is a line of JSON: `setup`, lines that a person enters first; `user`, the line that counts;
//! `tool`, the tool it should lead to, or null for none; `contains`, what the answer has to contain,
//! or null where that cannot be checked. Each case is a conversation of its own with the agent that
//! the system boots, on a machine with fixed facts.

use crate::{
    args::Args,
    error::CliError,
    evaluation::EvaluationHost,
    host::{self, ModelOptions},
};
use llm_agent::{Agent, AgentEvent, Config, Observer, ToolSource};
use llm_inference::engine::Engine;
use llm_memory::{EngineEmbedder, TextEmbedder, WordEmbedder};
use serde::Deserialize;
use std::{cell::RefCell, fmt, path::PathBuf, process::ExitCode, sync::atomic::AtomicBool};
use system_platform::pace::{self, Unpaced};

/// A line of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    setup: Vec<String>,
    user: String,
    tool: Option<String>,
    contains: Option<String>,
}

/// What happened.
#[derive(Debug, Default)]
struct Outcome {
    /// Tools that the model called, and whether they accepted the arguments: a file that is not there
    /// is no fault of these.
    calls: Vec<(String, bool)>,
    /// The last reply.
    reply: String,
}

/// Keeps what happens.
#[derive(Default)]
struct Watcher(RefCell<Outcome>);

impl Observer for Watcher {
    fn on_event(&self, event: &AgentEvent<'_>) {
        let mut outcome = self.0.borrow_mut();
        match event {
            AgentEvent::ToolCall { name, source: ToolSource::Model, .. } => {
                outcome.calls.push(((*name).into(), false));
            }
            AgentEvent::ToolResult { is_about_arguments, .. } => {
                if let Some(call) = outcome.calls.last_mut() {
                    call.1 = !is_about_arguments;
                }
            }
            AgentEvent::ReplyFinished(report) => outcome.reply = report.text.into(),
            _ => {}
        }
    }
}

/// How a case came out, point by point; `None` where it is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    is_right_tool: bool,
    has_valid_arguments: Option<bool>,
    is_right_answer: Option<bool>,
}

impl Marks {
    fn of(case: &Case, outcome: &Outcome) -> Self {
        let calls = &outcome.calls;
        let is_right_tool = match &case.tool {
            None => calls.is_empty(),
            // Whoever tries another one first has not chosen right.
            Some(tool) => !calls.is_empty() && calls.iter().all(|(name, _)| name == tool),
        };
        let has_valid_arguments = (!calls.is_empty()).then(|| calls.iter().all(|(_, ok)| *ok));
        let plain = |text: &str| text.replace(',', "").to_lowercase();
        let reply = plain(&outcome.reply);
        let is_right_answer = case.contains.as_ref().map(|part| reply.contains(&plain(part)));
        Self { is_right_tool, has_valid_arguments, is_right_answer }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: u32,
    all: u32,
}

impl Count {
    fn add(&mut self, mark: Option<bool>) {
        self.right += u32::from(mark == Some(true));
        self.all += u32::from(mark.is_some());
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = f64::from(self.right) / f64::from(self.all.max(1)) * 100.0;
        write!(f, "{} of {} ({percent:.0} %)", self.right, self.all)
    }
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let options = ModelOptions::from_args(&mut args)?;
    let path: PathBuf = args.required("--cases")?;
    let embedding: Option<PathBuf> = args.option("--embedding")?;
    args.words(0)?;
    let text = String::from_utf8_lossy(&host::read(&path)?).into_owned();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let cases: Vec<Case> = lines
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|error| CliError::Fixture { path, error })?;
    let host = options.open()?;
    let encoder = match embedding {
        Some(path) => Some(ModelOptions { path, ..options.clone() }.open()?),
        None => None,
    };
    let embedder = match &encoder {
        Some(encoder) => Some(EngineEmbedder::new(encoder.load_embedder()?, Unpaced)),
        None => None,
    };
    let texts: &dyn TextEmbedder = match &embedder {
        Some(embedder) => embedder,
        None => &WordEmbedder,
    };
    // What one conversation has computed of the beginning of all, the next need not.
    let mut engine = Some(host.load()?);
    let [mut tools, mut arguments, mut answers] = [Count::default(); 3];
    for case in &cases {
        let outcome = converse(&mut engine, texts, case)?;
        let marks = Marks::of(case, &outcome);
        tools.add(Some(marks.is_right_tool));
        arguments.add(marks.has_valid_arguments);
        answers.add(marks.is_right_answer);
        report(case, &outcome, marks);
    }
    println!("right tool      {tools}\nvalid arguments {arguments}\nright answer    {answers}");
    Ok(ExitCode::SUCCESS)
}

/// Has the conversation of a case.
fn converse(
    engine: &mut Option<Engine<'_>>,
    embedder: &dyn TextEmbedder,
    case: &Case,
) -> Result<Outcome, CliError> {
    let host = EvaluationHost::new(embedder);
    let mut agent = Agent::new(engine.take(), &host, Config::default())
        .map_err(|error| CliError::Agent(error.to_string()))?;
    let cancel = AtomicBool::new(false);
    let mut watcher = Watcher::default();
    for line in case.setup.iter().chain([&case.user]) {
        watcher = Watcher::default();
        pace::run(agent.process_input(line, &Unpaced, &watcher, &cancel));
    }
    *engine = agent.into_model();
    Ok(watcher.0.into_inner())
}

fn report(case: &Case, outcome: &Outcome, marks: Marks) {
    let is_right = marks.is_right_tool
        && marks.has_valid_arguments != Some(false)
        && marks.is_right_answer != Some(false);
    let calls: Vec<&str> = outcome.calls.iter().map(|(name, _)| name.as_str()).collect();
    println!(
        "{} {:?}: tool {} for {}; {:?}",
        if is_right { "right" } else { "WRONG" },
        case.user,
        if calls.is_empty() { "none".into() } else { calls.join(", ") },
        case.tool.as_deref().unwrap_or("none"),
        outcome.reply
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(
        tool: Option<&str>,
        contains: Option<&str>,
        calls: &[(&str, bool)],
        reply: &str,
    ) -> Marks {
        let case = Case {
            setup: Vec::new(),
            user: String::new(),
            tool: tool.map(String::from),
            contains: contains.map(String::from),
        };
        let calls = calls.iter().map(|&(name, ok)| (name.into(), ok)).collect();
        Marks::of(&case, &Outcome { calls, reply: reply.into() })
    }

    #[test]
    fn a_case_is_right_where_tool_arguments_and_answer_are() {
        let found = marks(Some("calc"), Some("1024"), &[("calc", true)], "It is 1,024.");
        assert_eq!(
            found,
            Marks {
                is_right_tool: true,
                has_valid_arguments: Some(true),
                is_right_answer: Some(true)
            }
        );
        assert!(!marks(Some("calc"), None, &[], "42").is_right_tool);
        assert!(!marks(Some("calc"), None, &[("time", true), ("calc", true)], "").is_right_tool);
        assert!(!marks(None, None, &[("calc", true)], "").is_right_tool);
        assert!(marks(None, None, &[], "Hello!").is_right_tool);
        let found = marks(Some("calc"), Some("42"), &[("calc", false)], "I do not know.");
        assert_eq!(found.has_valid_arguments, Some(false));
        assert_eq!(found.is_right_answer, Some(false));
        assert_eq!(marks(None, None, &[], "").is_right_answer, None);
    }
}
