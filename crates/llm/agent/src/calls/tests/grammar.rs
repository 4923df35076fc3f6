use super::{parts, tool_call};
use crate::calls::{CallFormat, CallGrammar, MarkerTokens, Part, grammar::grammar};
use CallFormat::{
    GemmaCode, GemmaJson, Hermes, LlamaJson, LlamaTag, MistralArgs, MistralList, Own,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use llm_context::testing::ScriptedModel;
use llm_inference::{
    grammar::{Allowed, Constraint},
    model::{LanguageModel, SpecialTokens, TokenId},
};
use llm_tools::{
    Registry, Tool, ToolContext, ToolOutput, schema,
    tool::{Example, ToolFuture},
};
use serde_json::{Value, json};

/// A tool with arguments of every kind, some of which may be left out.
struct Probe(Value, &'static str);

impl Tool for Probe {
    fn name(&self) -> &str {
        self.1
    }

    fn description(&self) -> &str {
        "Probes."
    }

    fn schema(&self) -> &Value {
        &self.0
    }

    fn examples(&self) -> &[Example] {
        &[]
    }

    fn call<'a>(&'a self, _: &'a Value, _: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(core::future::ready(Ok(ToolOutput::new("probed"))))
    }
}

fn registry(with: &[(&'static str, Value)]) -> Registry {
    let mut tools = Registry::built_in();
    for (name, schema) in with {
        tools.register(Box::new(Probe(schema.clone(), name))).unwrap();
    }
    tools
}

fn tools() -> Registry {
    let schema = json!({
        "type": "object",
        "properties": {
            "ratio": {"type": "number"},
            "count": {"type": "integer"},
            "force": {"type": "boolean"},
            "text": {"type": "string"},
        },
        "required": ["count", "force"],
        "additionalProperties": false,
    });
    let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    registry(&[("probe", schema), ("maybe", optional)])
}

/// How each form's call begins, up to where its grammar holds.
fn beginning(format: CallFormat) -> &'static str {
    match format {
        Own | Hermes => "Hm. <tool_call>",
        LlamaJson => "\n{\"name\"",
        LlamaTag => "Hm. <|python_tag|>",
        MistralList | MistralArgs => "Hm. [TOOL_CALLS]",
        GemmaCode => "Hm. ```tool_code",
        GemmaJson => "Hm. ```json\n{ \"name\"",
    }
}

/// Goes on with random tokens among those that are allowed until the turn can end.
fn answer(constraint: &mut Constraint<'_>, beginning: &str, seed: u64) -> String {
    let mut reply = beginning.as_bytes().to_vec();
    for &byte in &reply {
        constraint.accept(TokenId(byte.into())).expect("it is allowed");
    }
    let mut state = seed;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    for left in (1..300_u32).rev() {
        if !constraint.is_active() || constraint.is_complete() && random(3) == 0 {
            break;
        }
        let Ok(Allowed::Only(mask)) = constraint.allowed_within(left) else { panic!("it holds") };
        let tokens: Vec<TokenId> = mask.iter().filter(|token| token.0 < 256).collect();
        // Bytes of text are many and lead nowhere.
        let plain = tokens.iter().copied().filter(|token| token.0 < 128).collect::<Vec<_>>();
        let tokens = if plain.is_empty() { tokens } else { plain };
        if tokens.is_empty() {
            break;
        }
        let token = tokens[random(tokens.len())];
        constraint.accept(token).expect("it is allowed");
        reply.push(token.0 as u8);
    }
    assert!(constraint.is_complete(), "{}", String::from_utf8_lossy(&reply));
    String::from_utf8(reply).expect("it is text")
}

#[test]
fn whatever_a_grammar_allows_can_be_read_and_fits_its_tool() {
    let (model, tools) = (ScriptedModel::new(4096, []), tools());
    for format in CallFormat::ALL {
        let grammar = CallGrammar::new(&model, tools.iter(), format).unwrap();
        let mut constraint = grammar.constraint();
        for seed in 0..60 {
            constraint.restart();
            let reply = answer(&mut constraint, beginning(format), seed);
            let mut calls = 0;
            for part in parts(format, reply.as_bytes(), 7) {
                match part {
                    Part::Text(text) => assert_eq!(text.trim(), "Hm.", "{format:?}: {reply}"),
                    Part::Call(call) => {
                        let tool = tools.get(&call.name).unwrap();
                        let checked = schema::check(tool.schema(), &call.arguments);
                        assert_eq!(checked, Ok(()), "{format:?}: {reply}");
                        calls += 1;
                    }
                    Part::Unreadable { error, .. } => panic!("{format:?}: {error}: {reply}"),
                }
            }
            assert!(calls > 0, "{format:?}: {reply}");
        }
    }
}

/// Whether the constraint lets `reply` pass and end.
fn passes(constraint: &mut Constraint<'_>, reply: &str) -> bool {
    constraint.restart();
    let is_allowed = reply.bytes().all(|byte| constraint.accept(TokenId(byte.into())).is_ok());
    is_allowed && constraint.is_complete()
}

#[test]
fn what_is_written_and_text_pass_and_other_calls_do_not() {
    let (model, tools) = (ScriptedModel::new(4096, []), tools());
    let good = [
        tool_call("abcdefghi", "calc", json!({"expr": "\"2\"\n+é"})),
        tool_call("abcdefghi", "sysinfo", json!({})),
        tool_call("abcdefghi", "probe", json!({"count": -3, "force": true, "text": ""})),
        tool_call("abcdefghi", "probe", json!({"ratio": 0.5, "count": 3, "force": false})),
        tool_call("abcdefghi", "maybe", json!({})),
        tool_call("abcdefghi", "maybe", json!({"a": "b"})),
    ];
    let bad = [
        tool_call("abcdefghi", "clac", json!({"expr": "2"})),
        tool_call("abcdefghi", "calc", json!({})),
        tool_call("abcdefghi", "calc", json!({"expr": 2})),
        tool_call("abcdefghi", "calc", json!({"expr": "2", "x": 1})),
        tool_call("abcdefghi", "probe", json!({"count": 1.5, "force": true})),
    ];
    for format in CallFormat::ALL {
        let grammar = CallGrammar::new(&model, tools.iter(), format).unwrap();
        let mut constraint = grammar.constraint();
        let constraint = &mut constraint;
        for call in &good {
            let one = format.write(core::slice::from_ref(call));
            assert!(passes(constraint, &one), "{format:?}: {one}");
        }
        let all = format.write(&good);
        assert!(passes(constraint, &all), "{format:?}: {all}");
        for call in bad.iter().map(core::slice::from_ref) {
            let one = format.write(call);
            assert!(!passes(constraint, &one), "{format:?}: {one}");
        }
        for text in [
            "",
            "It is 4.",
            "{\"a\": [1]}",
            "{",
            " {\"names\": 1} <|python <tool_ [TOOL_ ``` ```js",
            "```json\n[{\"name\": 1}]\n``` <tool>",
            "<b>",
            "\n\n{ \"name",
        ] {
            assert!(passes(constraint, text), "{format:?}: {text}");
        }
    }
}

#[test]
fn names_that_code_cannot_have_are_blamed() {
    let schema = |key: &str| json!({"type": "object", "properties": {key: {"type": "string"}}});
    let tools = registry(&[("odd", schema("a b"))]);
    let error = grammar(tools.iter(), GemmaCode).unwrap_err();
    assert_eq!(format!("{error}"), "odd#: the name \"a b\" in code is not supported");
    assert!(grammar(tools.iter(), GemmaJson).is_ok());
    let tools = registry(&[("bad", json!({"type": "object", "pattern": "x"}))]);
    let error = format!("{}", grammar(tools.iter(), Hermes).unwrap_err());
    assert!(error.starts_with("bad-arguments-"), "{error}");
    assert!(error.ends_with("#/pattern: pattern is not supported"), "{error}");
    assert!(grammar(Registry::default().iter(), Hermes).is_err());
}

#[test]
fn definitions_of_a_schema_hold_in_code_too() {
    let schema = json!({
        "$defs": {"level": {"enum": ["low", "high"]}},
        "type": "object",
        "properties": {"level": {"$ref": "#/$defs/level"}},
        "required": ["level"],
    });
    let (model, tools) = (ScriptedModel::new(4096, []), registry(&[("set", schema)]));
    let grammar = CallGrammar::new(&model, tools.iter(), GemmaCode).unwrap();
    let mut constraint = grammar.constraint();
    assert!(passes(&mut constraint, "```tool_code\nset(level=\"low\")\n```"));
    assert!(!passes(&mut constraint, "```tool_code\nset(level=\"medium\")\n```"));
}

#[test]
fn control_tokens_that_are_markers_have_the_bytes_of_their_spelling() {
    let model = ScriptedModel::new(4096, []).with_marker("<|python_tag|>");
    let [marker] = model.encode("<|python_tag|>", SpecialTokens::Parse)[..] else {
        panic!("it is one token")
    };
    assert!(model.token_bytes(marker).is_empty());
    let markers = MarkerTokens::of(&model, LlamaTag);
    assert_eq!(markers.bytes(&model, marker), b"<|python_tag|>");
    assert_eq!(markers.bytes(&model, TokenId(97)), b"a");
    assert_eq!(MarkerTokens::of(&model, Hermes), MarkerTokens::default());

    // Written calls have the token too, where it is a marker and not somebody's words.
    let calls = [tool_call("", "echo", json!({"text": "<|python_tag|>"}))];
    let tokens = LlamaTag.encode(&model, &calls);
    assert_eq!(tokens.iter().filter(|&&token| token == marker).count(), 1);
    assert_eq!(tokens[0], marker);

    // The grammar holds from there on.
    let grammar = CallGrammar::new(&model, tools().iter(), LlamaTag).unwrap();
    let mut constraint = grammar.constraint();
    constraint.accept(marker).unwrap();
    assert!(constraint.is_active());
    assert!(!constraint.allows(TokenId(b'x'.into())) && constraint.allows(TokenId(b'c'.into())));
}
