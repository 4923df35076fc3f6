//! Calls and results written in the place of the model: for examples, and for calls that are made on
//! its behalf.

use super::{
    ARGS, CALL_ID, CALL_METHOD, CallFormat, FENCE, JSON_CODE, PYTHON_TAG, TOOL_CALL, TOOL_CALLS,
    TOOL_CODE, ToolCall, code,
    json::{object, quoted, spaced},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_inference::model::{LanguageModel, SpecialTokens, TokenId};

/// A part of what is written.
enum Piece {
    /// May be a token of its own.
    Marker(&'static str),
    /// Is text, whatever it says.
    Text(String),
}

impl CallFormat {
    /// One or several calls as the model writes them.
    pub fn write(self, calls: &[ToolCall]) -> String {
        let text = |piece| match piece {
            Piece::Marker(marker) => marker.to_string(),
            Piece::Text(text) => text,
        };
        self.pieces(calls).into_iter().map(text).collect()
    }

    /// The beginning of a call up to its arguments, which are JSON then in every form.
    pub fn write_opening(self, tool: &str) -> String {
        let name = quoted(tool);
        let marker = match self {
            Self::Own => "<tool_call>",
            Self::Hermes => "<tool_call>\n",
            Self::MistralList | Self::MistralArgs => "[TOOL_CALLS][",
            Self::GemmaCode | Self::GemmaJson => "```json\n",
            Self::LlamaJson | Self::LlamaTag => "",
        };
        format!("{marker}{{\"name\": {name}, \"{}\": ", self.arguments_key())
    }

    /// The same as tokens. Markers are the model's own tokens where it has them; what the calls say
    /// stays text, even if it spells such a token.
    pub fn encode(self, model: &impl LanguageModel, calls: &[ToolCall]) -> Vec<TokenId> {
        let mut before = String::new();
        let mut tokens = Vec::new();
        for piece in self.pieces(calls) {
            let (text, special) = match &piece {
                Piece::Marker(marker) => (*marker, SpecialTokens::Parse),
                Piece::Text(text) => (text.as_str(), SpecialTokens::Literal),
            };
            tokens.extend(model.encode_after(&before, text, special));
            before.push_str(text);
        }
        tokens
    }

    /// The result of a call, for a model whose chat template has no place for it.
    pub fn write_result(self, call: &ToolCall, result: &str) -> String {
        match self {
            Self::Own | Self::Hermes => format!("<tool_response>\n{result}\n</tool_response>"),
            Self::LlamaJson | Self::LlamaTag => result.into(),
            Self::MistralList | Self::MistralArgs => {
                let (content, id) = (quoted(result), quoted(&call.id));
                format!(
                    "[TOOL_RESULTS]{{\"content\": {content}, \"call_id\": {id}}}[/TOOL_RESULTS]"
                )
            }
            Self::GemmaCode | Self::GemmaJson => format!("```tool_output\n{result}\n```"),
        }
    }

    fn pieces(self, calls: &[ToolCall]) -> Vec<Piece> {
        use Piece::{Marker, Text};
        let object = |call: &ToolCall, id| {
            Text(object(&call.name, self.arguments_key(), &call.arguments, id))
        };
        let mut pieces = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let (is_first, is_last) = (index == 0, index + 1 == calls.len());
            let line = || Text("\n".into());
            match self {
                Self::Own => {
                    pieces.extend([Marker(TOOL_CALL.0), object(call, None), Marker(TOOL_CALL.1)]);
                }
                Self::Hermes => {
                    pieces.extend((!is_first).then(line));
                    pieces.extend([Marker(TOOL_CALL.0), line(), object(call, None), line()]);
                    pieces.push(Marker(TOOL_CALL.1));
                }
                Self::LlamaJson => {
                    pieces.extend((!is_first).then(|| Text("; ".into())));
                    pieces.push(object(call, None));
                }
                Self::LlamaTag => {
                    pieces.push(if is_first { Marker(PYTHON_TAG) } else { Text("; ".into()) });
                    pieces.push(Text(code::write(&call.name, CALL_METHOD, &call.arguments)));
                }
                Self::MistralList => {
                    pieces.extend(is_first.then_some(Marker(TOOL_CALLS)));
                    pieces.push(Text(if is_first { "[".into() } else { ", ".into() }));
                    pieces.push(object(call, Some(&call.id)));
                    pieces.extend(is_last.then(|| Text("]".into())));
                }
                Self::MistralArgs => {
                    pieces.extend([Marker(TOOL_CALLS), Text(call.name.clone())]);
                    pieces.extend([Marker(CALL_ID), Text(call.id.clone())]);
                    pieces.extend([Marker(ARGS), Text(spaced(&call.arguments))]);
                }
                Self::GemmaCode => {
                    pieces.extend(is_first.then_some(Marker(TOOL_CODE)));
                    pieces.extend([line(), Text(code::write(&call.name, "", &call.arguments))]);
                    pieces.extend(is_last.then(line));
                    pieces.extend(is_last.then_some(Marker(FENCE)));
                }
                Self::GemmaJson => {
                    pieces.extend((!is_first).then(line));
                    pieces.extend([Marker(JSON_CODE), line(), object(call, None), line()]);
                    pieces.push(Marker(FENCE));
                }
            }
        }
        pieces
    }
}
