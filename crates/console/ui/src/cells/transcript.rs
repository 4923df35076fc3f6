//! The conversation in text cells.

use alloc::format;
use alloc::string::String;

use console_graphics::width::text_cells;

use super::Area;
use super::grid::{CellGrid, CellStyle};
use super::panels::{edge_labels, frame, text_right};
use crate::call_text::brief_arguments;
use crate::console::{Console, activity};
use crate::format::{self, ellipsize, hour_minute};
use crate::text::layout::{Columns, Row, TranscriptLayout};
use crate::text::viewport::Viewport;
use crate::text::{Line, Style};
use crate::theme;
use crate::view::{Entry, Outcome, ToolCall, View};

const FAINT: CellStyle = CellStyle::plain(theme::FAINT);

/// The transcript's rows and place.
pub(super) struct TranscriptCells {
    layout: TranscriptLayout,
    viewport: Viewport,
}

/// Cells are few: only what carries words takes a row.
const fn row_height(row: &Row) -> i32 {
    match row {
        Row::Gap | Row::CallGap | Row::CodeTop | Row::CodeBottom => 0,
        Row::Title | Row::Text(_) | Row::Blank | Row::Code(_) | Row::Rule | Row::Call => 1,
    }
}

impl TranscriptCells {
    /// An empty transcript.
    pub(super) fn new() -> Self {
        let columns = Columns { text: 8, code: 8 };
        Self { layout: TranscriptLayout::new(columns), viewport: Viewport::default() }
    }

    /// Draws the frame and the rows in sight.
    pub(super) fn draw(&mut self, grid: &mut CellGrid, area: Area, console: &Console) {
        if area.rows < 3 || area.columns < 12 {
            return;
        }
        let view = &console.view;
        let activity = activity(console).unwrap_or_default();
        frame(grid, area, "transcript", activity, CellStyle::plain(theme::ACCENT));
        // One column for the mark of the role, one free at the right.
        let text = area.columns - 4;
        self.layout.update(view, Columns { text: text.min(100), code: text.min(100) - 2 });
        let height = area.rows as i32 - 2;
        let placement = self.viewport.place(&self.layout, row_height, height, 1, console.scroll());

        let mut y = -placement.top;
        for (entry, layout) in view.entries().iter().zip(self.layout.entries()) {
            let last = layout
                .rows()
                .iter()
                .rposition(|row| matches!(row, Row::Title | Row::Text(_) | Row::Code(_)));
            for (index, row) in layout.rows().iter().enumerate() {
                if (0..height).contains(&y) && row_height(row) > 0 {
                    let has_cursor = entry.is_streaming && Some(index) == last;
                    draw_row(grid, area, area.row + 1 + y as usize, entry, row, has_cursor);
                }
                y += row_height(row);
            }
        }
        if view.entries().is_empty() {
            draw_welcome(grid, area, view);
        }
        let follow = if placement.is_following {
            ("following".into(), FAINT)
        } else {
            let below = placement.total - placement.top - height;
            (format!("{below} rows below"), CellStyle::plain(theme::ACCENT))
        };
        let left = match view.prefill() {
            Some(prefill) => (
                format!("reading {}/{}", prefill.done, prefill.total),
                CellStyle::plain(theme::ACCENT),
            ),
            None => ("PgUp/PgDn".into(), FAINT),
        };
        edge_labels(grid, area, area.last_row(), (&left.0, left.1), (&follow.0, follow.1));
    }
}

/// Draws one row of an entry.
fn draw_row(grid: &mut CellGrid, area: Area, y: usize, entry: &Entry, row: &Row, has_cursor: bool) {
    let (left, end) = (area.column + 2, area.end() - 2);
    let mut at = left;
    match row {
        Row::Title => at = draw_title(grid, (left, end), y, entry),
        Row::Text(line) => at = draw_line(grid, (left, end), y, line),
        Row::Code(line) => at = draw_line(grid, (left + 2, end), y, line),
        Row::Rule => {
            for column in left..end {
                grid.put(column, y, '─', FAINT);
            }
        }
        Row::Call => {
            if let Some(call) = &entry.call {
                draw_call(grid, (left, end), y, call);
            }
        }
        Row::Blank | Row::Gap | Row::CallGap | Row::CodeTop | Row::CodeBottom => {}
    }
    if has_cursor {
        grid.put(at.min(area.end() - 2), y, '█', CellStyle::plain(theme::ACCENT));
    }
}

