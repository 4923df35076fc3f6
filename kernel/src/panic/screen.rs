//! What a crash looks like, on a grid of character cells.

use super::report::Report;
use core::fmt::Write;
use system_core::text::{FixedText, wrap};

/// How a piece of text is meant to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The headline.
    Title,
    /// What is to be read first.
    Text,
    /// Facts beside it.
    Dim,
}

/// A screen of character cells.
pub trait Canvas {
    /// Cells in a row.
    fn columns(&self) -> usize;
    /// Rows.
    fn rows(&self) -> usize;
    /// Makes the whole screen dark, with a line of alarm at the top.
    fn clear(&mut self);
    /// Draws a character; `column` and `row` lie within the screen.
    fn put(&mut self, column: usize, row: usize, character: char, style: Style);
}

/// Cells left free at either side.
const MARGIN: usize = 2;
/// Longer lines are cut.
const LINE_BYTES: usize = 512;
/// Cells of a register: name, gap, sixteen digits, gap.
const REGISTER_COLUMNS: usize = 25;

const ADVICE: &str = "The machine is halted. Photograph or note this screen, then press the reset \
                      button or switch off and on again.";

/// Writes lines downwards.
struct Page<'a, C> {
    canvas: &'a mut C,
    row: usize,
    /// The first row that is not for it.
    end: usize,
}

impl<C: Canvas> Page<'_, C> {
    fn width(&self) -> usize {
        self.canvas.columns().saturating_sub(2 * MARGIN)
    }

    fn line(&mut self, text: &str, style: Style) {
        if self.row >= self.end {
            return;
        }
        for (column, character) in text.chars().take(self.width()).enumerate() {
            self.canvas.put(MARGIN + column, self.row, character, style);
        }
        self.row += 1;
    }

    fn paragraph(&mut self, text: &str, style: Style) {
        for line in wrap(text, self.width()) {
            self.line(line, style);
        }
    }

    fn gap(&mut self) {
        self.row += 1;
    }
}

/// Draws the report over everything that was on the screen.
pub fn draw(report: &Report, canvas: &mut impl Canvas) {
    canvas.clear();
    let rows = canvas.rows();
    let advice_width = canvas.columns().saturating_sub(2 * MARGIN);
    let advice_row = rows.saturating_sub(wrap(ADVICE, advice_width).count() + 1);
    let mut page = Page { canvas, row: 1, end: advice_row.saturating_sub(1) };

    let mut line = FixedText::<{ LINE_BYTES * 2 }>::new();
    let _ = write!(line, "LLM OS stopped: {}", report.message());
    page.paragraph(line.as_str(), Style::Title);
    if let Some((file, number)) = report.location() {
        let mut line = FixedText::<LINE_BYTES>::new();
        let _ = write!(line, "at {file}:{number}");
        page.paragraph(line.as_str(), Style::Text);
    }
    let mut line = FixedText::<LINE_BYTES>::new();
    let _ = write!(line, "on CPU {}, {} ms after the start", report.cpu(), report.uptime_ms());
    page.line(line.as_str(), Style::Dim);
    page.gap();
    draw_registers(report, &mut page);
    draw_calls(report, &mut page);

    page.row = advice_row;
    page.end = rows;
    page.paragraph(ADVICE, Style::Text);
}

fn draw_registers(report: &Report, page: &mut Page<'_, impl Canvas>) {
    let Some(registers) = report.registers() else { return };
    let per_row = (page.width() / REGISTER_COLUMNS).max(1);
    for row in registers.chunks(per_row) {
        let mut line = FixedText::<LINE_BYTES>::new();
        for (name, value) in row {
            let _ = write!(line, "{name:<7}{value:016x}  ");
        }
        page.line(line.as_str(), Style::Dim);
    }
    page.gap();
}

fn draw_calls(report: &Report, page: &mut Page<'_, impl Canvas>) {
    for (index, call) in report.calls().iter().enumerate() {
        let mut line = FixedText::<LINE_BYTES>::new();
        let _ = write!(line, "{index:2}  {call}");
        let style = if index == 0 { Style::Text } else { Style::Dim };
        page.line(line.as_str(), style);
    }
}
