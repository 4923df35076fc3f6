//! A grid as ANSI escape sequences, for a terminal at the other end of a serial line.
//!
//! Only cells that differ from what the terminal shows are sent: a serial line is slow, and what is
//! not sent cannot flicker. Sequences: ECMA-48, with the 256-colour extension of xterm.

use alloc::vec::Vec;
use core::fmt::Write;

use console_graphics::Color;

use super::grid::{CONTINUATION, Cell, CellGrid};

/// How a terminal is told colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorDepth {
    /// The nearest of xterm's 256: understood nearly everywhere.
    #[default]
    Indexed256,
    /// As they are, 24 bits.
    TrueColor,
}

/// Turns changes of a grid into bytes for a terminal.
#[derive(Debug, Default)]
pub struct AnsiWriter {
    depth: ColorDepth,
    shown: Option<CellGrid>,
    out: Bytes,
    /// Colours and weight that the terminal writes with now.
    pen: Option<(Color, Color, bool)>,
}

/// Bytes that can be formatted into.
#[derive(Debug, Default)]
struct Bytes(Vec<u8>);

impl Write for Bytes {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Bytes {
    /// Adds formatted text.
    fn put(&mut self, text: core::fmt::Arguments<'_>) {
        // Growing a vector cannot fail in a way that formatting could report.
        let _ = self.write_fmt(text);
    }
}

impl AnsiWriter {
    /// A writer for a terminal that shows nothing yet.
    pub fn new(depth: ColorDepth) -> Self {
        Self { depth, ..Self::default() }
    }

    /// Assumes nothing of what the terminal shows: the next bytes paint all of it.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// What gives the terminal back: colours, cursor and line wrap as usual, below the picture.
    pub const fn farewell() -> &'static [u8] {
        b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[999;1H\r\n"
    }

    /// The bytes that make the terminal show `grid`; none when it does already.
    pub fn diff(&mut self, grid: &CellGrid) -> &[u8] {
        self.out.0.clear();
        if self.shown.as_ref() == Some(grid) {
            return &self.out.0;
        }
        // Unseen while it jumps about.
        self.out.put(format_args!("\x1b[?25l"));
        let same_size = self
            .shown
            .as_ref()
            .is_some_and(|shown| (shown.columns(), shown.rows()) == (grid.columns(), grid.rows()));
        if !same_size {
            // No line wrap: the last cell of the last row must not scroll the screen.
            self.out.put(format_args!("\x1b[?7l\x1b[0m\x1b[2J"));
            self.pen = None;
            self.shown = None;
        }
        let columns = grid.columns();
        // Where the terminal writes next, if that is known.
        let mut place: Option<usize> = None;
        for (index, &cell) in grid.cells().iter().enumerate() {
            let is_shown = self.shown.as_ref().is_some_and(|shown| shown.cells()[index] == cell);
            if is_shown || cell.character == CONTINUATION {
                continue;
            }
            if place != Some(index) {
                let (row, column) = (index / columns, index % columns);
                self.out.put(format_args!("\x1b[{};{}H", row + 1, column + 1));
            }
            self.write_cell(cell);
            let is_wide = grid
                .cells()
                .get(index + 1)
                .is_some_and(|next| next.character == CONTINUATION && (index + 1) % columns != 0);
            let next = index + 1 + usize::from(is_wide);
            place = (!next.is_multiple_of(columns)).then_some(next);
        }
        let (column, row) = grid.cursor;
        self.out.put(format_args!("\x1b[{};{}H\x1b[?25h", row + 1, column + 1));
        self.shown = Some(grid.clone());
        &self.out.0
    }

