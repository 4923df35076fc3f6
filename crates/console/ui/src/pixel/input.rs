//! The input card and the keys below it.

use console_graphics::embedded_graphics::prelude::*;
use console_graphics::embedded_graphics::primitives::PrimitiveStyle;
use console_graphics::width::text_cells;
use console_graphics::{Canvas, Rectangle, TextStyle, rect, right};

use super::metrics::Metrics;
use super::paint;
use crate::console::{Console, input_facts, placeholder};
use crate::editor::InputRows;
use crate::format::ellipsize;
use crate::theme;
use crate::view::NoticeLevel;

/// Draws the card with the rows around the cursor.
pub fn draw(
    canvas: &mut Canvas,
    area: &Rectangle,
    metrics: &Metrics,
    console: &Console,
    rows: &InputRows,
    height: usize,
) {
    paint::card(canvas, area, metrics, theme::ACCENT);
    let unit = metrics.unit;
    let top = area.top_left.y + (area.size.height as i32 - metrics.row * height as i32) / 2;
    let inset = (metrics.row - metrics.read.height()) / 2;
    let x = area.top_left.x + 2 * unit;
    let text_x = x + 2 * metrics.read.advance();
    let window = rows.window(height);

    let accent = TextStyle::bold(metrics.read, theme::ACCENT);
    let prompt = if window.start == 0 { "›" } else { "…" };
    canvas.text(x, top + inset, prompt, accent);
    let text = console.editor().text();
    for (line, range) in rows.rows[window.clone()].iter().enumerate() {
        let y = top + metrics.row * line as i32 + inset;
        let words = &text[range.clone()];
        let is_command = range.start == 0 && words.starts_with('/');
        let style = TextStyle::regular(metrics.read, theme::TEXT);
        let name = if is_command { words.split(' ').next().unwrap_or("") } else { "" };
        let end = canvas.text(text_x, y, name, TextStyle { color: theme::ACCENT, ..style });
        canvas.text(end, y, &words[name.len()..], style);
    }
    let cursor_line = (rows.cursor_row - window.start) as i32;
    let cursor_x = text_x + rows.cursor_cells as i32 * metrics.read.advance();
    let cursor = rect(
        cursor_x,
        top + metrics.row * cursor_line + inset,
        (unit / 4).max(2),
        metrics.read.height(),
    );
    let Ok(()) =
        cursor.into_styled(PrimitiveStyle::with_fill(theme::TEXT)).draw(&mut canvas.buffer);
    if text.is_empty() && console.search_query().is_none() {
        let words = placeholder(console);
        let faint = TextStyle::regular(metrics.read, theme::FAINT);
        canvas.text(text_x + metrics.read.advance(), top + inset, words, faint);
    }
    let faint = TextStyle::regular(metrics.fact, theme::FAINT);
    let facts = ellipsize(&input_facts(console), 18);
    let fact_y = top + inset + metrics.fact_drop();
    paint::text_right(canvas, right(area) - 3 * unit, fact_y, &facts, faint);
}

/// Draws the keys that work now, or the commands that match, and the notice.
pub fn draw_hints(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, console: &Console) {
    paint::clear(canvas, area);
    let unit = metrics.unit;
    let y = area.top_left.y + (area.size.height as i32 - metrics.fact.height()) / 2;
    let margin = 5 * unit / 2;
    let mut end = right(area) - margin;
    if let Some(notice) = console.notice() {
        let color = match notice.level {
            NoticeLevel::Info => theme::DIM,
            NoticeLevel::Warning => theme::TOOL,
        };
        // Half the line at most, so that the first keys stay.
        let cells = (area.size.width as i32 / 2 / metrics.fact.advance()) as usize;
        let text = ellipsize(&notice.text, cells);
        let style = TextStyle::regular(metrics.fact, color);
        end = paint::text_right(canvas, end, y, &text, style) - 3 * unit;
    }
    let mut x = margin;
    let key_style = TextStyle::bold(metrics.fact, theme::DIM);
    let word_style = TextStyle::regular(metrics.fact, theme::FAINT);
    if console.matching_commands().next().is_some() {
        for command in console.matching_commands() {
            if x + paint::text_width(command, key_style) > end {
                break;
            }
            x = canvas.text(x, y, command, TextStyle { color: theme::ACCENT, ..word_style })
                + 2 * unit;
        }
        return;
    }
    for (key, words) in console.hints() {
        let width = (text_cells(key) + 1 + text_cells(words)) as i32 * metrics.fact.advance();
        if x + width > end {
            break;
        }
        let after_key = canvas.text(x, y, key, key_style) + metrics.fact.advance();
        x = canvas.text(after_key, y, words, word_style) + 7 * unit / 2;
    }
}
