//! The text being typed: a cursor, words, lines.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use console_graphics::width::{char_cells, text_cells};

/// Bytes that can be typed.
pub const MAX_INPUT_BYTES: usize = 32 * 1024;

/// The text and the cursor in it.
#[derive(Debug, Default)]
pub struct Editor {
    text: String,
    /// Byte at which the next character goes.
    cursor: usize,
    /// What Ctrl-K, Ctrl-U and Ctrl-W took last, for Ctrl-Y.
    killed: String,
    is_full: bool,
    revision: u32,
}

/// The text broken to a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRows {
    /// Bytes of the text in each row, line breaks left out.
    pub rows: Vec<Range<usize>>,
    /// Row of the cursor.
    pub cursor_row: usize,
    /// Cells before the cursor in its row.
    pub cursor_cells: usize,
}

impl Editor {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Byte at which the next character goes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Changes whenever the text or the cursor does.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether the last character found no room.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Replaces the text; the cursor goes to its end.
    pub fn set_text(&mut self, text: &str) {
        self.replace(0..self.text.len(), text);
    }

    /// Empties the text and returns what it was.
    pub fn take(&mut self) -> String {
        self.cursor = 0;
        self.is_full = false;
        self.revision += 1;
        core::mem::take(&mut self.text)
    }

    /// Puts text at the cursor, if there is room for all of it.
    pub fn insert(&mut self, text: &str) {
        self.replace(self.cursor..self.cursor, text);
    }

    /// Puts `with` in the place of `range`, and the cursor behind it.
    fn replace(&mut self, range: Range<usize>, with: &str) {
        self.revision += 1;
        self.is_full = self.text.len() - range.len() + with.len() > MAX_INPUT_BYTES;
        if self.is_full {
            return;
        }
        self.cursor = range.start + with.len();
        self.text.replace_range(range, with);
    }

