//! The two 8259 interrupt controllers.

use super::port::Ports;
use core::sync::atomic::{AtomicU64, Ordering};
use pic8259::ChainedPics;
use spin::Mutex;
use system_platform::PortIo;
use x86_64::instructions::interrupts::without_interrupts;

/// The first vector of lines 0 to 7; the CPU's exceptions end below.
const FIRST_VECTOR: u8 = 32;
/// The first vector of lines 8 to 15.
const SECOND_FIRST_VECTOR: u8 = 40;
const LINE_COUNT: u64 = 16;

/// Line of the programmable interval timer.
pub const IRQ_TIMER: u8 = 0;
/// Line of the keyboard.
pub const IRQ_KEYBOARD: u8 = 1;
/// Line by which the first controller hears of the second.
const IRQ_CASCADE: u8 = 2;
/// Line of the first serial port.
pub const IRQ_COM1: u8 = 4;
/// Lines that a controller names when an interrupt vanished before it could tell which it was.
const IRQ_SPURIOUS: u8 = 7;
const IRQ_SECOND_SPURIOUS: u8 = 15;

const FIRST_COMMAND: u16 = 0x20;
const SECOND_COMMAND: u16 = 0xA0;
/// Operation command word 3: the next read of the command port gives the in-service register.
const READ_IN_SERVICE: u8 = 0x0B;

// SAFETY: the vectors collide with no exception, and this is the controllers' only driver.
static CONTROLLERS: Mutex<ChainedPics> =
    Mutex::new(unsafe { ChainedPics::new(FIRST_VECTOR, SECOND_FIRST_VECTOR) });

static SPURIOUS: AtomicU64 = AtomicU64::new(0);

/// Moves the lines away from the exceptions and lets through those that have a handler.
pub fn init() {
    let lines = 1 << IRQ_TIMER | 1 << IRQ_KEYBOARD | 1 << IRQ_CASCADE | 1 << IRQ_COM1;
    without_interrupts(|| {
        let mut controllers = CONTROLLERS.lock();
        // SAFETY: the descriptor table has gates for all vectors from 32 on.
        unsafe { controllers.initialize() };
        // SAFETY: `devices` handles the lines whose bit is clear.
        unsafe { controllers.write_masks(!lines, 0xFF) };
    });
}

/// The line whose interrupt comes on a vector.
pub const fn irq_of_vector(vector: u64) -> Option<u8> {
    match vector.checked_sub(FIRST_VECTOR as u64) {
        Some(line) if line < LINE_COUNT => Some(line as u8),
        _ => None,
    }
}

fn is_in_service(command_port: u16, line_bit: u8) -> bool {
    Ports.write_u8(command_port, READ_IN_SERVICE);
    Ports.read_u8(command_port) & line_bit != 0
}

/// Whether the interrupt was none; then it is dealt with. For interrupt handlers.
pub fn dismiss_spurious(irq: u8) -> bool {
    let is_spurious = match irq {
        IRQ_SPURIOUS => !is_in_service(FIRST_COMMAND, 1 << 7),
        IRQ_SECOND_SPURIOUS => !is_in_service(SECOND_COMMAND, 1 << 7),
        _ => false,
    };
    if is_spurious {
        SPURIOUS.fetch_add(1, Ordering::Relaxed);
        // The first controller does not know that the second's interrupt was spurious.
        if irq == IRQ_SECOND_SPURIOUS {
            end_of_interrupt(IRQ_CASCADE);
        }
    }
    is_spurious
}

/// Spurious interrupts since the start.
pub fn spurious_count() -> u64 {
    SPURIOUS.load(Ordering::Relaxed)
}

/// Acknowledges a line's interrupt. For interrupt handlers.
pub fn end_of_interrupt(irq: u8) {
    // Only the boot CPU gets these interrupts, and `init` holds the lock with interrupts off.
    let mut controllers = CONTROLLERS.lock();
    // SAFETY: called at the end of the handler of this very line.
    unsafe { controllers.notify_end_of_interrupt(FIRST_VECTOR + irq) };
}
