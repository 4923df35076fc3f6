//! A host for the tests of this crate.

use crate::Host;
use alloc::rc::Rc;
use core::{cell::Cell, ops::ControlFlow};

/// Counts how often it is asked, and ends the run when it has been asked often enough. Its heap
/// holds the same all the time.
pub(crate) struct TestHost {
    pub(crate) watches: Cell<u64>,
    patience: u64,
}

impl TestHost {
    /// One that never ends a run.
    pub(crate) fn patient() -> Rc<Self> {
        Self::with_patience(u64::MAX)
    }

    /// One that ends a run when it is asked for the `patience`th time.
    pub(crate) fn with_patience(patience: u64) -> Rc<Self> {
        Rc::new(Self { watches: Cell::new(0), patience })
    }
}

impl Host for TestHost {
    fn watch(&self) -> ControlFlow<()> {
        self.watches.set(self.watches.get() + 1);
        if self.watches.get() < self.patience {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn allocated_bytes(&self) -> u64 {
        0
    }
}
