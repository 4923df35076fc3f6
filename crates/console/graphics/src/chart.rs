//! A line over a filled area, as charts have it, smooth at any slope.

use embedded_graphics::primitives::Rectangle;

use crate::back_buffer::BackBuffer;
use crate::color::Color;
use crate::{bottom, rect};

/// How a chart is drawn.
#[derive(Clone, Copy, Debug)]
pub struct ChartStyle {
    /// Colour of the line.
    pub line: Color,
    /// Colour of the area below it.
    pub fill: Color,
    /// Thickness of the line in pixels.
    pub thickness: i32,
}

impl BackBuffer {
    /// Draws `samples` (0 at the bottom of `area`, 65,535 at its top) from left to right over the
    /// whole width. The ground is not cleared. Fewer than two samples draw nothing.
    pub fn area_chart(&mut self, area: &Rectangle, samples: &[u16], style: ChartStyle) {
        let (width, height) = (area.size.width as i32, area.size.height as i32);
        if samples.len() < 2 || width < 2 || height < 2 {
            return;
        }
        let segments = samples.len() as i64 - 1;
        // Height of the curve below the top at a column, in 1/256 pixels.
        let curve = |column: i32| -> i32 {
            let place =
                i64::from(column.clamp(0, width - 1)) * segments * 256 / i64::from(width - 1);
            let (index, part) = ((place >> 8) as usize, place & 255);
            let here = i64::from(samples[index]);
            let next = i64::from(samples[(index + 1).min(samples.len() - 1)]);
            let value = (here * (256 - part) + next * part) >> 8;
            let room = i64::from(height - style.thickness) * 256;
            (room - value * room / 65_535) as i32 + style.thickness * 128
        };
        for column in 0..width {
            let (x, middle) = (area.top_left.x + column, curve(column));
            // The stretch of the curve within the line's thickness to both sides, so that steep
            // parts are as thick as flat ones.
            let aside = (style.thickness / 2).max(1);
            let (before, after) = (curve(column - aside), curve(column + aside));
            let half = style.thickness * 128;
            let upper = (before.min(middle).min(after) - half).max(0);
            let lower = (before.max(middle).max(after) + half).min(height * 256);
            let solid_top = area.top_left.y + (middle >> 8);
            self.fill_rect(&rect(x, solid_top, 1, bottom(area) - solid_top), style.fill);
            for row in upper >> 8..=(lower - 1).max(upper) >> 8 {
                let covered = lower.min((row + 1) * 256) - upper.max(row * 256);
                self.blend(x, area.top_left.y + row, style.line, covered.clamp(0, 255) as u8);
            }
        }
        self.add_damage(area);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: ChartStyle = ChartStyle { line: Color(0xFF), fill: Color(0x10), thickness: 2 };

    #[test]
    fn a_flat_line_lies_at_its_height_over_a_filled_ground() {
        let mut buffer = BackBuffer::new(8, 10);
        buffer.area_chart(&rect(0, 0, 8, 10), &[32_768, 32_768], STYLE);
        let column: alloc::vec::Vec<u32> =
            (0..10).map(|y| buffer.pixel(4, y).0).map(|pixel| pixel & 0xFF).collect();
        assert_eq!(column[..3], [0, 0, 0]);
        assert!(column[4] > 0xF0, "{column:?}");
        assert_eq!(column[7..], [0x10, 0x10, 0x10]);
    }

    #[test]
    fn the_extremes_stay_inside_the_area() {
        let mut buffer = BackBuffer::new(20, 20);
        let samples = [0, 65_535, 0, 65_535, 65_535, 0];
        buffer.area_chart(&rect(4, 4, 12, 12), &samples, STYLE);
        for y in 0..20 {
            for x in 0..20 {
                let is_inside = (4..16).contains(&x) && (4..16).contains(&y);
                assert!(is_inside || buffer.pixel(x, y) == Color(0), "{x} {y}");
            }
        }
    }
}
