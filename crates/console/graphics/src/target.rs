//! The screen's side: something that takes rows of pixels.

use crate::pixel_format::PixelFormat;

/// A screen. The kernel implements it over video memory.
pub trait FramebufferTarget {
    /// Writes `0x00RRGGBB` pixels to row `y` from column `x` on. Both lie inside the picture that
    /// is flushed; whether that fits the screen is for the implementer to check.
    fn write_row(&mut self, x: usize, y: usize, pixels: &[u32]);
}

/// A screen that is a slice of bytes.
pub struct FramebufferBytes<'a> {
    /// The video memory from the first pixel on.
    pub bytes: &'a mut [u8],
    /// Bytes from one row to the next, at least a row's own.
    pub pitch_bytes: usize,
    /// How a pixel is stored.
    pub format: PixelFormat,
}

impl FramebufferTarget for FramebufferBytes<'_> {
    fn write_row(&mut self, x: usize, y: usize, pixels: &[u32]) {
        let from = x * self.format.len_bytes();
        let row = y * self.pitch_bytes;
        let room =
            self.pitch_bytes.saturating_sub(from).min(pixels.len() * self.format.len_bytes());
        // A slice shorter than its last row's pitch is common: cut instead of giving up.
        let end = (row + from + room).min(self.bytes.len());
        if let Some(into) = self.bytes.get_mut(row + from..end) {
            self.format.encode_row(pixels, into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BackBuffer, Color, rect};

    #[test]
    fn rows_land_at_the_pitch_and_never_outside() {
        let mut buffer = BackBuffer::new(4, 3);
        buffer.fill_rect(&rect(1, 1, 2, 2), Color(0xAABBCC));
        let mut bytes = [0x55; 20 * 2 + 16];
        let mut target =
            FramebufferBytes { bytes: &mut bytes, pitch_bytes: 20, format: PixelFormat::XRGB };
        buffer.flush(&mut target);
        target.write_row(3, 2, &[1, 2, 3]);
        target.write_row(0, 9, &[1]);
        assert_eq!(bytes[16..20], [0x55; 4]);
        assert_eq!(bytes[24..28], [0xCC, 0xBB, 0xAA, 0]);
        assert_eq!(bytes[20 * 2 + 12..], [1, 0, 0, 0]);
    }
}
