//! The conversation: a card whose rows are redrawn one by one, and only where they changed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use console_graphics::width::text_cells;
use console_graphics::{Canvas, Color, Rectangle, TextStyle, bottom, rect, right};

use super::metrics::Metrics;
use super::paint;
use crate::console::{Console, activity};
use crate::format::{self, ellipsize, hour_minute};
use crate::text::layout::{Columns, Row, TranscriptLayout};
use crate::text::viewport::{Placement, Viewport};
use crate::text::{Line, Style};
use crate::theme;
use crate::view::{Entry, Outcome, Role, ToolCall, View};

/// A row as it stands on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DrawnRow {
    y: i32,
    height: i32,
    look: u64,
}

/// The transcript card.
pub struct TranscriptPane {
    layout: TranscriptLayout,
    viewport: Viewport,
    drawn: Vec<DrawnRow>,
    drawn_end: i32,
    footer: Option<String>,
    thumb: Option<(i32, i32)>,
}

/// Where things are inside the card.
struct Frame {
    body: Rectangle,
    text_x: i32,
    footer_y: i32,
}

impl Frame {
    fn new(area: &Rectangle, metrics: &Metrics) -> Self {
        let (inner, unit) = (paint::inside(area, metrics), metrics.unit);
        // The first entry's gap lies under the title.
        let top = area.top_left.y + unit * 4;
        let footer_y = bottom(area) - unit * 3 / 2 - metrics.fact.height();
        let body = rect(inner.top_left.x, top, inner.size.width as i32, footer_y - unit - top);
        Self { body, text_x: inner.top_left.x + unit * 7 / 4, footer_y }
    }

    fn columns(&self, metrics: &Metrics) -> Columns {
        let text = (right(&self.body) - self.text_x) / metrics.read.advance();
        // Tables and listings are wide and looked at rather than read: they are set smaller.
        let code = (right(&self.body) - self.text_x - 3 * metrics.unit) / metrics.fact.advance();
        Columns { text: text.clamp(8, 100) as usize, code: code.max(8) as usize }
    }
}

/// The height of a row.
fn row_height(row: &Row, metrics: &Metrics) -> i32 {
    match row {
        Row::Title => metrics.row + metrics.unit / 4,
        Row::Text(_) | Row::Code(_) => metrics.row,
        Row::Blank | Row::Gap | Row::Rule | Row::CodeTop | Row::CodeBottom => metrics.unit * 2,
        Row::CallGap => metrics.unit,
        Row::Call => metrics.row + metrics.unit * 3 / 4,
    }
}

impl TranscriptPane {
    /// An empty pane.
    pub fn new() -> Self {
        Self {
            layout: TranscriptLayout::new(Columns { text: 8, code: 8 }),
            viewport: Viewport::default(),
            drawn: Vec::new(),
            drawn_end: 0,
            footer: None,
            thumb: None,
        }
    }

    /// Draws the card and forgets what its rows were.
    pub fn draw_card(&mut self, canvas: &mut Canvas, area: &Rectangle, metrics: &Metrics) {
        paint::card(canvas, area, metrics, theme::LINE);
        paint::card_title(canvas, area, metrics, "TRANSCRIPT", "", theme::FAINT);
        self.drawn.clear();
        self.drawn_end = Frame::new(area, metrics).body.top_left.y;
        self.footer = None;
        self.thumb = None;
    }

    /// Draws the rows that changed.
    pub fn draw_rows(
        &mut self,
        canvas: &mut Canvas,
        area: &Rectangle,
        metrics: &Metrics,
        console: &Console,
    ) {
        let frame = Frame::new(area, metrics);
        let height = frame.body.size.height as i32;
        self.layout.update(&console.view, frame.columns(metrics));
        let placement = self.viewport.place(
            &self.layout,
            |row| row_height(row, metrics),
            height,
            metrics.row,
            console.scroll(),
        );
        let before = canvas.buffer.set_clip(frame.body);
        let was_empty = self.drawn.is_empty();
        if console.view.entries().is_empty() {
            if !was_empty || self.drawn_end == frame.body.top_left.y {
                canvas.buffer.fill_rect(&frame.body, theme::PANEL);
                draw_welcome(canvas, &frame.body, metrics, &console.view);
            }
            self.drawn.clear();
            self.drawn_end = bottom(&frame.body);
        } else {
            self.draw_visible(canvas, &frame, metrics, &console.view, placement.top, was_empty);
        }
        canvas.buffer.set_clip(before);
        self.draw_footer(canvas, &frame, metrics, console, placement);
        self.draw_thumb(canvas, area, &frame, metrics, placement);
    }

