//! How the screen wants its pixels: 24 or 32 bits, any order and width of the channels.

use core::fmt;

/// Where one colour lies in a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Bits to the right of it.
    pub shift: u8,
    /// Bits that it has, 1 to 8 or more; more than 8 are filled from the top.
    pub size: u8,
}

/// The layout of a pixel in memory, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    bytes: usize,
    red: Channel,
    green: Channel,
    blue: Channel,
}

/// Why a pixel layout cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormatError {
    /// Neither 24 nor 32 bits.
    UnsupportedDepth {
        /// The bits asked for.
        bits: u16,
    },
    /// A channel is empty or does not fit into the pixel.
    ChannelOutside(Channel),
}

impl fmt::Display for PixelFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedDepth { bits } => {
                write!(f, "{bits} bits per pixel are not supported (24 and 32 are)")
            }
            Self::ChannelOutside(channel) => {
                write!(f, "colour of {} bits at bit {} does not fit", channel.size, channel.shift)
            }
        }
    }
}

impl core::error::Error for PixelFormatError {}

impl PixelFormat {
    /// 32 bits, `0x00RRGGBB`: what nearly every firmware gives, and what the back buffer holds.
    pub const XRGB: Self = Self {
        bytes: 4,
        red: Channel { shift: 16, size: 8 },
        green: Channel { shift: 8, size: 8 },
        blue: Channel { shift: 0, size: 8 },
    };

    /// A format from what the boot loader says.
    ///
    /// # Errors
    /// A depth other than 24 or 32, or a channel that does not fit into the pixel.
    pub fn new(
        bits: u16,
        red: Channel,
        green: Channel,
        blue: Channel,
    ) -> Result<Self, PixelFormatError> {
        if bits != 24 && bits != 32 {
            return Err(PixelFormatError::UnsupportedDepth { bits });
        }
        for channel in [red, green, blue] {
            let end = u16::from(channel.shift) + u16::from(channel.size);
            if channel.size == 0 || end > bits {
                return Err(PixelFormatError::ChannelOutside(channel));
            }
        }
        Ok(Self { bytes: usize::from(bits / 8), red, green, blue })
    }

    /// Bytes that a pixel takes: 3 or 4.
    pub const fn len_bytes(self) -> usize {
        self.bytes
    }

    /// One pixel, from `0x00RRGGBB` to this format.
    pub const fn encode(self, pixel: u32) -> u32 {
        const fn place(value: u32, channel: Channel) -> u32 {
            if channel.size <= 8 {
                (value >> (8 - channel.size)) << channel.shift
            } else {
                // A wider channel gets the byte at its top; 10 bits lose nothing that shows.
                value << (channel.size - 8) << channel.shift
            }
        }
        place(pixel >> 16 & 0xFF, self.red)
            | place(pixel >> 8 & 0xFF, self.green)
            | place(pixel & 0xFF, self.blue)
    }

    /// Writes a row of `0x00RRGGBB` pixels as bytes of this format; what does not fit is cut off.
    pub fn encode_row(self, pixels: &[u32], into: &mut [u8]) {
        if self == Self::XRGB {
            for (bytes, pixel) in into.chunks_exact_mut(4).zip(pixels) {
                bytes.copy_from_slice(&pixel.to_le_bytes());
            }
            return;
        }
        for (bytes, &pixel) in into.chunks_exact_mut(self.bytes).zip(pixels) {
            bytes.copy_from_slice(&self.encode(pixel).to_le_bytes()[..self.bytes]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn channel(shift: u8, size: u8) -> Channel {
        Channel { shift, size }
    }

    #[test]
    fn encodes_common_layouts() {
        let bgr = PixelFormat::new(32, channel(0, 8), channel(8, 8), channel(16, 8)).unwrap();
        assert_eq!(bgr.encode(0x12_34_56), 0x56_34_12);
        let rgb565 = PixelFormat::new(24, channel(11, 5), channel(5, 6), channel(0, 5)).unwrap();
        assert_eq!(rgb565.encode(0xFF_FF_FF), 0xFFFF);
        let deep = PixelFormat::new(32, channel(20, 10), channel(10, 10), channel(0, 10)).unwrap();
        assert_eq!(deep.encode(0xFF_00_80), 0xFF << 22 | 0x80 << 2);
    }

    #[test]
    fn a_24_bit_row_has_three_bytes_a_pixel() {
        let format = PixelFormat::new(24, channel(16, 8), channel(8, 8), channel(0, 8)).unwrap();
        let mut bytes = [0; 6];
        format.encode_row(&[0x01_02_03, 0xA0_B0_C0], &mut bytes);
        assert_eq!(bytes, [3, 2, 1, 0xC0, 0xB0, 0xA0]);
    }

    #[test]
    fn the_fast_path_equals_the_general_one() {
        let pixels = [0x00_00_00, 0x01_80_FF, 0xFF_FF_FF];
        let mut fast = [0; 12];
        PixelFormat::XRGB.encode_row(&pixels, &mut fast);
        for (bytes, &pixel) in fast.chunks_exact(4).zip(&pixels) {
            assert_eq!(bytes, PixelFormat::XRGB.encode(pixel).to_le_bytes());
        }
    }

    #[test]
    fn refuses_what_it_cannot_serve() {
        let byte = channel(0, 8);
        assert_eq!(
            PixelFormat::new(16, byte, byte, byte),
            Err(PixelFormatError::UnsupportedDepth { bits: 16 })
        );
        let outside = channel(20, 8);
        assert_eq!(
            PixelFormat::new(24, byte, byte, outside),
            Err(PixelFormatError::ChannelOutside(outside))
        );
    }
}
