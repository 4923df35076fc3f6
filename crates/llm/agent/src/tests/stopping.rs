//! Tools and checks that do not come to an end by themselves.

use super::{Bench, call, conversation::interrupt_after};
use crate::{
    StopReason,
    testing::{FakeHost, Recorded, Script, ScriptedModel},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use core::{
    cell::Cell,
    future::{pending, poll_fn},
    sync::atomic::Ordering,
    task::Poll,
};
use llm_tools::{Example, Registry, Tool, ToolContext, ToolFuture};
use serde_json::{Value, json};
use system_platform::pace::Unpaced;

/// A tool that waits for ever, or computes until it is to stop.
struct Endless {
    schema: Value,
    limit_ms: u64,
    is_busy: bool,
    /// Whether a call is under way.
    is_running: Rc<Cell<bool>>,
}

/// Notes when a call is dropped.
struct Running(Rc<Cell<bool>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Tool for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn description(&self) -> &str {
        "Never ends."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example { request: "Wait for ever.", arguments: "{}" }]
    }

    fn time_limit_ms(&self) -> u64 {
        self.limit_ms
    }

    fn call<'a>(&'a self, _arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        self.is_running.set(true);
        let running = Running(Rc::clone(&self.is_running));
        let is_busy = self.is_busy;
        Box::pin(async move {
            let _running = running;
            while is_busy && (context.breathe)().is_continue() {
                let mut is_due = true;
                poll_fn(|_| match core::mem::take(&mut is_due) {
                    true => Poll::Pending,
                    false => Poll::Ready(()),
                })
                .await;
            }
            pending().await
        })
    }
}

fn bench(limit_ms: u64, is_busy: bool, replies: &[&str]) -> (Bench, Rc<Cell<bool>>) {
    let is_running = Rc::new(Cell::new(false));
    let schema = json!({"type": "object", "properties": {}});
    let tool = Endless { schema, limit_ms, is_busy, is_running: Rc::clone(&is_running) };
    let mut tools = Registry::built_in();
    tools.register(Box::new(tool)).unwrap();
    let replies = replies.iter().map(|reply| Script::from(*reply));
    let model = ScriptedModel::new(4096, replies);
    (Bench::with_host(Some(model), FakeHost::default(), tools), is_running)
}

#[test]
fn a_tool_that_never_ends_is_stopped_at_its_limit_and_the_model_is_told() {
    let (mut bench, is_running) = bench(50, false, &[&call("endless", "{}"), "It took too long."]);
    let events = bench.say("Wait!");
    let message = "stopped after its limit of 50 ms";
    assert!(!is_running.get(), "the call is dropped");
    assert!(events.contains(&Recorded::ToolResult("endless".into(), false, message.into())));
    assert_eq!(bench.told(), ["error: stopped after its limit of 50 ms"]);
    let reply = Recorded::Reply("It took too long.".into(), 17, StopReason::EndOfTurn);
    assert_eq!(events.last(), Some(&reply));
    // The host's clock moves by a millisecond whenever it is looked at.
    let duration_us = bench.agent.audit.records().last().unwrap().duration_us;
    assert!((50_000..100_000).contains(&duration_us), "{duration_us}");
}

#[test]
fn cancelling_stops_a_running_tool_and_ends_the_turn() {
    for is_busy in [false, true] {
        let replies = [&*call("endless", "{}"), "Here I am."];
        let (mut bench, is_running) = bench(u64::MAX, is_busy, &replies);
        let Bench { agent, recorder, cancel, .. } = &mut bench;
        let line = agent.process_input("Wait!", &Unpaced, recorder, cancel);
        interrupt_after(20, cancel, line);
        assert!(!is_running.get(), "the call is dropped");
        let events = bench.recorder.take();
        let end: Vec<Recorded> = events.into_iter().rev().take(2).collect();
        assert_eq!(
            end,
            [
                Recorded::Error("tool".into(), "endless: stopped".into()),
                Recorded::ToolResult("endless".into(), false, "stopped".into()),
            ]
        );
        assert_eq!(bench.agent.audit.verify(), Ok(1));
        bench.cancel.store(false, Ordering::Relaxed);
        let reply = Recorded::Reply("Here I am.".into(), 10, StopReason::EndOfTurn);
        assert_eq!(bench.say("Are you there?"), [reply]);
    }
}