    /// Draws the rows in sight that differ from what stands in their place.
    fn draw_visible(
        &mut self,
        canvas: &mut Canvas,
        frame: &Frame,
        metrics: &Metrics,
        view: &View,
        top: i32,
        was_empty: bool,
    ) {
        let body = &frame.body;
        if was_empty {
            // What stands here is the welcome text or nothing.
            self.drawn_end = bottom(body);
        }
        let mut now = Vec::with_capacity(self.drawn.len() + 4);
        let mut y = body.top_left.y - top;
        for (entry, layout) in view.entries().iter().zip(self.layout.entries()) {
            let last = layout.rows().iter().rposition(|row| {
                matches!(row, Row::Title | Row::Text(_) | Row::Code(_) | Row::Call)
            });
            for (index, (row, hash)) in layout.rows().iter().zip(layout.hashes()).enumerate() {
                let height = row_height(row, metrics);
                if y + height > body.top_left.y && y < bottom(body) {
                    let has_cursor = entry.is_streaming && Some(index) == last;
                    // Half a line of text cannot be read; a card may well go on out of sight.
                    let is_cut = y < body.top_left.y || y + height > bottom(body);
                    let look = hash.wrapping_add(u64::from(has_cursor) + 2 * u64::from(is_cut));
                    let drawn = DrawnRow { y, height, look };
                    if self.drawn.binary_search_by_key(&y, |row| row.y).map(|at| self.drawn[at])
                        != Ok(drawn)
                    {
                        let ground = RowGround { y, has_cursor, is_cut };
                        draw_row(canvas, frame, metrics, entry, row, ground);
                    }
                    now.push(drawn);
                }
                y += height;
            }
        }
        if y < self.drawn_end {
            let width = body.size.width as i32;
            canvas
                .buffer
                .fill_rect(&rect(body.top_left.x, y, width, self.drawn_end - y), theme::PANEL);
        }
        self.drawn_end = y.min(bottom(body));
        self.drawn = now;
    }

    /// Draws whether the newest rows are in sight, and the progress of prefill.
    fn draw_footer(
        &mut self,
        canvas: &mut Canvas,
        frame: &Frame,
        metrics: &Metrics,
        console: &Console,
        placement: Placement,
    ) {
        let height = frame.body.size.height as i32;
        let (follow, color) = if placement.is_following {
            let older = match console.view.dropped_entries() {
                0 => String::new(),
                count => format!(" · {count} older not kept"),
            };
            (format!("▾ following{older}"), theme::FAINT)
        } else {
            let below = placement.total - placement.top - height;
            let rows = (below + metrics.row - 1) / metrics.row;
            (format!("▴ {rows} rows below · Ctrl-End returns"), theme::ACCENT)
        };
        let prefill = console.view.prefill().filter(|prefill| prefill.total > 0);
        let progress = match prefill {
            Some(prefill) => format!("reading {} / {}", prefill.done, prefill.total),
            None => activity(console).map(|activity| format!("{activity}…")).unwrap_or_default(),
        };
        let state = format!("{follow}\n{progress}");
        if self.footer.as_ref() == Some(&state) {
            return;
        }
        self.footer = Some(state);
        let (x, y) = (frame.body.top_left.x, frame.footer_y);
        let strip = rect(x, y, frame.body.size.width as i32, metrics.fact.height());
        canvas.buffer.fill_rect(&strip, theme::PANEL);
        canvas.text(frame.text_x, y, &follow, TextStyle::regular(metrics.fact, color));
        let style = TextStyle::regular(metrics.fact, theme::DIM);
        let text_left = paint::text_right(canvas, right(&strip), y, &progress, style);
        if let Some(prefill) = prefill {
            let width = metrics.unit * 20;
            let thick = metrics.unit / 2;
            let bar_y = y + (metrics.fact.height() - thick) / 2 + metrics.unit / 8;
            let bar = rect(text_left - width - 2 * metrics.unit, bar_y, width, thick);
            canvas.buffer.fill_rounded(&bar, thick / 2, theme::LINE);
            let share = i64::from(prefill.done.min(prefill.total)) * i64::from(width);
            let done = (share / i64::from(prefill.total)) as i32;
            let part = rect(bar.top_left.x, bar_y, done.max(thick), thick);
            canvas.buffer.fill_rounded(&part, thick / 2, theme::ACCENT);
        }
    }

