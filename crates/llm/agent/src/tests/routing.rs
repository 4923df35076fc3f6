//! A model too small to choose its tools: the router chooses, and the arguments are the person's words.

use super::{Bench, call};
use crate::{
    StopReason, ToolSource,
    testing::{FakeHost, Recorded, Script, ScriptedModel},
};
use alloc::{boxed::Box, format, vec::Vec};
use llm_tools::{
    Example, Registry, Tool, ToolContext, ToolFuture, ToolOutput, facility::NetworkError,
    tool::done,
};
use serde_json::{Value, json};

/// A tool that is known by its examples alone and reads no request by itself.
struct Weather {
    schema: Value,
}

impl Weather {
    fn new() -> Self {
        let properties = json!({"city": {"type": "string"}, "days": {"type": "integer"}});
        let required = json!(["city", "days"]);
        let schema = json!({
            "type": "object", "properties": properties, "required": required,
            "additionalProperties": false,
        });
        Self { schema }
    }
}

impl Tool for Weather {
    fn name(&self) -> &str {
        "weather"
    }

    fn description(&self) -> &str {
        "Tells the weather of some days."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example {
            request: "Weather forecast for Oslo, 2 days",
            arguments: r#"{"city": "Oslo", "days": 2}"#,
        }]
    }

    fn call<'a>(&'a self, arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        let (city, days) = (arguments["city"].as_str().unwrap_or_default(), &arguments["days"]);
        if city == "Atlantis" {
            let message = "there is no such city".into();
            return done(Err(NetworkError { message }.into()));
        }
        done(Ok(ToolOutput::new(format!("{city} has sun for {days} days"))))
    }
}

fn small(replies: &[&str]) -> ScriptedModel {
    let replies = replies.iter().map(|reply| Script::from(*reply));
    ScriptedModel::new(4096, replies).with_parameters(135_000_000)
}

fn bench(replies: &[&str]) -> Bench {
    let mut tools = Registry::built_in();
    tools.register(Box::new(Weather::new())).unwrap();
    // Arguments that the model writes begin behind what was written in its place.
    let model = small(replies).with_opening("\"weather\", \"arguments\": ");
    Bench::with_host(Some(model), FakeHost::default(), tools)
}

fn routed(tool: &str) -> Recorded {
    Recorded::Routed(Some(tool.into()))
}

/// What a tool was called with, and what was answered; everything else has to be as it should.
fn answered(events: &[Recorded], tool: &str) -> (Value, alloc::string::String) {
    let [
        routing,
        Recorded::ToolCall(name, arguments, ToolSource::Model),
        Recorded::ToolResult(..),
        Recorded::Reply(reply, _, StopReason::EndOfTurn),
    ] = events
    else {
        panic!("{events:?}");
    };
    assert_eq!((routing, name.as_str()), (&routed(tool), tool));
    (serde_json::from_str(arguments).unwrap(), reply.clone())
}

#[test]
fn a_small_model_is_told_of_no_tool_and_the_statement_of_the_tool_is_the_reply() {
    let mut bench = bench(&[]);
    assert!(!bench.agent.window.segments()[0].text().contains("calc("));
    let events = bench.say("15 percent of 80?");
    let (arguments, reply) = answered(&events, "calc");
    assert_eq!(arguments, json!({"expr": "15 percent of 80"}));
    assert!(reply.ends_with("= 12"), "{reply}");
    // Nothing was computed for it.
    assert_eq!(bench.model().computed_total(), 0);
    assert!(bench.agent.window.segments().last().unwrap().text().ends_with("= 12"));
}

#[test]
fn what_is_to_be_remembered_is_recalled() {
    let mut bench = bench(&[]);
    let events = bench.say("Don't forget that the gate code is 4417.");
    let (arguments, reply) = answered(&events, "remember");
    assert_eq!(arguments, json!({"text": "the gate code is 4417"}));
    assert_eq!(reply, "remembered: the gate code is 4417");
    let events = bench.say("What was the gate code?");
    let (_, reply) = answered(&events, "recall");
    assert_eq!(reply, "the gate code is 4417");
}

