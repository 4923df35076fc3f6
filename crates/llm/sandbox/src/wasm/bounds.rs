//! What bounds a module: the interpreter's settings, its memory, its fuel.

use super::{FUEL_PER_WATCH, UNITS_PER_OPERATION, faults};
use crate::{Limits, SandboxError};
use wasmi::{
    CompilationMode, Config, EnforcedLimits, Engine, Store, StoreLimits, StoreLimitsBuilder,
};

/// Calls within one another. They live on the heap.
const MAX_CALL_DEPTH: usize = 1000;
/// Bytes of the locals and operands of those calls.
const MAX_STACK_BYTES: usize = 256 * 1024;
/// Entries of a table of functions.
const MAX_TABLE_ENTRIES: usize = 10_000;
/// Tables of a module.
const MAX_TABLES: usize = 4;

/// The interpreter.
pub(super) fn engine() -> Engine {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        // Functions are translated when they are first called, for fuel: a module of many small
        // functions with many locals cannot make that take long.
        .compilation_mode(CompilationMode::LazyTranslation)
        .enforced_limits(EnforcedLimits::strict())
        .ignore_custom_sections(true)
        // A start function would run where it cannot be paused.
        .allow_start_fn(false)
        .wasm_multi_memory(false)
        .set_max_recursion_depth(MAX_CALL_DEPTH)
        .set_max_stack_height(MAX_STACK_BYTES);
    Engine::new(&config)
}

/// What the module's memory and tables may hold. Growing beyond it ends the run: few programs look
/// whether growing worked, and the others would end in a trap that tells nothing.
pub(super) fn memory(limits: &Limits) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX))
        .table_elements(MAX_TABLE_ENTRIES)
        .instances(1)
        .memories(1)
        .tables(MAX_TABLES)
        .trap_on_grow_failure(true)
        .build()
}

/// What is left of the fuel, handed out in slices.
pub(super) struct Fuel {
    limits: Limits,
    left: u64,
    slice: u64,
}

impl Fuel {
    pub(super) fn new(limits: &Limits) -> Self {
        let left = limits.fuel.saturating_mul(UNITS_PER_OPERATION);
        Self { limits: *limits, left, slice: 0 }
    }

    /// Takes off what was used of the last slice, and gives the store one that holds `required`.
    ///
    /// # Errors
    /// There is not that much left.
    pub(super) fn refill<T>(
        &mut self,
        store: &mut Store<T>,
        required: u64,
    ) -> Result<(), SandboxError> {
        let fault = |error: wasmi::Error| faults::of_run(&error, &self.limits);
        let unused = if self.slice == 0 { 0 } else { store.get_fuel().map_err(fault)? };
        self.left -= self.slice.saturating_sub(unused);
        if self.left < required.max(1) {
            return Err(SandboxError::OutOfFuel { fuel: self.limits.fuel });
        }
        self.slice = FUEL_PER_WATCH.max(required).min(self.left);
        store.set_fuel(self.slice).map_err(fault)
    }
}
