//! Colours as the back buffer stores them.

use embedded_graphics::pixelcolor::{PixelColor, Rgb888, RgbColor, raw::RawU32};

/// An opaque colour, `0x00RRGGBB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Color(pub u32);

impl Color {
    /// The colour with the given bytes.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self((red as u32) << 16 | (green as u32) << 8 | blue as u32)
    }

    /// The red byte.
    pub const fn red(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// The green byte.
    pub const fn green(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The blue byte.
    pub const fn blue(self) -> u8 {
        self.0 as u8
    }

    /// This colour laid over `below` with `coverage` from 0 (nothing) to 255 (opaque).
    ///
    /// Red and blue share one multiplication, which halves the cost where it matters: in text.
    #[inline]
    pub const fn over(self, below: Self, coverage: u8) -> Self {
        // 0..=256, so that the division is a shift and full coverage is exact.
        let weight = coverage as u32 + (coverage as u32 >> 7);
        let rest = 256 - weight;
        let red_blue = ((self.0 & 0xFF_00FF) * weight + (below.0 & 0xFF_00FF) * rest) >> 8;
        let green = ((self.0 & 0xFF00) * weight + (below.0 & 0xFF00) * rest) >> 8;
        Self(red_blue & 0xFF_00FF | green & 0xFF00)
    }
}

impl PixelColor for Color {
    type Raw = RawU32;
}

impl From<Rgb888> for Color {
    fn from(color: Rgb888) -> Self {
        Self::rgb(color.r(), color.g(), color.b())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_exact_at_both_ends_and_monotonic_between() {
        let (above, below) = (Color(0xFF_80_10), Color(0x00_20_F0));
        assert_eq!(above.over(below, 255), above);
        assert_eq!(above.over(below, 0), below);
        let mut last = below;
        for coverage in 1..=255 {
            let now = above.over(below, coverage);
            assert!(now.red() >= last.red() && now.blue() <= last.blue());
            last = now;
        }
    }
}
