//! The control tokens that stand for markers of calls.
//!
//! Such a token has no bytes of its own, so that a reply would not show that a call begins. Here it
//! has those of its spelling.

use super::{ARGS, CALL_ID, CallFormat, PYTHON_TAG, TOOL_CALL, TOOL_CALLS};
use alloc::vec::Vec;
use llm_inference::model::{LanguageModel, SpecialTokens, TokenId};

/// The control tokens of a vocabulary that are markers of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkerTokens {
    tokens: Vec<(TokenId, &'static str)>,
}

impl MarkerTokens {
    /// Looks them up. Markers that a model writes as text are not among them.
    pub fn of(model: &impl LanguageModel, format: CallFormat) -> Self {
        let token = |marker: &&'static str| match model.encode(marker, SpecialTokens::Parse)[..] {
            [token] if model.token_bytes(token).is_empty() => Some((token, *marker)),
            _ => None,
        };
        Self { tokens: format.markers().iter().filter_map(token).collect() }
    }

    /// The bytes that a token adds to a reply: [`LanguageModel::token_bytes`], or the marker that it
    /// stands for.
    pub fn bytes<'m>(&self, model: &'m impl LanguageModel, token: TokenId) -> &'m [u8] {
        match self.tokens.iter().find(|(marker, _)| *marker == token) {
            Some((_, spelling)) => spelling.as_bytes(),
            None => model.token_bytes(token),
        }
    }
}

impl CallFormat {
    /// What may be a token of its own in the vocabularies of this form's models.
    const fn markers(self) -> &'static [&'static str] {
        match self {
            Self::Own | Self::Hermes => &[TOOL_CALL.0, TOOL_CALL.1],
            Self::LlamaJson | Self::LlamaTag => &[PYTHON_TAG],
            Self::MistralList | Self::MistralArgs => &[TOOL_CALLS, CALL_ID, ARGS],
            Self::GemmaCode | Self::GemmaJson => &[],
        }
    }
}