#[test]
fn what_no_tool_answers_the_model_does() {
    let mut bench = bench(&["A horse walks into a bar."]);
    let events = bench.say("Tell me a joke.");
    let reply = "A horse walks into a bar.";
    assert_eq!(
        events,
        [Recorded::Routed(None), Recorded::Reply(reply.into(), reply.len(), StopReason::EndOfTurn)]
    );
}

#[test]
fn a_tool_registered_at_run_time_gets_arguments_among_the_words_of_the_request() {
    for (wanted, city) in [
        (r#"{"city": "New York", "days": 3}"#, Some("New York")),
        (r#"{"city": "forecast for New", "days": 3}"#, Some("forecast for New")),
        // What the model would make up it cannot say.
        (r#"{"city": "Paris", "days": 12}"#, None),
        ("I cannot do that.", None),
    ] {
        let mut bench = bench(&[wanted]);
        let request = "Weather forecast for New York, 3 days";
        let events = bench.say(request);
        let (arguments, reply) = answered(&events, "weather");
        let chosen = arguments["city"].as_str().unwrap();
        assert!(request.contains(chosen), "{arguments}");
        assert!(city.is_none_or(|city| city == chosen), "{wanted}: {arguments}");
        assert_eq!(arguments["days"], json!(3));
        assert_eq!(reply, format!("{chosen} has sun for 3 days"));
        // What was written to find the arguments is not in the conversation.
        let texts: Vec<&str> =
            bench.agent.window.segments().iter().map(llm_context::Segment::text).collect();
        assert!(!texts.iter().any(|text| text.contains("tool_call")), "{texts:?}");
    }
}

#[test]
fn a_tool_that_leaves_reading_to_the_model_is_as_likely_as_others() {
    // Of the words some are those of the clock, which reads requests.
    let mut bench = bench(&[r#"{"city": "Oslo", "days": 2}"#]);
    let events = bench.say("Weather forecast for Oslo until Christmas, 2 days");
    let (arguments, _) = answered(&events, "weather");
    assert_eq!(arguments, json!({"city": "Oslo", "days": 2}));
}

#[test]
fn a_tool_that_fails_says_so_in_the_reply() {
    let mut bench = bench(&[r#"{"city": "Atlantis", "days": 3}"#]);
    let events = bench.say("Weather forecast for Atlantis, 3 days");
    let (_, reply) = answered(&events, "weather");
    assert_eq!(reply, "That did not work: the network: there is no such city.");
}

#[test]
fn arguments_that_cannot_be_had_leave_no_question_without_a_reply() {
    let script = [Script::Fail];
    let mut tools = Registry::built_in();
    tools.register(Box::new(Weather::new())).unwrap();
    let model = ScriptedModel::new(4096, script).with_parameters(135_000_000);
    let model = model.with_opening("\"weather\", \"arguments\": ");
    let mut bench = Bench::with_host(Some(model), FakeHost::default(), tools);
    let before = bench.agent.usage().used;
    let events = bench.say("Weather forecast for Oslo, 3 days");
    let message = "no arguments for weather: the model computed logits that are not numbers";
    assert_eq!(events[1], Recorded::Error("tool".into(), message.into()));
    assert_eq!(bench.agent.usage().used, before);
}

#[test]
fn without_the_router_a_small_model_calls_by_itself() {
    let calc = call("calc", r#"{"expr": "15 % of 80"}"#);
    let mut bench = bench(&[&*calc, "It is 12."]);
    bench.succeed("/set router 0");
    assert!(bench.agent.window.segments()[0].text().contains("calc("));
    let events = bench.say("15 percent of 80?");
    assert!(!events.iter().any(|event| matches!(event, Recorded::Routed(_))), "{events:?}");
    let reply = Recorded::Reply("It is 12.".into(), 9, StopReason::EndOfTurn);
    assert_eq!(events.last(), Some(&reply), "{events:?}");
    bench.succeed("/set router 1");
    let events = bench.say("15 percent of 80?");
    assert!(events.contains(&routed("calc")), "{events:?}");
}