    /// Draws where in the whole the visible part lies, while it is scrolled.
    fn draw_thumb(
        &mut self,
        canvas: &mut Canvas,
        area: &Rectangle,
        frame: &Frame,
        metrics: &Metrics,
        placement: Placement,
    ) {
        let height = frame.body.size.height as i32;
        let thumb = (!placement.is_following && placement.total > height).then(|| {
            let share = |part: i32| {
                (i64::from(part) * i64::from(height) / i64::from(placement.total)) as i32
            };
            (share(placement.top), share(height).max(3 * metrics.unit))
        });
        if thumb == self.thumb {
            return;
        }
        self.thumb = thumb;
        let width = (metrics.unit / 2).max(3);
        let x = right(area) - metrics.unit - width / 2;
        let y = frame.body.top_left.y;
        canvas.buffer.fill_rect(&rect(x, y, width, height), theme::PANEL);
        if let Some((offset, length)) = thumb {
            let offset = offset.min(height - length);
            canvas.buffer.fill_rounded(
                &rect(x, y + offset, width, length),
                width / 2,
                theme::FAINT,
            );
        }
    }
}

/// Where a row is drawn, and what with it.
#[derive(Clone, Copy)]
struct RowGround {
    y: i32,
    /// Whether more text will come at its end.
    has_cursor: bool,
    /// Whether a part of it is out of sight.
    is_cut: bool,
}

/// Draws one row on a cleared ground.
fn draw_row(
    canvas: &mut Canvas,
    frame: &Frame,
    metrics: &Metrics,
    entry: &Entry,
    row: &Row,
    ground: RowGround,
) {
    let RowGround { y, has_cursor, is_cut } = ground;
    let (body, unit) = (&frame.body, metrics.unit);
    let height = row_height(row, metrics);
    let strip = rect(body.top_left.x, y, body.size.width as i32, height);
    canvas.buffer.fill_rect(&strip, theme::PANEL);
    let outside = canvas.buffer.clip();
    canvas.buffer.set_clip(strip.intersection(&outside));
    let is_code = matches!(row, Row::CodeTop | Row::Code(_) | Row::CodeBottom);
    if !matches!(row, Row::Gap | Row::CallGap | Row::Call) && (!is_cut || is_code) {
        let bar = rect(body.top_left.x, y, unit / 2, height);
        canvas.buffer.fill_rect(&bar, theme::role_color(entry.role));
    }
    let inset = (metrics.row - metrics.read.height()) / 2;
    let width = right(body) - frame.text_x;
    let mut end = frame.text_x;
    match row {
        Row::Title | Row::Text(_) | Row::Call if is_cut => {}
        Row::Title => end = draw_title(canvas, frame, metrics, entry, y),
        Row::Text(line) => end = draw_line(canvas, metrics, line, frame.text_x, y + inset),
        Row::CodeTop | Row::Code(_) | Row::CodeBottom => {
            // The part of one tall card that this row shows.
            let from = if *row == Row::CodeTop { y + unit * 3 / 4 } else { y - 4 * unit };
            let to = if *row == Row::CodeBottom {
                y + height - unit * 3 / 4
            } else {
                y + height + 4 * unit
            };
            let card = rect(frame.text_x, from, width, to - from);
            let radius = metrics.radius * 3 / 4;
            canvas.buffer.card(&card, radius, metrics.thickness, theme::BACKGROUND, theme::LINE);
            if let Row::Code(line) = row
                && !is_cut
            {
                end = {
                    let x = frame.text_x + unit * 3 / 2;
                    draw_code(canvas, metrics, line, x, y + inset + metrics.fact_drop() / 2)
                };
            }
        }
        Row::Rule => paint::divider(canvas, frame.text_x, y + height / 2, width, metrics),
        Row::Call => {
            if let Some(call) = &entry.call {
                let pill = rect(frame.text_x, y, width, height);
                draw_call(canvas, metrics, &pill, call);
            }
        }
        Row::Blank | Row::Gap | Row::CallGap => {}
    }
    if has_cursor && !is_cut {
        let advance = metrics.read.advance();
        let end = end.min(right(body) - advance);
        let block = rect(end + 1, y + inset + 1, advance - 1, metrics.read.height() - 2);
        canvas.buffer.fill_rect(&block, theme::ACCENT);
    }
    canvas.buffer.set_clip(outside);
}