    /// Removes a range, to be brought back by [`Editor::yank`].
    fn kill(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.killed = self.text[range.clone()].to_string();
            self.replace(range, "");
        }
    }

    /// Brings back what was killed last.
    pub fn yank(&mut self) {
        let killed = core::mem::take(&mut self.killed);
        self.insert(&killed);
        self.killed = killed;
    }

    /// Where the character before the cursor begins; combining marks go with what they mark.
    fn before(&self) -> usize {
        let mut characters = self.text[..self.cursor].char_indices().rev();
        let base = characters.find(|(_, c)| char_cells(*c) > 0 || c.is_control());
        base.map_or(0, |(index, _)| index)
    }

    /// Where the character after the cursor ends.
    fn after(&self) -> usize {
        let mut characters = self.text[self.cursor..].char_indices().skip(1);
        let next = characters.find(|(_, c)| char_cells(*c) > 0 || c.is_control());
        next.map_or(self.text.len(), |(index, _)| self.cursor + index)
    }

    /// Where the word before the cursor begins.
    fn word_before(&self) -> usize {
        let head = &self.text[..self.cursor];
        let word_end = head.trim_end_matches(|c: char| !c.is_alphanumeric());
        word_end.trim_end_matches(char::is_alphanumeric).len()
    }

    /// Where the word after the cursor ends.
    fn word_after(&self) -> usize {
        let tail = &self.text[self.cursor..];
        let word = tail.trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - word.trim_start_matches(char::is_alphanumeric).len()
    }

    /// Where the cursor's line begins and ends.
    fn line(&self) -> Range<usize> {
        let start = self.text[..self.cursor].rfind('\n').map_or(0, |index| index + 1);
        let end = self.text[self.cursor..].find('\n').map_or(self.text.len(), |i| self.cursor + i);
        start..end
    }

    /// Moves the cursor.
    fn go(&mut self, to: usize) {
        if to != self.cursor {
            self.cursor = to;
            self.revision += 1;
        }
    }

    /// Moves one character to the left.
    pub fn left(&mut self) {
        self.go(self.before());
    }

    /// Moves one character to the right.
    pub fn right(&mut self) {
        self.go(self.after());
    }

    /// Moves to the beginning of the word before the cursor.
    pub fn word_left(&mut self) {
        self.go(self.word_before());
    }

    /// Moves to the end of the word after the cursor.
    pub fn word_right(&mut self) {
        self.go(self.word_after());
    }

    /// Moves to the beginning of the line.
    pub fn home(&mut self) {
        self.go(self.line().start);
    }

    /// Moves to the end of the line.
    pub fn end(&mut self) {
        self.go(self.line().end);
    }

    /// Moves to the line above; says whether there is one.
    pub fn up(&mut self) -> bool {
        let line = self.line();
        let Some(above_end) = line.start.checked_sub(1) else { return false };
        let above_start = self.text[..above_end].rfind('\n').map_or(0, |index| index + 1);
        self.go_to_column(line.start, above_start..above_end);
        true
    }

    /// Moves to the line below; says whether there is one.
    pub fn down(&mut self) -> bool {
        let line = self.line();
        if line.end == self.text.len() {
            return false;
        }
        let below_start = line.end + 1;
        let below_end =
            self.text[below_start..].find('\n').map_or(self.text.len(), |i| below_start + i);
        self.go_to_column(line.start, below_start..below_end);
        true
    }

    /// Moves to the cursor's column in another line.
    fn go_to_column(&mut self, line_start: usize, other: Range<usize>) {
        let column = self.text[line_start..self.cursor].chars().count();
        let place = self.text[other.clone()].char_indices().nth(column);
        self.go(place.map_or(other.end, |(index, _)| other.start + index));
    }

    /// Removes the character before the cursor.
    pub fn backspace(&mut self) {
        self.replace(self.before()..self.cursor, "");
    }

    /// Removes the character after the cursor.
    pub fn delete(&mut self) {
        let end = self.after();
        let at = self.cursor;
        self.replace(at..end, "");
    }

    /// Removes the rest of the line, or the line break where nothing is left of it.
    pub fn kill_to_end(&mut self) {
        let end = self.line().end;
        let end = if end == self.cursor { self.after() } else { end };
        self.kill(self.cursor..end);
    }

    /// Removes the line up to the cursor.
    pub fn kill_to_start(&mut self) {
        self.kill(self.line().start..self.cursor);
    }

    /// Removes the word before the cursor, up to a space.
    pub fn kill_word_before(&mut self) {
        let head = self.text[..self.cursor].trim_end();
        let start = head.trim_end_matches(|c: char| !c.is_whitespace()).len();
        self.kill(start..self.cursor);
    }

    /// Removes the word after the cursor.
    pub fn kill_word_after(&mut self) {
        self.kill(self.cursor..self.word_after());
    }

    /// Whether a block in triple quotes is open: Enter begins a new line in it.
    pub fn is_in_quotes(&self) -> bool {
        self.text.trim_start().strip_prefix("\"\"\"").is_some_and(|rest| !rest.contains("\"\"\""))
    }

    /// The text broken into rows of at most `columns` cells, for the input card: after spaces
    /// where possible, in long words elsewhere. A space may hang over the end of its row.
    pub fn rows(&self, columns: usize) -> InputRows {
        let columns = columns.max(2);
        let mut rows = Vec::new();
        let (mut start, mut cells) = (0, 0);
        // Where the last word of the row begins, and the cells before it.
        let mut word = (0, 0);
        for (index, character) in self.text.char_indices() {
            if character == '\n' {
                rows.push(start..index);
                (start, cells, word) = (index + 1, 0, (index + 1, 0));
                continue;
            }
            let wide = char_cells(character);
            // Twice where the last word and a wide character do not fit together either.
            while cells + wide > columns && character != ' ' {
                if word.0 == start {
                    word = (index, cells);
                }
                rows.push(start..word.0);
                (start, cells) = (word.0, cells - word.1);
                word = (start, 0);
            }
            cells += wide;
            if character == ' ' {
                word = (index + 1, cells);
            }
        }
        rows.push(start..self.text.len());
        if cells >= columns {
            // The cursor needs a cell of its own behind a full row.
            rows.push(self.text.len()..self.text.len());
        }
        let cursor_row = rows.iter().rposition(|row| row.start <= self.cursor).unwrap_or(0);
        let cursor_cells = text_cells(&self.text[rows[cursor_row].start..self.cursor]);
        InputRows { rows, cursor_row, cursor_cells: cursor_cells.min(columns) }
    }
}

