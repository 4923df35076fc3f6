//! Pages: their blocks and sentences without tags, under their title and headings, with the lines of
//! the source.

use super::{
    piece::{Gap, MAX_OWNED_BYTES, Path, Piece, Role, cut, newlines, under},
    sentence::{Queue, is_ended},
};
use crate::page_text::{BLOCKS, CELLS, Tag, Token, Tokens, decode_into, title};
use alloc::{borrow::Cow, string::String, vec::Vec};
use core::mem;

const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];
/// Blocks whose parts are no paragraphs.
const PARTS: [&str; 7] = ["li", "tr", "dt", "dd", "br", "option", "body"];

/// The text of a page.
pub struct Html<'a> {
    html: &'a str,
    tokens: Tokens<'a>,
    /// What is left of a text.
    unread: &'a str,
    pieces: Queue<'a>,
    /// How far lines are counted, in bytes, and which line that is.
    counted: usize,
    line: usize,
    /// Text of which no piece is made yet, entities decoded, with one space between words.
    text: String,
    first_line: usize,
    last_line: usize,
    /// White space was read behind `text`.
    has_space: bool,
    /// How well a chunk may begin with `text`.
    cut: u8,
    /// The level of the heading that is open; the title's is 0.
    heading: Option<usize>,
    headings: Vec<(usize, Path)>,
    /// A mark goes in front of the next text.
    is_entry: bool,
    /// How many lists and tables are open.
    lists: usize,
    is_laid_out: bool,
    is_ended: bool,
    is_after_heading: bool,
}

impl<'a> Html<'a> {
    pub fn new(html: &'a str) -> Self {
        let mut page = Self {
            html,
            tokens: Tokens::new(html),
            unread: "",
            pieces: Queue::default(),
            counted: 0,
            line: 1,
            text: String::new(),
            first_line: 1,
            last_line: 1,
            has_space: false,
            cut: cut::PARAGRAPH,
            heading: None,
            headings: Vec::new(),
            is_entry: false,
            lists: 0,
            is_laid_out: false,
            is_ended: true,
            is_after_heading: false,
        };
        if let Some(title) = title(html) {
            let line = 1 + newlines(&html[..title.at]);
            page.heading = Some(0);
            (page.text, page.first_line, page.last_line) = (title.text, line, line);
            page.end_piece(Gap::Line);
        }
        page
    }

    /// Counts lines up to `at`, which never goes back.
    fn count_to(&mut self, at: usize) {
        if at > self.counted {
            self.line += newlines(&self.html[self.counted..at]);
            self.counted = at;
        }
    }

    fn path(&self) -> Path {
        self.headings.last().and_then(|(_, path)| path.clone())
    }

    /// Reads a little of the page; `false` at its end.
    fn read(&mut self) -> bool {
        if self.unread.is_empty() {
            match self.tokens.next() {
                Some(Token::Text { at, source }) => {
                    self.count_to(at);
                    self.unread = source;
                }
                Some(Token::Tag(tag)) => {
                    self.count_to(tag.at);
                    self.read_tag(&tag);
                    return true;
                }
                None => return false,
            }
        }
        let unread_bytes = self.unread.len();
        // Up to a line's end, or to a space if that is far away.
        let is_end = |(at, byte): (usize, u8)| {
            byte == b'\n' || (at >= MAX_OWNED_BYTES && byte.is_ascii_whitespace())
        };
        let end = self.unread.bytes().enumerate().position(is_end).unwrap_or(self.unread.len());
        let (text, rest) = self.unread.split_at(end);
        self.unread = rest;
        self.read_text(text);
        if let Some(rest) = rest.strip_prefix('\n') {
            self.unread = rest;
            self.end_line();
        } else if let Some(rest) = rest.strip_prefix(|c: char| c.is_ascii_whitespace()) {
            self.unread = rest;
            self.has_space = true;
        }
        self.count_to(self.counted + unread_bytes - self.unread.len());
        true
    }

    /// What a line's end in a text means: as a rule a space.
    fn end_line(&mut self) {
        if self.is_laid_out {
            self.end_piece(Gap::Line);
            self.cut = self.cut.min(cut::LINE);
        } else {
            self.has_space = true;
        }
    }

    /// Adds text of one line.
    fn read_text(&mut self, source: &str) {
        let mut decoded = String::new();
        decode_into(&mut decoded, source);
        if self.is_laid_out {
            self.add(&decoded.replace('\n', " "));
            return;
        }
        self.has_space |= decoded.starts_with(char::is_whitespace);
        for word in decoded.split_whitespace() {
            self.add(word);
            self.has_space = true;
        }
        self.has_space = match decoded.trim().is_empty() {
            true => self.has_space,
            false => decoded.ends_with(char::is_whitespace),
        };
    }