/// Draws role, time, length and rate; returns where the role's name ends.
fn draw_title(grid: &mut CellGrid, (left, end): (usize, usize), y: usize, entry: &Entry) -> usize {
    let style = CellStyle::bold(theme::role_color(entry.role));
    grid.put(left - 1, y, '▌', style);
    let name_end = grid.text(left, y, end, entry.role.label(), style);
    let mut facts = hour_minute(entry.time);
    if let Some(tokens) = entry.tokens {
        facts.push_str(&format!("  {tokens}t"));
    }
    if let Some(rate) = entry.tokens_per_second {
        facts.push_str(&format!(" {} t/s", format::rate(rate)));
    }
    text_right(grid, end, y, &facts, FAINT);
    name_end + 1
}

/// Draws a line in its styles; returns where it ends.
fn draw_line(grid: &mut CellGrid, (left, end): (usize, usize), y: usize, line: &Line) -> usize {
    let mut at = left;
    for span in &line.spans {
        at = grid.text(at, y, end, &span.text, cell_style(span.style));
    }
    at
}

/// What a Markdown style looks like in cells: colours, for there are no italics.
const fn cell_style(style: Style) -> CellStyle {
    let color = if style.is_code || style.is_marker {
        theme::ACCENT
    } else if style.is_italic {
        theme::SYSTEM
    } else {
        theme::TEXT
    };
    CellStyle { is_bold: style.is_bold || style.is_heading, ..CellStyle::plain(color) }
}

/// Draws a tool call on one row.
fn draw_call(grid: &mut CellGrid, (left, end): (usize, usize), y: usize, call: &ToolCall) {
    let is_failed = call.outcome == Outcome::Failed;
    let name_color = if is_failed { theme::ERROR } else { theme::TOOL };
    let at = grid.text(left, y, end, "▸ ", CellStyle::plain(name_color));
    let at = grid.text(at, y, end, &ellipsize(&call.name, 14), CellStyle::bold(name_color)) + 1;
    let duration = match call.duration_us {
        Some(us) => format::duration(us),
        None => "…".into(),
    };
    let stop = text_right(grid, end, y, &duration, FAINT).saturating_sub(1);
    let room = stop.saturating_sub(at);
    if call.result.is_empty() {
        grid.text(at, y, stop, &ellipsize(&call.arguments, room), FAINT);
        return;
    }
    // As in the log, the result is what counts; unlike there, its colour tells it apart.
    let arguments: String = brief_arguments(&call.arguments);
    let result_room = text_cells(&call.result).min(room * 2 / 3);
    let argument_room = room.saturating_sub(result_room + 3);
    let mut at = at;
    if !arguments.is_empty() && argument_room >= 4 {
        at = grid.text(at, y, stop, &ellipsize(&arguments, argument_room), FAINT);
        at = grid.text(at, y, stop, " → ", FAINT);
    }
    let color = if is_failed { theme::ERROR } else { theme::TEXT };
    let result = ellipsize(&call.result, stop.saturating_sub(at));
    grid.text(at, y, stop, &result, CellStyle::plain(color));
}

/// Draws what a person sees before the first word.
fn draw_welcome(grid: &mut CellGrid, area: Area, view: &View) {
    let lines: [(&str, CellStyle); 3] = if view.header().model.is_empty() {
        [
            ("No model is loaded, so nobody answers.", CellStyle::plain(theme::TOOL)),
            ("Commands and tools work.", CellStyle::plain(theme::DIM)),
            ("/help lists them.", CellStyle::plain(theme::DIM)),
        ]
    } else {
        [
            ("Type a message and press Enter.", CellStyle::plain(theme::TEXT)),
            ("The reply streams in here.", CellStyle::plain(theme::DIM)),
            ("/help lists the commands.", CellStyle::plain(theme::DIM)),
        ]
    };
    let first = area.row + (area.rows.saturating_sub(lines.len()) / 2).max(1);
    for (index, (words, style)) in lines.into_iter().enumerate() {
        if first + index < area.last_row() {
            let words = ellipsize(words, area.columns - 4);
            let from = area.column + (area.columns - text_cells(&words)) / 2;
            grid.text(from, first + index, area.end() - 1, &words, style);
        }
    }
}
