//! The tool log and the tokens-per-second chart.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use console_graphics::chart::ChartStyle;
use console_graphics::{Canvas, Rectangle, TextStyle, bottom, rect, right};

use super::metrics::Metrics;
use super::paint;
use crate::call_text::detail;
use crate::format::{self, ellipsize};
use crate::theme;
use crate::view::{Outcome, RATE_SECONDS, ToolCall, View};

/// `5 calls · 1 failed`.
fn counts(view: &View) -> String {
    match view.call_counts() {
        (0, _) => String::new(),
        (1, failed) => format!("1 call · {failed} failed"),
        (total, failed) => format!("{total} calls · {failed} failed"),
    }
}

/// Draws title and calls, newest first, as many as fit; the card's ground is there already.
pub fn draw(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, view: &View) {
    let failed = view.call_counts().1;
    let facts_color = if failed > 0 { theme::DIM } else { theme::FAINT };
    paint::card_title(canvas, area, metrics, "TOOL LOG", &counts(view), facts_color);
    let inner = paint::inside(area, metrics);
    let first_y = area.top_left.y + metrics.unit * 5;
    if view.calls().is_empty() {
        let style = TextStyle::regular(metrics.fact, theme::FAINT);
        let hint = ellipsize(
            "No calls yet. /tools lists the tools.",
            (inner.size.width as i32 / metrics.fact.advance()) as usize,
        );
        canvas.text(inner.top_left.x, first_y, &hint, style);
    }
    let longest = view.calls().iter().map(|call| call.name.chars().count()).max().unwrap_or(0);
    let mut y = first_y;
    for call in view.calls() {
        if y + metrics.fact.height() > bottom(area) - metrics.unit {
            break;
        }
        draw_call(
            canvas,
            &rect(inner.top_left.x, y, inner.size.width as i32, 0),
            metrics,
            call,
            longest,
        );
        y += metrics.fact_row;
    }
}

/// Draws one call on the line that begins at `place`.
fn draw_call(
    canvas: &mut Canvas,
    place: &Rectangle,
    metrics: &Metrics,
    call: &ToolCall,
    longest: usize,
) {
    let (x, y, advance) = (place.top_left.x, place.top_left.y, metrics.fact.advance());
    let faint = TextStyle::regular(metrics.fact, theme::FAINT);
    let is_narrow = place.size.width as i32 / advance < 44;
    let time = format::hour_minute_second(call.time);
    let time = if is_narrow { &time[..5] } else { &time };
    let x = canvas.text(x, y, time, faint);
    let (mark, mark_color) = paint::outcome_mark(call.outcome);
    // In the reading size: a mark is to be seen, not read.
    let mark_style = TextStyle::bold(metrics.read, mark_color);
    let x = canvas.text(x + advance * 3 / 2, y - metrics.fact_drop(), mark, mark_style);
    let name_color = if call.outcome == Outcome::Failed { theme::ERROR } else { theme::TOOL };
    let name = ellipsize(&call.name, 14);
    let x = x + advance;
    canvas.text(x, y, &name, TextStyle::bold(metrics.fact, name_color));
    let x =
        x + advance * longest.min(if is_narrow { 8 } else { 12 }).max(name.chars().count()) as i32;
    let duration = call.duration_us.map_or("–".into(), format::duration);
    let end = paint::text_right(canvas, right(place), y, &duration, faint);
    let room = (end - x - 3 * advance) / advance;
    if room > 2 {
        let text = detail(call, room as usize);
        canvas.text(x + advance * 3 / 2, y, &text, TextStyle::regular(metrics.fact, theme::DIM));
    }
}

/// Draws the latest call on one line: what is left of the log on a small screen.
pub fn draw_ticker(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, view: &View) {
    let x = area.top_left.x + metrics.unit;
    let y = area.top_left.y + (area.size.height as i32 - metrics.fact.height()) / 2;
    let end = right(area) - metrics.unit;
    match view.calls().front() {
        Some(call) => {
            let place = rect(x, y, end - x, 0);
            draw_call(canvas, &place, metrics, call, call.name.chars().count());
        }
        None => {
            let style = TextStyle::regular(metrics.fact, theme::FAINT);
            canvas.text(x, y, "no tool calls yet", style);
        }
    }
}

/// Draws the chart: a divider, what it shows, and the curve of the last minute.
pub fn draw_chart(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, view: &View) {
    let unit = metrics.unit;
    let (x, width) = (area.top_left.x, area.size.width as i32);
    canvas.buffer.fill_rect(area, theme::PANEL);
    paint::divider(canvas, x, area.top_left.y, width, metrics);
    let y = area.top_left.y + unit * 3 / 2;
    let faint = TextStyle::regular(metrics.fact, theme::FAINT);
    let label_end = canvas.text(x, y, "tok/s", faint);
    paint::text_right(canvas, x + width, y, "last 60 s", faint);
    let peak = view.rates().iter().copied().fold(0.0, f32::max);
    if peak > 0.0 {
        let text = format!("peak {}", format::rate(peak));
        canvas.text(label_end + 2 * unit, y, &text, TextStyle { color: theme::DIM, ..faint });
    }
    let top = y + metrics.fact.height() + unit;
    let plot = rect(x, top, width, bottom(area) - top);
    paint::divider(canvas, x, bottom(&plot) - metrics.thickness, width, metrics);
    // A little room above the highest point, and the newest second at the right edge always.
    let scale = if peak > 0.0 { 60_000.0 / peak } else { 0.0 };
    let mut samples: Vec<u16> =
        core::iter::repeat_n(0, RATE_SECONDS - view.rates().len()).collect();
    samples.extend(view.rates().iter().map(|rate| (rate * scale) as u16));
    let style = ChartStyle {
        line: theme::ACCENT,
        fill: theme::ACCENT.over(theme::PANEL, 48),
        thickness: metrics.thickness + 1,
    };
    if peak > 0.0 {
        canvas.buffer.area_chart(&plot, &samples, style);
    }
}
