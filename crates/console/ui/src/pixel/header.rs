//! The header: name, model and its chips on the left, the machine's facts on the right.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use console_graphics::{Canvas, Rectangle, TextStyle, rect, right};

use super::metrics::Metrics;
use super::paint;
use crate::format;
use crate::theme;
use crate::view::{ChipState, Header};

/// Draws the header.
pub fn draw(canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics, header: &Header) {
    paint::clear(canvas, area);
    let unit = metrics.unit;
    let middle = area.size.height as i32 / 2 + unit / 8;
    let fact_y = middle - metrics.fact.height() / 2;

    let logo_font = metrics.read;
    let logo_y = fact_y + metrics.fact.baseline() - logo_font.baseline();
    let x = 2 * unit + unit / 2;
    let x = canvas.text(x, logo_y, "LLM", TextStyle::bold(logo_font, theme::TEXT));
    let x = canvas.text(x + unit / 2, logo_y, "OS", TextStyle::bold(logo_font, theme::ACCENT));

    let facts_left = draw_facts(canvas, area, metrics, header, fact_y, x + 3 * unit);
    draw_chips(canvas, metrics, header, x + 3 * unit, fact_y, facts_left - unit);
}

/// Draws the facts from right to left, the most important last to go; returns where they begin.
fn draw_facts(
    canvas: &mut Canvas,
    area: &Rectangle,
    metrics: &Metrics,
    header: &Header,
    y: i32,
    left_limit: i32,
) -> i32 {
    let style = TextStyle::regular(metrics.fact, theme::DIM);
    let gap = 3 * metrics.unit;
    // The model's name is worth more than the facts, so they leave it room.
    let model_room = header.model.chars().count() as i32 * metrics.fact.advance() + gap;
    let mut facts: Vec<(u8, String)> = Vec::new();
    if let Some(rate) = header.tokens_per_second {
        facts.push((0, format!("{} tok/s", format::rate(rate))));
    }
    if header.cpus > 0 {
        let load = header.cpu_load_percent.map_or(String::new(), |load| format!(" {load}%"));
        facts.push((2, format!("{} CPU{load}", header.cpus)));
    }
    if header.memory_total_mib > 0 {
        facts.push((3, format!("{}/{} MiB", header.memory_used_mib, header.memory_total_mib)));
    }
    facts.push((4, format!("up {}", format::uptime(header.uptime_s))));
    if let Some((hour, minute)) = header.clock {
        facts.push((1, format!("{hour:02}:{minute:02}")));
    }
    let room = right(area) - 5 * metrics.unit / 2 - left_limit - model_room;
    let width = |facts: &[(u8, String)]| -> i32 {
        facts.iter().map(|(_, text)| paint::text_width(text, style) + gap).sum()
    };
    while width(&facts) > room
        && let Some(least) = facts.iter().map(|(rank, _)| *rank).max()
    {
        facts.retain(|(rank, _)| *rank != least);
    }
    let mut end = right(area) - 5 * metrics.unit / 2;
    for (rank, text) in facts.iter().rev() {
        let style = if *rank == 0 { TextStyle { color: theme::TEXT, ..style } } else { style };
        end = paint::text_right(canvas, end, y, text, style) - gap;
    }
    end
}

/// Draws the model's name and the chips, as far as they fit.
fn draw_chips(canvas: &mut Canvas, metrics: &Metrics, header: &Header, x: i32, y: i32, limit: i32) {
    let model = if header.model.is_empty() { "no model" } else { &header.model };
    let model_color = if header.model.is_empty() { theme::TOOL } else { theme::TEXT };
    let name = TextStyle::bold(metrics.fact, model_color);
    let mut chips: Vec<(&str, TextStyle)> = [(model, name)].into();
    for chip in &header.chips {
        let color = match chip.state {
            ChipState::Good => theme::AGENT,
            ChipState::Plain => theme::DIM,
            ChipState::Off => theme::FAINT,
            ChipState::Warning => theme::TOOL,
        };
        chips.push((&chip.label, TextStyle::regular(metrics.fact, color)));
    }
    let (pad, unit) = (metrics.unit, metrics.unit);
    let mut x = x;
    for (label, style) in chips {
        let width = paint::text_width(label, style) + 2 * pad;
        if x + width > limit {
            break;
        }
        let height = metrics.fact.height() + unit * 3 / 4;
        let chip = rect(x, y - unit * 3 / 8, width, height);
        canvas.buffer.card(&chip, unit * 3 / 4, metrics.thickness, theme::RAISED, theme::LINE);
        canvas.text(x + pad, y, label, style);
        x += width + unit;
    }
}
