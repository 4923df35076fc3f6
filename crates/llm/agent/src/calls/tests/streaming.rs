use super::{call, cut_anyhow, parts, text, unreadable};
use crate::calls::{CallFormat, Part, ReplyStream, highest_number};
use CallFormat::{GemmaCode, GemmaJson, Hermes, LlamaJson, LlamaTag, MistralArgs, MistralList};
use alloc::{format, string::String, vec::Vec};
use llm_inference::model::{Calls, Message};
use proptest::prelude::*;
use serde_json::json;

#[test]
fn text_around_calls_is_shown() {
    for (format, reply, before, after) in [
        (
            Hermes,
            "Let me see é. <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> 1 < 2 <tool",
            "Let me see é. ",
            " 1 < 2 <tool",
        ),
        (LlamaJson, "Hm <|python_tag|>f.call()\n- so {\"name\": 1}", "Hm ", "\n- so {\"name\": 1}"),
        (LlamaTag, "Hm <|python_tag|>f.call()  ", "Hm ", "  "),
        (MistralList, "[TOOL [TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}] ]", "[TOOL ", " ]"),
        (MistralArgs, "a[TOOL_CALLS]f[ARGS]{}b", "a", "b"),
        (GemmaCode, "```\n```tool_code\nf()\n```\n```", "```\n", "\n```"),
        (GemmaJson, "Here:\n```json\n{\"name\": \"f\", \"parameters\": {}}\n```.", "Here:\n", "."),
    ] {
        assert_eq!(
            cut_anyhow(format, reply),
            [text(before), call("call00001", "f", json!({})), text(after)],
            "{reply}"
        );
    }
    let reply = "{\"name\": \"f\", \"parameters\": {}} That is all.";
    assert_eq!(
        cut_anyhow(LlamaJson, reply),
        [call("call00001", "f", json!({})), text(" That is all.")]
    );
}

#[test]
fn text_that_only_looks_like_a_call_is_text() {
    for (format, reply) in [
        (LlamaJson, "{\"names\": [\"a\"]}"),
        (LlamaJson, "{ \"name"),
        (LlamaJson, "So: {\"name\": \"f\", \"parameters\": {}}"),
        (LlamaJson, "; {\"name\": \"f\", \"parameters\": {}}"),
        (LlamaTag, "{\"name\": \"f\", \"parameters\": {}}"),
        (GemmaJson, "```json\n{\"a\": \"name\"}\n``` and {\"name\": 1}"),
        (GemmaJson, "```json\n[{\"name\": 1}]\n```"),
        (GemmaCode, "```python\nf()\n```"),
        (GemmaCode, "```json\n{\"name\": \"f\", \"parameters\": {}}\n```"),
        (Hermes, "```tool_code\nf()\n``` [TOOL_CALLS] <|python_tag|>f.call()"),
        (MistralList, "[TOOL_CALL] [ARGS] <tool_call>"),
    ] {
        assert_eq!(cut_anyhow(format, reply), [text(reply)]);
    }
    let spaces = format!("{}{{\"name\": 1}}", " ".repeat(99));
    assert_eq!(cut_anyhow(LlamaJson, &spaces), [text(&spaces)]);
}

