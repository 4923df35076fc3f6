//! Every form: read, written, cut anywhere, and held to its grammar.

mod grammar;
mod reading;
mod streaming;

use super::{CallFormat, Part, ReplyStream, ToolCall};
use alloc::{string::String, vec::Vec};
use serde_json::Value;

/// The parts of `reply` when it arrives in pieces of `size` bytes; neighbouring texts joined.
fn parts(format: CallFormat, reply: &[u8], size: usize) -> Vec<Part> {
    let mut stream = ReplyStream::new(format, 0);
    let mut all: Vec<Part> = reply.chunks(size).flat_map(|piece| stream.push(piece)).collect();
    all.extend(stream.finish());
    let mut joined: Vec<Part> = Vec::new();
    for part in all {
        match (joined.last_mut(), part) {
            (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// The parts, which must be the same however the reply is cut.
fn cut_anyhow(format: CallFormat, reply: &str) -> Vec<Part> {
    let whole = parts(format, reply.as_bytes(), reply.len().max(1));
    for size in 1..reply.len() {
        assert_eq!(parts(format, reply.as_bytes(), size), whole, "{format:?}, {size}: {reply}");
    }
    whole
}

fn text(text: &str) -> Part {
    Part::Text(text.into())
}

fn call(id: &str, name: &str, arguments: Value) -> Part {
    Part::Call(tool_call(id, name, arguments))
}

fn tool_call(id: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), arguments }
}

/// What is unreadable, and why.
fn unreadable(part: &Part) -> (&str, String) {
    let Part::Unreadable { text, error } = part else { panic!("{part:?}") };
    let message = alloc::format!("{error}");
    (text, message.replacen("the tool call cannot be read: ", "", 1))
}
