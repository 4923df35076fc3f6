//! Screenshots, and when two of them are the same.
//!
//! Two pictures of the same screen are never equal: clocks run, speeds vary. So each compared area
//! is cut into small tiles; a tile differs if its colours do on average by more than a little, and
//! a picture matches if hardly any tile differs. Places that must differ are [`Mask`]s, each with
//! its reason. A panel is hundreds of tiles: one that is missing, empty, moved or in other colours
//! cannot pass, which the tests below prove.

use std::{
    fmt, fs,
    ops::Range,
    path::{Path, PathBuf},
};

/// Side of a tile in pixels: about a character.
const TILE: usize = 16;
/// How far the average of a tile's colour channels may be off, of 255. Neighbouring greys of the
/// console are 7 apart.
const TILE_TOLERANCE: f64 = 2.0;
/// How many tiles may differ, of all compared. At 1280x800 that is 20 of 4,000: a few words.
const TILE_SHARE: f64 = 0.005;

/// A picture, 8 bits for each of red, green and blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `(height, width, 3)`.
    rgb: Vec<u8>,
}

/// A part of a picture, in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Columns.
    pub x: Range<usize>,
    /// Rows.
    pub y: Range<usize>,
}

impl Area {
    /// An area by its corner and size.
    pub const fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self { x: x..x + width, y: y..y + height }
    }

    fn contains(&self, x: usize, y: usize) -> bool {
        self.x.contains(&x) && self.y.contains(&y)
    }
}

/// A place that is not compared.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Where.
    pub area: Area,
    /// What stands there, and why it is never the same.
    pub reason: &'static str,
}

/// Why a file is no picture that can be compared.
#[derive(Debug)]
pub enum ImageError {
    /// It cannot be read.
    Io(PathBuf, std::io::Error),
    /// It is no PNG.
    Png(PathBuf, minipng::Error),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Png(path, error) => write!(f, "{}: {error:?}", path.display()),
        }
    }
}

impl std::error::Error for ImageError {}

impl Image {
    /// Reads a PNG file.
    ///
    /// # Errors
    /// A file that is missing or damaged.
    pub fn read_png(path: &Path) -> Result<Self, ImageError> {
        let bytes = fs::read(path).map_err(|error| ImageError::Io(path.to_path_buf(), error))?;
        Self::from_png(&bytes).map_err(|error| ImageError::Png(path.to_path_buf(), error))
    }

    fn from_png(bytes: &[u8]) -> Result<Self, minipng::Error> {
        let header = minipng::decode_png_header(bytes)?;
        let mut buffer = vec![0; header.required_bytes_rgba8bpc()];
        let mut image = minipng::decode_png(bytes, &mut buffer)?;
        image.convert_to_rgba8bpc()?;
        Ok(Self {
            width: image.width() as usize,
            height: image.height() as usize,
            rgb: image.pixels().chunks_exact(4).flat_map(|pixel| &pixel[..3]).copied().collect(),
        })
    }

    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, color: [u8; 3]) -> Self {
        Self { width, height, rgb: color.repeat(width * height) }
    }

    /// The colour of a pixel.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "({x}, {y}) is outside the picture");
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Paints an area in one colour.
    pub fn fill(&mut self, area: &Area, color: [u8; 3]) {
        for y in area.y.clone() {
            for x in area.x.clone() {
                let at = (y * self.width + x) * 3;
                self.rgb[at..at + 3].copy_from_slice(&color);
            }
        }
    }

    /// How many different colours there are in an area: 1 where nothing is drawn.
    pub fn colors(&self, area: &Area) -> usize {
        let mut seen = std::collections::BTreeSet::new();
        for y in area.y.clone() {
            seen.extend(area.x.clone().map(|x| self.pixel(x, y)));
        }
        seen.len()
    }

    /// Compares with another picture outside the masks.
    pub fn compare(&self, other: &Self, masks: &[Mask]) -> Comparison {
        let size = (self.width, self.height);
        let other_size = (other.width, other.height);
        if size != other_size {
            return Comparison::Sizes(size, other_size);
        }
        let mut compared = 0;
        let mut different = Vec::new();
        for y in (0..self.height).step_by(TILE) {
            for x in (0..self.width).step_by(TILE) {
                let Some(difference) = self.tile_difference(other, x, y, masks) else { continue };
                compared += 1;
                if difference > TILE_TOLERANCE {
                    different.push(Tile { x, y, difference });
                }
            }
        }
        Comparison::Tiles { compared, different }
    }

    /// The average difference of the colour channels of a tile; `None` where all of it is masked.
    fn tile_difference(&self, other: &Self, x: usize, y: usize, masks: &[Mask]) -> Option<f64> {
        let mut sum = 0_u64;
        let mut count = 0_u64;
        for y in y..(y + TILE).min(self.height) {
            for x in x..(x + TILE).min(self.width) {
                if masks.iter().any(|mask| mask.area.contains(x, y)) {
                    continue;
                }
                let channels = self.pixel(x, y).into_iter().zip(other.pixel(x, y));
                sum += channels.map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
                count += 3;
            }
        }
        (count > 0).then(|| sum as f64 / count as f64)
    }
}

/// A tile that differs.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Left edge in pixels.
    pub x: usize,
    /// Upper edge in pixels.
    pub y: usize,
    /// Average difference of its colour channels, of 255.
    pub difference: f64,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub enum Comparison {
    /// The pictures have different sizes, `(width, height)`.
    Sizes((usize, usize), (usize, usize)),
    /// The pictures were compared tile by tile.
    Tiles {
        /// Tiles that are not wholly masked.
        compared: usize,
        /// Those that differ.
        different: Vec<Tile>,
    },
}

