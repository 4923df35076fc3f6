//! Smooth shapes: rectangles with rounded corners, filled or outlined.
//!
//! embedded-graphics draws rounded rectangles too, but with hard edges: its draw targets know no
//! coverage. Only the corners differ, so only they are computed point by point here.

use embedded_graphics::primitives::Rectangle;

use crate::back_buffer::BackBuffer;
use crate::color::Color;
use crate::{bottom, rect, right};

/// Coverage of a pixel by a disc, from the pixel's place in a corner square: `dx` and `dy` count
/// from the corner of the rectangle, `radius` is the disc's.
fn corner_coverage(dx: i32, dy: i32, radius: i32) -> u8 {
    // Distance of the pixel's middle from the disc's middle, in 1/16 pixels.
    let (off_x, off_y) = (16 * (radius - dx) - 8, 16 * (radius - dy) - 8);
    let distance = ((off_x * off_x + off_y * off_y) as u32).isqrt() as i32;
    ((16 * radius + 8 - distance) * 255 / 16).clamp(0, 255) as u8
}

impl BackBuffer {
    /// Calls `paint` with each pixel of the four corner squares and its coverage.
    fn corners(
        &mut self,
        area: &Rectangle,
        radius: i32,
        mut paint: impl FnMut(&mut Self, i32, i32, i32, i32),
    ) {
        for dy in 0..radius {
            for dx in 0..radius {
                let (left, right) = (area.top_left.x + dx, right(area) - 1 - dx);
                let (top, bottom) = (area.top_left.y + dy, bottom(area) - 1 - dy);
                for (x, y) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
                    paint(self, x, y, dx, dy);
                }
            }
        }
    }

    /// Fills a rectangle with rounded, anti-aliased corners.
    pub fn fill_rounded(&mut self, area: &Rectangle, radius: i32, color: Color) {
        let (width, height) = (area.size.width as i32, area.size.height as i32);
        let radius = radius.clamp(0, width.min(height) / 2);
        let (x, y) = (area.top_left.x, area.top_left.y);
        self.fill_rect(&rect(x + radius, y, width - 2 * radius, radius), color);
        self.fill_rect(&rect(x, y + radius, width, height - 2 * radius), color);
        self.fill_rect(&rect(x + radius, y + height - radius, width - 2 * radius, radius), color);
        self.corners(area, radius, |buffer, x, y, dx, dy| {
            buffer.blend(x, y, color, corner_coverage(dx, dy, radius));
        });
        self.add_damage(area);
    }

    /// Outlines a rounded rectangle, inside its area, `thickness` pixels strong.
    pub fn stroke_rounded(&mut self, area: &Rectangle, radius: i32, thickness: i32, color: Color) {
        let (width, height) = (area.size.width as i32, area.size.height as i32);
        let radius = radius.clamp(0, width.min(height) / 2);
        let (x, y) = (area.top_left.x, area.top_left.y);
        let (inner_width, inner_height) = (width - 2 * radius, height - 2 * radius);
        self.fill_rect(&rect(x + radius, y, inner_width, thickness), color);
        self.fill_rect(&rect(x + radius, y + height - thickness, inner_width, thickness), color);
        self.fill_rect(&rect(x, y + radius, thickness, inner_height), color);
        self.fill_rect(&rect(x + width - thickness, y + radius, thickness, inner_height), color);
        self.corners(area, radius, |buffer, x, y, dx, dy| {
            let outer = corner_coverage(dx, dy, radius);
            let inner = if dx < thickness || dy < thickness {
                0
            } else {
                corner_coverage(dx - thickness, dy - thickness, radius - thickness)
            };
            buffer.blend(x, y, color, outer.saturating_sub(inner));
        });
        self.add_damage(area);
    }

    /// A card: filled, with a border of another colour.
    pub fn card(
        &mut self,
        area: &Rectangle,
        radius: i32,
        thickness: i32,
        fill: Color,
        line: Color,
    ) {
        self.fill_rounded(area, radius, fill);
        self.stroke_rounded(area, radius, thickness, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(buffer: &BackBuffer) -> alloc::vec::Vec<alloc::string::String> {
        let mark = |&pixel: &u32| match pixel & 0xFF {
            0 => '.',
            1..=200 => '+',
            _ => '#',
        };
        buffer.pixels().chunks(buffer.width()).map(|row| row.iter().map(mark).collect()).collect()
    }

    #[test]
    fn a_filled_card_has_soft_corners() {
        let mut buffer = BackBuffer::new(12, 8);
        buffer.fill_rounded(&rect(1, 1, 10, 6), 3, Color(0xFF));
        assert_eq!(
            picture(&buffer),
            [
                "............",
                "..+######+..",
                ".+########+.",
                ".##########.",
                ".##########.",
                ".+########+.",
                "..+######+..",
                "............",
            ]
        );
    }

    #[test]
    fn an_outline_leaves_the_inside_alone() {
        let mut buffer = BackBuffer::new(12, 8);
        buffer.stroke_rounded(&rect(0, 0, 12, 8), 2, 1, Color(0xFF));
        assert!(buffer.pixel(5, 0).0 == 0xFF && buffer.pixel(0, 4).0 == 0xFF);
        for y in 2..6 {
            for x in 2..10 {
                assert_eq!(buffer.pixel(x, y), Color(0));
            }
        }
        assert!(buffer.pixel(0, 0).blue() < 128, "the corner itself is outside");
    }

    #[test]
    fn a_radius_larger_than_the_card_makes_a_pill() {
        let mut buffer = BackBuffer::new(16, 4);
        buffer.fill_rounded(&rect(0, 0, 16, 4), 99, Color(0xFF));
        assert_eq!(buffer.pixel(8, 0), Color(0xFF));
        assert!(buffer.pixel(0, 0).blue() < 128);
    }
}