    /// Writes one character, with its colours where they change.
    fn write_cell(&mut self, cell: Cell) {
        let pen = (cell.foreground, cell.background, cell.is_bold);
        if self.pen != Some(pen) {
            let weight = if cell.is_bold { 1 } else { 22 };
            match self.depth {
                ColorDepth::Indexed256 => self.out.put(format_args!(
                    "\x1b[{weight};38;5;{};48;5;{}m",
                    nearest_256(cell.foreground),
                    nearest_256(cell.background)
                )),
                ColorDepth::TrueColor => {
                    let (fore, back) = (cell.foreground, cell.background);
                    self.out.put(format_args!(
                        "\x1b[{weight};38;2;{};{};{};48;2;{};{};{}m",
                        fore.red(),
                        fore.green(),
                        fore.blue(),
                        back.red(),
                        back.green(),
                        back.blue()
                    ));
                }
            }
            self.pen = Some(pen);
        }
        // A control character would be obeyed instead of shown.
        let character = if cell.character.is_control() { '?' } else { cell.character };
        self.out.put(format_args!("{character}"));
    }
}

/// The nearest of xterm's colours 16 to 255: a cube of six steps a channel, and a ramp of greys.
fn nearest_256(color: Color) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let channels = [color.red(), color.green(), color.blue()];
    let step = |value: u8| {
        let distance = |index: &u8| STEPS[usize::from(*index)].abs_diff(value);
        (0..6_u8).min_by_key(distance).unwrap_or(0)
    };
    let cube = channels.map(step);
    let mean = channels.iter().map(|&channel| u32::from(channel)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let error = |candidate: [u8; 3]| -> u32 {
        candidate.iter().zip(channels).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let cube_error = error(cube.map(|index| STEPS[usize::from(index)]));
    if error([8 + 10 * grey; 3]) < cube_error {
        232 + grey
    } else {
        16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::grid::CellStyle;
    use crate::theme;
    use alloc::string::String;
    use alloc::vec;
    use console_graphics::width::char_cells;
    use proptest::prelude::*;

    /// Just enough of a terminal to check what was sent: places, characters and pens.
    struct Terminal {
        columns: usize,
        cells: Vec<(char, String)>,
        at: usize,
        pen: String,
        cursor_is_visible: bool,
    }

    impl Terminal {
        fn new(columns: usize, rows: usize) -> Self {
            let cells = vec![('x', String::new()); columns * rows];
            Self { columns, cells, at: 0, pen: String::new(), cursor_is_visible: true }
        }

        fn feed(&mut self, bytes: &[u8]) {
            let text = core::str::from_utf8(bytes).unwrap();
            let mut rest = text.chars();
            while let Some(character) = rest.next() {
                if character != '\x1b' {
                    self.cells[self.at] = (character, self.pen.clone());
                    for _ in 1..char_cells(character) {
                        self.at += 1;
                        self.cells[self.at] = (CONTINUATION, self.pen.clone());
                    }
                    self.at = (self.at + 1).min(self.cells.len() - 1);
                    continue;
                }
                assert_eq!(rest.next(), Some('['));
                let mut parameters = String::new();
                let last = loop {
                    let next = rest.next().unwrap();
                    if next.is_ascii_alphabetic() {
                        break next;
                    }
                    parameters.push(next);
                };
                match (last, parameters.as_str()) {
                    ('H', place) => {
                        let (row, column) = place.split_once(';').unwrap();
                        let number = |text: &str| text.parse::<usize>().unwrap() - 1;
                        self.at = number(row) * self.columns + number(column);
                    }
                    ('m', pen) => self.pen = pen.into(),
                    ('J', "2") => self.cells.fill((' ', String::new())),
                    ('h', "?25") => self.cursor_is_visible = true,
                    ('l', "?25") => self.cursor_is_visible = false,
                    ('l', "?7") => {}
                    other => panic!("unexpected sequence {other:?}"),
                }
            }
        }

        fn assert_shows(&self, grid: &CellGrid) {
            let (column, row) = grid.cursor;
            assert!(self.cursor_is_visible && self.at == row * self.columns + column);
            for (index, (cell, shown)) in grid.cells().iter().zip(&self.cells).enumerate() {
                assert_eq!(cell.character, shown.0, "cell {index}");
                if cell.character != CONTINUATION {
                    let colors = alloc::format!(
                        "38;5;{};48;5;{}",
                        nearest_256(cell.foreground),
                        nearest_256(cell.background)
                    );
                    assert!(shown.1.ends_with(&colors), "cell {index}: {}", shown.1);
                }
            }
        }
    }

    #[test]
    fn an_unchanged_grid_sends_nothing_and_one_character_little() {
        let mut grid = CellGrid::new(80, 25);
        let mut writer = AnsiWriter::default();
        assert!(writer.diff(&grid).len() > 80 * 25);
        assert!(writer.diff(&grid).is_empty());
        grid.put(40, 12, 'a', CellStyle::plain(theme::TEXT));
        assert!(writer.diff(&grid).len() < 40);
    }

    #[test]
    fn the_colours_of_the_theme_stay_apart_in_256_colours() {
        let colors =
            [theme::USER, theme::AGENT, theme::TOOL, theme::SYSTEM, theme::ERROR, theme::ACCENT];
        for (index, &one) in colors.iter().enumerate() {
            for &other in &colors[index + 1..] {
                assert_ne!(nearest_256(one), nearest_256(other));
            }
        }
        assert_eq!(nearest_256(Color(0xFFFFFF)), 231);
        assert_eq!(nearest_256(Color(0x080808)), 232);
    }

    #[test]
    fn control_characters_are_not_obeyed() {
        let mut grid = CellGrid::new(4, 1);
        grid.put(0, 0, '\u{7}', CellStyle::plain(theme::TEXT));
        assert!(!AnsiWriter::default().diff(&grid).contains(&7));
    }

    proptest! {
        #[test]
        fn what_is_sent_makes_the_terminal_show_the_grid(
            writes in prop::collection::vec((0usize..20, 0usize..6, "[a-c漢 é█]{1,9}", 0usize..3), 1..30),
        ) {
            let styles = [
                CellStyle::plain(theme::TEXT),
                CellStyle::bold(theme::USER),
                CellStyle { background: theme::RAISED, ..CellStyle::plain(theme::ERROR) },
            ];
            let mut terminal = Terminal::new(20, 6);
            let mut writer = AnsiWriter::default();
            let mut grid = CellGrid::new(20, 6);
            for (column, row, text, style) in writes {
                // Rows are drawn anew as the renderer does it, so no half of a wide one remains.
                grid.text(0, row, 20, "                    ", styles[0]);
                grid.text(column, row, 20, &text, styles[style]);
                grid.cursor = (column, row);
                terminal.feed(writer.diff(&grid));
                terminal.assert_shows(&grid);
            }
        }
    }
}
