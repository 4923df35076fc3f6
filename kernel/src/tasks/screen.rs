//! The drawing task: the desk's console on the screen and on the serial terminal.

use super::{desk::Desk, either};
use crate::platform::{
    clock::KernelClock,
    display::{Display, TEXT_COLUMNS, TEXT_ROWS},
    serial::COM1,
};
use alloc::rc::Rc;
use console_ui::{
    cells::{AnsiWriter, CellConsole, ColorDepth, VgaWriter},
    pixel::PixelConsole,
};
use core::pin::pin;
use system_core::timer::Timers;
use system_events::{DisplayInfo, DisplayKind};
use system_platform::Clock;

/// Pictures of a streaming reply come no faster than this; key presses are drawn at once.
const FRAME_NS: u64 = 33_000_000;
/// A terminal that is behind by so many bytes gets no new picture until it has caught up.
const MAX_BACKLOG_BYTES: usize = 8 * 1024;
/// What a framebuffer must have at least for the console in pixels.
const MIN_WIDTH: usize = 640;
const MIN_HEIGHT: usize = 480;

/// Everything that the console is drawn on.
pub struct Screens {
    display: Display,
    pixels: Option<PixelConsole>,
    cells: CellConsole,
    vga: VgaWriter,
    ansi: AnsiWriter,
    redraws_seen: u32,
}

impl Screens {
    /// The display and the terminal, both blank.
    pub fn new(display: Display) -> Self {
        let pixels = match &display {
            Display::Pixels(info, _) => {
                Some(PixelConsole::new(info.width.max(MIN_WIDTH), info.height.max(MIN_HEIGHT)))
            }
            Display::Text(_) | Display::None => None,
        };
        Self {
            display,
            pixels,
            cells: CellConsole::new(TEXT_COLUMNS, TEXT_ROWS),
            vga: VgaWriter::default(),
            ansi: AnsiWriter::new(ColorDepth::TrueColor),
            redraws_seen: 0,
        }
    }

    /// What the display is, for the event log.
    pub fn info(&self) -> DisplayInfo {
        let (kind, width, height, bits_per_pixel) = match &self.display {
            Display::Pixels(info, _) => {
                (DisplayKind::Framebuffer, info.width, info.height, info.bits_per_pixel)
            }
            Display::Text(_) => (DisplayKind::Text, TEXT_COLUMNS, TEXT_ROWS, 0),
            Display::None => (DisplayKind::None, 0, 0, 0),
        };
        DisplayInfo {
            kind,
            width: width as u32,
            height: height as u32,
            bits_per_pixel: bits_per_pixel.into(),
        }
    }

    fn draw(&mut self, desk: &Desk) {
        desk.read(|console| {
            if let (Some(pixels), Display::Pixels(_, target)) =
                (&mut self.pixels, &mut self.display)
            {
                pixels.render(console);
                pixels.flush(target);
            }
            let takes_terminal = COM1.is_present() && COM1.backlog_bytes() < MAX_BACKLOG_BYTES;
            if !takes_terminal && !matches!(self.display, Display::Text(_)) {
                return;
            }
            if self.redraws_seen != console.redraws() {
                self.redraws_seen = console.redraws();
                self.ansi.forget();
                self.vga = VgaWriter::default();
            }
            let grid = self.cells.render(console);
            if let Display::Text(memory) = &mut self.display {
                self.vga.diff(grid, |index, word| memory.write(index, word));
                memory.move_cursor(grid.cursor.0, grid.cursor.1);
            }
            if takes_terminal {
                COM1.write(self.ansi.diff(grid));
            }
        });
    }
}

/// Draws what changes, for ever.
pub async fn draw(desk: Rc<Desk>, mut screens: Screens, timers: Timers) {
    loop {
        let next_frame_ns = KernelClock.now_ns() + FRAME_NS;
        screens.draw(&desk);
        desk.note_drawn();
        wait_for_change(&desk, &timers, next_frame_ns).await;
    }
}

/// Waits for something to draw: until the next picture is due, or until a key is pressed.
async fn wait_for_change(desk: &Desk, timers: &Timers, next_frame_ns: u64) {
    desk.changed().wait().await;
    let mut is_due = false;
    while !is_due && !desk.has_undrawn_keys() {
        let due = pin!(timers.sleep_until(next_frame_ns));
        is_due = either(due, pin!(desk.changed().wait())).await.is_first();
    }
}
