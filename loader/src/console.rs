//! Where the loader speaks: the first serial port and, for errors, VGA text memory.

use crate::port::Port;
use core::fmt::{self, Write};

const COM1: u16 = 0x3f8;
const LINE_STATUS: Port = Port(COM1 + 5);
const TRANSMITTER_EMPTY: u8 = 1 << 5;
/// What a port without a device reads as.
const NOTHING: u8 = 0xff;
/// Long enough for one character at 115200 baud, short enough that a dead port does not stop us.
const MAX_POLLS: u32 = 20_000;

/// Sets the first serial port to 115200 baud, 8 data bits, no parity.
pub fn init_serial() {
    // Interrupts off; divisor latch open; divisor 1; 8N1; FIFOs on; DTR, RTS and OUT2.
    for (offset, value) in [(1, 0), (3, 0x80), (0, 1), (1, 0), (3, 3), (2, 0xc7), (4, 0x0b)] {
        Port(COM1 + offset).write_u8(value);
    }
}

/// The first serial port.
pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                send(b'\r');
            }
            send(byte);
        }
        Ok(())
    }
}

fn send(byte: u8) {
    for _ in 0..MAX_POLLS {
        match LINE_STATUS.read_u8() {
            NOTHING => return,
            status if status & TRANSMITTER_EMPTY != 0 => {
                Port(COM1).write_u8(byte);
                return;
            }
            _ => {}
        }
    }
}

/// VGA text memory, written from the top, white on red.
struct VgaText {
    column: usize,
    row: usize,
}

const VGA_TEXT: usize = 0xb_8000;
const COLUMNS: usize = 80;
const ROWS: usize = 25;
const WHITE_ON_RED: u16 = 0x4f00;

impl VgaText {
    fn put(&mut self, character: u16) {
        let cell = (VGA_TEXT + 2 * (self.row * COLUMNS + self.column)) as *mut u16;
        // SAFETY: one of the 80 * 25 cells (`write_str` keeps it so): identity mapped, aligned, and
        // never memory of ours.
        unsafe { cell.write_volatile(WHITE_ON_RED | character) };
    }
}

impl Write for VgaText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if character == '\n' || self.column == COLUMNS {
                (self.column, self.row) = (0, self.row + 1);
            }
            if self.row == ROWS {
                break;
            }
            if character != '\n' {
                self.put(if character.is_ascii() { character as u16 } else { u16::from(b'?') });
                self.column += 1;
            }
        }
        Ok(())
    }
}

/// Writes a line to the serial port.
macro_rules! log {
    ($($argument:tt)*) => {{
        use core::fmt::Write;
        // The serial console drops what it cannot send; it never fails.
        let _ = writeln!($crate::console::Serial, $($argument)*);
    }};
}
pub(crate) use log;

/// Says why the system cannot start, and stops.
pub fn fatal(reason: impl fmt::Display) -> ! {
    log!("loader: cannot boot: {reason}");
    let mut screen = VgaText { column: 0, row: 0 };
    // Neither console fails.
    let _ = write!(screen, "LLM OS cannot boot: {reason}");
    loop {
        crate::launch::halt();
    }
}
