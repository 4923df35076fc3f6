//! A linear framebuffer as GRUB reports it or as the loader programmed it.

/// Where one colour lies in a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Bits of the colour.
    pub size: u8,
    /// Bits below it.
    pub shift: u8,
}

/// A picture in memory, direct colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framebuffer {
    /// Physical address of the first pixel.
    pub address: u64,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from one row to the next.
    pub pitch_bytes: u32,
    /// Bits of a pixel.
    pub bits_per_pixel: u8,
    /// Red.
    pub red: Channel,
    /// Green.
    pub green: Channel,
    /// Blue.
    pub blue: Channel,
}

impl Framebuffer {
    /// A framebuffer in the layout of Bochs and QEMU displays: blue in the lowest byte, no padding
    /// between rows.
    pub fn packed(address: u64, width: u32, height: u32, bits_per_pixel: u8) -> Self {
        let channel = |shift| Channel { size: 8, shift };
        Self {
            address,
            width,
            height,
            pitch_bytes: width * u32::from(bits_per_pixel / 8),
            bits_per_pixel,
            red: channel(16),
            green: channel(8),
            blue: channel(0),
        }
    }

    /// The same framebuffer if it can be drawn on: whole bytes per pixel, rows that do not overlap,
    /// an end within the address space.
    pub fn checked(self) -> Option<Self> {
        let row_bytes = u64::from(self.width) * u64::from(self.bits_per_pixel / 8);
        let is_sane = self.address != 0
            && self.width > 0
            && self.height > 0
            && matches!(self.bits_per_pixel, 16 | 24 | 32)
            && row_bytes <= u64::from(self.pitch_bytes)
            && self.address.checked_add(self.len_bytes()).is_some();
        is_sane.then_some(self)
    }

    /// Length of the picture in bytes.
    pub fn len_bytes(&self) -> u64 {
        u64::from(self.pitch_bytes) * u64::from(self.height)
    }
}
