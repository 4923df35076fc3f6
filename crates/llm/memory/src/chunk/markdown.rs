//! Markdown: headings as paths; lists, fences of code and tables whole where they fit.
//!
//! Only what divides a text is read, line by line, after the rules of CommonMark as far as they matter
//! for where a chunk may begin.

use super::{
    lines::{Line, Lines, lines},
    piece::{MAX_PREFIX_BYTES, Path, Piece, Role, cut, under},
    sentence::{Queue, is_ended, prose},
};
use alloc::{format, rc::Rc, vec::Vec};

/// How many lines the settings at the beginning of a file may have.
const MAX_FRONT_LINES: usize = 100;
/// Levels of lists that are told apart.
const MAX_LIST_LEVEL: usize = 8;

/// What the line before is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Nothing,
    Paragraph,
    List,
    Table,
    /// Code that is indented.
    Indented,
    /// Code between marks: the character and how many of it.
    Fence {
        mark: char,
        len: usize,
    },
    /// Settings at the beginning.
    Front,
}

/// The lines and sentences of a Markdown text.
pub struct Markdown<'a> {
    lines: Lines<'a>,
    pieces: Queue<'a>,
    block: Block,
    /// Headings around, with their levels.
    headings: Vec<(usize, Path)>,
    /// What is repeated in front of rows.
    table_head: Option<Rc<str>>,
    is_after_heading: bool,
    /// Whether the line before ended a sentence, or with a colon.
    is_ended: bool,
    is_introduced: bool,
}

impl<'a> Markdown<'a> {
    pub fn new(text: &'a str) -> Self {
        let lines = lines(text);
        let mut ahead = lines.clone().take(MAX_FRONT_LINES);
        let has_front = ahead.next().is_some_and(|line| line.number == 1 && line.text == "---")
            && ahead.any(|line| line.text == "---");
        Self {
            lines,
            pieces: Queue::default(),
            block: if has_front { Block::Front } else { Block::Nothing },
            headings: Vec::new(),
            table_head: None,
            is_after_heading: false,
            is_ended: true,
            is_introduced: false,
        }
    }

    fn path(&self) -> Path {
        self.headings.last().and_then(|(_, path)| path.clone())
    }

    /// How well a chunk may begin with a block of its own.
    fn block_cut(&self) -> u8 {
        if self.is_introduced { cut::INTRODUCED } else { cut::PARAGRAPH }
    }

    fn read(&mut self, line: Line<'a>) {
        match self.block {
            Block::Front => return self.read_front(line),
            Block::Fence { mark, len } => return self.read_fence(line, mark, len),
            _ => {}
        }
        let is_indented = line.indent() >= 4;
        let may_begin = self.block != Block::Paragraph || line.is_after_blank;
        if let Some((mark, len)) = fence(line.trimmed()) {
            let cut = match self.block {
                Block::List if is_indented => list_cut(line.indent()),
                _ => self.block_cut(),
            };
            self.block = Block::Fence { mark, len };
            self.push(line, cut, Role::Other);
        } else if let Some((level, name)) = heading(&line) {
            self.push_heading(line, level, name);
        } else if let Some(level) = self.underline_of(&line).filter(|_| may_begin) {
            self.push_heading(line, level, line.trimmed());
            let underline = self.lines.next().expect("it was looked at");
            self.push(underline, cut::TIED, Role::Heading);
        } else if self.is_table_head(&line) {
            self.push_table_head(line);
        } else if self.block == Block::Table && !line.is_after_blank && line.text.contains('|') {
            let prefix = self.table_head.clone();
            let piece = Piece { prefix, ..self.piece(line, cut::LINE, Role::Other) };
            self.pieces.push(piece);
        } else if is_item(line.trimmed()) && !(is_indented && self.block != Block::List) {
            let cut = match self.block {
                Block::List => list_cut(line.indent()),
                _ => self.block_cut(),
            };
            self.block = Block::List;
            self.push_sentences(line, cut, Role::Other);
        } else if is_rule(line.trimmed()) {
            let cut = self.block_cut();
            self.block = Block::Nothing;
            self.push(line, cut, Role::Other);
        } else {
            self.read_text(line, is_indented);
        }
    }

    fn read_front(&mut self, line: Line<'a>) {
        let cut = if line.number == 1 { cut::PARAGRAPH } else { cut::LINE };
        if line.number > 1 && line.text == "---" {
            self.block = Block::Nothing;
        }
        self.push(line, cut, Role::Other);
    }

    fn read_fence(&mut self, line: Line<'a>, mark: char, len: usize) {
        let text = line.trimmed();
        let is_end = text.chars().all(|c| c == mark) && text.chars().count() >= len;
        let cut = match (is_end, line.is_after_blank) {
            (true, _) => cut::TIED,
            (false, true) => cut::GROUP,
            (false, false) => cut::LINE,
        };
        if is_end {
            self.block = Block::Nothing;
        }
        self.push(line, cut, Role::Other);
    }

