//! A place where code runs, with a clock that goes by itself.

use crate::facility::CodeHost;
use core::{cell::Cell, ops::ControlFlow};

/// Advances its clock whenever it is asked to breathe, and stops the code after a while.
#[derive(Debug)]
pub struct FakeCodeHost {
    uptime_ns: Cell<u64>,
    step_ns: u64,
    breaths_left: Cell<u32>,
}

impl FakeCodeHost {
    /// A host where each breath takes `step_ns`, and where code is stopped after `breaths`.
    pub const fn new(step_ns: u64, breaths: u32) -> Self {
        Self { uptime_ns: Cell::new(0), step_ns, breaths_left: Cell::new(breaths) }
    }
}

impl Default for FakeCodeHost {
    /// A host that never stops anything.
    fn default() -> Self {
        Self::new(0, u32::MAX)
    }
}

impl CodeHost for FakeCodeHost {
    fn breathe(&self) -> ControlFlow<()> {
        self.uptime_ns.set(self.uptime_ns.get().saturating_add(self.step_ns));
        match self.breaths_left.get().checked_sub(1) {
            Some(left) => {
                self.breaths_left.set(left);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        }
    }

    fn uptime_ns(&self) -> u64 {
        self.uptime_ns.get()
    }

    fn allocated_bytes(&self) -> u64 {
        0
    }
}