impl Comparison {
    /// Whether the pictures show the same.
    pub fn is_match(&self) -> bool {
        match self {
            Self::Sizes(..) => false,
            // Masks over everything would let anything pass.
            Self::Tiles { compared: 0, .. } => false,
            Self::Tiles { compared, different } => {
                different.len() as f64 <= *compared as f64 * TILE_SHARE
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sizes((w, h), (other_w, other_h)) => {
                write!(f, "one picture is {w}x{h}, the other {other_w}x{other_h}")
            }
            Self::Tiles { compared, different } => {
                write!(f, "{} of {compared} tiles differ", different.len())?;
                let mut worst: Vec<&Tile> = different.iter().collect();
                worst.sort_by(|a, b| b.difference.total_cmp(&a.difference));
                for tile in worst.iter().take(8) {
                    write!(f, "\n  at ({}, {}) by {:.1}", tile.x, tile.y, tile.difference)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: [u8; 3] = [0x0B, 0x0E, 0x13];
    const PANEL: [u8; 3] = [0x12, 0x16, 0x1D];
    const TEXT: [u8; 3] = [0xD7, 0xDE, 0xE8];

    const TRANSCRIPT: Area = Area::new(16, 44, 816, 668);
    const GAUGE: Area = Area::new(848, 44, 416, 220);
    const LOG: Area = Area::new(848, 276, 416, 436);

    /// A screen with three panels, the last of them almost empty.
    fn screen() -> Image {
        let mut image = Image::filled(1280, 800, GROUND);
        for area in [&TRANSCRIPT, &GAUGE, &LOG] {
            image.fill(area, PANEL);
        }
        for row in 0..20 {
            // Words: strokes of two pixels with gaps between them.
            for stroke in 0..60 {
                image.fill(&Area::new(40 + stroke * 12, 60 + row * 22, 2, 14), TEXT);
            }
        }
        image.fill(&Area::new(860, 60, 200, 40), TEXT);
        image.fill(&Area::new(860, 290, 80, 12), TEXT);
        image
    }

    #[test]
    fn a_picture_matches_itself_and_itself_with_a_few_words_changed() {
        let golden = screen();
        assert!(golden.compare(&golden, &[]).is_match());
        let mut actual = golden.clone();
        actual.fill(&Area::new(860, 290, 80, 12), PANEL);
        let comparison = golden.compare(&actual, &[]);
        assert!(comparison.is_match(), "{comparison}");
    }

    #[test]
    fn a_missing_panel_never_passes() {
        let golden = screen();
        for panel in [TRANSCRIPT, GAUGE, LOG] {
            let mut actual = golden.clone();
            actual.fill(&panel, GROUND);
            assert!(!golden.compare(&actual, &[]).is_match(), "{panel:?} is not missed");
        }
    }

    #[test]
    fn an_empty_transcript_and_a_panel_in_another_place_never_pass() {
        let golden = screen();
        let mut actual = golden.clone();
        actual.fill(&TRANSCRIPT, PANEL);
        assert!(!golden.compare(&actual, &[]).is_match(), "the words are gone");

        let mut actual = golden.clone();
        actual.fill(&GAUGE, GROUND);
        actual.fill(&Area::new(848, 60, 416, 220), PANEL);
        assert!(!golden.compare(&actual, &[]).is_match(), "the gauge is one line lower");
    }

    #[test]
    fn swapped_colours_never_pass() {
        let golden = screen();
        let mut actual = golden.clone();
        for pixel in actual.rgb.chunks_exact_mut(3) {
            pixel.swap(0, 2);
        }
        assert!(!golden.compare(&actual, &[]).is_match(), "red and blue are swapped");
    }

    #[test]
    fn a_mask_hides_its_area_and_nothing_else() {
        let golden = screen();
        let mut actual = golden.clone();
        actual.fill(&LOG, TEXT);
        let mask = |area| [Mask { area, reason: "the log of another run" }];
        assert!(golden.compare(&actual, &mask(LOG)).is_match());
        assert!(!golden.compare(&actual, &mask(GAUGE)).is_match());
        assert!(!golden.compare(&actual, &mask(Area::new(0, 0, 1280, 800))).is_match());
    }

    #[test]
    fn pictures_of_different_sizes_never_match() {
        let comparison = screen().compare(&Image::filled(1024, 768, GROUND), &[]);
        assert!(!comparison.is_match());
        assert_eq!(comparison.to_string(), "one picture is 1280x800, the other 1024x768");
    }

    #[test]
    fn reads_what_qemu_writes() {
        // A PNG of 2x1 pixels, red and blue, 8 bits RGB, stored without compression.
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x02\0\0\0\x7b\x40\xe8\xdd\
            \0\0\0\x12IDAT\x78\x01\x01\x07\0\xf8\xff\0\xff\0\0\0\0\xff\x07\0\x01\xff\x55\x36\xba\xc7\
            \0\0\0\0IEND\xae\x42\x60\x82";
        let image = Image::from_png(png).unwrap();
        assert_eq!((image.width, image.height), (2, 1));
        assert_eq!([image.pixel(0, 0), image.pixel(1, 0)], [[255, 0, 0], [0, 0, 255]]);
        assert!(Image::from_png(&png[..50]).is_err());
    }
}
