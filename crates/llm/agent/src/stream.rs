//! A reply as it comes in: bytes of tokens to whole characters, and tool calls apart from text.
//!
//! Tokens may cut a character, or the marker of a call, in two. So bytes that do not yet make a
//! character wait for the rest, and text that may be the beginning of a marker is held back until
//! it is clear whether it is one.

use crate::call::{CLOSE, OPEN};
use alloc::{string::String, vec::Vec};

/// A part of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text to be shown.
    Text(String),
    /// What stands between the markers of a call.
    Call(String),
    /// A call that the end of the reply cut off.
    UnclosedCall(String),
}

/// Splits a reply into its parts while it is generated.
#[derive(Debug, Default)]
pub struct ReplyStream {
    /// Bytes that do not make a whole character yet; at most 3.
    bytes: Vec<u8>,
    /// Characters of which it is not yet clear what they are: the possible beginning of a marker,
    /// or the call so far.
    pending: String,
    is_in_call: bool,
}

impl ReplyStream {
    /// Takes the bytes of one more token and gives the parts that are complete with it.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
        self.bytes.extend_from_slice(bytes);
        self.decode();
        self.split()
    }

    /// Ends the reply and gives what was held back. Bytes of an unfinished character become U+FFFD.
    pub fn finish(&mut self) -> Vec<Part> {
        if !self.bytes.is_empty() {
            self.bytes.clear();
            self.pending.push(char::REPLACEMENT_CHARACTER);
        }
        let mut parts = self.split();
        // A quote that was never closed may have hidden the end of a call.
        while self.is_in_call
            && let Some(at) = self.pending.find(CLOSE)
        {
            parts.push(Part::Call(self.take(at, CLOSE)));
            self.is_in_call = false;
            parts.extend(self.split());
        }
        let rest = core::mem::take(&mut self.pending);
        if self.is_in_call {
            parts.push(Part::UnclosedCall(rest));
        } else if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        self.is_in_call = false;
        parts
    }

    /// Moves whole characters from `bytes` to `pending`; invalid sequences become U+FFFD.
    fn decode(&mut self) {
        loop {
            match core::str::from_utf8(&self.bytes) {
                Ok(text) => {
                    self.pending.push_str(text);
                    self.bytes.clear();
                    return;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    self.pending.push_str(&String::from_utf8_lossy(&self.bytes[..valid]));
                    let Some(invalid) = error.error_len() else {
                        self.bytes.drain(..valid);
                        return;
                    };
                    self.pending.push(char::REPLACEMENT_CHARACTER);
                    self.bytes.drain(..valid + invalid);
                }
            }
        }
    }

    fn split(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            let (at, marker) = if self.is_in_call {
                (end_of_call(&self.pending), CLOSE)
            } else {
                (self.pending.find(OPEN), OPEN)
            };
            let Some(at) = at else {
                break;
            };
            let text = self.take(at, marker);
            if self.is_in_call {
                parts.push(Part::Call(text));
            } else if !text.is_empty() {
                parts.push(Part::Text(text));
            }
            self.is_in_call = !self.is_in_call;
        }
        if !self.is_in_call {
            let held_back = possible_start(&self.pending, OPEN);
            let rest = self.pending.split_off(self.pending.len() - held_back);
            let text = core::mem::replace(&mut self.pending, rest);
            if !text.is_empty() {
                parts.push(Part::Text(text));
            }
        }
        parts
    }

    /// Removes what stands before the marker at `at`, and the marker.
    fn take(&mut self, at: usize, marker: &str) -> String {
        let rest = self.pending.split_off(at + marker.len());
        self.pending.truncate(at);
        core::mem::replace(&mut self.pending, rest)
    }
}

/// Where a call ends: at the first marker that is not part of a JSON string.
fn end_of_call(call: &str) -> Option<usize> {
    let (mut is_in_string, mut is_escaped) = (false, false);
    for (at, byte) in call.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b'<' if !is_in_string && call[at..].starts_with(CLOSE) => return Some(at),
            _ => {}
        }
    }
    None
}

