//! Programs and files of settings in any language: items by their indentation and the empty lines
//! between them.

use super::{
    lines::{Line, Lines, lines},
    piece::{MAX_DEPTH, Path, Piece, Role, cut, under},
    sentence::prose,
};
use alloc::vec::Vec;

/// Columns of indentation that are a level.
const COLUMNS: usize = 2;
/// Levels that are told apart.
const MAX_LEVEL: usize = 12;
/// Beginnings of lines that belong to the line behind them: comments, attributes and decorators.
const LEADING: [&str; 8] = ["//", "/*", "*", "#", "@", "--", ";", "\"\"\""];
/// Words that continue what is before them.
const CONTINUING: [&str; 11] =
    ["else", "elif", "elseif", "except", "catch", "finally", "end", "where", "then", "do", "fi"];

/// The lines of a program.
pub struct Source<'a> {
    lines: Lines<'a>,
    /// The items around the line before, with their indentation.
    enclosing: Vec<(usize, Path)>,
    before: Option<Line<'a>>,
    /// The last line that has a word, and may be the first of an item.
    opening: Option<Line<'a>>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { lines: lines(text), enclosing: Vec::new(), before: None, opening: None }
    }

    /// What the line is in; updated for it. A line that continues an item is in it.
    fn path_for(&mut self, line: &Line<'a>) -> Path {
        let indent = line.indent();
        let outside = if continues(line) { indent + 1 } else { indent };
        while self.enclosing.last().is_some_and(|(around, _)| *around >= outside) {
            self.enclosing.pop();
        }
        let around = self.enclosing.last();
        let path = around.and_then(|(_, path)| path.clone());
        let is_inside = |it: &Line<'_>| {
            it.indent() < indent && around.is_none_or(|(around, _)| *around < it.indent())
        };
        let Some(opening) = self.opening.filter(is_inside) else { return path };
        let path = under(&path, opening.trimmed());
        // What is deeper than paths go is not told apart.
        if self.enclosing.len() < MAX_DEPTH {
            self.enclosing.push((opening.indent(), path.clone()));
        }
        path
    }

    fn cut_before(&self, line: &Line<'a>) -> u8 {
        let Some(before) = self.before else { return cut::ITEM };
        let level = (line.indent() / COLUMNS).min(MAX_LEVEL) as u8;
        match line.is_after_blank {
            _ if continues(line) => cut::TIED,
            true => cut::ITEM + 3 * level,
            false if leads(&before) && before.indent() == line.indent() => cut::TIED,
            false => cut::ITEM + 3 * level + 1,
        }
    }
}

/// Whether a line continues or ends what is before it.
fn continues(line: &Line<'_>) -> bool {
    let text = line.trimmed();
    let begins_with = |word: &&str| {
        let rest = text.strip_prefix(*word);
        rest.is_some_and(|it| !it.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    text.starts_with(['}', ')', ']', '{', '>', '|', '&', '+', '.', ',', '=', '?', ':'])
        || CONTINUING.iter().any(begins_with)
}

/// Whether a line belongs to the one behind it.
fn leads(line: &Line<'_>) -> bool {
    LEADING.iter().any(|it| line.trimmed().starts_with(it))
}

impl<'a> Iterator for Source<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let line = self.lines.next()?;
        let path = self.path_for(&line);
        let cut = self.cut_before(&line);
        self.before = Some(line);
        if line.text.contains(char::is_alphanumeric) && !leads(&line) {
            self.opening = Some(line);
        }
        Some(Piece { role: Role::Other, ..prose(line, cut, &path) })
    }
}
