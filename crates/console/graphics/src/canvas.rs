//! A back buffer that can write text.

use crate::back_buffer::BackBuffer;
use crate::color::Color;
use crate::font::{Font, GlyphCache, Weight};
use crate::rect;
use crate::width::char_cells;

/// What text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Size of the letters.
    pub font: Font,
    /// Strength of their strokes.
    pub weight: Weight,
    /// Their colour.
    pub color: Color,
    /// Whether they lean to the right: the font has no italics, so upright glyphs are slanted.
    pub is_slanted: bool,
}

impl TextStyle {
    /// Regular text.
    pub const fn regular(font: Font, color: Color) -> Self {
        Self { font, weight: Weight::Regular, color, is_slanted: false }
    }

    /// Bold text.
    pub const fn bold(font: Font, color: Color) -> Self {
        Self { font, weight: Weight::Bold, color, is_slanted: false }
    }
}

/// A picture, and the glyphs to write on it.
pub struct Canvas {
    /// The picture.
    pub buffer: BackBuffer,
    glyphs: GlyphCache,
}

impl Canvas {
    /// A black canvas.
    pub fn new(width: usize, height: usize) -> Self {
        Self { buffer: BackBuffer::new(width, height), glyphs: GlyphCache::default() }
    }

    /// Writes `text` with its cells' upper left corner at (`x`, `y`) over what is there, and
    /// returns the column after it. Combining marks are left out: the font has none.
    pub fn text(&mut self, x: i32, y: i32, text: &str, style: TextStyle) -> i32 {
        let mut at = x;
        for character in text.chars() {
            if let Some((coverage, width)) = self.glyphs.glyph(character, style.font, style.weight)
            {
                if style.is_slanted {
                    for (row, line) in coverage.chunks_exact(width).enumerate() {
                        // One pixel to the right for every five above the baseline.
                        let lean = (style.font.baseline() - row as i32).div_euclid(5);
                        self.buffer.blend_block(
                            at + lean,
                            y + row as i32,
                            width,
                            line,
                            style.color,
                        );
                    }
                } else {
                    self.buffer.blend_block(at, y, width, coverage, style.color);
                }
            }
            at += style.font.advance() * char_cells(character) as i32;
        }
        let lean = if style.is_slanted { style.font.height() / 5 } else { 0 };
        self.buffer.add_damage(&rect(x - lean, y, at - x + 2 * lean, style.font.height()));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_anti_aliased_and_damages_only_its_line() {
        let mut canvas = Canvas::new(200, 60);
        let mut sink = Sink;
        canvas.buffer.flush(&mut sink);
        let end = canvas.text(10, 20, "Paging", TextStyle::bold(Font::Px20, Color(0xFFFFFF)));
        assert_eq!(end, 10 + 6 * 9);
        assert_eq!(canvas.buffer.damage().len_px(), 6 * 9 * 20);
        let grey = |pixel: &&u32| ![0, 0xFFFFFF].contains(*pixel);
        assert!(canvas.buffer.pixels().iter().filter(grey).count() > 40);
    }

    #[test]
    fn combining_marks_take_no_room_and_wide_characters_two_cells() {
        let mut canvas = Canvas::new(100, 20);
        let style = TextStyle::regular(Font::Px16, Color(0xFFFFFF));
        assert_eq!(canvas.text(0, 0, "e\u{301}", style), 7);
        assert_eq!(canvas.text(0, 0, "漢", style), 14);
    }

    struct Sink;
    impl crate::FramebufferTarget for Sink {
        fn write_row(&mut self, _x: usize, _y: usize, _pixels: &[u32]) {}
    }
}