/// Draws role, time, length and rate of an entry; returns where the role's name ends.
fn draw_title(canvas: &mut Canvas, frame: &Frame, metrics: &Metrics, entry: &Entry, y: i32) -> i32 {
    let name = TextStyle::bold(metrics.read, theme::role_color(entry.role));
    let inset = (metrics.row - metrics.read.height()) / 2;
    let end = canvas.text(frame.text_x, y + inset, entry.role.label(), name);
    let faint = TextStyle::regular(metrics.fact, theme::FAINT);
    let mut facts = hour_minute(entry.time);
    if let Some(tokens) = entry.tokens {
        facts.push_str(&format!("  {tokens} tok"));
    }
    if let Some(rate) = entry.tokens_per_second {
        facts.push_str(&format!("  {} tok/s", format::rate(rate)));
    }
    let fact_y = y + inset + metrics.fact_drop();
    paint::text_right(canvas, right(&frame.body), fact_y, &facts, faint);
    end + metrics.unit
}

/// Draws a line of text in its styles; returns where it ends.
fn draw_line(canvas: &mut Canvas, metrics: &Metrics, line: &Line, x: i32, y: i32) -> i32 {
    let mut x = x;
    for span in &line.spans {
        let style = text_style(span.style, metrics);
        if span.style.is_code {
            let width = paint::text_width(&span.text, style);
            let chip = rect(x - 1, y, width + 2, metrics.read.height());
            canvas.buffer.fill_rounded(&chip, metrics.unit / 2, theme::RAISED);
        }
        x = canvas.text(x, y, &span.text, style);
    }
    x
}

/// Draws a line of code; lines and arrows of drawings take the accent.
fn draw_code(canvas: &mut Canvas, metrics: &Metrics, line: &Line, x: i32, y: i32) -> i32 {
    let is_drawing =
        |character: char| matches!(character, '\u{2190}'..='\u{21FF}' | '\u{2500}'..='\u{25FF}');
    let mut x = x;
    for span in &line.spans {
        let mut rest = span.text.as_str();
        while let Some(first) = rest.chars().next() {
            let kind = is_drawing(first);
            let length = rest.find(|character| is_drawing(character) != kind).unwrap_or(rest.len());
            let color = if kind { theme::ACCENT } else { theme::TEXT };
            x = canvas.text(x, y, &rest[..length], TextStyle::regular(metrics.fact, color));
            rest = &rest[length..];
        }
    }
    x
}

/// What a Markdown style looks like.
fn text_style(style: Style, metrics: &Metrics) -> TextStyle {
    let color: Color = if style.is_code || style.is_marker {
        theme::ACCENT
    } else if style.is_italic && !style.is_bold {
        theme::TEXT.over(theme::DIM, 128)
    } else {
        theme::TEXT
    };
    let base = if style.is_bold || style.is_heading {
        TextStyle::bold(metrics.read, color)
    } else {
        TextStyle::regular(metrics.read, color)
    };
    TextStyle { is_slanted: style.is_italic, ..base }
}

