//! The crash screen in VGA text memory.

use super::screen::{Canvas, Style};
use core::ptr::NonNull;

const COLUMNS: usize = 80;
const ROWS: usize = 25;

/// Attributes: light red, white and light grey on black; white on red.
const TITLE: u16 = 0x0C00;
const TEXT: u16 = 0x0F00;
const DIM: u16 = 0x0700;
const BAR: u16 = 0x4F00;

/// Text memory as a grid of characters.
pub struct VgaText {
    cells: NonNull<u16>,
}

impl VgaText {
    /// The memory mapped at `cells`: 80 x 25 cells.
    pub fn new(cells: NonNull<u16>) -> Self {
        Self { cells }
    }

    fn set(&mut self, column: usize, row: usize, cell: u16) {
        if column < COLUMNS && row < ROWS {
            let cell_pointer = self.cells.as_ptr().wrapping_add(row * COLUMNS + column);
            // SAFETY: the cell lies within text memory, which is mapped whole.
            unsafe { cell_pointer.write_volatile(cell) };
        }
    }
}

impl Canvas for VgaText {
    fn columns(&self) -> usize {
        COLUMNS
    }

    fn rows(&self) -> usize {
        ROWS
    }

    fn clear(&mut self) {
        for row in 0..ROWS {
            let attribute = if row == 0 { BAR } else { DIM };
            for column in 0..COLUMNS {
                self.set(column, row, attribute | u16::from(b' '));
            }
        }
    }

    fn put(&mut self, column: usize, row: usize, character: char, style: Style) {
        let attribute = match style {
            Style::Title => TITLE,
            Style::Text => TEXT,
            Style::Dim => DIM,
        };
        let byte = if matches!(character, ' '..='~') { character as u8 } else { b'?' };
        self.set(column, row, attribute | u16::from(byte));
    }
}
