//! Cutting a text into the words that byte pairs are merged within.
//!
//! Each model family has a list of regular expressions for this, named by `tokenizer.ggml.pre`:
//! the first cuts the text, the next cuts the pieces, and so on. They are written out by hand here,
//! as [`Stage`]s: there are few of them, and a hand-written matcher is linear in the text where a
//! backtracking one need not be.

mod patterns;

use super::unicode::{Class, class};
use patterns::{cl100k_word, gpt2_word, o200k_word};

/// How a family of models cuts words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PreTokenizer {
    /// What cuts, in this order: each stage the pieces of the one before.
    stages: &'static [Stage],
    /// A word that is a token is taken as it is, without merging.
    pub(super) whole_words_first: bool,
    /// Whether a sequence begins with a BOS token where the file does not say.
    pub(super) adds_bos: bool,
}

/// One regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// `\p{N}`: each number alone, and what is between them.
    Digits,
    /// `\p{N}+`: runs of numbers, and what is between them.
    Numbers,
    /// `[0-9][0-9][0-9]`: three ASCII digits at a time, and what is between them.
    Threes,
    /// `[\p{P}$+<=>^~|]+` and, if `backtick`, that one too: runs of punctuation, and the rest.
    Punctuation {
        /// Whether a backtick counts.
        backtick: bool,
    },
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|`
    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Cl100k {
        /// Digits of a number that stay together.
        digits: usize,
        /// Whether `[\p{L}\p{M}]` stands where `\p{L}` does.
        marks: bool,
    },
    /// Words of the form `Abc`, `abc` or `ABC`, with U `(?=\p{L})[^a-z]` and l `(?=\p{L})[^A-Z]`:
    /// `[^\r\n\p{L}\p{N}]?U*l+|[^\r\n\p{L}\p{N}]?U+l*`, then as cl100k with `[\r\n/]*`.
    O200k {
        /// Digits of a number that stay together.
        digits: usize,
        /// Whether `(?i:'s|'t|'re|'ve|'m|'ll|'d)` stays with the word before it.
        contractions: bool,
    },
}

const fn family(stages: &'static [Stage]) -> PreTokenizer {
    PreTokenizer { stages, whole_words_first: false, adds_bos: false }
}

const GPT2: PreTokenizer = family(&[Stage::Gpt2]);
const SMOLLM: PreTokenizer = family(&[Stage::Digits, Stage::Gpt2]);
const THREE_DIGITS: PreTokenizer = family(&[Stage::Cl100k { digits: 3, marks: false }]);
const ONE_DIGIT: PreTokenizer = family(&[Stage::Cl100k { digits: 1, marks: false }]);

/// What llama.cpp does with a file that names none.
const DEFAULT: PreTokenizer =
    family(&[Stage::Punctuation { backtick: false }, Stage::Gpt2, Stage::Numbers, Stage::Threes]);

/// The names of `tokenizer.ggml.pre` and what they mean; the groups are those of llama.cpp.
const FAMILIES: &[(&[&str], PreTokenizer)] = &[
    (&["default"], DEFAULT),
    (
        &[
            "gpt-2",
            "phi-2",
            "jina-es",
            "jina-de",
            "jina-v1-en",
            "jina-v2-es",
            "jina-v2-de",
            "jina-v2-code",
            "roberta-bpe",
            "gigachat",
            "a.x-4.0",
            "mellum",
            "modern-bert",
            "exaone4",
            "mpt",
            "olmo",
            "jais",
            "trillion",
            "granite-docling",
        ],
        GPT2,
    ),
    (
        &[
            "smollm",
            "starcoder",
            "refact",
            "command-r",
            "codeshell",
            "exaone",
            "minerva-7b",
            "mellum2",
        ],
        SMOLLM,
    ),
    (
        &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
            "jina-v5-nano",
        ],
        PreTokenizer { whole_words_first: true, adds_bos: true, ..THREE_DIGITS },
    ),
    (&["glm4", "glm5"], PreTokenizer { whole_words_first: true, ..THREE_DIGITS }),
    (&["dbrx", "smaug-bpe", "chatglm-bpe"], THREE_DIGITS),
    (
        &[
            "qwen2",
            "deepseek-r1-qwen",
            "kormo",
            "f2llmv2",
            "stablelm2",
            "hunyuan",
            "solar-open",
            "megrez",
        ],
        ONE_DIGIT,
    ),
    (&["qwen35"], family(&[Stage::Cl100k { digits: 1, marks: true }])),
    (&["falcon"], family(&[Stage::Punctuation { backtick: true }, Stage::Gpt2, Stage::Threes])),
    (
        &["tekken"],
        PreTokenizer {
            whole_words_first: true,
            adds_bos: true,
            ..family(&[Stage::O200k { digits: 1, contractions: false }])
        },
    ),
    (
        &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"],
        family(&[Stage::O200k { digits: 3, contractions: true }]),
    ),
];

