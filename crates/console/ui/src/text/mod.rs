//! From entries to rows: Markdown, word wrap, and a layout that keeps what did not change.

pub mod inline;
pub mod layout;
pub mod markdown;
pub mod viewport;
pub mod wrap;

use alloc::string::String;
use alloc::vec::Vec;

/// How a piece of text is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// `**strong**`.
    pub is_bold: bool,
    /// `*emphasised*`.
    pub is_italic: bool,
    /// `` `code` ``.
    pub is_code: bool,
    /// A heading.
    pub is_heading: bool,
    /// A list marker, a quotation bar, a rule.
    pub is_marker: bool,
}

/// A piece of a line in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The characters.
    pub text: String,
    /// How they are set.
    pub style: Style,
}

/// One line as it will stand on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    /// Its pieces, from left to right.
    pub spans: Vec<Span>,
}

impl Line {
    /// Adds a character, to the last piece if the style is the same.
    pub fn push(&mut self, character: char, style: Style) {
        match self.spans.last_mut() {
            Some(span) if span.style == style => span.text.push(character),
            _ => self.spans.push(Span { text: String::from(character), style }),
        }
    }

    /// The characters alone.
    pub fn plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}
