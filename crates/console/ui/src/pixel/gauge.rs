//! The context gauge: the one big number, a bar split by role, and what the colours mean.

use alloc::format;
use alloc::string::String;

use console_graphics::embedded_graphics::prelude::*;
use console_graphics::embedded_graphics::primitives::{Line, PrimitiveStyle};
use console_graphics::{Canvas, Color, Font, Rectangle, TextStyle, rect, right};

use super::metrics::Metrics;
use super::paint;
use crate::format::thousands;
use crate::theme;
use crate::view::{ContextGauge, Pressure};

/// The parts of the bar, from left to right.
fn segments(gauge: &ContextGauge) -> [(&'static str, u32, Color); 4] {
    [
        ("system, pinned", gauge.system, theme::SYSTEM),
        ("you", gauge.user, theme::USER),
        ("agent", gauge.agent, theme::AGENT),
        ("tools", gauge.tools, theme::TOOL),
    ]
}

/// `63 % · 2 evictions`, or why there is nothing to say; the evictions only where there is room,
/// for they stand in the legend too.
fn facts(gauge: &ContextGauge, is_narrow: bool) -> String {
    let evictions = match gauge.evictions {
        0 => String::new(),
        _ if is_narrow => String::new(),
        1 => " · 1 eviction".into(),
        count => format!(" · {count} evictions"),
    };
    if gauge.limit == 0 { "no model".into() } else { format!("{} %{evictions}", gauge.percent()) }
}

/// The number of tokens and what stands beside it.
fn numbers(gauge: &ContextGauge) -> (String, String) {
    if gauge.limit == 0 {
        return ("–".into(), "no window without a model".into());
    }
    (thousands(gauge.used()), format!("/ {} tokens", thousands(gauge.limit)))
}

/// The colour of facts under pressure: quiet while there is none.
const fn facts_color(pressure: Pressure) -> Color {
    match pressure {
        Pressure::Calm => theme::FAINT,
        pressure => theme::pressure_color(pressure),
    }
}

/// Draws the gauge with its legend; the card's ground is there already.
pub fn draw(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, gauge: &ContextGauge) {
    let (inner, unit) = (paint::inside(area, metrics), metrics.unit);
    let pressure = gauge.pressure();
    paint::card_title(
        canvas,
        area,
        metrics,
        "CONTEXT WINDOW",
        &facts(gauge, (inner.size.width as i32) < 34 * metrics.fact.advance()),
        facts_color(pressure),
    );
    let x = inner.top_left.x;
    let width = inner.size.width as i32;

    let number_y = area.top_left.y + unit * 9 / 2;
    let style = TextStyle::bold(metrics.big, theme::pressure_color(pressure));
    let (number, limit) = numbers(gauge);
    let end = canvas.text(x, number_y, &number, style);
    // In a narrow card the limit gives way: smaller, then without its unit.
    let limit_x = end + unit * 3 / 2;
    let fits = |text: &str, font: Font| {
        limit_x + paint::text_width(text, TextStyle::regular(font, theme::DIM)) <= x + width
    };
    let font = if fits(&limit, metrics.read) { metrics.read } else { metrics.fact };
    let limit = if fits(&limit, font) { &limit } else { limit.trim_end_matches(" tokens") };
    let limit_y = number_y + metrics.big.baseline() - font.baseline();
    canvas.text(limit_x, limit_y, limit, TextStyle::regular(font, theme::DIM));

    let bar_y = number_y + metrics.big.height() + unit / 2;
    let bar = rect(x, bar_y, width, 3 * unit);
    draw_bar(canvas, &bar, metrics, gauge);
    if let Some(mark) = gauge.high_mark.filter(|_| gauge.limit > 0) {
        let mark_x = draw_high_mark(canvas, &bar, metrics, mark, gauge.limit);
        let faint = TextStyle::regular(metrics.fact, theme::FAINT);
        let label = "high mark";
        let label_x = mark_x - paint::text_width(label, faint) / 2;
        let label_x = label_x.min(x + width - paint::text_width(label, faint)).max(x);
        canvas.text(label_x, bar_y + 3 * unit + unit / 2, label, faint);
    }

    let legend_y = bar_y + 3 * unit + unit * 13 / 4;
    let free = gauge.limit.saturating_sub(gauge.used());
    let [system, user, agent, tools] = segments(gauge);
    let entries = [
        system,
        user,
        agent,
        tools,
        ("free", free, theme::LINE),
        ("evicted", gauge.evicted, theme::FAINT),
    ];
    let column = (width + unit) / 2;
    for (index, (label, tokens, color)) in entries.into_iter().enumerate() {
        let left = x + column * (index as i32 % 2);
        let y = legend_y + metrics.fact_row * (index as i32 / 2);
        let square = metrics.fact.cap_height() + unit / 4;
        let square_y = y + metrics.fact.baseline() - square + unit / 8;
        canvas.buffer.fill_rounded(&rect(left, square_y, square, square), unit / 2, color);
        let is_tight = column < 24 * metrics.fact.advance();
        let label = if is_tight { label.trim_end_matches(", pinned") } else { label };
        let words = TextStyle::regular(metrics.fact, theme::DIM);
        canvas.text(left + square + unit, y, label, words);
        let number = TextStyle::regular(metrics.fact, theme::TEXT);
        let end = left + column - if index % 2 == 0 { 3 * unit } else { unit };
        paint::text_right(canvas, end, y, &thousands(tokens), number);
    }
}

/// Draws the bar: rounded as a whole, its parts one thin line apart.
fn draw_bar(canvas: &mut Canvas, bar: &Rectangle, metrics: &Metrics, gauge: &ContextGauge) {
    let radius = metrics.unit / 2 + 1;
    canvas.buffer.fill_rounded(bar, radius, theme::RAISED);
    let width = i64::from(bar.size.width);
    let limit = i64::from(gauge.limit.max(gauge.used()).max(1));
    let mut before = 0_u32;
    for (_, tokens, color) in segments(gauge) {
        let place = |tokens: u32| (i64::from(tokens) * width / limit) as i32;
        let (from, to) = (place(before), place(before + tokens));
        before += tokens;
        // What is there is shown, be it ever so little.
        let to = to.max(from + i32::from(tokens > 0));
        if to > from {
            let part =
                rect(bar.top_left.x + from, bar.top_left.y, to - from, bar.size.height as i32);
            // Each part is the whole bar seen through its own stretch: so the ends are round.
            let outside = canvas.buffer.set_clip(part);
            canvas.buffer.fill_rounded(bar, radius, color);
            if before < gauge.limit && to - from > 3 {
                let edge = rect(
                    right(&part) - metrics.thickness,
                    part.top_left.y,
                    metrics.thickness,
                    part.size.height as i32,
                );
                canvas.buffer.fill_rect(&edge, theme::PANEL);
            }
            canvas.buffer.set_clip(outside);
        }
    }
}

/// Draws the mark at which eviction begins; returns its column.
fn draw_high_mark(
    canvas: &mut Canvas,
    bar: &Rectangle,
    metrics: &Metrics,
    mark: u32,
    limit: u32,
) -> i32 {
    let unit = metrics.unit;
    let offset = i64::from(bar.size.width) * i64::from(mark.min(limit)) / i64::from(limit);
    let x = (bar.top_left.x + offset as i32).min(right(bar) - 1);
    let style = PrimitiveStyle::with_stroke(theme::ERROR, metrics.thickness as u32);
    let (top, end) =
        (bar.top_left.y - unit / 2, bar.top_left.y + bar.size.height as i32 + unit / 2);
    // Drawing into memory cannot fail: the error type is empty.
    let Ok(()) = Line::new(Point::new(x, top), Point::new(x, end))
        .into_styled(style)
        .draw(&mut canvas.buffer);
    x
}

/// Draws the gauge on one line: number, bar, share.
pub fn draw_line(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, gauge: &ContextGauge) {
    let (inner, unit) = (paint::inside(area, metrics), metrics.unit);
    let y = area.top_left.y + (area.size.height as i32 - metrics.fact.height()) / 2;
    let pressure = gauge.pressure();
    let x = canvas.text(inner.top_left.x, y, "CONTEXT", TextStyle::bold(metrics.fact, theme::DIM));
    let number = TextStyle::bold(metrics.fact, theme::pressure_color(pressure));
    let (used, limit) = numbers(gauge);
    let x = canvas.text(x + 2 * unit, y, &used, number) + metrics.fact.advance();
    let limit = limit.trim_end_matches(" tokens");
    let x = canvas.text(x, y, limit, TextStyle::regular(metrics.fact, theme::DIM));
    let style = TextStyle::regular(metrics.fact, facts_color(pressure));
    let end = paint::text_right(canvas, right(&inner), y, &facts(gauge, false), style);
    let height = metrics.fact.cap_height() + 2;
    let bar_y = y + metrics.fact.baseline() - height + 1;
    let bar = rect(x + 2 * unit, bar_y, end - x - 4 * unit, height);
    draw_bar(canvas, &bar, metrics, gauge);
    if let Some(mark) = gauge.high_mark.filter(|_| gauge.limit > 0) {
        draw_high_mark(canvas, &bar, metrics, mark, gauge.limit);
    }
}
