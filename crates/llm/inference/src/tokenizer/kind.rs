//! What a token is for.

use super::{TokenizerSpec, turn_ends};
use alloc::vec::Vec;

/// What a token is for, from `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of ordinary text, written as the algorithm writes it.
    Text,
    /// Text as well, but found by its spelling before words are cut.
    UserDefined,
    /// Steers the conversation and stands for no text.
    Control,
    /// One byte, written `<0x0A>`: SentencePiece spells with these what is no token.
    Byte,
}

impl Kind {
    const fn from_ggml(token_type: i32) -> Self {
        match token_type {
            // UNKNOWN (2) is handled as CONTROL (3) wherever llama.cpp asks for either.
            2 | 3 => Self::Control,
            4 => Self::UserDefined,
            6 => Self::Byte,
            _ => Self::Text,
        }
    }
}

/// The kind of each token. Of tokens whose name says that they end a turn, those that the file
/// wants found by their spelling are control tokens. Those that it has as ordinary text stay that:
/// to some models `</s>` is a piece of HTML.
pub(super) fn kinds(spec: &TokenizerSpec<'_>) -> Vec<Kind> {
    if spec.token_types.is_empty() {
        return alloc::vec![Kind::Text; spec.tokens.len()];
    }
    let has_bytes = spec.model == "llama";
    let kind = |(&token_type, token): (&i32, &&[u8])| match Kind::from_ggml(token_type) {
        Kind::UserDefined if turn_ends::is_spelled_so(token) => Kind::Control,
        Kind::Byte if !has_bytes => Kind::Text,
        kind => kind,
    };
    spec.token_types.iter().zip(spec.tokens).map(kind).collect()
}
