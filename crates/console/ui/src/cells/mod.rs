//! The console in text cells: one renderer for VGA text memory and for terminals.

mod ansi;
mod grid;
mod panels;
mod transcript;
mod vga;

pub use ansi::{AnsiWriter, ColorDepth};
pub use grid::{CONTINUATION, Cell, CellGrid, CellStyle};
pub use vga::{VgaWriter, to_cp437, vga_word};

use crate::console::{Console, Stamp};
use transcript::TranscriptCells;

/// From this width and height on, gauge and log stand beside the transcript.
const TWO_COLUMNS_FROM: (usize, usize) = (72, 14);

/// An area of the grid, borders included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    /// First column.
    pub column: usize,
    /// First row.
    pub row: usize,
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
}

impl Area {
    /// The column after the last.
    pub(crate) const fn end(&self) -> usize {
        self.column + self.columns
    }

    /// The last row.
    pub(crate) const fn last_row(&self) -> usize {
        self.row + self.rows.saturating_sub(1)
    }
}

/// Draws the console into a grid of cells.
///
/// The grid is drawn anew after each change, which is little work; the writers find what differs.
pub struct CellConsole {
    grid: CellGrid,
    transcript: TranscriptCells,
    drawn: Option<Stamp>,
}

impl CellConsole {
    /// A console of `columns` by `rows` cells, made for 80 x 25 and readable from 40 x 12 on.
    pub fn new(columns: usize, rows: usize) -> Self {
        Self { grid: CellGrid::new(columns, rows), transcript: TranscriptCells::new(), drawn: None }
    }

    /// Draws the console as it is now, unless nothing changed.
    pub fn render(&mut self, console: &Console) -> &CellGrid {
        let stamp = console.stamp();
        if self.drawn != Some(stamp) {
            self.drawn = Some(stamp);
            self.draw(console);
        }
        &self.grid
    }

    /// Draws everything.
    fn draw(&mut self, console: &Console) {
        let (columns, rows) = (self.grid.columns(), self.grid.rows());
        let grid = &mut self.grid;
        grid.clear();
        let prompt = 3;
        let facts = 17;
        let input = console.editor().rows(columns.saturating_sub(prompt + facts + 1));
        // A third of the screen at most is for typing.
        let input_rows = input.rows.len().clamp(1, (rows / 6).clamp(1, 4));
        let content_end = rows.saturating_sub(1 + input_rows);

        panels::header(grid, console.view.header());
        if columns >= TWO_COLUMNS_FROM.0 && rows >= TWO_COLUMNS_FROM.1 {
            let side = (columns * 5 / 12).min(48);
            let left = Area {
                column: 0,
                row: 1,
                columns: columns - side,
                rows: content_end.saturating_sub(1),
            };
            let right = Area { column: left.end(), columns: side, ..left };
            self.transcript.draw(grid, left, console);
            panels::side(grid, right, &console.view);
        } else {
            // The gauge on one line above the transcript, the latest call on one below.
            let has_ticker = content_end >= 8;
            panels::gauge_line(grid, 1, console.view.context());
            let below = usize::from(has_ticker);
            let area =
                Area { column: 0, row: 2, columns, rows: content_end.saturating_sub(2 + below) };
            self.transcript.draw(grid, area, console);
            if has_ticker {
                panels::ticker(grid, content_end - 1, &console.view);
            }
        }
        panels::input(grid, content_end, console, &input, input_rows, prompt);
        panels::hints(grid, rows - 1, console);
    }
}
