//! Turns of several calls in the forms of other families, and with their templates.

extern crate std;

use super::{Bench, last_reply};
use crate::{
    StopReason, ToolSource,
    testing::{Recorded, ScriptedModel},
};
use alloc::{format, string::String, vec::Vec};
use llm_inference::template::ChatTemplate;
use std::fs;

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

/// A template of a public model, the control token that begins its calls, and what stands before a
/// reply to the user and to a tool.
struct Family {
    template: &'static str,
    architecture: &'static str,
    marker: Option<&'static str>,
    openings: [&'static str; 2],
}

const MISTRAL: Family = Family {
    template: "mistral-nemo",
    architecture: "llama",
    marker: Some("[TOOL_CALLS]"),
    openings: ["[/INST]", "[/TOOL_RESULTS]"],
};
const HERMES: Family = Family {
    template: "qwen2.5",
    architecture: "qwen2",
    marker: Some("<tool_call>"),
    openings: ["<|im_start|>assistant\n", "<|im_start|>assistant\n"],
};
const LLAMA: Family = Family {
    template: "llama-3.2",
    architecture: "llama",
    marker: Some("<|python_tag|>"),
    openings: ["assistant<|end_header_id|>\n\n", "assistant<|end_header_id|>\n\n"],
};
const GEMMA: Family = Family {
    template: "gemma-3",
    architecture: "gemma3",
    marker: None,
    openings: ["<start_of_turn>model\n", "<start_of_turn>model\n"],
};

impl Family {
    /// An agent whose model has the template.
    fn bench(&self, replies: &[&str]) -> Bench {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fixtures/templates");
        let path = format!("{folder}/{}.jinja", self.template);
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (template, warning) = ChatTemplate::from_source(Some(&source));
        assert_eq!(warning, None);
        let mut model = ScriptedModel::new(16_384, replies.iter().map(|reply| (*reply).into()))
            .with_template_text(&source)
            .with_chat_template(template)
            .with_architecture(self.architecture);
        if let Some(marker) = self.marker {
            model = model.with_marker(marker);
        }
        for opening in self.openings {
            model = model.with_opening(opening);
        }
        Bench::with_model(Some(model))
    }
}

#[test]
fn calls_and_results_of_public_templates_stand_as_the_models_were_trained_on_them() {
    let json = r#"{"text": "the key is red"}"#;
    let query = r#"{"query": "key"}"#;
    let [remember, recall] = [("remember", json), ("recall", query)];
    let hermes = |(name, arguments): (&str, &str)| {
        format!("<tool_call>\n{{\"name\": \"{name}\", \"arguments\": {arguments}}}\n</tool_call>")
    };
    let llama = |(name, arguments): (&str, &str)| {
        format!("{{\"name\": \"{name}\", \"parameters\": {arguments}}}")
    };
    let code = "```tool_code\nremember(text=\"the key is red\")\nrecall(query=\"key\")\n```";
    let cases = [
        (
            MISTRAL,
            TWO_CALLS[0].2.into(),
            "</s>[TOOL_RESULTS]{\"content\": remembered: the key is red, \"call_id\": \"aaaaaaaa1\"}\
             [/TOOL_RESULTS][TOOL_RESULTS]{\"content\": the key is red, \"call_id\": \"aaaaaaaa2\"}\
             [/TOOL_RESULTS]",
        ),
        (
            HERMES,
            format!("{}\n{}", hermes(remember), hermes(recall)),
            "<|im_end|>\n<|im_start|>user\n<tool_response>\nremembered: the key is red\n\
             </tool_response>\n<tool_response>\nthe key is red\n</tool_response><|im_end|>\n\
             <|im_start|>assistant\n",
        ),
        (
            LLAMA,
            format!("{}; {}", llama(remember), llama(recall)),
            "<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\n\
             \"remembered: the key is red\"<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\n\
             \"the key is red\"<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        ),
        (
            GEMMA,
            code.into(),
            "<end_of_turn>\n<start_of_turn>user\n```tool_output\nremembered: the key is red\n```\
             \n\n```tool_output\nthe key is red\n```<end_of_turn>\n<start_of_turn>model\n",
        ),
    ];
    for (family, calls, results) in cases {
        let mut bench = family.bench(&[&calls, "It is red."]);
        let events = bench.say("Keep it and look it up.");
        assert!(last_reply(&events).starts_with("It is red."), "{events:?}");
        let text = bench.model().computed_text();
        assert!(text.contains(&format!("{calls}{results}It is red.")), "{calls}: {text}");
    }
}

#[test]
fn ids_outlive_saving_undoing_and_loading() {
    let calls = TWO_CALLS[0].2;
    let mut bench = MISTRAL.bench(&[calls, "It is red.", "Never mind.", "Yes.", "No."]);
    bench.say("Keep it and look it up.");
    bench.say("Forget it.");
    bench.succeed("/undo");
    bench.succeed("/save");
    bench.succeed("/reset");
    bench.say("Is it there?");
    bench.succeed("/load");
    bench.say("And now?");
    let text = bench.model().computed_text();
    assert!(text.contains(&format!("[/INST]{calls}</s>[TOOL_RESULTS]")), "{text}");
    for id in ["aaaaaaaa1", "aaaaaaaa2"] {
        assert!(text.contains(&format!("\"call_id\": \"{id}\"}}[/TOOL_RESULTS]")), "{text}");
    }
    let exported = bench.succeed("/export json");
    for id in ["aaaaaaaa1", "aaaaaaaa2"] {
        assert!(exported.contains(&format!("\"id\": \"{id}\"")), "{exported}");
        assert!(exported.contains(&format!("\"tool_call_id\": \"{id}\"")), "{exported}");
    }
}

#[test]
fn an_id_that_a_template_would_refuse_is_replaced() {
    let calls = r#"[TOOL_CALLS][{"name": "calc", "arguments": {"expr": "6*7"}, "id": "1"}]"#;
    let mut bench = MISTRAL.bench(&[calls, "It is 42."]);
    bench.say("/set call_grammar 0");
    bench.say("What is 6*7?");
    let text = bench.model().computed_text();
    let result = "[TOOL_RESULTS]{\"content\": 6*7 = 42, \"call_id\": \"call00001\"}[/TOOL_RESULTS]";
    assert!(text.contains(result), "{text}");
}

#[test]
fn after_a_turn_that_ended_among_its_calls_the_conversation_goes_on() {
    let wrong = r#"[TOOL_CALLS][{"name": "nobody", "arguments": {}, "id": "aaaaaaaa1"}, {"name": "calc", "arguments": {"expr": "6*7"}, "id": "aaaaaaaa2"}]"#;
    let mut bench = MISTRAL.bench(&[wrong, wrong, wrong, "It is 42."]);
    bench.say("/set call_grammar 0");
    let events = bench.say("What is 6*7?");
    let message = "the model was told of 2 calls that failed and made another: the turn ends";
    assert_eq!(events.last(), Some(&Recorded::Error("tool".into(), message.into())));
    assert_eq!(last_reply(&bench.say("And now?")), "It is 42.");
    let text = bench.model().computed_text();
    // Two rounds were answered, the third was not.
    assert_eq!(text.matches("[/TOOL_RESULTS]").count(), 4, "{text}");
}
