//! The screen's memory, as the console's writers want it.

use crate::{boot::FramebufferInfo, panic::Screen};
use console_graphics::{Channel, FramebufferBytes, PixelFormat, PixelFormatError};
use core::{ptr::NonNull, slice};

/// Cells of VGA text memory in a row.
pub const TEXT_COLUMNS: usize = 80;
/// Rows of VGA text memory.
pub const TEXT_ROWS: usize = 25;

/// Ports of the VGA's CRT controller: index and data.
const CRTC_INDEX: u16 = 0x3D4;
const CRTC_DATA: u16 = 0x3D5;
/// Registers of the text cursor's position, and of its shape, whose bit 5 hides it.
const CURSOR_START: u8 = 0x0A;
const CURSOR_HIGH: u8 = 0x0E;
const CURSOR_LOW: u8 = 0x0F;

/// A screen that the console draws on.
pub enum Display {
    /// Pixels.
    Pixels(FramebufferInfo, FramebufferBytes<'static>),
    /// Text cells.
    Text(TextMemory),
    /// There is none.
    None,
}

impl Display {
    /// Takes the screen over.
    ///
    /// # Errors
    /// A pixel format that the console cannot write.
    ///
    /// # Safety
    /// 1. The screen's memory stays mapped for ever.
    /// 2. Nobody else writes to it, crash reports excepted, which end everything.
    pub unsafe fn new(screen: Screen) -> Result<Self, PixelFormatError> {
        Ok(match screen {
            Screen::Pixels(info, address) => {
                let channel =
                    |mask: crate::boot::ColorMask| Channel { shift: mask.shift, size: mask.size };
                let format = PixelFormat::new(
                    info.bits_per_pixel,
                    channel(info.red),
                    channel(info.green),
                    channel(info.blue),
                )?;
                let len_bytes = info.pitch_bytes * info.height;
                // SAFETY: the whole framebuffer is mapped there, for ever (duty 1), and ours alone
                // (duty 2).
                let bytes = unsafe { slice::from_raw_parts_mut(address.as_ptr(), len_bytes) };
                let target = FramebufferBytes { bytes, pitch_bytes: info.pitch_bytes, format };
                Self::Pixels(info, target)
            }
            Screen::Text(address) => Self::Text(TextMemory { address }),
            Screen::None => Self::None,
        })
    }
}

/// VGA text memory.
pub struct TextMemory {
    address: NonNull<u16>,
}

impl TextMemory {
    /// Writes the cell at `index`, row-major; outside the screen nothing happens.
    pub fn write(&mut self, index: usize, word: u16) {
        if index < TEXT_COLUMNS * TEXT_ROWS {
            // SAFETY: within the 80 x 25 cells that are mapped there.
            let cell = unsafe { self.address.add(index) };
            // SAFETY: as above; volatile, because the memory is a device's.
            unsafe { cell.write_volatile(word) };
        }
    }

    /// Moves the cursor to a cell and makes it a block.
    pub fn move_cursor(&mut self, column: usize, row: usize) {
        let index = (row * TEXT_COLUMNS + column).min(TEXT_COLUMNS * TEXT_ROWS - 1) as u16;
        let [high, low] = index.to_be_bytes();
        for (register, value) in [(CURSOR_START, 0), (CURSOR_HIGH, high), (CURSOR_LOW, low)] {
            use system_platform::PortIo;
            crate::arch::port::Ports.write_u8(CRTC_INDEX, register);
            crate::arch::port::Ports.write_u8(CRTC_DATA, value);
        }
    }
}