impl PreTokenizer {
    /// The one that a GGUF file names; of a file that names none (an empty name) llama.cpp's
    /// default.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        if name.is_empty() {
            return Some(DEFAULT);
        }
        FAMILIES.iter().find(|(names, _)| names.contains(&name)).map(|(_, family)| *family)
    }

    /// Calls `word` for each word of `text`, in order; together they are the text.
    pub(super) fn split<'t>(self, text: &'t str, word: &mut dyn FnMut(&'t str)) {
        split(self.stages, text, word);
    }
}

/// Cuts `text` by the first stage, its pieces by the others.
fn split<'t>(stages: &[Stage], text: &'t str, word: &mut dyn FnMut(&'t str)) {
    let Some((stage, others)) = stages.split_first() else { return word(text) };
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(stage.piece(rest));
        match others {
            [] => word(piece),
            _ => split(others, piece, word),
        }
        rest = after;
    }
}

impl Stage {
    /// Bytes of the first piece of `text` (not empty): a match, or what stands before one.
    fn piece(self, text: &str) -> usize {
        let is_number = |c| class(c) == Class::Number;
        match self {
            Self::Digits => match text.chars().next() {
                Some(first) if is_number(first) => first.len_utf8(),
                _ => run(text, |c| !is_number(c)),
            },
            Self::Numbers => alternating(text, is_number),
            Self::Threes => threes(text),
            Self::Punctuation { backtick } => alternating(text, |c| match c {
                '$' | '+' | '<' | '=' | '>' | '^' | '~' | '|' => true,
                '`' => backtick,
                _ => class(c) == Class::Punctuation,
            }),
            Self::Gpt2 => gpt2_word(text),
            Self::Cl100k { digits, marks } => cl100k_word(text, digits, marks),
            Self::O200k { digits, contractions } => o200k_word(text, digits, contractions),
        }
    }
}

/// Bytes of the run at the start of `text` in which either all characters satisfy `holds` or none.
fn alternating(text: &str, holds: impl Fn(char) -> bool) -> usize {
    match text.chars().next() {
        Some(first) if holds(first) => run(text, holds),
        _ => run(text, |c| !holds(c)),
    }
}

/// Bytes of three ASCII digits at the start of `text`, or of what stands before such.
fn threes(text: &str) -> usize {
    let is_three = |three: &[u8]| three.iter().all(u8::is_ascii_digit);
    match text.as_bytes().windows(3).position(is_three) {
        Some(0) => 3,
        Some(before) => before,
        None => text.len(),
    }
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
    fn combining_marks_are_letters_to_qwen35_only() {
        assert_eq!(words("gpt-2", "e\u{301}a"), ["e", "\u{301}", "a"]);
        assert_eq!(words("qwen2", "e\u{301}a"), ["e", "\u{301}a"]);
        assert_eq!(words("qwen35", "e\u{301}a"), ["e\u{301}a"]);
    }

    #[test]
    fn a_file_without_a_name_has_punctuation_and_numbers_cut_out() {
        let expected = ["a", "+=", "b", " ", "123", "4", "...", "\n"];
        assert_eq!(words("", "a+=b 1234...\n"), expected);
        assert_eq!(words("falcon", "`x` 12345"), ["`", "x", "`", " ", "123", "45"]);
    }

    #[test]
    fn o200k_cuts_where_a_capital_begins() {
        let expected = ["Xml", "Http", "REQUEST", " one", "'s", "\n\n", "1"];
        assert_eq!(words("tekken", "XmlHttpREQUEST one's\n\n1"), expected);
        let expected = ["Xml", "Http", "REQUEST", " one's", "\n\n", "123", "4"];
        assert_eq!(words("gpt-4o", "XmlHttpREQUEST one's\n\n1234"), expected);
        assert_eq!(words("gpt-4o", "ÉA b//\nc"), ["É", "A", " b", "//\n", "c"]);
    }

    #[test]
    fn an_unknown_family_is_not_guessed() {
        assert_eq!(PreTokenizer::by_name("somebody-elses"), None);
    }

    proptest! {
        #[test]
        fn words_are_the_text_and_never_empty(text in "(\\PC|\\s|[A-Za-z' 0-9\r\n])*") {
            for (names, _) in FAMILIES {
                let words = words(names[0], &text);
                prop_assert!(words.iter().all(|word| !word.is_empty()));
                prop_assert_eq!(words.concat(), text.as_str());
            }
        }
    }
}
