//! What a call says.

use super::{
    ARGS, CALL_ID, CALL_METHOD, CallError, CallFormat, code,
    json::{self, value},
};
use alloc::{string::String, vec, vec::Vec};
use serde_json::Value;

/// A call as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Value,
}

impl CallFormat {
    /// Reads what stands between the markers: one call or several, in order.
    pub(super) fn read(self, text: &str) -> Vec<Result<Call, CallError>> {
        let text = text.trim();
        let key = self.arguments_key();
        match self {
            Self::Own | Self::Hermes | Self::GemmaJson => vec![json::parse(text, key, false)],
            Self::LlamaJson | Self::LlamaTag if text.starts_with('{') => {
                vec![json::parse(text, key, false)]
            }
            Self::LlamaJson | Self::LlamaTag => vec![code::parse(text, CALL_METHOD)],
            Self::MistralList | Self::MistralArgs if text.starts_with('[') => {
                match json::parse_list(text, key) {
                    Ok(calls) => calls.collect(),
                    Err(error) => vec![Err(error)],
                }
            }
            Self::MistralList | Self::MistralArgs => vec![named(text)],
            Self::GemmaCode => match code::parse_lines(text) {
                Ok(calls) => calls.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            },
        }
    }
}

/// Reads `name[ARGS]{...}` or `name[CALL_ID]id[ARGS]{...}`.
fn named(text: &str) -> Result<Call, CallError> {
    let Some((head, arguments)) = text.split_once(ARGS) else {
        return Err(CallError::NoArguments { key: ARGS });
    };
    let (name, id) = match head.split_once(CALL_ID) {
        Some((name, id)) => (name, Some(id.trim().into())),
        None => (head, None),
    };
    Ok(Call { id, name: name.trim().into(), arguments: value(arguments)? })
}
