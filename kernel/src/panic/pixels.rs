//! The crash screen on a frame buffer, drawn straight into its memory.

use super::screen::{Canvas, Style};
use crate::boot::{ColorMask, FramebufferInfo};
use core::ptr::NonNull;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// Red, green, blue.
type Color = [u8; 3];

const GROUND: Color = [0x0B, 0x0E, 0x13];
const TEXT: Color = [0xD7, 0xDE, 0xE8];
const DIM: Color = [0x8A, 0x95, 0xA5];
const ALARM: Color = [0xFF, 0x7E, 0x79];

/// Height of the bar at the top, in pixels.
const BAR_PIXELS: usize = 6;

/// A frame buffer as a grid of characters.
pub struct Pixels<'a> {
    info: &'a FramebufferInfo,
    address: NonNull<u8>,
    size: RasterHeight,
}

impl<'a> Pixels<'a> {
    /// The frame buffer mapped at `address`, with the largest letters that leave room for eighty or
    /// so in a row.
    pub fn new(info: &'a FramebufferInfo, address: NonNull<u8>) -> Self {
        let sizes = [RasterHeight::Size32, RasterHeight::Size24, RasterHeight::Size20];
        let fits = |size: &RasterHeight| {
            info.width / get_raster_width(FontWeight::Regular, *size) >= 90
                && info.height / line_pixels(*size) >= 30
        };
        let size = sizes.into_iter().find(fits).unwrap_or(RasterHeight::Size16);
        Self { info, address, size }
    }

    fn bytes_per_pixel(&self) -> usize {
        usize::from(self.info.bits_per_pixel).div_ceil(8)
    }

    /// The pixel value of a colour.
    fn pack(&self, color: Color) -> u32 {
        let part = |value: u8, mask: ColorMask| {
            let bits = u32::from(mask.size.min(8));
            (u32::from(value) >> (8 - bits)) << mask.shift.min(31)
        };
        part(color[0], self.info.red)
            | part(color[1], self.info.green)
            | part(color[2], self.info.blue)
    }

    /// Sets a pixel; outside of the screen nothing happens.
    fn set(&mut self, x: usize, y: usize, value: u32) {
        let bytes = self.bytes_per_pixel();
        if x >= self.info.width || y >= self.info.height || bytes > 4 {
            return;
        }
        let offset = y * self.info.pitch_bytes + x * bytes;
        let pixel = self.address.as_ptr().wrapping_add(offset);
        if bytes == 4 {
            // SAFETY: the pixel lies within the frame buffer, which is mapped whole.
            unsafe { pixel.cast::<u32>().write_unaligned(value) };
            return;
        }
        for (index, byte) in value.to_le_bytes().into_iter().take(bytes).enumerate() {
            // SAFETY: as above.
            unsafe { pixel.wrapping_add(index).write_volatile(byte) };
        }
    }
}

/// Pixels from one row of letters to the next.
const fn line_pixels(size: RasterHeight) -> usize {
    size.val() * 5 / 4
}

/// Mixes two colours: `amount` of 255 parts of `over`.
fn mix(under: Color, over: Color, amount: u8) -> Color {
    let amount = u32::from(amount);
    core::array::from_fn(|i| {
        ((u32::from(under[i]) * (255 - amount) + u32::from(over[i]) * amount) / 255) as u8
    })
}

impl Canvas for Pixels<'_> {
    fn columns(&self) -> usize {
        self.info.width / get_raster_width(FontWeight::Regular, self.size)
    }

    fn rows(&self) -> usize {
        self.info.height / line_pixels(self.size)
    }

    fn clear(&mut self) {
        let (ground, alarm) = (self.pack(GROUND), self.pack(ALARM));
        for y in 0..self.info.height {
            let value = if y < BAR_PIXELS { alarm } else { ground };
            for x in 0..self.info.width {
                self.set(x, y, value);
            }
        }
    }

    fn put(&mut self, column: usize, row: usize, character: char, style: Style) {
        let (color, weight) = match style {
            Style::Title => (ALARM, FontWeight::Bold),
            Style::Text => (TEXT, FontWeight::Regular),
            Style::Dim => (DIM, FontWeight::Regular),
        };
        let Some(glyph) =
            get_raster(character, weight, self.size).or_else(|| get_raster('?', weight, self.size))
        else {
            return;
        };
        let left = column * get_raster_width(FontWeight::Regular, self.size);
        let top = row * line_pixels(self.size);
        for (dy, line) in glyph.rows().enumerate() {
            for (dx, amount) in line.iter().enumerate().filter(|(_, amount)| **amount > 0) {
                let value = self.pack(mix(GROUND, color, *amount));
                self.set(left + dx, top + dy, value);
            }
        }
    }
}
