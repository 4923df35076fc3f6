//! Tables as text: rows, with the first one in front of each group of others.

use super::piece::{Gap, MAX_PREFIX_BYTES, Piece, Role, cut, newlines};
use alloc::{borrow::Cow, format, rc::Rc};

/// How far the end of a quoted field is looked for. One that has none begins with a quote that is just
/// a character.
const MAX_FIELD_BYTES: usize = 64 * 1024;

/// The character that separates the fields of a CSV file: what its first line has most of.
pub fn separator(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let count = |separator| first.bytes().filter(|&byte| byte == separator).count();
    [b';', b'\t', b'|', b','].into_iter().max_by_key(|&it| count(it)).unwrap_or(b',')
}

/// The rows of a table.
pub struct Csv<'a> {
    text: &'a str,
    separator: u8,
    at: usize,
    line: usize,
    is_begun: bool,
    header: Option<Rc<str>>,
}

impl<'a> Csv<'a> {
    pub fn new(text: &'a str, separator: u8) -> Self {
        Self { text, separator, at: 0, line: 1, is_begun: false, header: None }
    }

    /// Where the row that begins at `self.at` ends: at a line's end that is not in quotes.
    fn row_end(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            if bytes.get(at) == Some(&b'"')
                && let Some(end) = self.quoted_end(at)
            {
                at = end;
            }
            // What stands behind a closing quote belongs to the field.
            let is_end = |&byte: &u8| byte == self.separator || byte == b'\n';
            match bytes[at..].iter().position(is_end) {
                Some(found) if bytes[at + found] == b'\n' => return at + found,
                Some(found) => at += found + 1,
                None => return bytes.len(),
            }
        }
    }

    /// What follows the quote that closes the one at `open`; two quotes are one character.
    fn quoted_end(&self, open: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let most = bytes.len().min(open + MAX_FIELD_BYTES);
        let mut at = open + 1;
        while at < most {
            if bytes[at] != b'"' {
                at += 1;
            } else if bytes.get(at + 1) == Some(&b'"') {
                at += 2;
            } else {
                return Some(at + 1);
            }
        }
        None
    }

    /// Whether a first row names the columns: none of its fields is empty or a number.
    fn is_header(&self, row: &str) -> bool {
        row.split(char::from(self.separator)).all(|field| {
            let field = field.trim_matches(['"', ' ', '\r']);
            !field.is_empty() && field.parse::<f64>().is_err()
        })
    }
}

impl<'a> Iterator for Csv<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        // Empty lines are no rows; leading white space of a row may be an empty field.
        let blank = self.text[self.at..]
            .split_inclusive('\n')
            .take_while(|line| line.trim().is_empty())
            .map(str::len)
            .sum::<usize>();
        self.line += newlines(&self.text[self.at..self.at + blank]);
        self.at += blank;
        if self.at >= self.text.len() {
            return None;
        }
        let end = self.row_end();
        let row = &self.text[self.at..end];
        let (first_line, text) = (self.line, row.trim_end());
        let last_line = first_line + newlines(text);
        self.line = first_line + newlines(row) + 1;
        self.at = (end + 1).min(self.text.len());
        let prefix = self.header.clone();
        if !self.is_begun && self.is_header(text) && text.len() < MAX_PREFIX_BYTES {
            self.header = Some(format!("{text}\n").into());
        }
        self.is_begun = true;
        Some(Piece {
            text: Cow::Borrowed(text),
            gap: Gap::Line,
            // The names of the columns are nothing by themselves.
            cut: cut::LINE,
            role: Role::Other,
            first_line,
            last_line,
            path: None,
            prefix,
        })
    }
}
