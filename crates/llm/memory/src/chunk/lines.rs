//! The lines of a text that are not blank, with their numbers.

use super::piece::Gap;
use core::iter::Peekable;

/// A line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Without white space at its end.
    pub text: &'a str,
    /// From 1.
    pub number: usize,
    /// Whether an empty line, or none at all, is before it.
    pub is_after_blank: bool,
    /// What lies behind it.
    pub gap: Gap,
}

impl<'a> Line<'a> {
    /// The line without the white space that it begins with.
    pub fn trimmed(&self) -> &'a str {
        self.text.trim_start()
    }

    /// How far it is indented, in columns: a tab is four.
    pub fn indent(&self) -> usize {
        let space = &self.text[..self.text.len() - self.trimmed().len()];
        space.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
    }
}

/// See [`lines`].
#[derive(Clone)]
pub struct Lines<'a> {
    all: Peekable<Numbered<'a>>,
    is_after_blank: bool,
}

type Numbered<'a> = core::iter::Enumerate<core::str::Split<'a, char>>;

/// The lines of `text` that are not blank.
pub fn lines(text: &str) -> Lines<'_> {
    Lines { all: text.split('\n').enumerate().peekable(), is_after_blank: true }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let (index, text) = self.all.find(|(_, line)| !line.trim().is_empty())?;
        let mut gap = Gap::Line;
        while self.all.next_if(|(_, line)| line.trim().is_empty()).is_some() {
            gap = Gap::Blank;
        }
        let is_after_blank = core::mem::replace(&mut self.is_after_blank, gap == Gap::Blank);
        Some(Line { text: text.trim_end(), number: index + 1, is_after_blank, gap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn blank_lines_are_gaps() {
        let found: Vec<_> = lines("\n  a \r\n\tb\n \n\nc")
            .map(|line| (line.text, line.number, line.is_after_blank, line.gap, line.indent()))
            .collect();
        assert_eq!(
            found,
            [
                ("  a", 2, true, Gap::Line, 2),
                ("\tb", 3, false, Gap::Blank, 4),
                ("c", 6, true, Gap::Line, 0),
            ]
        );
        assert!(lines(" \n").next().is_none());
    }
}
