//! A request as words and numbers, each with its place in the text: what all readers of dates and
//! times stand on.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

/// The longest request that is looked through, in bytes. A request is a sentence or two; in a longer
/// text, times belong to the text.
pub const MAX_REQUEST_BYTES: usize = 2000;

/// One word or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case.
    pub text: String,
    /// Where it stands.
    pub range: Range<usize>,
    /// Whether it begins right behind the word before.
    pub is_glued: bool,
}

/// A request in words.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    /// The request.
    pub source: &'a str,
    list: Vec<Word>,
}

impl<'a> Words<'a> {
    /// Takes a request apart. Numbers keep the `:`, `.`, `,`, `/` and `-` between their digits;
    /// letters and digits are apart even where they touch (`5pm`, `4th`); all else only separates.
    /// A text beyond [`MAX_REQUEST_BYTES`] has no words.
    pub fn new(source: &'a str) -> Self {
        let mut list: Vec<Word> = Vec::new();
        if source.len() <= MAX_REQUEST_BYTES {
            let mut at = 0;
            while let Some(c) = source[at..].chars().next() {
                let rest = &source[at..];
                let len = if c.is_ascii_digit() {
                    number_len(rest)
                } else if c.is_alphabetic() {
                    word_len(rest)
                } else {
                    at += c.len_utf8();
                    continue;
                };
                let text = match rest[..len].to_lowercase() {
                    text if text.starts_with("a.m") => "am".into(),
                    text if text.starts_with("p.m") => "pm".into(),
                    text => text.replace('\u{2019}', "'"),
                };
                let is_glued = list.last().is_some_and(|word| word.range.end == at);
                list.push(Word { text, range: at..at + len, is_glued });
                at += len;
            }
        }
        Self { source, list }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The word at `at`, in lower case; empty behind the last.
    pub fn get(&self, at: usize) -> &str {
        self.list.get(at).map_or("", |word| &word.text)
    }

    /// Whether the word at `at` is one of `texts`.
    pub fn is(&self, at: usize, texts: &[&str]) -> bool {
        at < self.list.len() && texts.contains(&self.get(at))
    }

    /// Whether the words from `at` on are those of `phrase`, which has single spaces.
    pub fn starts_with(&self, at: usize, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(offset, word)| self.get(at + offset) == word)
    }

    /// The first place from `at` on where the words of `phrase` stand.
    pub fn find(&self, at: usize, phrase: &str) -> Option<usize> {
        (at..self.len()).find(|&at| self.starts_with(at, phrase))
    }

    /// Whether one of `texts` is among the words.
    pub fn has(&self, texts: &[&str]) -> bool {
        (0..self.len()).any(|at| self.is(at, texts))
    }

    /// Whether the word at `at` begins right behind the word before.
    pub fn is_glued(&self, at: usize) -> bool {
        self.list.get(at).is_some_and(|word| word.is_glued)
    }

    /// The text between the word before `at` and the word at `at` or the end.
    pub fn gap(&self, at: usize) -> &'a str {
        let from = at.checked_sub(1).and_then(|before| self.list.get(before));
        let to = self.list.get(at).map_or(self.source.len(), |word| word.range.start);
        from.map_or("", |before| &self.source[before.range.end..to])
    }

    /// Where the words `from..to` stand in the request. There must be one at least.
    pub fn range(&self, from: usize, to: usize) -> Range<usize> {
        self.list[from].range.start..self.list[to - 1].range.end
    }

    /// The whole number at `at`, if the word there is one of at most nine digits.
    pub fn number(&self, at: usize) -> Option<u32> {
        let text = self.get(at);
        let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    }
}

/// Bytes of the number at the start of `text`.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut len = 1;
    while is_digit(len)
        || (bytes.get(len).is_some_and(|b| b":.,/-".contains(b)) && is_digit(len + 1))
    {
        len += 1;
    }
    len
}

/// Bytes of the word at the start of `text`: letters, apostrophes between letters, or `a.m.`, `p.m.`.
fn word_len(text: &str) -> usize {
    for mark in ["a.m", "p.m"] {
        let is_mark = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(mark));
        if is_mark && !text[3..].starts_with(char::is_alphabetic) {
            return if text[3..].starts_with('.') { 4 } else { 3 };
        }
    }
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let is_inner_apostrophe = matches!(c, '\'' | '\u{2019}')
            && characters.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !c.is_alphabetic() && !is_inner_apostrophe {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        Words::new(source).list.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn numbers_keep_their_signs_and_letters_stand_apart() {
        assert_eq!(texts("At 7:30, on 2026-12-24."), ["at", "7:30", "on", "2026-12-24"]);
        assert_eq!(texts("5pm 5 P.M. 5 p.m. 4th"), ["5", "pm", "5", "pm", "5", "pm", "4", "th"]);
        assert_eq!(texts("a 15-minute timer"), ["a", "15", "minute", "timer"]);
        assert_eq!(
            texts("7 o\u{2019}clock \u{1f600} \u{e9}t\u{e9}'"),
            ["7", "o'clock", "\u{e9}t\u{e9}"]
        );
        assert_eq!(texts("2026-12-24T18:00:00Z"), ["2026-12-24", "t", "18:00:00", "z"]);
    }

    #[test]
    fn a_word_knows_its_place() {
        let words = Words::new("wake me at 7:30pm, please");
        assert_eq!(&words.source[words.range(2, 5)], "at 7:30pm");
        assert_eq!(words.gap(5), ", ");
        assert!(words.is_glued(4) && !words.is_glued(3));
        assert_eq!(words.find(0, "me at"), Some(1));
    }

    #[test]
    fn a_page_of_text_is_not_a_request() {
        assert_eq!(Words::new(&"at 5 ".repeat(500)).len(), 0);
    }
}
