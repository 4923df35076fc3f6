//! Where sentences end.

use super::piece::{Gap, Path, Piece, Role, cut};
use alloc::{borrow::Cow, collections::VecDeque};

/// Words with a full stop that end no sentence. Single letters do not either.
const ABBREVIATIONS: [&str; 24] = [
    "al", "approx", "bzw", "ca", "cf", "dr", "e.g", "etc", "fig", "i.e", "inc", "jr", "mr", "mrs",
    "ms", "no", "nr", "p.m", "prof", "sr", "st", "usw", "vs", "z.b",
];

/// The first sentence of a text without white space around it, and the rest with the white space
/// before it.
pub fn split_first(text: &str) -> (&str, &str) {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        if matches!(c, '。' | '！' | '？') && !text[end..].trim_start().is_empty() {
            return text.split_at(end);
        }
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        // Quotes and brackets that close behind the stop belong to the sentence.
        let rest =
            text[end..].trim_start_matches(['.', '!', '?', '"', '\'', ')', ']', '”', '’', '»']);
        let next = rest.trim_start();
        let goes_on = next.starts_with(char::is_lowercase);
        if next.len() < rest.len() && !next.is_empty() && !goes_on {
            if c == '.' && is_abbreviation(&text[..at]) {
                continue;
            }
            return text.split_at(text.len() - rest.len());
        }
        let behind = text.len() - rest.len();
        while chars.next_if(|(at, _)| *at < behind).is_some() {}
    }
    (text, "")
}

fn is_abbreviation(text: &str) -> bool {
    let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    // A long word is none, and there may be no white space for long.
    let Some(word) = text.get(start.max(text.len().saturating_sub(16))..) else { return false };
    let word = word.trim_start_matches(['(', '"', '“']);
    let mut chars = word.chars();
    let is_letter = chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none();
    // `I` is a word, and numbers of lists have something behind them.
    (is_letter && word != "I") || ABBREVIATIONS.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Whether a text ends a sentence.
pub fn is_ended(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»', '*', '_'])
        .ends_with(['.', '!', '?', '…', ':', '。', '！', '？'])
}

/// Pieces that wait, some of them to be taken sentence by sentence: a long line is not taken apart
/// before it is needed.
#[derive(Default)]
pub struct Queue<'a> {
    pieces: VecDeque<(Piece<'a>, bool)>,
}

impl<'a> Queue<'a> {
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Adds something that stays whole.
    pub fn push(&mut self, piece: Piece<'a>) {
        self.pieces.push_back((piece, false));
    }

    /// Adds a line of which each sentence is a piece.
    pub fn push_sentences(&mut self, line: Piece<'a>) {
        self.pieces.push_back((line, true));
    }

    /// The last that was added.
    pub fn back_mut(&mut self) -> Option<&mut Piece<'a>> {
        self.pieces.back_mut().map(|(piece, _)| piece)
    }

    /// Takes the next piece.
    pub fn pop(&mut self) -> Option<Piece<'a>> {
        let (line, has_sentences) = self.pieces.front_mut()?;
        let (sentence, behind) = split_first(&line.text);
        let rest = behind.trim_start();
        if !*has_sentences || rest.is_empty() {
            return self.pieces.pop_front().map(|(piece, _)| piece);
        }
        let gap = Gap::of(&behind[..behind.len() - rest.len()]);
        let (sentence_bytes, rest_at) = (sentence.len(), line.text.len() - rest.len());
        let (text, rest) = match &line.text {
            Cow::Borrowed(text) => {
                (Cow::Borrowed(&text[..sentence_bytes]), Cow::Borrowed(&text[rest_at..]))
            }
            Cow::Owned(text) => {
                (Cow::Owned(text[..sentence_bytes].into()), Cow::Owned(text[rest_at..].into()))
            }
        };
        let piece = Piece { text, gap, ..line.clone() };
        (line.text, line.cut) = (rest, cut::SENTENCE);
        Some(piece)
    }
}

/// A line of prose.
pub fn prose<'a>(line: super::lines::Line<'a>, cut: u8, path: &Path) -> Piece<'a> {
    Piece {
        text: Cow::Borrowed(line.text),
        gap: line.gap,
        cut,
        role: Role::Prose,
        first_line: line.number,
        last_line: line.number,
        path: path.clone(),
        prefix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};

    fn sentences(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (first, behind) = split_first(rest);
            found.push(first.into());
            rest = behind.trim_start();
        }
        found
    }

    #[test]
    fn sentences_end_at_stops_and_not_at_abbreviations() {
        for (text, expected) in [
            ("One. Two!  Three? Four", ["One.", "Two!", "Three?", "Four"].as_slice()),
            ("He said \"Go.\" She went.", &["He said \"Go.\"", "She went."]),
            (
                "Dr. Smith, e.g. Anna, has 3.5 l. That is all...",
                &["Dr. Smith, e.g. Anna, has 3.5 l. That is all..."],
            ),
            ("See a.txt or www.b.org. Then stop.", &["See a.txt or www.b.org.", "Then stop."]),
            (
                "So did I. J. Doe did not. (Nor she.) End",
                &["So did I.", "J. Doe did not.", "(Nor she.)", "End"],
            ),
            ("你好。再见！", &["你好。", "再见！"]),
            ("...", &["..."]),
            ("wait ... what", &["wait ... what"]),
        ] {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }
}
