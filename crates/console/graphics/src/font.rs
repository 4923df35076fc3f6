//! Glyphs by size and weight: the bitmap font, symbols drawn here, and a box for the rest.
//!
//! The font package stops at 32 pixels. Larger sizes, for 4K screens and the one big number, are
//! made from that size by interpolation and kept.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};

use crate::fold::fold;
use crate::symbol;
use crate::width::char_cells;

/// Drawn or scaled glyphs kept before the cache starts anew: about a megabyte at the largest size.
const MAX_CACHED: usize = 512;

/// The height of a text line's cell, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Font {
    /// 16 pixels high, 7 wide.
    Px16,
    /// 20 pixels high, 9 wide.
    Px20,
    /// 24 pixels high, 11 wide.
    Px24,
    /// 32 pixels high, 14 wide.
    Px32,
    /// 40 pixels high, 18 wide, scaled.
    Px40,
    /// 48 pixels high, 21 wide, scaled.
    Px48,
    /// 64 pixels high, 28 wide, scaled.
    Px64,
    /// 80 pixels high, 35 wide, scaled.
    Px80,
}

/// How strong the strokes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// For reading.
    Regular,
    /// For names and numbers.
    Bold,
}

impl Font {
    /// Pixels from one line to the next when set solid.
    pub const fn height(self) -> i32 {
        match self {
            Self::Px16 => 16,
            Self::Px20 => 20,
            Self::Px24 => 24,
            Self::Px32 => 32,
            Self::Px40 => 40,
            Self::Px48 => 48,
            Self::Px64 => 64,
            Self::Px80 => 80,
        }
    }

    /// Pixels from one character to the next.
    pub const fn advance(self) -> i32 {
        match self {
            Self::Px16 => 7,
            Self::Px20 => 9,
            Self::Px24 => 11,
            Self::Px32 => 14,
            Self::Px40 => 18,
            Self::Px48 => 21,
            Self::Px64 => 28,
            Self::Px80 => 35,
        }
    }

    /// Pixels from the top of the cell to the line that letters stand on.
    pub const fn baseline(self) -> i32 {
        match self {
            Self::Px16 => 13,
            Self::Px20 => 16,
            Self::Px24 => 19,
            Self::Px32 => 25,
            Self::Px40 => 31,
            Self::Px48 => 38,
            Self::Px64 => 50,
            Self::Px80 => 63,
        }
    }

    /// Pixels that capital letters and digits rise above the baseline.
    pub const fn cap_height(self) -> i32 {
        match self {
            Self::Px16 => 9,
            Self::Px20 => 10,
            Self::Px24 => 13,
            Self::Px32 => 17,
            Self::Px40 => 21,
            Self::Px48 => 26,
            Self::Px64 => 34,
            Self::Px80 => 43,
        }
    }

    /// The size in the font package, or `None` where it must be scaled.
    const fn native(self) -> Option<RasterHeight> {
        match self {
            Self::Px16 => Some(RasterHeight::Size16),
            Self::Px20 => Some(RasterHeight::Size20),
            Self::Px24 => Some(RasterHeight::Size24),
            Self::Px32 => Some(RasterHeight::Size32),
            _ => None,
        }
    }
}

/// Finds glyphs; keeps those that had to be made.
#[derive(Default)]
pub struct GlyphCache {
    made: BTreeMap<(char, Font, Weight), Box<[u8]>>,
}

impl GlyphCache {
    /// The coverage of a character's cell (or two cells, for wide ones), `(height, width)`
    /// row-major, and its width; `None` where nothing is drawn.
    pub fn glyph(&mut self, character: char, font: Font, weight: Weight) -> Option<(&[u8], usize)> {
        let cells = char_cells(character);
        if character == ' ' || cells == 0 {
            return None;
        }
        let width = font.advance() as usize * cells;
        if let Some(size) = font.native()
            && let Some(glyph) = get_raster(character, package_weight(weight), size)
        {
            return Some((glyph.pixels(), glyph.width()));
        }
        if self.made.len() >= MAX_CACHED {
            self.made.clear();
        }
        let made = self
            .made
            .entry((character, font, weight))
            .or_insert_with(|| make(character, font, weight, width).into_boxed_slice());
        Some((made, width))
    }
}

/// The weight in the font package's terms.
const fn package_weight(weight: Weight) -> FontWeight {
    match weight {
        Weight::Regular => FontWeight::Regular,
        Weight::Bold => FontWeight::Bold,
    }
}

