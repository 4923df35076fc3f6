//! Lines typed before: walked with the arrow keys, searched with Ctrl-R.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};

/// Lines kept.
const MAX_LINES: usize = 100;

/// Earlier lines, and where in them the person is.
#[derive(Debug, Default)]
pub struct History {
    lines: VecDeque<String>,
    /// How far back the shown line is: 0 is the line being typed.
    back: usize,
    /// What was being typed before walking back.
    draft: String,
}

impl History {
    /// Keeps a line; the same line twice in a row is kept once.
    pub fn push(&mut self, line: &str) {
        self.back = 0;
        if line.trim().is_empty() || self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_string());
    }

    /// The line before the shown one; `current` is kept when walking begins.
    pub fn older(&mut self, current: &str) -> Option<&str> {
        if self.back == self.lines.len() {
            return None;
        }
        if self.back == 0 {
            self.draft = current.to_string();
        }
        self.back += 1;
        Some(&self.lines[self.lines.len() - self.back])
    }

    /// The line after the shown one, at last what was being typed.
    pub fn newer(&mut self) -> Option<&str> {
        self.back = self.back.checked_sub(1)?;
        if self.back == 0 {
            Some(&self.draft)
        } else {
            Some(&self.lines[self.lines.len() - self.back])
        }
    }

    /// Ends walking: the shown line is being typed now.
    pub fn stay(&mut self) {
        self.back = 0;
    }

    /// The latest line that contains `query`, after leaving out the `skip` latest such lines.
    pub fn search(&self, query: &str, skip: usize) -> Option<&str> {
        self.lines.iter().rev().filter(|line| line.contains(query)).nth(skip).map(String::as_str)
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_back_and_forth_returns_to_the_draft() {
        let mut history = History::default();
        for line in ["one", "two", "two", " "] {
            history.push(line);
        }
        assert_eq!(history.older("dra"), Some("two"));
        assert_eq!(history.older("two"), Some("one"));
        assert_eq!(history.older("one"), None);
        assert_eq!(history.newer(), Some("two"));
        assert_eq!(history.newer(), Some("dra"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn searching_finds_the_latest_first() {
        let mut history = History::default();
        for line in ["calc 1", "time", "calc 2"] {
            history.push(line);
        }
        assert_eq!(history.search("calc", 0), Some("calc 2"));
        assert_eq!(history.search("calc", 1), Some("calc 1"));
        assert_eq!(history.search("calc", 2), None);
    }
}