/// Length in bytes of the longest end of `text` that is a beginning of `marker`.
fn possible_start(text: &str, marker: &str) -> usize {
    (1..marker.len()).rev().find(|&len| text.ends_with(&marker[..len])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The parts of `reply` when it arrives in pieces of `size` bytes; neighbouring texts joined.
    fn parts(reply: &[u8], size: usize) -> Vec<Part> {
        let mut stream = ReplyStream::default();
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

    #[test]
    fn finds_calls_however_the_tokens_cut_them() {
        let reply = "Let me see é. <tool_call>{\"a\": \"<b>\"}</tool_call> 1 < 2 <tool";
        for size in 1..reply.len() {
            assert_eq!(
                parts(reply.as_bytes(), size),
                [
                    Part::Text("Let me see é. ".into()),
                    Part::Call("{\"a\": \"<b>\"}".into()),
                    Part::Text(" 1 < 2 <tool".into()),
                ],
                "{size}"
            );
        }
    }

    #[test]
    fn the_end_of_a_call_within_a_string_is_part_of_the_string() {
        let call = r#"{"text": "a \" </tool_call> b"}"#;
        let reply = alloc::format!("<tool_call>{call}</tool_call>.");
        for size in 1..reply.len() {
            let expected = [Part::Call(call.into()), Part::Text(".".into())];
            assert_eq!(parts(reply.as_bytes(), size), expected, "{size}");
        }
        // Where a quote is not closed, the first end counts.
        assert_eq!(
            parts(b"<tool_call>{\"a}</tool_call> b <tool_call>{}</tool_call>", 5),
            [Part::Call("{\"a}".into()), Part::Text(" b ".into()), Part::Call("{}".into())]
        );
    }

    #[test]
    fn text_is_not_held_back_longer_than_needed() {
        let mut stream = ReplyStream::default();
        assert_eq!(stream.push(b"a <"), [Part::Text("a ".into())]);
        assert_eq!(stream.push(b"b"), [Part::Text("<b".into())]);
        assert_eq!(stream.push(b"<tool_"), []);
        assert_eq!(stream.push(b"<"), [Part::Text("<tool_".into())]);
        assert_eq!(stream.finish(), [Part::Text("<".into())]);
    }

    #[test]
    fn a_character_cut_in_two_waits_for_its_other_half() {
        let mut stream = ReplyStream::default();
        assert_eq!(stream.push(&[b'a', 0xF0, 0x9F]), [Part::Text("a".into())]);
        assert_eq!(stream.push(&[0x98]), []);
        assert_eq!(stream.push(&[0x80]), [Part::Text("😀".into())]);
        assert_eq!(stream.push(&[0xC3]), []);
        assert_eq!(stream.push(b"b"), [Part::Text("\u{FFFD}b".into())]);
        assert_eq!(stream.push(&[0xE2, 0x82]), []);
        assert_eq!(stream.finish(), [Part::Text("\u{FFFD}".into())]);
    }

    #[test]
    fn an_unclosed_call_is_reported() {
        assert_eq!(
            parts(b"Hm <tool_call>{\"name\"", 3),
            [Part::Text("Hm ".into()), Part::UnclosedCall("{\"name\"".into())]
        );
    }

    proptest! {
        #[test]
        fn the_cutting_changes_nothing(
            reply in "(a|é|<|<tool_call>|</tool_call>|\\{\\}|tool_|\"|\\\\){0,20}",
            size in 1_usize..12,
        ) {
            let whole = parts(reply.as_bytes(), reply.len().max(1));
            prop_assert_eq!(parts(reply.as_bytes(), size), whole);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 1_usize..9) {
            let shown: String = parts(&bytes, size).into_iter().map(|part| match part {
                Part::Text(text) | Part::Call(text) | Part::UnclosedCall(text) => text,
            }).collect();
            if !String::from_utf8_lossy(&bytes).contains("tool_call>") {
                prop_assert_eq!(shown, String::from_utf8_lossy(&bytes));
            }
        }
    }
}