/// Makes a glyph that the package lacks: scaled, drawn, replaced by a near one, or a hollow box.
fn make(character: char, font: Font, weight: Weight, width: usize) -> Vec<u8> {
    let height = font.height() as usize;
    for candidate in [Some(character), fold(character)].into_iter().flatten() {
        if candidate == ' ' {
            return vec![0; width * height];
        }
        let size = font.native().unwrap_or(RasterHeight::Size32);
        if let Some(glyph) = get_raster(candidate, package_weight(weight), size) {
            return scale(glyph.pixels(), glyph.width(), width, height);
        }
        // A replacement may be narrower than what it stands for; it is centred by its own shape.
        if let Some(coverage) = symbol::draw(candidate, width, height) {
            return coverage;
        }
    }
    symbol::draw_missing(width, height)
}

/// Scales coverage to `(height, width)` by bilinear interpolation, with the edges steepened again
/// afterwards: interpolation alone looks out of focus.
fn scale(from: &[u8], from_width: usize, width: usize, height: usize) -> Vec<u8> {
    let from_height = from.len() / from_width;
    if (from_width, from_height) == (width, height) {
        return from.to_vec();
    }
    let at = |x: i32, y: i32| -> i32 {
        let x = x.clamp(0, from_width as i32 - 1) as usize;
        let y = y.clamp(0, from_height as i32 - 1) as usize;
        i32::from(from[y * from_width + x])
    };
    let mut scaled = vec![0; width * height];
    for (index, cover) in scaled.iter_mut().enumerate() {
        // Source position of this pixel's middle, in 1/256 pixels.
        let place = |to: usize, from_len: usize, to_len: usize| {
            ((2 * to as i32 + 1) * from_len as i32 * 128) / to_len as i32 - 128
        };
        let (x, y) =
            (place(index % width, from_width, width), place(index / width, from_height, height));
        let (whole_x, whole_y) = (x >> 8, y >> 8);
        let (part_x, part_y) = (x & 255, y & 255);
        let upper = at(whole_x, whole_y) * (256 - part_x) + at(whole_x + 1, whole_y) * part_x;
        let lower =
            at(whole_x, whole_y + 1) * (256 - part_x) + at(whole_x + 1, whole_y + 1) * part_x;
        let value = (upper * (256 - part_y) + lower * part_y) >> 16;
        *cover = ((value - 128) * 13 / 8 + 128).clamp(0, 255) as u8;
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Font; 8] = [
        Font::Px16,
        Font::Px20,
        Font::Px24,
        Font::Px32,
        Font::Px40,
        Font::Px48,
        Font::Px64,
        Font::Px80,
    ];

    #[test]
    fn glyphs_fill_exactly_their_cells() {
        let mut glyphs = GlyphCache::default();
        for font in ALL {
            for character in "Ag0é…→漢λ🙂".chars() {
                let (coverage, width) = glyphs.glyph(character, font, Weight::Bold).unwrap();
                assert_eq!(width, font.advance() as usize * char_cells(character));
                assert_eq!(coverage.len(), width * font.height() as usize);
            }
        }
    }

    #[test]
    fn the_stated_baseline_and_cap_height_are_those_of_the_letter_h() {
        let mut glyphs = GlyphCache::default();
        for font in ALL {
            let (coverage, width) = glyphs.glyph('H', font, Weight::Regular).unwrap();
            let inked: Vec<i32> = (0..font.height())
                .filter(|&y| coverage[y as usize * width..][..width].iter().any(|&c| c > 127))
                .collect();
            let (first, last) = (inked[0], inked[inked.len() - 1]);
            assert!((last + 1 - font.baseline()).abs() <= 1, "{font:?} {last}");
            assert!((last + 1 - first - font.cap_height()).abs() <= 1, "{font:?} {first} {last}");
        }
    }

    #[test]
    fn nothing_is_drawn_for_spaces_marks_and_controls() {
        let mut glyphs = GlyphCache::default();
        for character in [' ', '\u{301}', '\u{200B}', '\u{7}'] {
            assert!(glyphs.glyph(character, Font::Px16, Weight::Regular).is_none());
        }
    }

    #[test]
    fn typographic_quotes_look_like_plain_ones_and_unknown_characters_like_a_box() {
        let mut glyphs = GlyphCache::default();
        let quote = glyphs.glyph('’', Font::Px20, Weight::Regular).unwrap().0.to_vec();
        assert_eq!(quote, glyphs.glyph('\'', Font::Px20, Weight::Regular).unwrap().0);
        let unknown = glyphs.glyph('λ', Font::Px20, Weight::Regular).unwrap().0.to_vec();
        assert_eq!(unknown, symbol::draw_missing(9, 20));
    }
}
