use super::Bench;
use crate::{
    StopReason, ToolSource,
    calls::{CallFormat, Part, ReplyStream},
    testing::{Recorded, Script, ScriptedModel},
};
use alloc::{format, string::String};
use llm_tools::schema;

const CALL: &str = r#"<tool_call>{"name": "calc", "arguments": {"expr": "6*7"}}</tool_call>"#;

fn error(message: &str) -> Recorded {
    Recorded::Error("tool".into(), message.into())
}

/// What the model was told as the results of its tools.
fn results(bench: &Bench) -> String {
    bench.told().join("|")
}

#[test]
fn a_call_is_run_and_its_result_fed_back() {
    let mut bench = Bench::new([&format!("Let me see. {CALL} Done."), "It is 42."]);
    let answer = "It is 42.";
    assert_eq!(
        bench.say("What is 6*7?"),
        [
            Recorded::Reply("Let me see.  Done.".into(), 18 + CALL.len(), StopReason::ToolCall),
            Recorded::ToolCall("calc".into(), r#"{"expr":"6*7"}"#.into(), ToolSource::Model),
            Recorded::ToolResult("calc".into(), true, "42".into()),
            Recorded::Reply(answer.into(), answer.len(), StopReason::EndOfTurn),
        ]
    );
    assert_eq!(results(&bench), "6*7 = 42");
}

#[test]
fn several_calls_in_one_reply_run_in_order() {
    let store =
        r#"<tool_call>{"name": "remember", "arguments": {"text": "the key is red"}}</tool_call>"#;
    let recall = r#"<tool_call>{"name": "recall", "arguments": {"query": "key"}}</tool_call>"#;
    let mut bench = Bench::new([&format!("{store}{recall}"), "Done."]);
    bench.say("Keep it.");
    assert_eq!(results(&bench), "remembered: the key is red|the key is red");
}

#[test]
fn an_unparsable_call_is_shown_and_the_model_is_told() {
    let mut bench = Bench::new(["<tool_call>{\"name\": calc}</tool_call>", "Sorry."]);
    bench.say("/set call_grammar 0");
    let events = bench.say("What is 6*7?");
    let reason = "the tool call cannot be read: not JSON: expected value at line 1 column 10";
    assert_eq!(events[0], error(&format!("{reason}: {{\"name\": calc}}")));
    assert!(
        matches!(&events[1], Recorded::Reply(text, _, StopReason::ToolCall) if text.is_empty())
    );
    assert_eq!(events[2], Recorded::Reply("Sorry.".into(), 6, StopReason::EndOfTurn));
    assert_eq!(results(&bench), format!("error: {reason}"));
}

#[test]
fn a_call_that_the_end_cuts_off_is_shown() {
    let mut bench = Bench::new(["Hm. <tool_call>{\"name\"", "Sorry."]);
    bench.say("/set call_grammar 0");
    let events = bench.say("What is 6*7?");
    let reason = "the tool call cannot be read: the reply ended before </tool_call>";
    assert_eq!(events[0], error(&format!("{reason}: {{\"name\"")));
    assert_eq!(results(&bench), format!("error: {reason}"));
}

#[test]
fn unknown_tools_and_bad_arguments_are_shown_and_the_model_is_told() {
    let unknown = r#"<tool_call>{"name": "math", "arguments": {"expr": "6*7"}}</tool_call>"#;
    let missing = r#"<tool_call>{"name": "calc", "arguments": {}}</tool_call>"#;
    let wrong = r#"<tool_call>{"name": "calc", "arguments": {"expr": "6*"}}</tool_call>"#;
    let mut bench = Bench::new([unknown, missing, wrong, "I give up."]);
    bench.say("/set call_grammar 0");
    let events = bench.say("What is 6*7?");
    for message in [
        "math: there is no tool \"math\"",
        "calc: argument \"expr\" is missing",
        "calc: position 3: expected a number",
    ] {
        assert!(events.contains(&error(message)), "{message}: {events:?}");
    }
    let refused = events.iter().filter(|e| matches!(e, Recorded::ToolResult(_, false, _))).count();
    assert_eq!(refused, 3);
    // The third is one too many.
    assert_eq!(
        results(&bench),
        "error: there is no tool \"math\"|error: argument \"expr\" is missing"
    );
    let message = "the model was told of 2 calls that failed and made another: the turn ends";
    assert_eq!(events.last(), Some(&error(message)));
}

#[test]
fn after_two_calls_that_failed_the_third_may_succeed() {
    let wrong = r#"<tool_call>{"name": "calc", "arguments": {"expr": "6*"}}</tool_call>"#;
    let mut bench = Bench::new([wrong, wrong, CALL, "It is 42."]);
    let events = bench.say("What is 6*7?");
    assert_eq!(
        events.last(),
        Some(&Recorded::Reply("It is 42.".into(), 9, StopReason::EndOfTurn)),
        "{events:?}"
    );
}

#[test]
fn a_result_that_the_reply_does_not_say_is_shown_below_it() {
    for (reply, shown) in [
        ("It is 41.", "It is 41.\n\n6*7 = 42"),
        ("", "6*7 = 42"),
        ("It is **42**.", "It is **42**."),
    ] {
        let mut bench = Bench::new([CALL, reply]);
        let events = bench.say("What is 6*7?");
        let expected = Recorded::Reply(shown.into(), reply.len(), StopReason::EndOfTurn);
        assert_eq!(events.last(), Some(&expected), "{events:?}");
        // The model is not made to believe that it said so.
        assert!(!bench.model().computed_text().contains("41.\n\n6*7"));
    }
    // That something was done need not be said.
    let store =
        r#"<tool_call>{"name": "remember", "arguments": {"text": "the key is red"}}</tool_call>"#;
    let mut bench = Bench::new([store, "Done."]);
    let events = bench.say("Keep it.");
    assert_eq!(events.last(), Some(&Recorded::Reply("Done.".into(), 5, StopReason::EndOfTurn)));
}

#[test]
fn whatever_the_model_would_write_its_calls_can_be_read_and_fit_their_tools() {
    for wanted in [
        r#"<tool_call>{"name": calc}</tool_call>"#,
        r#"<tool_call>{"name": "clac", "arguments": {"expr": "6*7"}}</tool_call>"#,
        r#"<tool_call>{"name": "calc", "arguments": {"expr": 42}}</tool_call>"#,
        r#"<tool_call>{"name": "calc", "arguments": {}}</tool_call>"#,
        r#"<tool_call>{"name": "remember", "arguments": {"text": true, "x": 1}}</tool_call>"#,
        r#"<tool_call>{"arguments": {"expr": "6*7"}, "name": "calc"}</tool_call>"#,
        "<tool_call>calc(6*7)</tool_call>",
        "<tool_call></tool_call><tool_call>[]</tool_call>",
        "Hm. <tool_call>\n{\"name\": \"calc\",",
    ] {
        let mut bench = Bench::new([wanted, "Done."]);
        bench.say("What is 6*7?");
        let text = bench.model().computed_text();
        let (_, written) = text.split_once("What is 6*7?").expect("the question was computed");
        let mut stream = ReplyStream::new(CallFormat::Own, 0);
        let mut parts = stream.push(written.as_bytes());
        parts.extend(stream.finish());
        parts.retain(|part| !matches!(part, Part::Text(_)));
        assert!(!parts.is_empty(), "{wanted}: {written}");
        for part in parts {
            let Part::Call(call) = part else {
                panic!("{wanted}: {part:?} in {written}");
            };
            let tool =
                bench.agent.tools().get(&call.name).unwrap_or_else(|error| panic!("{error}"));
            let checked = schema::check(tool.schema(), &call.arguments);
            assert_eq!(checked, Ok(()), "{wanted}: {call:?}");
        }
    }
}

#[test]
fn a_call_that_has_begun_ends_before_the_reply_is_cut_off() {
    let text = "x".repeat(900);
    let endless = format!(r#"<tool_call>{{"name": "echo", "arguments": {{"text": "{text}"#);
    let mut bench = Bench::new([endless.as_str(), "Done."]);
    bench.say("/set max_tokens 100");
    let events = bench.say("Echo!");
    assert_eq!(events.last(), Some(&error("the reply was cut short: its tool calls were not run")));
    let text = bench.model().computed_text();
    assert!(text.contains("x\"}}</tool_call"), "the call is whole: {text}");
}

#[test]
fn text_outside_of_calls_is_free() {
    let text = "{\"name\": 7} <tool> </tool_call> <tool_cal {";
    let mut bench = Bench::new([text]);
    let events = bench.say("Say it.");
    assert_eq!(events, [Recorded::Reply(text.into(), text.len(), StopReason::EndOfTurn)]);
}

#[test]
fn the_rounds_of_a_turn_are_limited() {
    let mut bench = Bench::new([CALL; 9]);
    let events = bench.say("Loop!");
    let calls = events.iter().filter(|e| matches!(e, Recorded::ToolCall(..))).count();
    assert_eq!(calls, 4);
    assert_eq!(
        events.last(),
        Some(&error("4 rounds of tool calls are the most in one turn: the last was not run"))
    );
}

#[test]
fn a_call_in_a_reply_that_was_cut_short_is_not_run_and_that_is_said() {
    let mut bench = Bench::with_limit(4096, [Script::Endless(format!("{CALL} ").into_bytes())]);
    bench.say(&format!("/set max_tokens {}", CALL.len() + 5));
    let events = bench.say("Loop!");
    assert!(!events.iter().any(|e| matches!(e, Recorded::ToolCall(..))), "{events:?}");
    assert_eq!(events.last(), Some(&error("the reply was cut short: its tool calls were not run")));
}

#[test]
fn a_result_too_large_for_the_window_ends_the_turn_with_its_size() {
    let text = "x".repeat(900);
    let call =
        format!(r#"<tool_call>{{"name": "echo", "arguments": {{"text": "{text}"}}}}</tool_call>"#);
    let mut bench = Bench::with_limit(2048, [call.as_str().into(), "Never said.".into()]);
    bench.say("/set max_tokens 1024");
    let events = bench.say("Echo!");
    let Some(Recorded::Error(source, message)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(source, "context");
    assert!(message.starts_with("the message has 908 tokens"), "{message}");
}

#[test]
fn a_call_by_hand_is_logged_as_the_persons() {
    let mut bench = Bench::new([]);
    assert_eq!(
        bench.say("/tool calc {\"expr\": \"2+2*3\"}"),
        [
            Recorded::ToolCall("calc".into(), r#"{"expr":"2+2*3"}"#.into(), ToolSource::User),
            Recorded::ToolResult("calc".into(), true, "8".into()),
            Recorded::Command("tool".into(), true, "8".into()),
        ]
    );
}

#[test]
fn a_model_calls_in_the_form_of_its_own_template() {
    let arguments = r#"{"expr":"6*7"}"#;
    for (template, marker, call) in [
        (
            "<|python_tag|>",
            Some("<|python_tag|>"),
            r#"<|python_tag|>{"name": "calc", "parameters": {"expr": "6*7"}}"#,
        ),
        ("ipython", None, r#"{"name": "calc", "parameters": {"expr": "6*7"}}"#),
        (
            "[TOOL_CALLS]",
            Some("[TOOL_CALLS]"),
            r#"[TOOL_CALLS][{"name": "calc", "arguments": {"expr": "6*7"}, "id": "abcdefghi"}]"#,
        ),
        ("[TOOL_CALLS][ARGS]", None, r#"[TOOL_CALLS]calc[ARGS]{"expr": "6*7"}"#),
        ("tool_code", None, "Hm. ```tool_code\ncalc(expr=\"6*7\")\n```"),
    ] {
        let model = ScriptedModel::new(4096, [call.into(), "It is 42.".into()]);
        let mut model = model.with_template_text(template);
        if let Some(marker) = marker {
            model = model.with_marker(marker);
        }
        let mut bench = Bench::with_model(Some(model));
        let events = bench.say("What is 6*7?");
        let Recorded::Reply(text, _, StopReason::ToolCall) = &events[0] else {
            panic!("{call}: {events:?}");
        };
        assert!(["", "Hm. "].contains(&text.as_str()), "{text}");
        let expected = Recorded::ToolCall("calc".into(), arguments.into(), ToolSource::Model);
        assert_eq!(events[1], expected, "{call}");
        assert_eq!(results(&bench), "6*7 = 42");
        // The text of the reply has the marker, be it a token or not, and so have the examples.
        let text = bench.model().computed_text();
        assert!(text.contains(&format!("assistant\n{call}<|im_end|>")), "{text}");
        assert!(!text.contains("<tool_call>"), "{text}");
    }
}

#[test]
fn in_every_form_a_call_is_held_to_its_grammar() {
    for (template, wanted) in [
        ("ipython", r#"{"name": clac, "parameters": [1]}"#),
        ("[TOOL_CALLS]", r#"[TOOL_CALLS]{"name": "calc"}"#),
        ("[TOOL_CALLS][ARGS]", "[TOOL_CALLS]clac[ARGS]{}"),
        ("tool_code", "Hm. ```tool_code\nprint(calc('6*7'))\n```"),
    ] {
        let model = ScriptedModel::new(4096, [wanted.into(), "Done.".into()]);
        let mut bench = Bench::with_model(Some(model.with_template_text(template)));
        let events = bench.say("What is 6*7?");
        // A text in it may go on until the reply is cut short, which is said where there is a call.
        let is_call = |event: &Recorded| match event {
            Recorded::ToolCall(..) => true,
            other => *other == error("the reply was cut short: its tool calls were not run"),
        };
        assert!(events.iter().any(is_call), "{wanted}: {events:?}");
        let is_unreadable = |event: &Recorded| matches!(event, Recorded::Error(_, message) if message.contains("cannot be read"));
        assert!(!events.iter().any(is_unreadable), "{wanted}: {events:?}");
    }
}
