//! The console in pixels.

mod gauge;
mod header;
mod input;
pub mod layout;
mod log;
pub mod metrics;
mod paint;
mod transcript;

use console_graphics::{Canvas, FramebufferTarget, Rectangle, bottom, rect};

use crate::console::{Console, Stamp};
use crate::theme;
use crate::view::Revisions;
use layout::{Layout, Side};
use metrics::Metrics;
use transcript::TranscriptPane;

/// Rows that the input card grows to while several lines are typed.
const MAX_INPUT_ROWS: usize = 4;

/// What was drawn last, to tell what must be drawn now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawn {
    stamp: Stamp,
    layout: Layout,
    /// Several panels say other things without a model.
    has_model: bool,
}

/// Draws the console into a back buffer of the screen's size.
///
/// [`PixelConsole::render`] draws what changed, [`PixelConsole::flush`] copies it to the screen.
pub struct PixelConsole {
    canvas: Canvas,
    metrics: Metrics,
    transcript: TranscriptPane,
    drawn: Option<Drawn>,
}

impl PixelConsole {
    /// A console for a screen of `width` by `height` pixels, made for 640 x 480 and more.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            canvas: Canvas::new(width, height),
            metrics: Metrics::for_screen(width as i32, height as i32),
            transcript: TranscriptPane::new(),
            drawn: None,
        }
    }

    /// The picture as it is now.
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Draws what changed since the last call.
    pub fn render(&mut self, console: &Console) {
        let stamp = console.stamp();
        if self.drawn.as_ref().is_some_and(|drawn| drawn.stamp == stamp) {
            return;
        }
        let (width, height) =
            (self.canvas.buffer.width() as i32, self.canvas.buffer.height() as i32);
        let metrics = self.metrics;
        let rows = console.editor().rows(layout::input_columns(width, &metrics));
        // A small screen keeps its rows for the transcript.
        let most = if height < 560 { 2 } else { MAX_INPUT_ROWS };
        let input_rows = rows.rows.len().clamp(1, most);
        let now = Drawn {
            stamp,
            layout: Layout::new(width, height, &metrics, input_rows),
            has_model: !console.view.header().model.is_empty(),
        };
        let before = self.drawn.replace(now.clone());
        let same_frame = before.as_ref().is_some_and(|before| {
            before.layout == now.layout
                && before.has_model == now.has_model
                && before.stamp.redraws == stamp.redraws
        });
        if !same_frame {
            let redraw_all =
                before.as_ref().is_none_or(|before| before.stamp.redraws != stamp.redraws);
            let ground = if redraw_all {
                self.canvas.buffer.damage_all();
                rect(0, 0, width, height)
            } else {
                // A growing input card moves what is between header and hints.
                let top = bottom(&now.layout.header);
                rect(0, top, width, height - top)
            };
            self.canvas.buffer.fill_rect(&ground, theme::BACKGROUND);
        }
        let seen = before.filter(|_| same_frame);
        let changed = |part: fn(&Revisions) -> u32| {
            seen.as_ref().is_none_or(|seen| part(&seen.stamp.revisions) != part(&stamp.revisions))
        };

        let layout = &now.layout;
        if changed(|revisions| revisions.header) {
            header::draw(&mut self.canvas, &layout.header, &metrics, console.view.header());
        }
        if !same_frame {
            self.transcript.draw_card(&mut self.canvas, &layout.transcript, &metrics);
        }
        self.transcript.draw_rows(&mut self.canvas, &layout.transcript, &metrics, console);
        self.draw_side(
            &layout.side,
            console,
            changed(|revisions| revisions.context),
            changed(|revisions| revisions.log),
            changed(|revisions| revisions.rates),
        );
        let status_changed = changed(|revisions| revisions.status);
        if status_changed || seen.as_ref().is_none_or(|seen| seen.stamp.input != stamp.input) {
            let area = &layout.input;
            input::draw(&mut self.canvas, area, &metrics, console, &rows, input_rows);
            input::draw_hints(&mut self.canvas, &layout.hints, &metrics, console);
        }
    }

    /// Draws what changed of gauge, log and chart.
    fn draw_side(&mut self, side: &Side, console: &Console, gauge: bool, log: bool, rates: bool) {
        let (canvas, metrics, view) = (&mut self.canvas, &self.metrics, &console.view);
        match side {
            Side::Cards { gauge: gauge_card, log: log_card } => {
                if gauge {
                    paint::card(canvas, gauge_card, metrics, theme::LINE);
                    gauge::draw(canvas, gauge_card, metrics, view.context());
                }
                let (calls, chart) = split_log(log_card, metrics, 7);
                if log {
                    paint::card(canvas, log_card, metrics, theme::LINE);
                    log::draw(canvas, &calls, metrics, view);
                }
                if log || rates {
                    log::draw_chart(canvas, &chart, metrics, view);
                }
            }
            Side::Folded { card } => {
                let height = layout::gauge_height(metrics);
                let (x, y) = (card.top_left.x, card.top_left.y);
                let width = card.size.width as i32;
                let gauge_area = rect(x, y, width, height);
                let log_area = rect(x, y + height, width, card.size.height as i32 - height);
                if gauge || log {
                    paint::card(canvas, card, metrics, theme::LINE);
                    gauge::draw(canvas, &gauge_area, metrics, view.context());
                }
                let (calls, chart) = split_log(&log_area, metrics, 5);
                if gauge || log {
                    let inner = paint::inside(card, metrics);
                    let width = inner.size.width as i32;
                    paint::divider(canvas, inner.top_left.x, y + height, width, metrics);
                    log::draw(canvas, &calls, metrics, view);
                }
                if (gauge || log || rates) && !chart.is_zero_sized() {
                    log::draw_chart(canvas, &chart, metrics, view);
                }
            }
            Side::Lines { gauge: gauge_card, ticker } => {
                if gauge {
                    paint::card(canvas, gauge_card, metrics, theme::LINE);
                    gauge::draw_line(canvas, gauge_card, metrics, view.context());
                }
                if log {
                    paint::clear(canvas, ticker);
                    log::draw_ticker(canvas, ticker, metrics, view);
                }
            }
        }
    }

    /// Copies what changed to the screen; returns the number of pixels copied.
    pub fn flush(&mut self, target: &mut impl FramebufferTarget) -> u64 {
        self.canvas.buffer.flush(target)
    }
}

/// Splits the log card into calls (at most `most` rows of them) and chart; a chart that would be
/// too low is left out.
fn split_log(card: &Rectangle, metrics: &Metrics, most: i32) -> (Rectangle, Rectangle) {
    let (x, y) = (card.top_left.x, card.top_left.y);
    let (width, height) = (card.size.width as i32, card.size.height as i32);
    let unit = metrics.unit;
    let title = 5 * unit;
    let chart_least = 14 * unit;
    // Calls get three fifths where the card is low, all their rows where it is high.
    let calls =
        (title + most * metrics.fact_row).min(height * 3 / 5).max(title + 2 * metrics.fact_row);
    let inner = paint::inside(card, metrics);
    if height - calls < chart_least {
        return (*card, rect(x, bottom(card), 0, 0));
    }
    let chart_y = y + calls + unit;
    let chart = rect(inner.top_left.x, chart_y, inner.size.width as i32, bottom(&inner) - chart_y);
    (rect(x, y, width, calls + unit), chart)
}
