//! Replies with tool calls in every form, split while they come in and read.
//!
//! The first byte chooses the form and how the reply is cut. The rest is the reply.

use crate::Target;
use llm_agent::calls::{CallFormat, Part, ReplyStream, ToolCall};

/// See [`run`].
pub const TARGET: Target = Target { name: "tool_call", run, seeds, words: WORDS, memory_limit };

/// JSON becomes values, of which the smallest take the most for their text; each is there as it was
/// written, read, and written and read again.
const fn memory_limit(len: usize) -> usize {
    (1 << 20) + 2000 * len
}

const WORDS: &[&str] = &[
    "<tool_call>",
    "</tool_call>",
    "<|python_tag|>",
    "[TOOL_CALLS]",
    "[CALL_ID]",
    "[ARGS]",
    "```tool_code\n",
    "```json\n",
    "```",
    "{\"name\": \"f\", ",
    "\"arguments\": {}",
    "\"parameters\": {}",
    "\"id\": \"abcdefghi\"",
    "f.call(",
    "f(a=1)",
    "**{\"a b\": ",
    "; ",
    "\"",
    "'",
    "\\",
    "\\ud83d\\ude00",
    "\\x41",
    "None",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "-1e-7",
    "1e999",
    "\u{1F600}",
];

/// Each form's calls among text, and what has no end.
fn seeds() -> Vec<Vec<u8>> {
    let arguments = serde_json::json!({
        "text": "a \" ' \\ </tool_call> ``` [TOOL_CALLS] }",
        "list": [1, -2.5, true, null, {"k": []}],
        "a b": "\u{1F600}",
    });
    let call =
        |id: &str| ToolCall { id: id.into(), name: "f".into(), arguments: arguments.clone() };
    let calls = [call("abcdefghi"), call("123456789")];
    let mut seeds = Vec::new();
    for (choice, format) in (0..).zip(CallFormat::ALL) {
        let written = format.write(&calls);
        let with = |text: &[u8]| [&[choice], text].concat();
        let around = format!("Let me see.\n{written}\nDone. <");
        seeds.extend([with(written.as_bytes()), with(around.as_bytes())]);
        // Without its end, and with more of it than there should be.
        let written = written.as_bytes();
        seeds.push(with(&written[..written.len() - 1]));
        seeds.push([with(&written[..written.len() / 2]), b"[{(".repeat(500)].concat());
        seeds.push(with(&b"<tool_call>\\\"</tool_call>[TOOL_CALLS]['```tool_code\n".repeat(50)));
    }
    seeds
}

/// However a reply is cut, its parts are the same; what is read can be written and read again; and a
/// reply without calls is its own text.
pub fn run(data: &[u8]) {
    let Some((&choice, reply)) = data.split_first() else { return };
    let format = CallFormat::ALL[usize::from(choice) % CallFormat::ALL.len()];
    let size = 1 + usize::from(choice) / CallFormat::ALL.len();
    let whole = parts(format, reply, reply.len().max(1));
    assert_eq!(parts(format, reply, size), whole, "in pieces of {size}");
    let texts: Vec<&str> = whole.iter().filter_map(text).collect();
    if texts.len() == whole.len() {
        assert_eq!(texts.concat(), String::from_utf8_lossy(reply), "text is left as it is");
    }
    for part in &whole {
        match part {
            Part::Text(_) => {}
            Part::Unreadable { error, .. } => assert!(!error.to_string().is_empty()),
            Part::Call(call) => write_and_read(format, call),
        }
    }
}

/// The parts of a reply that comes in pieces of `size` bytes; neighbouring texts joined.
fn parts(format: CallFormat, reply: &[u8], size: usize) -> Vec<Part> {
    let mut stream = ReplyStream::new(format, 0);
    let mut parts: Vec<Part> = Vec::new();
    let mut add = |part| match (parts.last_mut(), part) {
        (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
        (_, part) => parts.push(part),
    };
    reply.chunks(size).for_each(|piece| stream.push(piece).into_iter().for_each(&mut add));
    stream.finish().into_iter().for_each(&mut add);
    parts
}

fn text(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        Part::Call(_) | Part::Unreadable { .. } => None,
    }
}

/// Writes a call and reads it again. Names that hold a form's own markers cannot be told from them.
fn write_and_read(format: CallFormat, call: &ToolCall) {
    let is_plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
    };
    if !is_plain(&call.name) || !is_plain(&call.id) || !call.arguments.is_object() {
        return;
    }
    let written = format.write(core::slice::from_ref(call));
    match &parts(format, written.as_bytes(), 16)[..] {
        [Part::Call(read)] => assert_eq!(read.name, call.name, "{written}"),
        // Nested as deep as it may be, and written a level deeper.
        [Part::Unreadable { .. }] if written.len() > 64 => {}
        other => panic!("{other:?} of {written}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_seeds_have_calls() {
        let has_call = |seed: &&Vec<u8>| {
            let format = CallFormat::ALL[usize::from(seed[0])];
            parts(format, &seed[1..], 9).iter().any(|part| matches!(part, Part::Call(_)))
        };
        let seeds = seeds();
        let calling = seeds.iter().filter(has_call).count();
        assert!(calling >= 2 * CallFormat::ALL.len(), "{calling} of {}", seeds.len());
    }
}
