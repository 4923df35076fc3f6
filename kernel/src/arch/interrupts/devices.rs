//! Interrupts of devices: timer, keyboard, serial port.

use crate::{
    arch::{pic, port::Ports},
    platform::{clock::KernelClock, serial},
};
use core::sync::atomic::{AtomicU64, Ordering};
use system_core::{event::Event, ring::ByteRing};
use system_platform::{Clock, PortIo};

/// 8042 keyboard controller: data, and status when read.
const KEYBOARD_DATA: u16 = 0x60;
const KEYBOARD_STATUS: u16 = 0x64;
/// Status bit: a byte waits in the data register.
const OUTPUT_FULL: u8 = 1 << 0;
/// Status bit: the byte is from the mouse.
const FROM_MOUSE: u8 = 1 << 5;

/// Bytes from the keyboard that no task has taken yet.
static SCANCODES: ByteRing<256> = ByteRing::new();
static KEY_PRESSED: Event = Event::new();
/// When the oldest byte in the ring came, by the kernel's clock; 0 for none.
static KEY_TIME_NS: AtomicU64 = AtomicU64::new(0);
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Timer interrupts since the start.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

/// The oldest byte from the keyboard. For one task.
pub fn take_scancode() -> Option<u8> {
    SCANCODES.pop()
}

/// Raised after bytes from the keyboard have arrived. For one task.
pub fn key_event() -> &'static Event {
    &KEY_PRESSED
}

/// When the first byte since the last call came, in nanoseconds by the kernel's clock. For one task.
pub fn take_key_time() -> Option<u64> {
    match KEY_TIME_NS.swap(0, Ordering::Relaxed) {
        0 => None,
        time_ns => Some(time_ns),
    }
}

/// Handles an interrupt of the PIC's line `irq` on the boot CPU.
pub(super) fn handle(irq: u8) {
    if pic::dismiss_spurious(irq) {
        return;
    }
    match irq {
        pic::IRQ_TIMER => {
            TICKS.fetch_add(1, Ordering::Relaxed);
        }
        pic::IRQ_KEYBOARD => receive_scancode(),
        pic::IRQ_COM1 => serial::COM1.receive_pending(),
        // Nobody asked for the line; acknowledging it keeps the others alive.
        _ => {}
    }
    pic::end_of_interrupt(irq);
}

fn receive_scancode() {
    let status = Ports.read_u8(KEYBOARD_STATUS);
    if status & OUTPUT_FULL == 0 {
        return;
    }
    let byte = Ports.read_u8(KEYBOARD_DATA);
    if status & FROM_MOUSE == 0 {
        SCANCODES.push(byte);
        if KEY_TIME_NS.load(Ordering::Relaxed) == 0 {
            KEY_TIME_NS.store(KernelClock.now_ns(), Ordering::Relaxed);
        }
        KEY_PRESSED.raise();
    }
}
