//! A reply as it comes in: bytes of tokens to whole characters, and tool calls apart from text.
//!
//! Tokens may cut a character, or the marker of a call, in two. So bytes that do not yet make a
//! character wait for the rest, and text that may be the beginning of a call is held back until it is
//! clear whether it is one.

use super::{
    CallError, CallFormat, ToolCall,
    body::{Body, End},
    openings::{Context, Search},
};
use alloc::{format, string::String, vec::Vec};
use llm_inference::model::Message;

/// Characters of an id; Mistral's templates take no other.
const ID_LEN: usize = 9;
/// What the ids of numbered calls begin with, before five digits.
const NUMBERED: &str = "call";

/// A part of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text to be shown.
    Text(String),
    /// A call.
    Call(ToolCall),
    /// A call that cannot be read, or that the end of the reply cut off.
    Unreadable {
        /// What stands there, without the markers around it.
        text: String,
        /// What is wrong with it.
        error: CallError,
    },
}

/// Where in a reply the stream is.
#[derive(Clone, Debug)]
enum Place {
    /// In text, or before or between calls.
    Text(Context),
    /// In a call.
    Call(Body),
}

/// Splits a reply into its parts while it is generated.
#[derive(Clone, Debug)]
pub struct ReplyStream {
    format: CallFormat,
    /// Bytes that do not make a whole character yet; at most 3.
    bytes: Vec<u8>,
    /// Characters of which it is not yet clear what they are: the possible beginning of a call, or
    /// the call so far.
    pending: String,
    place: Place,
    /// The last number that a call was given.
    numbered: u64,
    /// The ids of the calls so far.
    ids: Vec<String>,
}

impl ReplyStream {
    /// The stream of one reply. Calls without an id that templates take, and that no other call of the
    /// reply has, are numbered on from `numbered`.
    pub const fn new(format: CallFormat, numbered: u64) -> Self {
        Self {
            format,
            bytes: Vec::new(),
            pending: String::new(),
            place: Place::Text(Context::Start),
            numbered,
            ids: Vec::new(),
        }
    }

    /// Takes the bytes of one more token and gives the parts that are complete with it.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
        self.decode(bytes);
        let mut parts = Vec::new();
        self.split(&mut parts);
        parts
    }

    /// Ends the reply and gives what was held back. Bytes of an unfinished character become U+FFFD.
    pub fn finish(&mut self) -> Vec<Part> {
        if !self.bytes.is_empty() {
            self.bytes.clear();
            self.pending.push(char::REPLACEMENT_CHARACTER);
        }
        let mut parts = Vec::new();
        loop {
            self.split(&mut parts);
            let mut rest = core::mem::take(&mut self.pending);
            let Place::Call(body) =
                core::mem::replace(&mut self.place, Place::Text(Context::Start))
            else {
                push_text(&mut parts, rest);
                return parts;
            };
            // A quote that was never closed may have hidden the end of the call, or the next one.
            if let Some(End { len, marker }) = body.end_within_strings(&rest) {
                self.pending = rest.split_off(len + marker);
                rest.truncate(len);
                self.read(rest, &mut parts);
                self.place = Place::Text(Context::Middle);
                continue;
            }
            let next = self.format.next_marker(&rest);
            self.pending = next.map(|next| rest.split_off(next)).unwrap_or_default();
            parts.push(Part::Unreadable {
                text: rest,
                error: CallError::Unclosed { end: body.wanted() },
            });
            if next.is_none() {
                return parts;
            }
            self.place = Place::Text(Context::Middle);
        }
    }

    /// Adds the characters that are whole to `pending`; invalid sequences become U+FFFD.
    fn decode(&mut self, bytes: &[u8]) {
        let bytes = [&core::mem::take(&mut self.bytes)[..], bytes].concat();
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.pending.push_str(chunk.valid());
            let invalid = chunk.invalid();
            let may_go_on = chunks.peek().is_none()
                && core::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if may_go_on {
                self.bytes.extend_from_slice(invalid);
            } else if !invalid.is_empty() {
                self.pending.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    /// Takes the parts that are complete off `pending`.
    fn split(&mut self, parts: &mut Vec<Part>) {
        let mut pending = core::mem::take(&mut self.pending);
        let mut done = 0;
        loop {
            let rest = &pending[done..];
            match &mut self.place {
                Place::Text(context) => match self.format.find_opening(*context, rest) {
                    Search::Found { start, body } => {
                        push_text(parts, rest[..start].into());
                        done += body;
                        self.place = Place::Call(Body::new(self.format));
                    }
                    Search::Text(len) => {
                        if len > 0 {
                            push_text(parts, rest[..len].into());
                            *context = Context::Middle;
                        }
                        done += len;
                        break;
                    }
                },
                Place::Call(body) => {
                    let Some(End { len, marker }) = body.end(rest) else {
                        break;
                    };
                    let call = String::from(&rest[..len]);
                    self.place = Place::Text(Body::after(self.format, &call));
                    self.read(call, parts);
                    done += len + marker;
                }
            }
        }
        pending.drain(..done);
        self.pending = pending;
    }

    /// Reads what stands between markers and numbers the calls that have no id of their own.
    fn read(&mut self, text: String, parts: &mut Vec<Part>) {
        for call in self.format.read(&text) {
            parts.push(match call {
                Ok(call) => {
                    let own = call.id.filter(|id| is_id(id) && !self.ids.contains(id));
                    let id = own.unwrap_or_else(|| self.next_id());
                    self.ids.push(id.clone());
                    Part::Call(ToolCall { id, name: call.name, arguments: call.arguments })
                }
                Err(error) => Part::Unreadable { text: text.clone(), error },
            });
        }
    }

    fn next_id(&mut self) -> String {
        loop {
            self.numbered += 1;
            let id = format!("{NUMBERED}{:05}", self.numbered % 100_000);
            if !self.ids.contains(&id) {
                return id;
            }
        }
    }
}

/// Whether every template takes this as the id of a call.
fn is_id(text: &str) -> bool {
    text.len() == ID_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The highest number that a call in these messages has; 0 if none has one.
pub fn highest_number<'m>(messages: impl Iterator<Item = &'m Message>) -> u64 {
    let calls = messages.filter_map(|message| message.calls.as_ref()).flat_map(|it| &it.calls);
    let numbers = calls.filter_map(|call| call.id.strip_prefix(NUMBERED)?.parse().ok());
    numbers.max().unwrap_or(0)
}

fn push_text(parts: &mut Vec<Part>, text: String) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}
