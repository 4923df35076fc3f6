//! Turns of several calls in the forms of other families.

use super::Bench;
use crate::{
    StopReason, ToolSource,
    testing::{Recorded, ScriptedModel},
};
use alloc::{format, string::String, vec::Vec};

/// Forms by what their templates say, the token that begins their calls, and a reply that remembers a
/// fact and then recalls it.
const TWO_CALLS: [(&str, Option<&str>, &str); 5] = [
    (
        "[TOOL_CALLS]",
        Some("[TOOL_CALLS]"),
        r#"[TOOL_CALLS][{"name": "remember", "arguments": {"text": "the key is red"}, "id": "aaaaaaaa1"}, {"name": "recall", "arguments": {"query": "key"}, "id": "aaaaaaaa2"}]"#,
    ),
    (
        "[TOOL_CALLS][ARGS]",
        Some("[TOOL_CALLS]"),
        r#"[TOOL_CALLS]remember[ARGS]{"text": "the key is red"}[TOOL_CALLS]recall[ARGS]{"query": "key"}"#,
    ),
    (
        "<|python_tag|>",
        Some("<|python_tag|>"),
        r#"<|python_tag|>{"name": "remember", "parameters": {"text": "the key is red"}}; {"name": "recall", "parameters": {"query": "key"}}"#,
    ),
    (
        "ipython",
        None,
        r#"{"name": "remember", "parameters": {"text": "the key is red"}}; {"name": "recall", "parameters": {"query": "key"}}"#,
    ),
    (
        "tool_code",
        None,
        "```tool_code\nremember(text=\"the key is red\")\nrecall(query=\"key\")\n```",
    ),
];

fn bench(template: &str, marker: Option<&str>, replies: [&str; 2]) -> Bench {
    let model = ScriptedModel::new(4096, replies.map(Into::into)).with_template_text(template);
    let model = match marker {
        Some(marker) => model.with_marker(marker),
        None => model,
    };
    Bench::with_model(Some(model))
}

#[test]
fn two_calls_in_one_reply_run_in_order_and_their_results_are_told_in_it() {
    for (template, marker, calls) in TWO_CALLS {
        let mut bench = bench(template, marker, [calls, "It is red."]);
        let events = bench.say("Keep it and look it up.");
        let call = |tool: &str, arguments: &str| {
            Recorded::ToolCall(tool.into(), arguments.into(), ToolSource::Model)
        };
        let result = |tool: &str, text: &str| Recorded::ToolResult(tool.into(), true, text.into());
        assert_eq!(
            events[1..5],
            [
                call("remember", r#"{"text":"the key is red"}"#),
                result("remember", "remembered: the key is red"),
                call("recall", r#"{"query":"key"}"#),
                result("recall", "the key is red"),
            ],
            "{calls}"
        );
        assert_eq!(bench.told(), ["remembered: the key is red", "the key is red"], "{calls}");
        // What was found out and not said stands below the reply.
        let shown = "It is red.\n\nthe key is red";
        let reply = Recorded::Reply(shown.into(), 10, StopReason::EndOfTurn);
        assert_eq!(events.last(), Some(&reply), "{calls}");
        // The calls stand in the conversation as they were written, ids included.
        let text = bench.model().computed_text();
        assert!(text.contains(&format!("assistant\n{calls}<|im_end|>")), "{text}");
    }
}

#[test]
fn of_two_calls_the_one_that_is_refused_is_told_in_its_place() {
    for (template, marker, calls) in TWO_CALLS {
        let mut bench = bench(template, marker, [calls, "It is not known."]);
        bench.succeed("/deny memory.write");
        bench.say("Keep it and look it up.");
        let told: Vec<String> = bench.told();
        let expected = [
            "error: memory.write is not allowed: a rule forbids it (/grants)",
            "nothing is remembered about that",
        ];
        assert_eq!(told, expected, "{calls}");
    }
}

#[test]
fn results_are_told_by_the_id_of_their_call() {
    for (template, marker, calls) in TWO_CALLS {
        let mut bench = bench(template, marker, [calls, "It is red."]);
        bench.say("Keep it and look it up.");
        let segments = bench.agent.window.segments().iter();
        let answers: Vec<_> =
            segments.filter_map(|segment| segment.message.answers.as_ref()).collect();
        let ids: Vec<&str> = answers.iter().map(|call| call.id.as_str()).collect();
        // Those of the model where it gave some.
        let expected = match calls.contains("aaaaaaaa1") {
            true => ["aaaaaaaa1", "aaaaaaaa2"],
            false => ["call00001", "call00002"],
        };
        assert_eq!(ids, expected, "{calls}");
        let names: Vec<&str> = answers.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["remember", "recall"], "{calls}");
    }
}

#[test]
fn calls_of_later_replies_have_other_ids() {
    let one = r#"[TOOL_CALLS]calc[ARGS]{"expr": "6*7"}"#;
    let model = ScriptedModel::new(4096, [one, "42.", one, "42."].map(Into::into))
        .with_template_text("[TOOL_CALLS][ARGS]")
        .with_marker("[TOOL_CALLS]");
    let mut bench = Bench::with_model(Some(model));
    bench.say("What is 6*7?");
    bench.say("And now?");
    let segments = bench.agent.window.segments().iter();
    let ids: Vec<&str> = segments
        .filter_map(|segment| segment.message.answers.as_ref())
        .map(|call| call.id.as_str())
        .collect();
    assert_eq!(ids, ["call00001", "call00002"]);
}

#[test]
fn a_template_without_a_place_for_results_gets_them_in_the_form_of_the_family() {
    let calls = TWO_CALLS[0].2;
    let model = ScriptedModel::new(4096, [calls, "It is red."].map(Into::into))
        .with_template_text("[TOOL_CALLS]")
        .with_marker("[TOOL_CALLS]")
        .without_results();
    let mut bench = Bench::with_model(Some(model));
    bench.say("Keep it and look it up.");
    let told = bench.told();
    let expected =
        r#"[TOOL_RESULTS]{"content": "the key is red", "call_id": "aaaaaaaa2"}[/TOOL_RESULTS]"#;
    assert_eq!(told[1], expected);
}
