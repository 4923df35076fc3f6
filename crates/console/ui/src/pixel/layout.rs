//! Where the cards lie.

use console_graphics::{Rectangle, bottom, rect};

use super::metrics::Metrics;

/// Reading text is not set wider than this.
const MAX_COLUMNS: i32 = 100;

/// How the right-hand facts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A gauge card and a log card with a chart, beside the transcript.
    Cards {
        /// The context gauge.
        gauge: Rectangle,
        /// The tool log, with the chart below it.
        log: Rectangle,
    },
    /// One card beside the transcript, the log folded under the gauge.
    Folded {
        /// The card.
        card: Rectangle,
    },
    /// One line above the transcript and one below.
    Lines {
        /// The context gauge, on one line.
        gauge: Rectangle,
        /// The latest tool call.
        ticker: Rectangle,
    },
}

/// The areas of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Name, chips and facts, without a card.
    pub header: Rectangle,
    /// The conversation.
    pub transcript: Rectangle,
    /// Gauge and log.
    pub side: Side,
    /// The line being typed.
    pub input: Rectangle,
    /// Rows of text in the input card.
    pub input_rows: usize,
    /// The keys that work, without a card.
    pub hints: Rectangle,
}

/// Columns of text in the input card of a screen of that width.
pub const fn input_columns(width: i32, metrics: &Metrics) -> usize {
    // Margins, the prompt, and room for the facts on the right.
    let text = width - 12 * metrics.unit - 18 * metrics.fact.advance();
    (text / metrics.read.advance()) as usize
}

impl Layout {
    /// The areas for a screen of that size with `input_rows` rows being typed.
    pub fn new(width: i32, height: i32, metrics: &Metrics, input_rows: usize) -> Self {
        let unit = metrics.unit;
        let margin = 2 * unit;
        let gap = unit * 3 / 2;
        let inner = width - 2 * margin;
        let header = rect(0, 0, width, unit * 11 / 2);
        let hints = rect(0, height - 4 * unit, width, 4 * unit);
        let input_height = metrics.row * input_rows as i32 + unit * 11 / 4;
        let input = rect(margin, hints.top_left.y - input_height, inner, input_height);
        let top = bottom(&header);
        let content = input.top_left.y - gap - top;

        let (transcript, side) = if width < 800 || height < 560 {
            let line = metrics.fact.height() + unit * 2;
            let gauge = rect(margin, top, inner, line + unit);
            let ticker = rect(margin, top + content - line + unit / 2, inner, line);
            let above = bottom(&gauge) + gap;
            let transcript = rect(margin, above, inner, ticker.top_left.y - gap / 2 - above);
            (transcript, Side::Lines { gauge, ticker })
        } else {
            let at_most = MAX_COLUMNS * metrics.read.advance() + unit * 8;
            let left = (inner - margin) * 2 / 3;
            let left = (left / unit * unit).min(at_most);
            let right_x = margin + left + margin;
            let right_width = width - margin - right_x;
            let transcript = rect(margin, top, left, content);
            let gauge_height = gauge_height(metrics);
            let side = if content - gauge_height < 10 * metrics.fact_row || width < 1152 {
                Side::Folded { card: rect(right_x, top, right_width, content) }
            } else {
                let log_y = top + gauge_height + gap;
                Side::Cards {
                    gauge: rect(right_x, top, right_width, gauge_height),
                    log: rect(right_x, log_y, right_width, content - gauge_height - gap),
                }
            };
            (transcript, side)
        };
        Self { header, transcript, side, input, input_rows, hints }
    }
}

/// Height of the gauge with its legend.
pub const fn gauge_height(metrics: &Metrics) -> i32 {
    let unit = metrics.unit;
    unit * 5 + metrics.big.height() + 7 * unit + 3 * metrics.fact_row + unit / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use console_graphics::right;

    fn areas(layout: &Layout) -> alloc::vec::Vec<Rectangle> {
        let mut areas = alloc::vec![layout.header, layout.transcript, layout.input, layout.hints];
        match layout.side {
            Side::Cards { gauge, log } => areas.extend([gauge, log]),
            Side::Folded { card } => areas.push(card),
            Side::Lines { gauge, ticker } => areas.extend([gauge, ticker]),
        }
        areas
    }

    #[test]
    fn areas_lie_on_the_screen_and_do_not_overlap() {
        for (width, height) in [
            (640, 480),
            (800, 600),
            (1024, 768),
            (1280, 720),
            (1280, 800),
            (1366, 768),
            (1920, 1080),
            (2560, 1440),
            (3840, 2160),
        ] {
            for rows in 1..=4 {
                let metrics = Metrics::for_screen(width, height);
                let areas = areas(&Layout::new(width, height, &metrics, rows));
                for (index, area) in areas.iter().enumerate() {
                    assert!(!area.is_zero_sized(), "{width}x{height} {index}");
                    assert!(area.top_left.x >= 0 && right(area) <= width, "{width}x{height}");
                    assert!(area.top_left.y >= 0 && bottom(area) <= height, "{width}x{height}");
                    for other in &areas[index + 1..] {
                        let common = area.intersection(other);
                        assert!(common.is_zero_sized(), "{width}x{height}: {area:?} {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn smaller_screens_fold_the_log() {
        let side =
            |width, height| Layout::new(width, height, &Metrics::for_screen(width, height), 1).side;
        assert!(matches!(side(1280, 800), Side::Cards { .. }));
        assert!(matches!(side(1024, 768), Side::Folded { .. }));
        assert!(matches!(side(640, 480), Side::Lines { .. }));
    }

    #[test]
    fn the_transcript_is_never_wider_than_a_hundred_columns() {
        for (width, height) in [(1920, 1080), (2560, 1440), (3840, 2160), (3440, 1440)] {
            let metrics = Metrics::for_screen(width, height);
            let transcript = Layout::new(width, height, &metrics, 1).transcript;
            let columns =
                (transcript.size.width as i32 - 8 * metrics.unit) / metrics.read.advance();
            assert!((80..=100).contains(&columns), "{width}: {columns}");
        }
    }
}
