//! What a run asks of its surroundings.

use core::ops::ControlFlow;

/// Lets a run go on, and tells what it takes.
///
/// A run holds it by `Rc`, because the script engine keeps its callbacks for as long as it likes.
pub trait Host {
    /// Called between operations: every [`crate::rhai::OPERATIONS_PER_WATCH`] operations of a
    /// script, every [`crate::wasm::FUEL_PER_WATCH`] instructions of a module. Here the host looks
    /// after other work and after the clock; `Break` ends the run as
    /// [`SandboxError::Interrupted`](crate::SandboxError::Interrupted).
    fn watch(&self) -> ControlFlow<()>;

    /// Bytes that the global allocator has handed out now, to whomever. Asked at every operation of
    /// a script, so it must be cheap. What it grows by during a run is counted against
    /// [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    fn allocated_bytes(&self) -> u64;
}
