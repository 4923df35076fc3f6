use super::{call, cut_anyhow, parts, text, tool_call, unreadable};
use crate::calls::{CallFormat, Part, ToolCall};
use CallFormat::{GemmaCode, GemmaJson, Hermes, LlamaJson, LlamaTag, MistralArgs, MistralList};
use alloc::{format, string::String, vec::Vec};
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

#[test]
fn reads_each_form_as_its_models_write_it() {
    let expr = json!({"expr": "2+2"});
    for (format, reply, id) in [
        (Hermes, r#"<tool_call>{"name": "calc", "arguments": {"expr": "2+2"}}</tool_call>"#, ""),
        (
            Hermes,
            "<tool_call>\n{\"name\":\"calc\",\"arguments\":{\"expr\":\"2+2\"}}\n</tool_call>",
            "",
        ),
        (LlamaJson, r#"{"name": "calc", "parameters": {"expr": "2+2"}}"#, ""),
        (LlamaJson, "\n{ \"name\" : \"calc\", \"parameters\": {\"expr\": \"2+2\"} }", ""),
        (LlamaJson, r#"<|python_tag|>{"name": "calc", "parameters": {"expr": "2+2"}}"#, ""),
        (LlamaJson, r#"<|python_tag|>calc.call(expr="2+2")"#, ""),
        (LlamaTag, r#"<|python_tag|>calc.call(expr="2+2")"#, ""),
        (LlamaTag, r#"<|python_tag|>{"name": "calc", "parameters": {"expr": "2+2"}}"#, ""),
        (
            MistralList,
            r#"[TOOL_CALLS][{"name": "calc", "arguments": {"expr": "2+2"}, "id": "a1b2c3d4e"}]"#,
            "a1b2c3d4e",
        ),
        (MistralList, r#"[TOOL_CALLS] [{"arguments": {"expr": "2+2"}, "name": "calc"}]"#, ""),
        (MistralArgs, r#"[TOOL_CALLS]calc[ARGS]{"expr": "2+2"}"#, ""),
        (MistralArgs, r#"[TOOL_CALLS]calc[CALL_ID]a1b2c3d4e[ARGS]{"expr": "2+2"}"#, "a1b2c3d4e"),
        (MistralList, r#"[TOOL_CALLS]calc[ARGS]{"expr": "2+2"}"#, ""),
        (GemmaCode, "```tool_code\ncalc(expr='2+2')\n```", ""),
        (
            GemmaJson,
            "```json\n{\n  \"name\": \"calc\",\n  \"parameters\": {\"expr\": \"2+2\"}\n}\n```",
            "",
        ),
    ] {
        let id = if id.is_empty() { "call00001" } else { id };
        assert_eq!(cut_anyhow(format, reply), [call(id, "calc", expr.clone())], "{reply}");
    }
}

#[test]
fn several_calls_come_in_order_each_with_an_id() {
    let (a, b) = (json!({"x": 1}), json!({"y": [true, null]}));
    for (format, reply) in [
        (
            Hermes,
            r#"<tool_call>{"name": "a", "arguments": {"x": 1}}</tool_call><tool_call>{"name": "b", "arguments": {"y": [true, null]}}</tool_call>"#,
        ),
        (
            LlamaJson,
            r#"{"name": "a", "parameters": {"x": 1}}; {"name": "b", "parameters": {"y": [true, null]}}"#,
        ),
        (LlamaTag, "<|python_tag|>a.call(x=1); b.call(y=[True, None])"),
        (
            MistralList,
            r#"[TOOL_CALLS][{"name": "a", "arguments": {"x": 1}}, {"name": "b", "arguments": {"y": [true, null]}}]"#,
        ),
        (MistralArgs, r#"[TOOL_CALLS]a[ARGS]{"x": 1}[TOOL_CALLS]b[ARGS]{"y": [true, null]}"#),
        (GemmaCode, "```tool_code\na(x=1)\n\nb(y=[True, None])\n```"),
        (
            GemmaJson,
            "```json{\"name\": \"a\", \"parameters\": {\"x\": 1}}``````json{\"name\": \"b\", \"parameters\": {\"y\": [true, null]}}```",
        ),
    ] {
        assert_eq!(
            cut_anyhow(format, reply),
            [call("call00001", "a", a.clone()), call("call00002", "b", b.clone())],
            "{reply}"
        );
    }
}

#[test]
fn says_why_a_call_cannot_be_read() {
    for (format, reply, reason) in [
        (
            Hermes,
            "<tool_call></tool_call>",
            "not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (Hermes, "<tool_call>[1]</tool_call>", "not a JSON object"),
        (
            Hermes,
            "<tool_call>{\"arguments\": {}}</tool_call>",
            "\"name\" is missing or not a string",
        ),
        (
            Hermes,
            "<tool_call>{\"name\": 7, \"arguments\": {}}</tool_call>",
            "\"name\" is missing or not a string",
        ),
        (Hermes, "<tool_call>{\"name\": \"calc\"}</tool_call>", "\"arguments\" is missing"),
        (
            Hermes,
            "<tool_call>{\"name\": \"c\", \"arguments\": {}, \"id\": \"1\"}</tool_call>",
            "unknown field \"id\"",
        ),
        (LlamaJson, "{\"name\": \"c\", \"arguments\": {}}", "\"parameters\" is missing"),
        (
            LlamaTag,
            "<|python_tag|>calc(expr=1)",
            "position 5: expected \".call\" and an opening parenthesis",
        ),
        (LlamaTag, "<|python_tag|>calc.call(1)", "position 11: expected an argument as name=value"),
        (MistralList, "[TOOL_CALLS][]", "there is no call in it"),
        (MistralList, "[TOOL_CALLS][1]", "not a JSON object"),
        (
            MistralList,
            "[TOOL_CALLS][{\"name\": \"c\", \"arguments\": {}, \"id\": 1}]",
            "\"id\" is not a string",
        ),
        (MistralArgs, "[TOOL_CALLS]calc[ARGS](1)", "not JSON: expected value at line 1 column 1"),
        (GemmaCode, "```tool_code\n```", "there is no call in it"),
        (
            GemmaCode,
            "```tool_code\nprint(calc(expr='1'))\n```",
            "position 11: expected an equals sign: arguments are named",
        ),
        (GemmaCode, "```tool_code\ncalc(expr=2+2)\n```", "position 11: expected a number"),
        (
            GemmaCode,
            "```tool_code\ncalc(expr='1', expr='2')\n```",
            "argument \"expr\" is there twice",
        ),
        (
            GemmaCode,
            "```tool_code\ncalc(expr='\\d')\n```",
            "position 14: expected an escape such as \\n or \\\"",
        ),
        (GemmaCode, "```tool_code\na() b()\n```", "position 5: expected an end of line"),
        (GemmaJson, "```json\n{\"name\": \"c\"}\n```", "\"parameters\" is missing"),
    ] {
        let parts = cut_anyhow(format, reply);
        assert_eq!(parts.len(), 1, "{reply}: {parts:?}");
        assert_eq!(unreadable(&parts[0]).1, reason, "{reply}");
    }
}

#[test]
fn of_a_list_the_calls_that_can_be_read_are() {
    let reply = r#"[TOOL_CALLS][{"name": "a", "arguments": {}}, {"name": "b"}, {"name": "c", "arguments": {}}]"#;
    let parts = cut_anyhow(MistralList, reply);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0], call("call00001", "a", json!({})));
    assert_eq!(unreadable(&parts[1]).1, "\"arguments\" is missing");
    assert_eq!(parts[2], call("call00002", "c", json!({})));
}

#[test]
fn code_has_the_values_of_python_and_of_json() {
    let reply = "```tool_code\nf(a=\"it's\", b='a \"b\" \\x41\\u00e9\\U0001F600\\ud83d\\ude00', c=-1.5e3,\n  \
                 d={'k': [True, false, None, null]}, **{\"a b\": []})\n```";
    let arguments = json!({
        "a": "it's",
        "b": "a \"b\" Aé😀😀",
        "c": -1500.0,
        "d": {"k": [true, false, null, null]},
        "a b": [],
    });
    assert_eq!(cut_anyhow(GemmaCode, reply), [call("call00001", "f", arguments)]);
}

#[test]
fn code_that_is_nested_too_deep_is_refused() {
    let deep = |depth: usize| {
        let reply = format!("```tool_code\nf(a={}{})\n```", "[".repeat(depth), "]".repeat(depth));
        parts(GemmaCode, reply.as_bytes(), 99)
    };
    assert!(matches!(&deep(60)[..], [Part::Call(_)]));
    assert_eq!(unreadable(&deep(5000)[0]).1, "position 70: expected less nesting");
}

#[test]
fn calls_are_written_as_templates_write_them() {
    let calls = [
        tool_call("abcdefghi", "calc", json!({"expr": "2^10"})),
        tool_call("123456789", "f.g", json!({"a b": true, "c": [1, "x"]})),
    ];
    for (format, text) in [
        (
            Hermes,
            "<tool_call>\n{\"name\": \"calc\", \"arguments\": {\"expr\": \"2^10\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"f.g\", \"arguments\": {\"a b\": true, \"c\": [1, \"x\"]}}\n</tool_call>",
        ),
        (
            LlamaJson,
            "{\"name\": \"calc\", \"parameters\": {\"expr\": \"2^10\"}}; {\"name\": \"f.g\", \"parameters\": {\"a b\": true, \"c\": [1, \"x\"]}}",
        ),
        (
            LlamaTag,
            "<|python_tag|>calc.call(expr=\"2^10\"); f.g.call(c=[1, \"x\"], **{\"a b\": True})",
        ),
        (
            MistralList,
            "[TOOL_CALLS][{\"name\": \"calc\", \"arguments\": {\"expr\": \"2^10\"}, \"id\": \"abcdefghi\"}, {\"name\": \"f.g\", \"arguments\": {\"a b\": true, \"c\": [1, \"x\"]}, \"id\": \"123456789\"}]",
        ),
        (
            MistralArgs,
            "[TOOL_CALLS]calc[CALL_ID]abcdefghi[ARGS]{\"expr\": \"2^10\"}[TOOL_CALLS]f.g[CALL_ID]123456789[ARGS]{\"a b\": true, \"c\": [1, \"x\"]}",
        ),
        (GemmaCode, "```tool_code\ncalc(expr=\"2^10\")\nf.g(c=[1, \"x\"], **{\"a b\": True})\n```"),
        (
            GemmaJson,
            "```json\n{\"name\": \"calc\", \"parameters\": {\"expr\": \"2^10\"}}\n```\n```json\n{\"name\": \"f.g\", \"parameters\": {\"a b\": true, \"c\": [1, \"x\"]}}\n```",
        ),
    ] {
        assert_eq!(format.write(&calls), text);
    }
}

#[test]
fn results_are_written_for_templates_without_a_place_for_them() {
    let call = tool_call("abcdefghi", "calc", json!({}));
    let written = |format: CallFormat| format.write_result(&call, "4\"");
    assert_eq!(written(Hermes), "<tool_response>\n4\"\n</tool_response>");
    assert_eq!(written(LlamaJson), "4\"");
    assert_eq!(
        written(MistralList),
        "[TOOL_RESULTS]{\"content\": \"4\\\"\", \"call_id\": \"abcdefghi\"}[/TOOL_RESULTS]"
    );
    assert_eq!(written(GemmaCode), "```tool_output\n4\"\n```");
}

/// Values whose numbers survive the way through text.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000..1000_i32).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        string().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((string(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Texts with everything in them that could end a call or a string.
fn string() -> impl Strategy<Value = String> {
    let hard = "(\"|'|\\\\|</tool_call>|<tool_call>|\\[TOOL_CALLS\\]|\\[ARGS\\]|```|<\\|python_tag\\|>|[{}\\[\\]();,]|\n|é|😀|a){0,6}";
    prop_oneof![3 => hard.boxed(), 1 => any::<String>().boxed()]
}

fn arguments() -> impl Strategy<Value = Value> {
    let key = prop_oneof![3 => "[a-z_]{1,6}".boxed(), 1 => string().boxed()];
    vec((key, value()), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

/// The same with entries in the order of their names: code has some of them behind the others.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        value => value,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        all in vec((arguments(), "[a-z][a-z0-9_.]{0,8}", "[a-zA-Z0-9]{9}"), 1..4),
        format in prop::sample::select(CallFormat::ALL.to_vec()),
        size in 1_usize..40,
    ) {
        let calls: Vec<ToolCall> = all
            .into_iter()
            .map(|(arguments, name, id)| tool_call(&id, &name, sorted(arguments)))
            .collect();
        let written = format.write(&calls);
        let mut read = parts(format, written.as_bytes(), size);
        read.retain(|part| *part != text("\n"));
        prop_assert_eq!(read.len(), calls.len(), "{}", written);
        for (part, call) in read.into_iter().zip(calls) {
            let Part::Call(read) = part else { panic!("{part:?} in {written}") };
            prop_assert_eq!(read.name, call.name);
            prop_assert_eq!(sorted(read.arguments), call.arguments);
            if matches!(format, MistralList | MistralArgs) {
                prop_assert_eq!(read.id, call.id);
            }
        }
    }
}
