//! Sizes in pixels, chosen by the screen's size.

use console_graphics::Font;

/// How large things are. The numbers of the middle size are those of the design at 1280 x 800.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// The grid: everything is a multiple or a simple part of it.
    pub unit: i32,
    /// For reading.
    pub read: Font,
    /// For facts.
    pub fact: Font,
    /// For the one big number.
    pub big: Font,
    /// From one line of reading text to the next.
    pub row: i32,
    /// From one line of facts to the next, in legend and log.
    pub fact_row: i32,
    /// Radius of a card's corners.
    pub radius: i32,
    /// Thickness of a border.
    pub thickness: i32,
}

impl Metrics {
    /// The sizes for a screen of `width` by `height` pixels.
    pub const fn for_screen(width: i32, height: i32) -> Self {
        let small = Self {
            unit: 6,
            read: Font::Px16,
            fact: Font::Px16,
            big: Font::Px24,
            row: 18,
            fact_row: 20,
            radius: 8,
            thickness: 1,
        };
        let middle = Self {
            unit: 8,
            read: Font::Px20,
            fact: Font::Px16,
            big: Font::Px40,
            row: 22,
            fact_row: 26,
            radius: 10,
            thickness: 1,
        };
        let large = Self {
            unit: 10,
            read: Font::Px24,
            fact: Font::Px20,
            big: Font::Px48,
            row: 28,
            fact_row: 32,
            radius: 12,
            thickness: 1,
        };
        let larger = Self {
            unit: 14,
            read: Font::Px32,
            fact: Font::Px24,
            big: Font::Px64,
            row: 38,
            fact_row: 42,
            radius: 18,
            thickness: 2,
        };
        let largest = Self {
            unit: 20,
            read: Font::Px40,
            fact: Font::Px32,
            big: Font::Px80,
            row: 48,
            fact_row: 56,
            radius: 26,
            thickness: 2,
        };
        if width < 800 || height < 560 {
            small
        } else if width < 1600 || height < 900 {
            middle
        } else if width < 2400 || height < 1350 {
            large
        } else if width < 3400 || height < 1900 {
            larger
        } else {
            largest
        }
    }

    /// How much lower than reading text facts begin to stand on the same line.
    pub const fn fact_drop(&self) -> i32 {
        self.read.baseline() - self.fact.baseline()
    }
}
