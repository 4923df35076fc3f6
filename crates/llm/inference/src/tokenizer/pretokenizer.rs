//! Cutting a text into the words that byte pairs are merged within.
//!
//! Each model family has a regular expression for this, named by `tokenizer.ggml.pre`. They are
//! written out by hand here: the expressions differ in few places, which [`PreTokenizer`] holds as
//! data, and a hand-written matcher is linear in the text where a backtracking one need not be.

use super::unicode::{Class, class};

/// How a family of models cuts words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PreTokenizer {
    /// Each `\p{N}` is cut out as a word of its own before anything else is looked at.
    isolate_digits: bool,
    /// The expression that cuts what is left.
    pattern: Pattern,
    /// A word that is a token is taken as it is, without merging.
    pub(super) whole_words_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|`
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Cl100k {
        /// Digits of a number that stay together.
        digits: usize,
    },
}

/// The names of `tokenizer.ggml.pre` and what they mean; the groups are those of llama.cpp.
const FAMILIES: &[(&[&str], PreTokenizer)] = &[
    (
        &["gpt-2", "phi-2", "jina-es", "jina-de", "mpt", "olmo", "jais", "gigachat", "roberta-bpe"],
        PreTokenizer { isolate_digits: false, pattern: Pattern::Gpt2, whole_words_first: false },
    ),
    (
        &["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"],
        PreTokenizer { isolate_digits: true, pattern: Pattern::Gpt2, whole_words_first: false },
    ),
    (
        &["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"],
        PreTokenizer {
            isolate_digits: false,
            pattern: Pattern::Cl100k { digits: 3 },
            whole_words_first: true,
        },
    ),
    (
        &["dbrx", "smaug-bpe"],
        PreTokenizer {
            isolate_digits: false,
            pattern: Pattern::Cl100k { digits: 3 },
            whole_words_first: false,
        },
    ),
    (
        &["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez"],
        PreTokenizer {
            isolate_digits: false,
            pattern: Pattern::Cl100k { digits: 1 },
            whole_words_first: false,
        },
    ),
];

impl PreTokenizer {
    /// The one that a GGUF file names.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        FAMILIES.iter().find(|(names, _)| names.contains(&name)).map(|(_, family)| *family)
    }

    /// Calls `word` for each word of `text`, in order; together they are the text.
    pub(super) fn split<'t>(self, text: &'t str, word: &mut impl FnMut(&'t str)) {
        if !self.isolate_digits {
            return self.pattern.split(text, word);
        }
        let mut rest = text;
        while let Some((at, digit)) = rest.char_indices().find(|&(_, c)| class(c) == Class::Number)
        {
            let (before, from_digit) = rest.split_at(at);
            self.pattern.split(before, word);
            let (number, after) = from_digit.split_at(digit.len_utf8());
            word(number);
            rest = after;
        }
        self.pattern.split(rest, word);
    }
}

impl Pattern {
    fn split<'t>(self, text: &'t str, word: &mut impl FnMut(&'t str)) {
        let mut rest = text;
        while !rest.is_empty() {
            let len_bytes = match self {
                Self::Gpt2 => gpt2_word(rest),
                Self::Cl100k { digits } => cl100k_word(rest, digits),
            };
            let (first, after) = rest.split_at(len_bytes);
            word(first);
            rest = after;
        }
    }
}

/// Bytes of the word that `text` (not empty) starts with, after GPT-2's expression.
fn gpt2_word(text: &str) -> usize {
    if let Some(len_bytes) = contraction(text, |byte| byte) {
        return len_bytes;
    }
    let (space, body) = optional_space(text);
    match body.chars().next().map(class) {
        Some(first) if first != Class::Space => space + run(body, |c| class(c) == first),
        _ => spaces(text),
    }
}

/// Bytes of the word that `text` (not empty) starts with, after the expression of cl100k.
fn cl100k_word(text: &str, digits: usize) -> usize {
    if let Some(len_bytes) = contraction(text, |byte| byte.to_ascii_lowercase()) {
        return len_bytes;
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let is_line_end = |c| matches!(c, '\r' | '\n');
    let is_letter = |c| class(c) == Class::Letter;

    // [^\r\n\p{L}\p{N}]?\p{L}+
    if is_letter(first) {
        return run(text, is_letter);
    }
    if !is_line_end(first) && class(first) != Class::Number && chars.next().is_some_and(is_letter) {
        return first.len_utf8() + run(&text[first.len_utf8()..], is_letter);
    }
    // \p{N}{1,digits}
    if class(first) == Class::Number {
        let number = text.chars().take(digits).take_while(|&c| class(c) == Class::Number);
        return number.map(char::len_utf8).sum();
    }
    //  ?[^\s\p{L}\p{N}]+[\r\n]*
    let (space, body) = optional_space(text);
    let others = run(body, |c| class(c) == Class::Other);
    if others > 0 {
        return space + others + run(&body[others..], is_line_end);
    }
    // \s*[\r\n]+
    let white = &text[..run(text, |c| class(c) == Class::Space)];
    match white.rfind(is_line_end) {
        Some(last_line_end) => last_line_end + 1,
        None => spaces(text),
    }
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

/// Bytes at the start of `text` whose characters all satisfy `holds`.
fn run(text: &str, holds: impl Fn(char) -> bool) -> usize {
    text.find(|c| !holds(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn words<'t>(family: &str, text: &'t str) -> Vec<&'t str> {
        let mut words = Vec::new();
        PreTokenizer::by_name(family).unwrap().split(text, &mut |word| words.push(word));
        words
    }

    #[test]
    fn gpt2_keeps_a_space_with_the_word_after_it() {
        assert_eq!(words("gpt-2", "Hello, big world!"), ["Hello", ",", " big", " world", "!"]);
        assert_eq!(words("gpt-2", "a  b   "), ["a", " ", " b", "   "]);
        assert_eq!(words("gpt-2", "x = 12345;\n\n  y"), ["x", " =", " 12345", ";", "\n\n ", " y"]);
    }

    #[test]
    fn gpt2_cuts_contractions_in_lower_case_only() {
        assert_eq!(words("gpt-2", "I'll we'Re"), ["I", "'ll", " we", "'", "Re"]);
        assert_eq!(words("gpt-2", "'tis 'x"), ["'t", "is", " '", "x"]);
    }

    #[test]
    fn smollm_cuts_each_digit_out_and_leaves_its_space_behind() {
        assert_eq!(words("smollm", "in 1984."), ["in", " ", "1", "9", "8", "4", "."]);
        assert_eq!(words("smollm", "½x"), ["½", "x"]);
    }

    #[test]
    fn llama3_keeps_three_digits_and_line_ends_together() {
        let expected = ["I", "'LL", " pay", " ", "123", "45", ".\n\n", "  ", " ok"];
        assert_eq!(words("llama-bpe", "I'LL pay 12345.\n\n   ok"), expected);
        assert_eq!(words("llama-bpe", "a \n \n b\t\tc"), ["a", " \n \n", " b", "\t", "\tc"]);
    }

    #[test]
    fn qwen2_cuts_numbers_into_digits() {
        assert_eq!(words("qwen2", "a12 (b)"), ["a", "1", "2", " (", "b", ")"]);
    }

    #[test]
    fn combining_marks_are_no_letters() {
        assert_eq!(words("gpt-2", "e\u{301}a"), ["e", "\u{301}", "a"]);
    }

    #[test]
    fn an_unknown_family_is_not_guessed() {
        assert_eq!(PreTokenizer::by_name("somebody-elses"), None);
    }

    proptest! {
        #[test]
        fn words_are_the_text_and_never_empty(text in "(\\PC|\\s|[a-z' 0-9\r\n])*") {
            for (names, _) in FAMILIES {
                let words = words(names[0], &text);
                prop_assert!(words.iter().all(|word| !word.is_empty()));
                prop_assert_eq!(words.concat(), text.as_str());
            }
        }
    }
}
