//! Monotonic time.

use core::cell::Cell;

/// A clock that never goes back.
pub trait Clock {
    /// Nanoseconds since the system started.
    fn now_ns(&self) -> u64;

    /// Milliseconds since the system started.
    fn now_ms(&self) -> u64 {
        self.now_ns() / 1_000_000
    }
}

/// A clock that moves only when a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ns: Cell<u64>,
}

impl ManualClock {
    /// Moves the clock forward.
    pub fn advance_ns(&self, by_ns: u64) {
        self.now_ns.set(self.now_ns.get() + by_ns);
    }
}

impl Clock for ManualClock {
    fn now_ns(&self) -> u64 {
        self.now_ns.get()
    }
}
