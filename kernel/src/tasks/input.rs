//! The keyboard's and the serial terminal's tasks: bytes from the interrupt handlers become key
//! presses on the desk.

use super::{desk::Desk, either};
use crate::{
    arch::interrupts::devices::{key_event, take_key_time, take_scancode},
    platform::{clock::KernelClock, serial::COM1},
};
use alloc::rc::Rc;
use core::{cell::RefCell, pin::pin};
use drivers_ps2::Keyboard;
use drivers_serial::Decoder;
use system_core::{executor::yield_now, timer::Timers};
use system_platform::Clock;

/// Bytes decoded in one turn: pasting a page must not keep the others waiting.
const BYTES_PER_TURN: usize = 64;

/// Serves the keyboard for ever.
pub async fn serve_keyboard(desk: Rc<Desk>, keyboard: Rc<RefCell<Keyboard>>) {
    loop {
        key_event().wait().await;
        let arrived_ns = take_key_time().unwrap_or_else(|| KernelClock.now_ns());
        while let Some(byte) = take_scancode() {
            let event = keyboard.borrow_mut().advance(byte);
            if let Some(event) = event {
                desk.press(event, arrived_ns);
            }
        }
    }
}

/// Serves the terminal on the first serial port for ever.
pub async fn serve_terminal(desk: Rc<Desk>, timers: Timers) {
    let mut decoder = Decoder::new();
    loop {
        wait_for_input(&timers, decoder.deadline_ns()).await;
        let mut decoded = 0;
        while let Some(byte) = COM1.read() {
            let now_ns = KernelClock.now_ns();
            for event in decoder.advance(byte, now_ns) {
                desk.press(event, now_ns);
            }
            decoded += 1;
            if decoded % BYTES_PER_TURN == 0 {
                yield_now().await;
            }
        }
        // Only a line that is silent tells a lone Escape from the beginning of a sequence.
        let now_ns = KernelClock.now_ns();
        if let Some(event) = decoder.poll(now_ns) {
            desk.press(event, now_ns);
        }
    }
}

/// Waits for bytes, or for the time at which those received so far have a meaning of their own.
async fn wait_for_input(timers: &Timers, deadline_ns: Option<u64>) {
    let deadline = pin!(timers.sleep_until(deadline_ns.unwrap_or(u64::MAX)));
    either(pin!(COM1.input_event().wait()), deadline).await;
}
