//! Where a call ends: looked for as it comes in, each byte once.

use super::{
    ARGS, CallFormat, FENCE, TOOL_CALL, TOOL_CALLS,
    openings::{Context, is_space},
};

const DOUBLE_QUOTES: &[u8] = b"\"";
const ANY_QUOTES: &[u8] = b"\"'";

/// A call of which the end has not come yet.
#[derive(Clone, Debug)]
pub(super) struct Body {
    shape: Shape,
    /// Bytes that were looked at.
    done: usize,
    /// What closes the string that is open.
    quote: Option<u8>,
    is_escaped: bool,
    /// Brackets that are open.
    depth: usize,
}

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A marker outside of strings.
    Marked { end: &'static str, quotes: &'static [u8] },
    /// The bracket that closes the first one.
    Bracketed { quotes: &'static [u8] },
    /// For Llama to say with the first character: JSON or code.
    JsonOrCode,
    /// For Mistral to say with the first character: a list, or a name and arguments.
    ListOrName,
    /// A bracket after [`ARGS`].
    Named,
}

/// The end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes of the call.
    pub(super) len: usize,
    /// Bytes of what ends it.
    pub(super) marker: usize,
}

impl Body {
    pub(super) const fn new(format: CallFormat) -> Self {
        let shape = match format {
            CallFormat::Own | CallFormat::Hermes => {
                Shape::Marked { end: TOOL_CALL.1, quotes: DOUBLE_QUOTES }
            }
            CallFormat::LlamaJson | CallFormat::LlamaTag => Shape::JsonOrCode,
            CallFormat::MistralList | CallFormat::MistralArgs => Shape::ListOrName,
            CallFormat::GemmaCode => Shape::Marked { end: FENCE, quotes: ANY_QUOTES },
            CallFormat::GemmaJson => Shape::Marked { end: FENCE, quotes: DOUBLE_QUOTES },
        };
        Self { shape, done: 0, quote: None, is_escaped: false, depth: 0 }
    }

    /// Goes on in `text`, which is the call so far and what follows it.
    pub(super) fn end(&mut self, text: &str) -> Option<End> {
        loop {
            match self.shape {
                Shape::Marked { end, quotes } => return self.marked_end(text, end, quotes),
                Shape::Bracketed { quotes } => return self.bracketed_end(text, quotes),
                Shape::JsonOrCode => match self.first(text)? {
                    b'{' => self.shape = Shape::Bracketed { quotes: DOUBLE_QUOTES },
                    _ => self.shape = Shape::Bracketed { quotes: ANY_QUOTES },
                },
                Shape::ListOrName => match self.first(text)? {
                    b'[' => self.shape = Shape::Bracketed { quotes: DOUBLE_QUOTES },
                    _ => self.shape = Shape::Named,
                },
                Shape::Named => {
                    if let Some(end) = self.named_end(text)? {
                        return Some(end);
                    }
                    self.shape = Shape::Bracketed { quotes: DOUBLE_QUOTES };
                }
            }
        }
    }

    /// What should come before the reply ends, in words.
    pub(super) const fn wanted(&self) -> &'static str {
        match self.shape {
            Shape::Marked { end, .. } => end,
            Shape::Named => ARGS,
            Shape::Bracketed { .. } | Shape::JsonOrCode | Shape::ListOrName => "its end",
        }
    }

    /// Where a marker would end it if strings did not count, for a quote that was never closed.
    pub(super) fn end_within_strings(&self, text: &str) -> Option<End> {
        match self.shape {
            Shape::Marked { end, .. } => text.find(end).map(|len| End { len, marker: end.len() }),
            _ => None,
        }
    }

    /// What may follow it, if it says `text`.
    pub(super) fn after(format: CallFormat, text: &str) -> Context {
        match format {
            CallFormat::LlamaJson | CallFormat::LlamaTag => {
                if text.trim_start_matches(is_space).starts_with('{') {
                    Context::AfterJson
                } else {
                    Context::AfterCode
                }
            }
            _ => Context::Middle,
        }
    }

    /// The first byte that is not white space.
    fn first(&mut self, text: &str) -> Option<u8> {
        let rest = text[self.done..].trim_start_matches(is_space);
        self.done = text.len() - rest.len();
        rest.bytes().next()
    }

    /// Whether a byte is part of a string or one of its quotes.
    fn is_quoted(&mut self, byte: u8, quotes: &[u8]) -> bool {
        match self.quote {
            Some(_) if self.is_escaped => self.is_escaped = false,
            Some(_) if byte == b'\\' => self.is_escaped = true,
            Some(quote) if byte == quote => self.quote = None,
            Some(_) => {}
            None if quotes.contains(&byte) => self.quote = Some(byte),
            None => return false,
        }
        true
    }

    fn marked_end(&mut self, text: &str, end: &'static str, quotes: &[u8]) -> Option<End> {
        while let Some(&byte) = text.as_bytes().get(self.done) {
            if !self.is_quoted(byte, quotes) && byte == end.as_bytes()[0] {
                let rest = &text[self.done..];
                if rest.starts_with(end) {
                    return Some(End { len: self.done, marker: end.len() });
                }
                if end.starts_with(rest) {
                    return None;
                }
            }
            self.done += 1;
        }
        None
    }

    fn bracketed_end(&mut self, text: &str, quotes: &[u8]) -> Option<End> {
        while let Some(&byte) = text.as_bytes().get(self.done) {
            self.done += 1;
            if self.is_quoted(byte, quotes) {
                continue;
            }
            match byte {
                b'{' | b'[' | b'(' => self.depth += 1,
                b'}' | b']' | b')' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(End { len: self.done, marker: 0 });
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Looks for [`ARGS`]: `Some(None)` once it is there. Another call before it is the end.
    fn named_end(&mut self, text: &str) -> Option<Option<End>> {
        loop {
            let rest = &text[self.done..];
            self.done += rest.find('[').unwrap_or(rest.len());
            let rest = &text[self.done..];
            if rest.starts_with(ARGS) {
                self.done += ARGS.len();
                return Some(None);
            }
            if rest.starts_with(TOOL_CALLS) {
                return Some(Some(End { len: self.done, marker: 0 }));
            }
            if ARGS.starts_with(rest) || TOOL_CALLS.starts_with(rest) {
                return None;
            }
            self.done += 1;
        }
    }
}