/// Draws a tool call on its row.
fn draw_call(canvas: &mut Canvas, metrics: &Metrics, pill: &Rectangle, call: &ToolCall) {
    let (unit, fact) = (metrics.unit, metrics.fact);
    canvas.buffer.card(pill, metrics.radius * 2 / 3, metrics.thickness, theme::RAISED, theme::LINE);
    let y = pill.top_left.y + (pill.size.height as i32 - fact.height()) / 2;
    let is_failed = call.outcome == Outcome::Failed;
    let name_color = if is_failed { theme::ERROR } else { theme::role_color(Role::Tool) };
    let name = TextStyle::bold(fact, name_color);
    let x = canvas.text(pill.top_left.x + unit * 3 / 2, y, "▸", name);
    let x = canvas.text(x + unit, y, &ellipsize(&call.name, 24), name) + 2 * unit;

    let faint = TextStyle::regular(fact, theme::FAINT);
    let duration = match (call.outcome, call.duration_us) {
        (Outcome::Running, _) => "running".into(),
        (_, Some(us)) => format::duration(us),
        (_, None) => String::new(),
    };
    let end = paint::text_right(canvas, right(pill) - unit * 3 / 2, y, &duration, faint) - 2 * unit;
    let room = ((end - x) / fact.advance()).max(0) as usize;
    if call.result.is_empty() {
        canvas.text(x, y, &ellipsize(&call.arguments, room), faint);
        return;
    }
    // The result is what counts: it gets what it needs of the room, but leaves a third.
    let result_room = text_cells(&call.result).min(room * 2 / 3);
    let mut x = x;
    if !matches!(call.arguments.as_str(), "" | "{}") {
        let arrow_cells = 5;
        let cells = room.saturating_sub(result_room + arrow_cells);
        let arguments = ellipsize(&call.arguments, cells);
        x = canvas.text(x, y, &arguments, faint) + 2 * fact.advance();
        x = canvas.text(x, y, "→", faint) + 2 * fact.advance();
    }
    let color = if is_failed { theme::ERROR } else { theme::TEXT };
    let room = ((end - x) / fact.advance()).max(0) as usize;
    canvas.text(x, y, &ellipsize(&call.result, room), TextStyle::regular(fact, color));
}

/// Draws what a person sees before the first word: what this is, and how to begin.
fn draw_welcome(canvas: &mut Canvas, body: &Rectangle, metrics: &Metrics, view: &View) {
    let has_model = !view.header().model.is_empty();
    let lines: [(&str, Color); 4] = if has_model {
        [
            ("A language model is the CPU of this machine.", theme::TEXT),
            ("Type a message and press Enter; the reply streams in here.", theme::DIM),
            ("/help lists the commands, /tools the tools.", theme::DIM),
            ("/selftest checks the model against its reference.", theme::DIM),
        ]
    } else {
        [
            ("No model is loaded, so nobody answers.", theme::TOOL),
            ("Commands and tools work: try /tool calc 6*7.", theme::DIM),
            ("/help lists the commands, /tools the tools.", theme::DIM),
            ("Boot with a GGUF file as module to have a model.", theme::DIM),
        ]
    };
    let pitch = metrics.row + metrics.unit;
    let height = metrics.big.height() + 2 * metrics.unit + pitch * lines.len() as i32;
    let mut y = body.top_left.y + ((body.size.height as i32 - height) / 2).max(0);
    let logo = TextStyle::bold(metrics.big, theme::TEXT);
    let gap = metrics.big.advance() / 2;
    let logo_width = 5 * metrics.big.advance() + gap;
    let middle = body.top_left.x + body.size.width as i32 / 2;
    let x = canvas.text(middle - logo_width / 2, y, "LLM", logo);
    canvas.text(x + gap, y, "OS", TextStyle { color: theme::ACCENT, ..logo });
    y += metrics.big.height() + 2 * metrics.unit;
    let cells = (body.size.width as i32 / metrics.read.advance()) as usize;
    for (words, color) in lines {
        let style = TextStyle::regular(metrics.read, color);
        let words = ellipsize(words, cells);
        canvas.text(middle - paint::text_width(&words, style) / 2, y, &words, style);
        y += pitch;
    }
}
