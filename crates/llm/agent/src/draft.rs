//! A reply while it is generated: its tokens, what of them is shown, and the calls in it.

use crate::{
    AgentEvent, ErrorSource, Observer,
    agent::report_error,
    calls::{CallError, CallFormat, MarkerTokens, Part, ReplyStream, ToolCall},
    said::is_said,
};
use alloc::{format, string::String, vec::Vec};
use llm_inference::model::{Calls, LanguageModel, TokenId};
use llm_tools::ToolOutput;

/// A reply while it is generated.
pub(crate) struct Draft {
    /// The tokens, those of calls included.
    pub generated: Vec<TokenId>,
    /// Their bytes.
    pub raw: Vec<u8>,
    /// What was shown.
    pub shown: String,
    stream: ReplyStream,
    pub markers: MarkerTokens,
    pub calls: Vec<Result<ToolCall, CallError>>,
}

impl Draft {
    /// An empty one; its calls are numbered on from `numbered`.
    pub fn new(model: &impl LanguageModel, numbered: u64) -> Self {
        let format = CallFormat::of(model);
        Self {
            generated: Vec::new(),
            raw: Vec::new(),
            shown: String::new(),
            stream: ReplyStream::new(format, numbered),
            markers: MarkerTokens::of(model, format),
            calls: Vec::new(),
        }
    }

    /// Takes one more token and shows what is complete with it.
    pub fn push<O: Observer + ?Sized>(&mut self, token: TokenId, bytes: &[u8], observer: &O) {
        self.generated.push(token);
        self.raw.extend_from_slice(bytes);
        let parts = self.stream.push(bytes);
        self.take(parts, observer);
    }

    pub fn finish<O: Observer + ?Sized>(&mut self, observer: &O) {
        let parts = self.stream.finish();
        self.take(parts, observer);
    }

    /// The calls that can be read, apart from the text. Nothing but the text may have been shown.
    pub fn calls_apart(&self) -> Option<Calls> {
        let calls: Vec<ToolCall> =
            self.calls.iter().filter_map(|call| call.as_ref().ok()).cloned().collect();
        (!calls.is_empty()).then(|| Calls { text: self.shown.trim().into(), calls })
    }

    /// Shows the results that were not said.
    pub fn say_results<O: Observer + ?Sized>(&mut self, results: &[ToolOutput], observer: &O) {
        for result in results.iter().filter(|result| result.is_answer) {
            if is_said(&self.shown, &result.text) {
                continue;
            }
            let gap = if self.shown.trim().is_empty() { "" } else { "\n\n" };
            let text = format!("{gap}{}", result.statement);
            observer.on_event(&AgentEvent::TextDelta { text: &text });
            self.shown.push_str(&text);
        }
    }

    fn take<O: Observer + ?Sized>(&mut self, parts: Vec<Part>, observer: &O) {
        for part in parts {
            match part {
                Part::Text(text) => {
                    observer.on_event(&AgentEvent::TextDelta { text: &text });
                    self.shown.push_str(&text);
                }
                Part::Call(call) => self.calls.push(Ok(call)),
                Part::Unreadable { text, error } => {
                    let message = format!("{error}: {}", text.trim());
                    report_error(observer, ErrorSource::Tool, &message);
                    self.calls.push(Err(error));
                }
            }
        }
    }
}
