//! Runs a WebAssembly module.
//!
//! The module exports `run`, `main` or `_start`, without arguments and with at most one number as
//! result. It may import `host.print(pointer, length)`, which prints a line of UTF-8 text from its
//! memory, and `host.print_i64(number)`; nothing else. The interpreter keeps the module's calls on
//! the heap, so they take no stack of the caller's.

mod bounds;
mod faults;
mod imports;

use crate::{Host, Limits, Outcome, SandboxError};
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};
use bounds::Fuel;
use imports::Surroundings;
use wasmi::{ExternType, Linker, Module, ResumableCall, Store, Val, ValType};

/// What an instruction costs, as a part of an operation of [`Limits::fuel`].
pub const UNITS_PER_OPERATION: u64 = 16;
/// Instructions between two calls of [`Host::watch`].
pub const FUEL_PER_WATCH: u64 = 65_536;
/// The longest module that is accepted.
pub const MAX_MODULE_BYTES: usize = 128 * 1024;

/// The functions that are run: the first of these that the module exports.
const ENTRY_POINTS: [&str; 3] = ["run", "main", "_start"];

/// Runs the module in `bytes`, in the binary format.
///
/// # Errors
/// What ended the run.
pub fn run(bytes: &[u8], limits: &Limits, host: Rc<dyn Host>) -> Result<Outcome, SandboxError> {
    if bytes.len() > MAX_MODULE_BYTES {
        let (len_bytes, max_bytes) = (bytes.len(), MAX_MODULE_BYTES);
        return Err(SandboxError::SourceTooLong { len_bytes, max_bytes });
    }
    let engine = bounds::engine();
    let fault = |error: wasmi::Error| faults::of_module(&error, limits);
    let module = Module::new(&engine, bytes).map_err(fault)?;
    imports::check(&module)?;
    let mut linker = Linker::new(&engine);
    imports::define(&mut linker).map_err(fault)?;

    let mut store = Store::new(&engine, Surroundings::new(limits));
    store.limiter(|surroundings| &mut surroundings.memory);
    let mut fuel = Fuel::new(limits);
    fuel.refill(&mut store, 0)?;
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(fault)?;

    let name = ENTRY_POINTS
        .into_iter()
        .find(|name| matches!(module.get_export(name), Some(ExternType::Func(_))))
        .ok_or(SandboxError::MissingEntryPoint)?;
    let entry = instance.get_func(&store, name).ok_or(SandboxError::MissingEntryPoint)?;
    let signature = entry.ty(&store);
    let mut results = match (signature.params(), signature.results()) {
        ([], []) => Vec::new(),
        ([], [ty @ (ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)]) => {
            vec![Val::default_for_ty(*ty)]
        }
        _ => return Err(SandboxError::UnsupportedSignature { name }),
    };

    let mut call = entry.call_resumable(&mut store, &[], &mut results);
    loop {
        match call.map_err(|error| faults::of_run(&error, limits))? {
            ResumableCall::Finished => break,
            ResumableCall::HostTrap(trap) => {
                return Err(faults::of_run(trap.host_error(), limits));
            }
            ResumableCall::OutOfFuel(pause) => {
                if host.watch().is_break() {
                    return Err(SandboxError::Interrupted);
                }
                fuel.refill(&mut store, pause.required_fuel())?;
                call = pause.resume(&mut store, &mut results);
            }
        }
    }

    let value = results.first().map(text);
    Ok(Outcome { value, output: store.data_mut().printed.take() })
}

/// A number as people write it.
fn text(value: &Val) -> String {
    match value {
        Val::I32(number) => format!("{number}"),
        Val::I64(number) => format!("{number}"),
        Val::F32(number) => format!("{:?}", number.to_float()),
        Val::F64(number) => format!("{:?}", number.to_float()),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
