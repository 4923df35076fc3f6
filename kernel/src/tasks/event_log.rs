//! The event log on the second serial port.

use crate::platform::{clock::KernelClock, serial::COM2};
use system_events::Event;
use system_platform::Clock;

/// Notes that a step of the start was reached.
pub fn phase(name: &str) {
    write(&Event::Boot { phase: name });
}

/// Adds a line. Without a second serial port there is no log.
pub fn write(event: &Event<'_>) {
    if COM2.is_present() {
        COM2.write(event.to_line(KernelClock.now_ms()).as_bytes());
    }
}
