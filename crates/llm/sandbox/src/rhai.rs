//! Runs a script in the language Rhai.
//!
//! The engine bounds single values; everything else is bounded here. `Guard` counts operations,
//! looks at the heap and the stack, and asks the host whether to go on; `values` keeps values from
//! nesting without end; `builtins` replaces functions of the language that would do too much at
//! once.
//!
//! Two things differ from the language elsewhere. A closure gets copies of the variables around it
//! and cannot change them: shared variables could form cycles, which are never freed. And there is
//! no `this`, no `import` and no `eval`.

mod builtins;
mod engine;
mod faults;
mod guard;
mod values;

use crate::{Host, Limits, Outcome, SandboxError, printed::Printed};
use ::rhai::{Dynamic, Scope};
use alloc::rc::Rc;
use guard::Guard;

/// Operations between two calls of [`Host::watch`]. One operation copies at most a value or sorts
/// an array; nearly all take less than a microsecond.
pub const OPERATIONS_PER_WATCH: u64 = 256;
/// The longest script that is accepted. Parsing it cannot be interrupted.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024;

/// Runs a script; its value is that of the last expression.
///
/// # Errors
/// What ended the run.
pub fn run(source: &str, limits: &Limits, host: Rc<dyn Host>) -> Result<Outcome, SandboxError> {
    if source.len() > MAX_SOURCE_BYTES {
        let (len_bytes, max_bytes) = (source.len(), MAX_SOURCE_BYTES);
        return Err(SandboxError::SourceTooLong { len_bytes, max_bytes });
    }
    let guard = Rc::new(Guard::new(limits, host));
    let engine = engine::new(limits, &guard);
    guard.start();
    let ast = engine.compile(source).map_err(|error| faults::of_parsing(&error))?;
    let value = engine
        .eval_ast_with_scope::<Dynamic>(&mut Scope::new(), &ast)
        .map_err(|error| guard.stopped_by().unwrap_or_else(|| faults::of_running(*error)))?;
    // A function of the language may have swallowed the error.
    if let Some(error) = guard.stopped_by() {
        return Err(error);
    }
    let value = if value.is_unit() {
        None
    } else {
        let mut text = Printed::new(limits.output_bytes);
        values::write(&value, &mut text).map_err(|_| guard.output_too_long())?;
        Some(text.take())
    };
    Ok(Outcome { value, output: guard.take_printed() })
}

#[cfg(test)]
mod tests;
