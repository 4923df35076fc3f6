//! Tool calls as models write them: each family has a form of its own, and a [`CallFormat`] is one of
//! them.
//!
//! [`ReplyStream`] splits a reply into text and calls while it is generated, [`CallFormat::write`]
//! writes calls in the place of the model, [`CallGrammar`] holds what it writes to the tools'
//! schemas, and [`MarkerTokens`] knows the control tokens that stand for a form's markers.
//!
//! From bytes to calls: [`openings`] finds where a call begins, [`body`] where it ends, [`read`] what
//! it says, with [`json`] or [`code`]. What the rest of the agent sees of it is a [`ToolCall`].

mod body;
mod choose;
mod code;
mod error;
mod grammar;
mod json;
mod markers;
mod openings;
mod read;
mod stream;
mod write;

pub use error::CallError;
pub use grammar::CallGrammar;
pub use llm_inference::model::ToolCall;
pub use markers::MarkerTokens;
pub use stream::{Part, ReplyStream, highest_number};

/// A form of tool calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFormat {
    /// Ours, where a model has none: `<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>`.
    Own,
    /// Hermes and Qwen, the same with line breaks:
    /// `<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>`.
    Hermes,
    /// Llama 3, tools of one's own: the reply is `{"name": "f", "parameters": {"a": 1}}`, perhaps after
    /// `<|python_tag|>`, several separated by `;`.
    LlamaJson,
    /// Llama 3, tools that it was trained on: `<|python_tag|>f.call(a=1)`.
    LlamaTag,
    /// Mistral: `[TOOL_CALLS][{"name": "f", "arguments": {"a": 1}, "id": "abcdefghi"}]`.
    MistralList,
    /// Mistral since tokenizer version 11: `[TOOL_CALLS]f[ARGS]{"a": 1}`.
    MistralArgs,
    /// Gemma: ```` ```tool_code\nf(a=1)\n``` ````.
    GemmaCode,
    /// Gemma 3: ```` ```json\n{"name": "f", "parameters": {"a": 1}}\n``` ````.
    GemmaJson,
}

/// Begins and ends a call of Hermes and of ours.
const TOOL_CALL: (&str, &str) = ("<tool_call>", "</tool_call>");
/// Begins a call of Llama.
const PYTHON_TAG: &str = "<|python_tag|>";
/// Stands behind the name of a tool in a call of [`CallFormat::LlamaTag`].
const CALL_METHOD: &str = ".call";
/// Begins calls of Mistral.
const TOOL_CALLS: &str = "[TOOL_CALLS]";
/// Stands between the name and the id of a call of Mistral, if it has one.
const CALL_ID: &str = "[CALL_ID]";
/// Stands before the arguments of a call of Mistral.
const ARGS: &str = "[ARGS]";
/// Begins calls of Gemma as code.
const TOOL_CODE: &str = "```tool_code";
/// Begins a call of Gemma as JSON, if one follows.
const JSON_CODE: &str = "```json";
/// Ends a call of Gemma.
const FENCE: &str = "```";

impl CallFormat {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Own,
        Self::Hermes,
        Self::LlamaJson,
        Self::LlamaTag,
        Self::MistralList,
        Self::MistralArgs,
        Self::GemmaCode,
        Self::GemmaJson,
    ];

    /// The name that JSON calls give their arguments.
    const fn arguments_key(self) -> &'static str {
        match self {
            Self::Own | Self::Hermes | Self::MistralList | Self::MistralArgs => "arguments",
            Self::LlamaJson | Self::LlamaTag | Self::GemmaCode | Self::GemmaJson => "parameters",
        }
    }
}

#[cfg(test)]
mod tests;
