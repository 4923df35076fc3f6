//! Slips of the finger in words of arithmetic: `34 tims 12`.

use super::token::{Token, TokenKind};
use crate::nearest::nearest;

/// Between two numbers.
const INFIXES: [&str; 5] = ["plus", "minus", "times", "divided", "multiplied"];

/// Marks the words that were meant. Only what stands where such a word belongs, and begins as it
/// does, is taken for a slip.
pub fn mend(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let token = &tokens[at];
        if token.kind != TokenKind::Word || token.text.len() < 4 {
            continue;
        }
        let is_behind_number = at > 0 && tokens[at - 1].is_number();
        let next = tokens.get(at + 1);
        let next_is = |words: &[&str]| words.iter().any(|word| next.is_some_and(|it| it.is(word)));
        let is_before_number = next.is_some_and(Token::is_number) || next_is(&["by"]);
        let candidates: &[&'static str] = if next_is(&["root"]) {
            &["square"]
        } else if is_behind_number && next_is(&["of", "off"]) {
            &["percent"]
        } else if !is_behind_number
            && is_before_number
            && ["by", "from"].iter().any(|word| tokens.get(at + 2).is_some_and(|it| it.is(word)))
        {
            &["multiply", "divide", "subtract"]
        } else if is_behind_number && is_before_number {
            &INFIXES
        } else if is_behind_number && token.text.starts_with("sq") && token.text.ends_with('d') {
            &["squared"]
        } else {
            continue;
        };
        if let Some(meant) = nearest(token.text, candidates.iter().copied())
            && token.text.as_bytes()[0].eq_ignore_ascii_case(&meant.as_bytes()[0])
            && meant.len().abs_diff(token.text.len()) <= 1
        {
            tokens[at].slip_of = (!token.text.eq_ignore_ascii_case(meant)).then_some(meant);
        }
    }
}