#[test]
fn markers_within_strings_are_part_of_the_string() {
    for (format, reply, value) in [
        (
            Hermes,
            r#"<tool_call>{"name": "f", "arguments": {"v": "a \" </tool_call> b"}}</tool_call>"#,
            "a \" </tool_call> b",
        ),
        (LlamaJson, r#"{"name": "f", "parameters": {"v": "}; {\"name\""}}"#, "}; {\"name\""),
        (LlamaTag, r#"<|python_tag|>f.call(v='); "\' <|python_tag|>')"#, "); \"' <|python_tag|>"),
        (
            MistralList,
            r#"[TOOL_CALLS][{"name": "f", "arguments": {"v": "}] [TOOL_CALLS]["}}]"#,
            "}] [TOOL_CALLS][",
        ),
        (
            MistralArgs,
            r#"[TOOL_CALLS]f[ARGS]{"v": "} [TOOL_CALLS]g[ARGS]{}"}"#,
            "} [TOOL_CALLS]g[ARGS]{}",
        ),
        (GemmaCode, "```tool_code\nf(v=\"```\\n'```\")\n```", "```\n'```"),
        (GemmaJson, "```json\n{\"name\": \"f\", \"parameters\": {\"v\": \"```\"}}\n```", "```"),
    ] {
        assert_eq!(cut_anyhow(format, reply), [call("call00001", "f", json!({"v": value}))]);
    }
}

#[test]
fn an_unclosed_call_is_reported() {
    for (format, reply, rest, wanted) in [
        (Hermes, "Hm <tool_call>{\"name\"", "{\"name\"", "</tool_call>"),
        (
            LlamaJson,
            "Hm <|python_tag|>{\"name\": \"f\", \"parameters\": {",
            "{\"name\": \"f\", \"parameters\": {",
            "its end",
        ),
        (LlamaTag, "Hm <|python_tag|>f.call(", "f.call(", "its end"),
        (
            MistralList,
            "Hm [TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}}",
            "[{\"name\": \"f\", \"arguments\": {}}",
            "its end",
        ),
        (MistralArgs, "Hm [TOOL_CALLS]", "", "its end"),
        (MistralArgs, "Hm [TOOL_CALLS]f[AR", "f[AR", "[ARGS]"),
        (GemmaCode, "Hm ```tool_code\nf()", "\nf()", "```"),
        (GemmaJson, "Hm ```json {\"name\": \"f\"}", "{\"name\": \"f\"}", "```"),
    ] {
        let parts = cut_anyhow(format, reply);
        assert_eq!(parts[0], text("Hm "), "{reply}");
        let message = format!("the reply ended before {wanted}");
        assert_eq!(unreadable(&parts[1]), (rest, message), "{reply}");
        assert_eq!(parts.len(), 2);
    }
}

#[test]
fn a_quote_that_is_never_closed_hides_one_call_at_most() {
    for (format, reply, hidden) in [
        (
            Hermes,
            "<tool_call>{\"a}</tool_call><tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>",
            "{\"a}",
        ),
        (MistralArgs, "[TOOL_CALLS]f[ARGS]{'\"'[TOOL_CALLS]f[ARGS]{}", "f[ARGS]{'\"'"),
        (MistralArgs, "[TOOL_CALLS]calc, please[TOOL_CALLS]f[ARGS]{}", "calc, please"),
        (LlamaTag, "<|python_tag|>it's<|python_tag|>f.call()", "it's"),
        (GemmaCode, "```tool_code\nf('\n``````tool_code\nf()\n```", "\nf('\n"),
    ] {
        let parts = cut_anyhow(format, reply);
        assert_eq!(unreadable(&parts[0]).0, hidden, "{reply}");
        assert_eq!(parts[1..], [call("call00001", "f", json!({}))], "{reply}");
    }
}

#[test]
fn text_is_not_held_back_longer_than_needed() {
    let mut stream = ReplyStream::new(Hermes, 0);
    assert_eq!(stream.push(b"a <"), [text("a ")]);
    assert_eq!(stream.push(b"b"), [text("<b")]);
    assert_eq!(stream.push(b"<tool_"), []);
    assert_eq!(stream.push(b"<"), [text("<tool_")]);
    assert_eq!(stream.finish(), [text("<")]);

    let mut stream = ReplyStream::new(LlamaJson, 0);
    assert_eq!(stream.push(b" {"), []);
    assert_eq!(stream.push(b" \"nam"), []);
    assert_eq!(stream.push(b"ed"), [text(" { \"named")]);
    assert_eq!(stream.push(b"{\"name\": {"), [text("{\"name\": {")]);

    let mut stream = ReplyStream::new(GemmaJson, 0);
    assert_eq!(stream.push(b"```js"), []);
    assert_eq!(stream.push(b"on\n["), [text("```json\n[")]);

    // A call is there with its last character.
    let mut stream = ReplyStream::new(MistralArgs, 0);
    assert_eq!(stream.push(b"[TOOL_CALLS]f[ARGS]{"), []);
    assert_eq!(stream.push(b"}"), [call("call00001", "f", json!({}))]);
}

#[test]
fn a_character_cut_in_two_waits_for_its_other_half() {
    let mut stream = ReplyStream::new(Hermes, 0);
    assert_eq!(stream.push(&[b'a', 0xF0, 0x9F]), [text("a")]);
    assert_eq!(stream.push(&[0x98]), []);
    assert_eq!(stream.push(&[0x80]), [text("😀")]);
    assert_eq!(stream.push(&[0xC3]), []);
    assert_eq!(stream.push(b"b"), [text("\u{FFFD}b")]);
    assert_eq!(stream.push(&[0xE2, 0x82]), []);
    assert_eq!(stream.finish(), [text("\u{FFFD}")]);
}

/// Replies of pieces that matter to some form.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "<tool_call>",
        "</tool_call>",
        "tool_",
        "<",
        "<|python_tag|>",
        "[TOOL_CALLS]",
        "[ARGS]",
        "[CALL_ID]",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "{\"name\": \"f\"",
        ", \"arguments\": {}",
        ", \"parameters\": {}",
        "f",
        ".call",
        "()",
        "a=1",
        ";",
        ",",
        "```tool_code",
        "```json",
        "```",
        "`",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "é",
        "😀",
        "**{",
        "1",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_cutting_changes_nothing(
        reply in soup(),
        format in prop::sample::select(CallFormat::ALL.to_vec()),
        size in 1_usize..12,
    ) {
        let whole = parts(format, reply.as_bytes(), reply.len().max(1));
        prop_assert_eq!(parts(format, reply.as_bytes(), size), whole);
    }

    #[test]
    fn any_bytes_are_survived_and_text_is_left_as_it_is(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        format in prop::sample::select(CallFormat::ALL.to_vec()),
        size in 1_usize..9,
    ) {
        let parts = parts(format, &bytes, size);
        let reply = String::from_utf8_lossy(&bytes);
        if parts.iter().all(|part| matches!(part, Part::Text(_))) {
            let shown: Vec<Part> = if reply.is_empty() { Vec::new() } else { [text(&reply)].into() };
            prop_assert_eq!(parts, shown);
        }
    }
}

#[test]
fn calls_have_ids_that_templates_take_and_that_no_other_call_of_the_reply_has() {
    let calls = [
        ("1", "call00008"),
        ("call00009", "call00009"),
        ("call00009", "call00010"),
        ("with-dash", "call00011"),
        ("a1b2c3d4e", "a1b2c3d4e"),
    ];
    let mut stream = ReplyStream::new(MistralArgs, 7);
    for (written, id) in calls {
        let reply = alloc::format!("[TOOL_CALLS]f[CALL_ID]{written}[ARGS]{{}}");
        assert_eq!(stream.push(reply.as_bytes()), [call(id, "f", json!({}))], "{written}");
    }
}

#[test]
fn calls_are_numbered_on_from_those_of_the_conversation() {
    let message = |id: &str| {
        let Part::Call(call) = call(id, "f", json!({})) else { unreachable!() };
        let made = Calls { text: String::new(), calls: Vec::from([call]) };
        Message::reply("f", Some(made))
    };
    let conversation = ["call00002", "call00012", "a1b2c3d4e", "callabcde"].map(message);
    assert_eq!(highest_number(conversation.iter()), 12);
    assert_eq!(highest_number([].iter()), 0);
}