    fn add(&mut self, mut word: &str) {
        // Words of one line go into one piece, and so do all of a heading.
        let is_other_line = self.last_line != self.line && self.heading.is_none();
        let is_full = self.text.len() + word.len() >= MAX_OWNED_BYTES;
        if (is_other_line || is_full) && !self.text.is_empty() {
            let gap = if self.has_space { Gap::Space } else { Gap::Nothing };
            self.end_piece(gap);
        }
        if self.text.trim().is_empty() {
            self.text.clear();
            self.first_line = self.line;
            if mem::take(&mut self.is_entry) && !word.trim().is_empty() {
                self.text.push_str("- ");
            }
        } else if self.has_space {
            self.text.push(' ');
        }
        self.has_space = false;
        while word.len() > MAX_OWNED_BYTES {
            let (head, rest) = word.split_at(word.floor_char_boundary(MAX_OWNED_BYTES));
            self.text.push_str(head);
            self.last_line = self.line;
            self.end_piece(Gap::Nothing);
            (self.first_line, word) = (self.line, rest);
        }
        self.text.push_str(word);
        self.last_line = self.line;
    }

    fn read_tag(&mut self, tag: &Tag<'a>) {
        if tag.is_one_of(&CELLS) {
            self.has_space = true;
            return;
        }
        if !tag.is_one_of(&BLOCKS) {
            return;
        }
        self.end_piece(Gap::Line);
        let cut = match tag.name.to_ascii_lowercase().as_str() {
            "br" => cut::LINE,
            "body" => self.cut,
            _ if tag.is_one_of(&PARTS) => cut::ENTRY + 2 * self.lists.min(8) as u8,
            _ if self.lists > 0 => cut::ENTRY + 2 * self.lists.min(8) as u8 + 1,
            _ => cut::PARAGRAPH,
        };
        self.cut = self.cut.min(cut);
        if let Some(level) = HEADINGS.iter().position(|name| name.eq_ignore_ascii_case(tag.name)) {
            self.heading = (!tag.is_end).then_some(level + 1);
        } else if tag.is_one_of(&["pre"]) {
            self.is_laid_out = !tag.is_end;
        } else if tag.is_one_of(&["ul", "ol", "dl", "table"]) {
            self.lists = if tag.is_end { self.lists.saturating_sub(1) } else { self.lists + 1 };
        }
        self.is_entry = tag.is_one_of(&["li"]) && !tag.is_end;
    }

    /// Makes pieces of the text so far, if there is any.
    fn end_piece(&mut self, gap: Gap) {
        let text = mem::take(&mut self.text);
        self.has_space = false;
        if text.trim().is_empty() {
            // The gap that the piece before has says too little.
            if let Some(last) = self.pieces.back_mut().filter(|_| gap == Gap::Line) {
                last.gap = gap;
            }
            return;
        }
        let cut = match self.heading {
            Some(level) => {
                while self.headings.last().is_some_and(|(around, _)| *around >= level) {
                    self.headings.pop();
                }
                let path = under(&self.path(), &text);
                self.headings.push((level, path));
                if self.is_after_heading { cut::PARAGRAPH } else { cut::SECTION }
            }
            None => self.cut,
        };
        let role = match self.heading.take() {
            Some(_) => Role::Heading,
            None if self.lists > 0 || self.is_laid_out => Role::Other,
            None => Role::Prose,
        };
        self.is_ended = is_ended(&text);
        self.is_after_heading = role == Role::Heading;
        let piece = Piece {
            text: Cow::Owned(text.trim_end().into()),
            gap,
            cut,
            role,
            first_line: self.first_line,
            last_line: self.last_line,
            path: self.path(),
            prefix: None,
        };
        match role {
            Role::Prose => self.pieces.push_sentences(piece),
            _ => self.pieces.push(piece),
        }
        self.cut = match (gap, self.is_ended) {
            (Gap::Nothing, _) => cut::TIED,
            (_, true) => cut::SENTENCE,
            (_, false) => cut::WRAP,
        };
    }
}

impl<'a> Iterator for Html<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        // The gap of the last piece may still change.
        while self.pieces.len() < 2 {
            if !self.read() {
                self.end_piece(Gap::Line);
                break;
            }
        }
        self.pieces.pop()
    }
}
