//! Python's string operations, as methods and filters share them.

use alloc::{string::String, vec::Vec};

/// White space to Python's `str.strip()` and `str.split()`.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1C'..='\x1F').contains(&character)
}

/// `str.capitalize()`.
pub(super) fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters.flat_map(char::to_lowercase)).collect()
}

/// `str.title()`: letters after what is no letter become capitals, all others small.
pub(super) fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut is_within_word = false;
    for character in text.chars() {
        if is_within_word {
            result.extend(character.to_lowercase());
        } else {
            result.extend(character.to_uppercase());
        }
        is_within_word = character.is_alphabetic();
    }
    result
}

/// `str.split()`: pieces between runs of white space, `limit` cuts at most.
pub(super) fn split_spaces(text: &str, limit: Option<usize>) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if limit.is_some_and(|limit| pieces.len() >= limit) {
            pieces.push(rest.trim_end_matches(is_space));
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        pieces.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    pieces
}

/// `str.splitlines()`.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0B' | '\x0C' | '\x1C'..='\x1E' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(is_end) {
        lines.push(&rest[..end]);
        let after = &rest[end..];
        let width = if after.starts_with("\r\n") {
            2
        } else {
            after.chars().next().map_or(0, char::len_utf8)
        };
        rest = &after[width..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// Replaces the first `limit` occurrences, or all; how many bytes that makes is known beforehand
/// from [`replaced_len`].
pub(super) fn replace(text: &str, from: &str, to: &str, limit: Option<usize>) -> String {
    match limit {
        Some(limit) => text.replacen(from, to, limit),
        None => text.replace(from, to),
    }
}

/// At most so many bytes does [`replace`] make.
pub(super) fn replaced_len(text: &str, from: &str, to: &str) -> usize {
    text.len().saturating_add(text.matches(from).count().saturating_mul(to.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_python_does() {
        assert_eq!(split_spaces("  a  b\tc \n", None), ["a", "b", "c"]);
        assert_eq!(split_spaces("  a  b\tc \n", Some(1)), ["a", "b\tc"]);
        assert_eq!(split_spaces(" \n ", None), [""; 0]);
        assert_eq!(lines("a\r\nb\n\nc\u{2028}d\n"), ["a", "b", "", "c", "d"]);
    }

    #[test]
    fn capitals_are_those_of_python() {
        assert_eq!(capitalize("hELLO World"), "Hello world");
        assert_eq!(title("they're bill's 3rd"), "They'Re Bill'S 3Rd");
    }
}