impl InputRows {
    /// Which of the rows to show in a card of `height` rows so that the cursor is among them.
    pub fn window(&self, height: usize) -> Range<usize> {
        let height = height.max(1);
        let first = (self.cursor_row + 1).saturating_sub(height);
        first..(first + height).min(self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.insert(text);
        editor
    }

    #[test]
    fn words_are_jumped_over_and_killed() {
        let mut editor = editor("say hello, world");
        editor.word_left();
        assert_eq!(&editor.text()[editor.cursor()..], "world");
        editor.word_left();
        editor.kill_word_after();
        assert_eq!(editor.text(), "say , world");
        editor.end();
        editor.kill_word_before();
        editor.yank();
        editor.yank();
        assert_eq!(editor.text(), "say , worldworld");
    }

    #[test]
    fn lines_are_walked_in_the_same_column() {
        let mut editor = editor("abcdef\nxy\nlast line");
        editor.home();
        editor.right();
        editor.right();
        editor.right();
        assert!(editor.up());
        assert_eq!(editor.cursor(), 9, "the shorter line's end");
        assert!(editor.up() && !editor.up());
        assert!(editor.down() && editor.down() && !editor.down());
    }

    #[test]
    fn an_accent_goes_with_its_letter() {
        let mut editor = editor("ae\u{301}");
        editor.backspace();
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn beyond_the_limit_nothing_is_lost() {
        let mut editor = editor(&"x".repeat(MAX_INPUT_BYTES));
        editor.insert("y");
        assert!(editor.is_full() && editor.text().len() == MAX_INPUT_BYTES);
        editor.backspace();
        editor.insert("y");
        assert!(!editor.is_full() && editor.text().ends_with("xy"));
    }

    #[test]
    fn an_open_block_of_quotes_is_noticed() {
        assert!(editor("\"\"\"one\n").is_in_quotes());
        assert!(!editor("\"\"\"one\"\"\"").is_in_quotes());
        assert!(!editor("say \"\"\"").is_in_quotes());
    }

    #[test]
    fn rows_break_after_spaces_and_in_long_words() {
        let editor = editor("type some words abcdefghij");
        let rows = editor.rows(8);
        let shown: Vec<&str> = rows.rows.iter().map(|row| &editor.text()[row.clone()]).collect();
        assert_eq!(shown, ["type ", "some ", "words ", "abcdefgh", "ij"]);
        assert_eq!((rows.cursor_row, rows.cursor_cells), (4, 2));
    }

    #[test]
    fn a_full_row_gives_the_cursor_a_new_one() {
        let rows = editor("abcd").rows(4);
        assert_eq!(rows, InputRows { rows: [0..4, 4..4].into(), cursor_row: 1, cursor_cells: 0 });
        assert_eq!(editor("ab\n").rows(4).rows, [0..2, 3..3]);
    }

    proptest! {
        #[test]
        fn any_keys_leave_the_cursor_between_characters(keys in prop::collection::vec(0u8..18, 0..120)) {
            let mut editor = Editor::default();
            for key in keys {
                match key {
                    0 => editor.left(),
                    1 => editor.right(),
                    2 => editor.word_left(),
                    3 => editor.word_right(),
                    4 => editor.backspace(),
                    5 => editor.delete(),
                    6 => editor.kill_to_end(),
                    7 => editor.kill_to_start(),
                    8 => editor.kill_word_before(),
                    9 => editor.yank(),
                    10 => _ = editor.up(),
                    11 => _ = editor.down(),
                    12 => editor.insert("\n"),
                    13 => editor.insert("漢"),
                    14 => editor.insert("\u{301}"),
                    _ => editor.insert("a b"),
                }
                prop_assert!(editor.text().is_char_boundary(editor.cursor()));
                let rows = editor.rows(5);
                prop_assert!(rows.cursor_row < rows.rows.len());
                prop_assert!(rows.cursor_cells < 5 || rows.cursor_cells == 5 && !editor.text()[editor.cursor()..].is_empty());
                prop_assert!(rows.window(3).contains(&rows.cursor_row));
                let shown: String = rows.rows.iter().map(|row| &editor.text()[row.clone()]).collect();
                prop_assert_eq!(shown, editor.text().replace('\n', ""));
                for row in &rows.rows {
                    let words = editor.text()[row.clone()].trim_end_matches(' ');
                    prop_assert!(text_cells(words) <= 5, "{:?}", words);
                }
            }
        }
    }
}
