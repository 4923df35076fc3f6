//! The three regular expressions that most families cut words with.
//!
//! Each function gives the bytes of the word that a text (not empty) starts with.

use super::{
    super::unicode::{Class, class},
    run,
};

/// GPT-2's expression.
pub(super) fn gpt2_word(text: &str) -> usize {
    if let Some(len_bytes) = contraction(text, |byte| byte) {
        return len_bytes;
    }
    let (space, body) = optional_space(text);
    match body.chars().next().map(class) {
        None | Some(Class::Space) => spaces(text),
        Some(Class::Letter) => space + run(body, is_letter),
        Some(Class::Number) => space + run(body, |c| class(c) == Class::Number),
        Some(_) => space + run(body, |c| class(c).is_other()),
    }
}

/// The expression of cl100k, with numbers of at most `digits`; combining marks are letters if
/// `marks`.
pub(super) fn cl100k_word(text: &str, digits: usize, marks: bool) -> usize {
    if let Some(len_bytes) = contraction(text, |byte| byte.to_ascii_lowercase()) {
        return len_bytes;
    }
    let is_letter = |c| match class(c) {
        Class::Letter => true,
        Class::Mark => marks,
        _ => false,
    };
    // [^\r\n\p{L}\p{N}]?\p{L}+
    let lead = match text.chars().next() {
        Some(first) if !is_letter(first) && can_lead(first) => first.len_utf8(),
        _ => 0,
    };
    match run(&text[lead..], is_letter) {
        0 => number_or_other(text, digits, is_letter, is_line_end),
        letters => lead + letters,
    }
}

/// The expression of o200k, with numbers of at most `digits`; a contraction belongs to the word
/// before it if `contractions`, and else is none.
pub(super) fn o200k_word(text: &str, digits: usize, contractions: bool) -> usize {
    let lead = match text.chars().next() {
        Some(first) if !is_letter(first) && can_lead(first) => first.len_utf8(),
        _ => 0,
    };
    let word = lead + cased_word(&text[lead..]);
    if word == lead {
        return number_or_other(text, digits, is_letter, |c| is_line_end(c) || c == '/');
    }
    match contraction(&text[word..], |byte| byte.to_ascii_lowercase()) {
        Some(contraction) if contractions => word + contraction,
        _ => word,
    }
}

/// `U*l+|U+l*`, with U a letter outside `[a-z]` and l one outside `[A-Z]`: letters that have no
/// case, and all beyond ASCII, are both. 0 if there is no letter.
fn cased_word(text: &str) -> usize {
    let is_lower = |c: char| is_letter(c) && !c.is_ascii_uppercase();
    let uppers = run(text, |c| is_letter(c) && !c.is_ascii_lowercase());
    let lowers = run(&text[uppers..], is_lower);
    if lowers > 0 {
        return uppers + lowers;
    }
    // The first branch gives characters back until one that is both can be its `l+`.
    match text[..uppers].char_indices().rev().find(|&(_, c)| is_lower(c)) {
        Some((at, last)) => at + last.len_utf8(),
        None => uppers,
    }
}

/// `\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+T*|\s*[\r\n]+|\s+(?!\S)|\s+`, with T what satisfies
/// `is_tail`, and `is_letter` for `\p{L}`.
fn number_or_other(
    text: &str,
    digits: usize,
    is_letter: impl Fn(char) -> bool,
    is_tail: impl Fn(char) -> bool,
) -> usize {
    let number = text.chars().take(digits).take_while(|&c| class(c) == Class::Number);
    let number: usize = number.map(char::len_utf8).sum();
    if number > 0 {
        return number;
    }
    let (space, body) = optional_space(text);
    let others = run(body, |c| class(c).is_other() && !is_letter(c));
    if others > 0 {
        return space + others + run(&body[others..], is_tail);
    }
    let white = &text[..run(text, |c| class(c) == Class::Space)];
    match white.rfind(is_line_end) {
        Some(last_line_end) => last_line_end + 1,
        None => spaces(text),
    }
}

fn is_letter(c: char) -> bool {
    class(c) == Class::Letter
}

const fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

/// `[^\r\n\p{L}\p{N}]` of what is no letter.
fn can_lead(c: char) -> bool {
    !is_line_end(c) && class(c) != Class::Number
}

/// Bytes of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at the start, after `fold` on each byte.
fn contraction(text: &str, fold: impl Fn(u8) -> u8) -> Option<usize> {
    let after = text.strip_prefix('\'')?.as_bytes();
    match (after.first().map(|&b| fold(b))?, after.get(1).map(|&b| fold(b))) {
        (b's' | b't' | b'm' | b'd', _) => Some(2),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(3),
        _ => None,
    }
}

/// `\s+(?!\S)|\s+`: all of the white space at the start, but for its last character where a word
/// follows, as that character belongs to the word.
fn spaces(text: &str) -> usize {
    let all = run(text, |c| class(c) == Class::Space);
    let last = text[..all].chars().next_back().map_or(0, char::len_utf8);
    if all < text.len() && all > last { all - last } else { all }
}

/// One space at the start, if there is one: its length, and what follows.
fn optional_space(text: &str) -> (usize, &str) {
    text.strip_prefix(' ').map_or((0, text), |body| (1, body))
}
