//! Plain text: paragraphs between empty lines, and their sentences.

use super::{
    lines::{Lines, lines},
    piece::{Piece, cut},
    sentence::{Queue, is_ended, prose},
};

/// The sentences of a plain text.
pub struct Paragraphs<'a> {
    lines: Lines<'a>,
    pieces: Queue<'a>,
    /// Whether the line before ended a sentence.
    is_ended: bool,
}

impl<'a> Paragraphs<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { lines: lines(text), pieces: Queue::default(), is_ended: true }
    }
}

impl<'a> Iterator for Paragraphs<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.pieces.len() == 0 {
            let line = self.lines.next()?;
            let cut = match (line.is_after_blank, self.is_ended) {
                (true, _) => cut::PARAGRAPH,
                (false, true) => cut::SENTENCE,
                (false, false) => cut::WRAP,
            };
            self.is_ended = is_ended(line.text);
            self.pieces.push_sentences(prose(line, cut, &None));
        }
        self.pieces.pop()
    }
}
