//! Tokens with which a model says that its turn is over.
//!
//! Files name one or two of them; the others are known by how they are written. The list is
//! llama.cpp's.

use super::TokenizerSpec;
use alloc::vec::Vec;

/// Spellings of tokens that end a turn, whatever a file says of them.
const TURN_ENDS: &[&str] = &[
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|calls|>",
    "<|flush|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<｜end▁of▁sentence｜>",
    "</s>",
    "<eos>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<turn|>",
    "<|tool_response>",
    "[e~[",
    // Fill-in-the-middle: padding, and what would begin another repository or file.
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
];

/// Whether a token with this spelling ends a turn.
pub(super) fn is_spelled_so(token: &[u8]) -> bool {
    // Most tokens are no name of anything.
    matches!(token.first(), Some(b'<' | b'[' | b'_'))
        && TURN_ENDS.iter().any(|name| name.as_bytes() == token)
}

/// The tokens that end a turn, sorted: those that the file names, and those spelled so.
pub(super) fn of(spec: &TokenizerSpec<'_>) -> Vec<u32> {
    let find = |name: &str| spec.tokens.iter().position(|&token| token == name.as_bytes());
    let named =
        [spec.eos, spec.eot, spec.eom, spec.fim_pad, spec.fim_repository, spec.fim_separator];
    let spelled = (0..).zip(spec.tokens).filter(|(_, token)| is_spelled_so(token));
    let mut ends: Vec<u32> = named.into_iter().flatten().chain(spelled.map(|(id, _)| id)).collect();
    ends.sort_unstable();
    ends.dedup();

    // Models whose turns have several messages close each but the last with `<|end|>`.
    let has = |name| find(name).is_some();
    let closes_messages =
        (has("<|return|>") && has("<|call|>")) || (has("<|calls|>") && has("<|flush|>"));
    if closes_messages && let Some(end) = find("<|end|>") {
        ends.retain(|&id| id as usize != end);
    }
    // Gemma 4 has another token for the end; `</s>` is text to it.
    if has("<|tool_response>")
        && let Some(end) = find("</s>")
    {
        ends.retain(|&id| id as usize != end);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(tokens: &[&str], eos: Option<u32>) -> Vec<u32> {
        let tokens: Vec<&[u8]> = tokens.iter().map(|token| token.as_bytes()).collect();
        of(&TokenizerSpec { tokens: &tokens, eos, ..TokenizerSpec::default() })
    }

    #[test]
    fn turn_ends_are_named_by_the_file_or_by_themselves() {
        assert_eq!(ends(&["a", "<|im_end|>", "b", "<|file_sep|>"], Some(2)), [1, 2, 3]);
        assert!(ends(&["a", "<|im_end", "im_end"], None).is_empty());
    }

    #[test]
    fn the_end_of_a_message_among_several_is_no_end_of_the_turn() {
        assert_eq!(ends(&["<|end|>", "<|call|>"], None), [0, 1]);
        assert_eq!(ends(&["<|end|>", "<|call|>", "<|return|>"], Some(2)), [1, 2]);
        assert_eq!(ends(&["</s>", "<|tool_response>"], None), [1]);
    }
}
