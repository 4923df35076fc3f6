//! Watches over a running script.

use super::{OPERATIONS_PER_WATCH, values};
use crate::{Host, Limits, SandboxError, printed::Printed};
use ::rhai::{Dynamic, Scope};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    fmt::Write,
};

/// How many operations may pass before the variables in view are looked through again. Each can
/// put one value into another, so this is how much deeper than [`values::MAX_DEPTH`] values get.
const OPERATIONS_PER_LOOK: u64 = 160;
/// Values that are looked through for one operation's fuel.
const VALUES_PER_OPERATION: u64 = 64;

/// Counts, measures, and remembers why it stopped the script.
pub(super) struct Guard {
    limits: Limits,
    host: Rc<dyn Host>,
    /// What the heap held when the script started.
    heap_before: Cell<u64>,
    /// Where the stack was then.
    stack_before: Cell<usize>,
    /// Operations until now.
    operations: Cell<u64>,
    /// Fuel that was taken for other things.
    surcharge: Cell<u64>,
    /// By call level: the operation at which the variables there were last looked through.
    looked_at: RefCell<Vec<u64>>,
    printed: RefCell<Printed>,
    stop: RefCell<Option<SandboxError>>,
}

impl Guard {
    pub(super) fn new(limits: &Limits, host: Rc<dyn Host>) -> Self {
        Self {
            limits: *limits,
            host,
            heap_before: Cell::new(0),
            stack_before: Cell::new(0),
            operations: Cell::new(0),
            surcharge: Cell::new(0),
            looked_at: RefCell::new(Vec::new()),
            printed: RefCell::new(Printed::new(limits.output_bytes)),
            stop: RefCell::new(None),
        }
    }

    /// Takes the measures that growth is counted from.
    pub(super) fn start(&self) {
        self.heap_before.set(self.host.allocated_bytes());
        self.stack_before.set(stack_address());
    }

    /// Called at every operation. Whether the script may go on.
    ///
    /// Counts by itself: the engine's count forgets what happens in closures that its own functions
    /// call.
    pub(super) fn may_go_on(&self) -> bool {
        let operations = self.operations.get() + 1;
        self.operations.set(operations);
        if self.stop.borrow().is_some() {
            return false;
        }
        if operations.saturating_add(self.surcharge.get()) > self.limits.fuel {
            return self.stop(SandboxError::OutOfFuel { fuel: self.limits.fuel });
        }
        let heap_growth = self.host.allocated_bytes().saturating_sub(self.heap_before.get());
        if heap_growth > self.limits.memory_bytes {
            return self.stop(SandboxError::OutOfMemory { max_bytes: self.limits.memory_bytes });
        }
        if self.stack_before.get().abs_diff(stack_address()) > self.limits.stack_bytes {
            return self.stop(SandboxError::TooDeep);
        }
        if operations.is_multiple_of(OPERATIONS_PER_WATCH) && self.host.watch().is_break() {
            return self.stop(SandboxError::Interrupted);
        }
        true
    }

    /// Called at every use of a variable, with those in view at a level of calls. Whether the
    /// script may go on.
    ///
    /// A value gets deeper by being put into another one, and then stays in a variable: looking at
    /// the variables often enough keeps all values shallow. Copying, comparing, printing and
    /// dropping them recurse.
    pub(super) fn may_use(&self, level: usize, scope: &Scope<'_>) -> bool {
        let operations = self.operations.get();
        let mut looked_at = self.looked_at.borrow_mut();
        if looked_at.len() <= level {
            looked_at.resize(level + 1, 0);
        }
        if operations - looked_at[level] < OPERATIONS_PER_LOOK {
            return true;
        }
        looked_at[level] = operations;
        let mut count = 0;
        for (_, _, value) in scope.iter_raw() {
            if !values::is_shallow(value, &mut count) {
                return self.stop(SandboxError::TooDeep);
            }
        }
        self.surcharge.set(self.surcharge.get() + count / VALUES_PER_OPERATION);
        true
    }

    /// Takes a line of output. What does not fit ends the script.
    pub(super) fn print(&self, line: &str) {
        if writeln!(self.printed.borrow_mut(), "{line}").is_err() {
            self.stop(self.output_too_long());
        }
    }

    /// Everything that was printed.
    pub(super) fn take_printed(&self) -> String {
        self.printed.borrow_mut().take()
    }

    /// The error for too much text.
    pub(super) fn output_too_long(&self) -> SandboxError {
        SandboxError::OutputTooLong { max_bytes: self.limits.output_bytes }
    }

    /// Why the script was stopped, if it was.
    pub(super) fn stopped_by(&self) -> Option<SandboxError> {
        self.stop.borrow().clone()
    }

    /// Stops the script at its next operation; says `false`, that it may not go on.
    pub(super) fn stop(&self, error: SandboxError) -> bool {
        self.stop.borrow_mut().get_or_insert(error);
        false
    }
}

/// What a callback hands the engine to end the script for good: no `try` can catch it.
pub(super) fn end() -> alloc::boxed::Box<::rhai::EvalAltResult> {
    ::rhai::EvalAltResult::ErrorTerminated(Dynamic::UNIT, ::rhai::Position::NONE).into()
}

/// About where the stack is.
#[inline(never)]
fn stack_address() -> usize {
    let local = 0_u8;
    core::hint::black_box(&raw const local).addr()
}
