//! A screen of text cells.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use console_graphics::Color;
use console_graphics::width::char_cells;

use crate::theme;

/// Stands in the right half of a wide character.
pub const CONTINUATION: char = '\0';

/// One character on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character, or [`CONTINUATION`].
    pub character: char,
    /// Its colour.
    pub foreground: Color,
    /// The colour behind it.
    pub background: Color,
    /// Whether it is bold.
    pub is_bold: bool,
}

/// How text is set in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellStyle {
    /// Colour of the characters.
    pub foreground: Color,
    /// Colour behind them.
    pub background: Color,
    /// Whether they are bold.
    pub is_bold: bool,
}

impl CellStyle {
    /// Regular text on the ground.
    pub const fn plain(foreground: Color) -> Self {
        Self { foreground, background: theme::BACKGROUND, is_bold: false }
    }

    /// Bold text on the ground.
    pub const fn bold(foreground: Color) -> Self {
        Self { foreground, background: theme::BACKGROUND, is_bold: true }
    }
}

const EMPTY: Cell =
    Cell { character: ' ', foreground: theme::TEXT, background: theme::BACKGROUND, is_bold: false };

/// `(rows, columns)` cells, row-major, and the place of the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellGrid {
    columns: usize,
    cells: Vec<Cell>,
    /// Column and row at which the next character will appear.
    pub cursor: (usize, usize),
}

impl CellGrid {
    /// An empty grid; at least one cell.
    pub fn new(columns: usize, rows: usize) -> Self {
        let (columns, rows) = (columns.max(1), rows.max(1));
        Self { columns, cells: vec![EMPTY; columns * rows], cursor: (0, 0) }
    }

    /// Cells in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns
    }

    /// All cells, row-major.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Empties every cell.
    pub fn clear(&mut self) {
        self.cells.fill(EMPTY);
    }

    /// Writes one character of one cell; outside the grid nothing happens.
    pub fn put(&mut self, column: usize, row: usize, character: char, style: CellStyle) {
        if column >= self.columns || row >= self.rows() {
            return;
        }
        self.cells[row * self.columns + column] = Cell {
            character,
            foreground: style.foreground,
            background: style.background,
            is_bold: style.is_bold,
        };
    }

    /// Writes text up to column `end`, and returns the column after it. Combining marks are left
    /// out; a wide character that does not fit whole ends the text.
    pub fn text(
        &mut self,
        column: usize,
        row: usize,
        end: usize,
        text: &str,
        style: CellStyle,
    ) -> usize {
        let end = end.min(self.columns);
        let mut at = column;
        for character in text.chars() {
            let cells = char_cells(character);
            if at + cells > end {
                break;
            }
            if cells > 0 {
                self.put(at, row, character, style);
            }
            if cells == 2 {
                self.put(at + 1, row, CONTINUATION, style);
            }
            at += cells;
        }
        at
    }

    /// The characters, a line for each row, without spaces at the ends.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for row in self.cells.chunks(self.columns) {
            let line: String =
                row.iter().map(|cell| cell.character).filter(|c| *c != CONTINUATION).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: CellStyle = CellStyle::plain(theme::TEXT);

    #[test]
    fn text_stops_at_its_end_and_wide_characters_stay_whole() {
        let mut grid = CellGrid::new(8, 2);
        assert_eq!(grid.text(1, 0, 6, "abcdefgh", STYLE), 6);
        assert_eq!(grid.text(5, 1, 8, "漢字", STYLE), 7);
        assert_eq!(grid.to_text(), " abcde\n     漢\n");
    }

    #[test]
    fn nothing_is_written_outside() {
        let mut grid = CellGrid::new(4, 1);
        grid.put(9, 0, 'x', STYLE);
        grid.put(0, 9, 'x', STYLE);
        grid.text(3, 7, 99, "xyz", STYLE);
        assert_eq!(grid.to_text(), "\n");
    }
}