    /// A line of a paragraph, of an entry of a list, or of indented code.
    fn read_text(&mut self, line: Line<'a>, is_indented: bool) {
        let wrapped = if self.is_ended { cut::SENTENCE } else { cut::WRAP };
        match (self.block, line.is_after_blank) {
            (Block::List, true) if line.indent() >= 2 => {
                self.push_sentences(line, list_cut(line.indent()) + 1, Role::Other);
            }
            (Block::List, false) => self.push_sentences(line, wrapped, Role::Other),
            (Block::Paragraph, false) => self.push_sentences(line, wrapped, Role::Prose),
            (Block::Indented, is_after_blank) if is_indented => {
                self.push(line, if is_after_blank { cut::GROUP } else { cut::LINE }, Role::Other);
            }
            _ if is_indented => {
                let cut = self.block_cut();
                self.block = Block::Indented;
                self.push(line, cut, Role::Other);
            }
            _ => {
                let cut = self.block_cut();
                self.block = Block::Paragraph;
                self.push_sentences(line, cut, Role::Prose);
            }
        }
    }

    fn piece(&mut self, line: Line<'a>, cut: u8, role: Role) -> Piece<'a> {
        self.is_ended = is_ended(line.text);
        self.is_introduced = line.text.ends_with(':');
        self.is_after_heading = role == Role::Heading;
        Piece { role, ..prose(line, cut, &self.path()) }
    }

    fn push(&mut self, line: Line<'a>, cut: u8, role: Role) {
        let piece = self.piece(line, cut, role);
        self.pieces.push(piece);
    }

    fn push_sentences(&mut self, line: Line<'a>, cut: u8, role: Role) {
        let piece = self.piece(line, cut, role);
        self.pieces.push_sentences(piece);
    }

    fn push_heading(&mut self, line: Line<'a>, level: usize, name: &str) {
        // A heading without a text of its own goes with the next.
        let cut = if self.is_after_heading { cut::PARAGRAPH } else { cut::SECTION };
        while self.headings.last().is_some_and(|(around, _)| *around >= level) {
            self.headings.pop();
        }
        let path = under(&self.path(), name);
        self.headings.push((level, path));
        self.block = Block::Nothing;
        self.push(line, cut, Role::Heading);
    }

    /// The level of the heading that a line is by what is under it.
    fn underline_of(&self, line: &Line<'a>) -> Option<usize> {
        let next = self.lines.clone().next().filter(|_| line.indent() < 4)?;
        let text = next.trimmed();
        match text.as_bytes() {
            _ if next.is_after_blank || is_item(line.trimmed()) => None,
            [b'=', ..] if text.bytes().all(|byte| byte == b'=') => Some(1),
            [b'-', b'-', ..] if text.bytes().all(|byte| byte == b'-') => Some(2),
            _ => None,
        }
    }

    fn is_table_head(&self, line: &Line<'a>) -> bool {
        let is_row_of_marks = |text: &str| {
            text.contains('-')
                && text.contains('|')
                && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
        };
        line.text.contains('|')
            && self
                .lines
                .clone()
                .next()
                .is_some_and(|it| !it.is_after_blank && is_row_of_marks(it.text))
    }

    fn push_table_head(&mut self, line: Line<'a>) {
        let marks = self.lines.next().expect("it was looked at");
        let is_short = line.text.len() + marks.text.len() < MAX_PREFIX_BYTES;
        self.table_head = is_short.then(|| format!("{}\n{}\n", line.text, marks.text).into());
        let cut = self.block_cut();
        self.block = Block::Table;
        self.push(line, cut, Role::Other);
        self.push(marks, cut::TIED, Role::Other);
    }
}

impl<'a> Iterator for Markdown<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.pieces.len() == 0 {
            let line = self.lines.next()?;
            self.read(line);
        }
        self.pieces.pop()
    }
}

/// How well a chunk may begin with an entry that is so far indented.
fn list_cut(indent: usize) -> u8 {
    cut::ENTRY + 2 * (indent / 2).min(MAX_LIST_LEVEL) as u8
}

/// The mark that a line opens a fence with, and how often.
fn fence(text: &str) -> Option<(char, usize)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let len = text.chars().take_while(|&c| c == mark).count();
    // Code in a line is no fence.
    let is_in_line = mark == '`' && text[len..].contains('`');
    (len >= 3 && !is_in_line).then_some((mark, len))
}

/// The level and the name of a heading with number signs.
fn heading<'a>(line: &Line<'a>) -> Option<(usize, &'a str)> {
    let text = line.trimmed();
    let level = text.bytes().take_while(|&byte| byte == b'#').count();
    let name = &text[level..];
    let is_heading = (1..=6).contains(&level) && line.indent() < 4;
    (is_heading && (name.is_empty() || name.starts_with([' ', '\t'])))
        .then(|| (level, name.trim_end_matches('#').trim()))
}

/// Whether a line begins an entry of a list.
fn is_item(text: &str) -> bool {
    let number = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match number {
        0 => text.strip_prefix(['-', '*', '+']),
        1..=9 => text[number..].strip_prefix(['.', ')']),
        _ => None,
    };
    rest.is_some_and(|rest| rest.starts_with([' ', '\t'])) && !is_rule(text)
}

/// Whether a line is drawn across: `---`, `* * *`.
fn is_rule(text: &str) -> bool {
    let mark = text.chars().next().filter(|c| matches!(c, '-' | '*' | '_'));
    mark.is_some_and(|mark| {
        text.chars().all(|c| c == mark || c == ' ')
            && text.chars().filter(|&c| c == mark).count() >= 3
    })
}
