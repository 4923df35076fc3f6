//! Small things that several panels draw.

use console_graphics::embedded_graphics::prelude::*;
use console_graphics::embedded_graphics::primitives::{Line, PrimitiveStyle};
use console_graphics::width::text_cells;
use console_graphics::{Canvas, Color, Rectangle, TextStyle, rect, right};

use super::metrics::Metrics;
use crate::theme;
use crate::view::Outcome;

/// Fills the screen's ground in an area.
pub fn clear(canvas: &mut Canvas, area: &Rectangle) {
    canvas.buffer.fill_rect(area, theme::BACKGROUND);
}

/// Draws a card's ground and border.
pub fn card(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, line: Color) {
    // The corners lie over the ground, so the ground must be there.
    clear(canvas, area);
    canvas.buffer.card(area, metrics.radius, metrics.thickness, theme::PANEL, line);
}

/// What a card holds beside its border.
pub fn inside(area: &Rectangle, metrics: &Metrics) -> Rectangle {
    let pad = 2 * metrics.unit;
    rect(
        area.top_left.x + pad,
        area.top_left.y + pad,
        area.size.width as i32 - 2 * pad,
        area.size.height as i32 - 2 * pad,
    )
}

/// Pixels that a text takes.
pub fn text_width(text: &str, style: TextStyle) -> i32 {
    text_cells(text) as i32 * style.font.advance()
}

/// Writes text that ends at column `end`; returns where it begins.
pub fn text_right(canvas: &mut Canvas, end: i32, y: i32, text: &str, style: TextStyle) -> i32 {
    let x = end - text_width(text, style);
    canvas.text(x, y, text, style);
    x
}

/// Draws a horizontal divider.
pub fn divider(canvas: &mut Canvas, x: i32, y: i32, width: i32, metrics: &Metrics) {
    let style = PrimitiveStyle::with_stroke(theme::LINE, metrics.thickness as u32);
    let line = Line::new(Point::new(x, y), Point::new(x + width - 1, y));
    // Drawing into memory cannot fail: the error type is empty.
    let Ok(()) = line.into_styled(style).draw(&mut canvas.buffer);
}

/// Writes a card's title and the facts at its right end.
pub fn card_title(
    canvas: &mut Canvas,
    area: &Rectangle,
    metrics: &Metrics,
    title: &str,
    facts: &str,
    facts_color: Color,
) {
    let inner = inside(area, metrics);
    let y = area.top_left.y + metrics.unit * 3 / 2;
    let end = canvas.text(inner.top_left.x, y, title, TextStyle::bold(metrics.fact, theme::DIM));
    let style = TextStyle::regular(metrics.fact, facts_color);
    if end + metrics.unit + text_width(facts, style) <= right(&inner) {
        text_right(canvas, right(&inner), y, facts, style);
    }
}

/// The mark of an outcome and its colour.
pub const fn outcome_mark(outcome: Outcome) -> (&'static str, Color) {
    match outcome {
        Outcome::Running => ("…", theme::ACCENT),
        Outcome::Done => ("✓", theme::AGENT),
        Outcome::Failed => ("!", theme::ERROR),
    }
}
