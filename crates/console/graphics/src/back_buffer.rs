//! The picture as it shall be, in main memory, and what of it the screen does not show yet.
//!
//! Reading video memory is slow and drawing there flickers, so everything is drawn here first.

use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Dimensions, OriginDimensions, Size};
use embedded_graphics::primitives::Rectangle;

use crate::color::Color;
use crate::damage::Damage;
use crate::target::FramebufferTarget;
use crate::{bottom, rect, right, union};

/// `(height, width)` pixels, row-major, each `0x00RRGGBB`.
pub struct BackBuffer {
    width: usize,
    height: usize,
    pixels: Vec<u32>,
    clip: Rectangle,
    damage: Damage,
}

impl BackBuffer {
    /// A black buffer of `width` by `height` pixels, wholly damaged.
    pub fn new(width: usize, height: usize) -> Self {
        let whole = rect(0, 0, width as i32, height as i32);
        let mut damage = Damage::default();
        damage.add(whole);
        Self { width, height, pixels: vec![0; width * height], clip: whole, damage }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row-major.
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// The colour at a point inside the buffer.
    pub fn pixel(&self, x: usize, y: usize) -> Color {
        Color(self.pixels[y * self.width + x])
    }

    /// Confines drawing to `area`; returns the area that drawing was confined to before.
    pub fn set_clip(&mut self, area: Rectangle) -> Rectangle {
        let before = self.clip;
        self.clip = area.intersection(&self.bounding_box());
        before
    }

    /// What drawing is confined to.
    pub fn clip(&self) -> Rectangle {
        self.clip
    }

    /// What changed since the last flush.
    pub fn damage(&self) -> &Damage {
        &self.damage
    }

    /// Declares the whole picture changed, for example after something else wrote to the screen.
    pub fn damage_all(&mut self) {
        self.damage.add(self.bounding_box());
    }

    /// Marks what lies of `area` inside the clip as changed.
    pub(crate) fn add_damage(&mut self, area: &Rectangle) {
        self.damage.add(area.intersection(&self.clip));
    }

    /// Fills a rectangle with one colour.
    pub fn fill_rect(&mut self, area: &Rectangle, color: Color) {
        let area = area.intersection(&self.clip);
        if area.is_zero_sized() {
            return;
        }
        let (left, end) = (area.top_left.x as usize, right(&area) as usize);
        for y in area.top_left.y as usize..bottom(&area) as usize {
            self.pixels[y * self.width + left..y * self.width + end].fill(color.0);
        }
        self.damage.add(area);
    }

    /// Lays `color` over one pixel. Does not mark damage: the caller marks the whole shape once.
    #[inline]
    pub(crate) fn blend(&mut self, x: i32, y: i32, color: Color, coverage: u8) {
        let is_inside = x >= self.clip.top_left.x
            && y >= self.clip.top_left.y
            && x < right(&self.clip)
            && y < bottom(&self.clip);
        if coverage == 0 || !is_inside {
            return;
        }
        let pixel = &mut self.pixels[y as usize * self.width + x as usize];
        *pixel = color.over(Color(*pixel), coverage).0;
    }

    /// Lays `color` over a block with a coverage for each pixel, `(rows, width)` row-major. Does not
    /// mark damage: the caller marks a whole run of glyphs once.
    pub(crate) fn blend_block(
        &mut self,
        x: i32,
        y: i32,
        width: usize,
        coverage: &[u8],
        color: Color,
    ) {
        let height = (coverage.len() / width.max(1)) as i32;
        let area = rect(x, y, width as i32, height).intersection(&self.clip);
        if area.is_zero_sized() {
            return;
        }
        let skip = (area.top_left.x - x) as usize;
        let take = area.size.width as usize;
        for row in area.top_left.y..bottom(&area) {
            let from = (row - y) as usize * width + skip;
            let to = row as usize * self.width + area.top_left.x as usize;
            let below = &mut self.pixels[to..to + take];
            for (pixel, &cover) in below.iter_mut().zip(&coverage[from..from + take]) {
                match cover {
                    0 => {}
                    255 => *pixel = color.0,
                    _ => *pixel = color.over(Color(*pixel), cover).0,
                }
            }
        }
    }

    /// Copies the damaged rows to the screen and forgets the damage. Returns the pixels copied.
    pub fn flush(&mut self, target: &mut impl FramebufferTarget) -> u64 {
        let copied = self.damage.len_px();
        for area in self.damage.areas() {
            let (left, end) = (area.top_left.x as usize, right(&area) as usize);
            for y in area.top_left.y as usize..bottom(&area) as usize {
                let row = &self.pixels[y * self.width + left..y * self.width + end];
                target.write_row(left, y, row);
            }
        }
        self.damage.clear();
        copied
    }
}

impl OriginDimensions for BackBuffer {
    fn size(&self) -> Size {
        Size::new(self.width as u32, self.height as u32)
    }
}

impl DrawTarget for BackBuffer {
    type Color = Color;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Color>>,
    {
        let mut touched: Option<Rectangle> = None;
        for Pixel(point, color) in pixels {
            if self.clip.contains(point) {
                self.pixels[point.y as usize * self.width + point.x as usize] = color.0;
                let dot = Rectangle::new(point, Size::new(1, 1));
                touched = Some(touched.map_or(dot, |area| union(&area, &dot)));
            }
        }
        if let Some(area) = touched {
            self.damage.add(area);
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Color) -> Result<(), Infallible> {
        self.fill_rect(area, color);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::prelude::*;
    use embedded_graphics::primitives::{Line, PrimitiveStyle};

    /// A screen that remembers which pixels were written.
    struct Screen {
        width: usize,
        pixels: Vec<Option<u32>>,
    }

    impl FramebufferTarget for Screen {
        fn write_row(&mut self, x: usize, y: usize, pixels: &[u32]) {
            for (offset, &pixel) in pixels.iter().enumerate() {
                self.pixels[y * self.width + x + offset] = Some(pixel);
            }
        }
    }

    #[test]
    fn only_damaged_pixels_reach_the_screen() {
        let mut buffer = BackBuffer::new(32, 16);
        let mut screen = Screen { width: 32, pixels: vec![None; 32 * 16] };
        assert_eq!(buffer.flush(&mut screen), 32 * 16);
        screen.pixels.fill(None);
        buffer.fill_rect(&rect(4, 2, 3, 2), Color(0xFFFFFF));
        assert_eq!(buffer.flush(&mut screen), 6);
        assert_eq!(screen.pixels.iter().flatten().count(), 6);
        assert_eq!(screen.pixels[2 * 32 + 4], Some(0xFFFFFF));
        assert_eq!(buffer.flush(&mut screen), 0);
    }

    #[test]
    fn drawing_outside_is_cut_off() {
        let mut buffer = BackBuffer::new(8, 8);
        buffer.fill_rect(&rect(-5, -5, 100, 7), Color(1));
        buffer.blend_block(6, 6, 4, &[255; 16], Color(2));
        buffer.blend(-1, 3, Color(3), 255);
        assert_eq!(buffer.pixels().iter().filter(|&&pixel| pixel == 1).count(), 16);
        assert_eq!(buffer.pixels().iter().filter(|&&pixel| pixel == 2).count(), 4);
        assert!(!buffer.pixels().contains(&3));
    }

    #[test]
    fn the_clip_confines_primitives_of_embedded_graphics() {
        let mut buffer = BackBuffer::new(16, 4);
        let before = buffer.set_clip(rect(4, 0, 4, 4));
        Line::new(Point::new(0, 1), Point::new(15, 1))
            .into_styled(PrimitiveStyle::with_stroke(Color(9), 1))
            .draw(&mut buffer)
            .unwrap();
        buffer.set_clip(before);
        let row: Vec<u32> = buffer.pixels()[16..32].to_vec();
        assert_eq!(row, [0, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
