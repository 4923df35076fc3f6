//! Where code runs: the console goes on meanwhile, and the stop button ends it.

use super::desk::Desk;
use crate::platform::{clock::KernelClock, executor::STEP_NS, memory};
use alloc::rc::Rc;
use core::{cell::Cell, ops::ControlFlow, sync::atomic::Ordering};
use llm_tools::CodeHost;
use system_core::executor::Executor;
use system_platform::Clock;

/// The system around running code.
pub struct KernelCodeHost {
    executor: Executor,
    desk: Rc<Desk>,
    next_breath_ns: Cell<u64>,
}

impl KernelCodeHost {
    /// A host that lets the tasks of `executor` run, and stops code when the person asks.
    pub const fn new(executor: Executor, desk: Rc<Desk>) -> Self {
        Self { executor, desk, next_breath_ns: Cell::new(0) }
    }
}

impl CodeHost for KernelCodeHost {
    fn breathe(&self) -> ControlFlow<()> {
        let now_ns = KernelClock.now_ns();
        if now_ns >= self.next_breath_ns.get() {
            self.executor.run_round(now_ns);
            self.next_breath_ns.set(KernelClock.now_ns() + STEP_NS);
        }
        match self.desk.stop().load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn uptime_ns(&self) -> u64 {
        KernelClock.now_ns()
    }

    fn allocated_bytes(&self) -> u64 {
        memory::heap::usage().used_bytes
    }
}