#[test]
fn a_call_by_hand_is_stopped_too() {
    let (mut bench, is_running) = bench(u64::MAX, false, &[]);
    let Bench { agent, recorder, cancel, .. } = &mut bench;
    let line = agent.process_input("/tool endless", &Unpaced, recorder, cancel);
    interrupt_after(20, cancel, line);
    assert!(!is_running.get());
    let last = bench.recorder.take().pop();
    assert_eq!(last, Some(Recorded::Command("tool".into(), false, "stopped".into())));
}

#[test]
fn of_calls_side_by_side_none_is_asked_about_after_the_person_has_stopped() {
    let get = |host: &str| call("http_get", &format!(r#"{{"url": "http://{host}/"}}"#));
    let gets = [get("example.org"), get("example.net")].concat();
    let model = ScriptedModel::new(16_384, [gets.as_str().into(), "Here I am.".into()]);
    let mut bench = Bench::with_host(Some(model), FakeHost::complete(), Registry::built_in());
    bench.host.is_hesitating.set(true);
    let Bench { agent, recorder, cancel, .. } = &mut bench;
    let line = agent.process_input("Get both!", &Unpaced, recorder, cancel);
    interrupt_after(20, cancel, line);
    let events = bench.recorder.take();
    let asked = events.iter().filter(|event| matches!(event, Recorded::Asked(_)));
    assert_eq!(asked.count(), 1, "{events:?}");
    let stopped = Recorded::ToolResult("http_get".into(), false, "stopped".into());
    assert_eq!(events.iter().filter(|event| **event == stopped).count(), 2, "{events:?}");
    bench.cancel.store(false, Ordering::Relaxed);
    let reply = Recorded::Reply("Here I am.".into(), 10, StopReason::EndOfTurn);
    assert_eq!(bench.say("Are you there?"), [reply]);
}

#[test]
fn stopping_takes_an_open_question_back_and_decides_nothing() {
    let write = call("write_file", r#"{"path": "a.txt", "text": "hello"}"#);
    let model = ScriptedModel::new(16_384, [&*write, "Here I am."].map(Script::from));
    let mut bench = Bench::with_host(Some(model), FakeHost::complete(), Registry::built_in());
    bench.host.is_hesitating.set(true);
    let Bench { agent, recorder, cancel, .. } = &mut bench;
    let line = agent.process_input("Write hello into a.txt", &Unpaced, recorder, cancel);
    interrupt_after(20, cancel, line);
    let events = bench.recorder.take();
    assert!(events.contains(&Recorded::Answered(None)), "{events:?}");
    assert!(events.contains(&Recorded::ToolResult("write_file".into(), false, "stopped".into())));
    assert_eq!(bench.host.files.get().unwrap().text("a.txt"), None);
    bench.cancel.store(false, Ordering::Relaxed);
    let reply = Recorded::Reply("Here I am.".into(), 10, StopReason::EndOfTurn);
    assert_eq!(bench.say("Are you there?"), [reply]);
}

#[test]
fn checks_that_wait_for_a_disk_are_stopped_too() {
    let mut bench = Bench::new([]);
    bench.host.has_endless_checks.set(true);
    let Bench { agent, recorder, cancel, .. } = &mut bench;
    let line = agent.process_input("/selftest disk", &Unpaced, recorder, cancel);
    interrupt_after(20, cancel, line);
    let last = bench.recorder.take().pop();
    let is_told = |text: &str| text.contains("FAILED kernel: stopped");
    assert!(matches!(&last, Some(Recorded::Command(_, false, text)) if is_told(text)), "{last:?}");
}
