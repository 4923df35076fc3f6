//! The functions that a module may import.

use super::bounds;
use crate::{Limits, SandboxError, printed::Printed};
use core::fmt::{self, Write};
use wasmi::{Caller, ExternType, Linker, Module, StoreLimits, ValType, errors::HostError};

/// The module that has them.
const MODULE: &str = "host";
const PRINT: &str = "print";
const PRINT_I64: &str = "print_i64";

/// What a running module touches.
pub(super) struct Surroundings {
    pub(super) memory: StoreLimits,
    pub(super) printed: Printed,
}

impl Surroundings {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { memory: bounds::memory(limits), printed: Printed::new(limits.output_bytes) }
    }
}

/// Why a host function ended the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The module exports no memory to read from.
    NoMemory,
    /// The text does not lie in the memory.
    OutOfBounds,
    /// It is not UTF-8.
    NotText,
    /// There is too much of it.
    OutputTooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMemory => "host.print needs a memory that is exported as \"memory\"",
            Self::OutOfBounds => "host.print was given a text beyond the end of the memory",
            Self::NotText => "host.print was given a text that is not UTF-8",
            Self::OutputTooLong => "there is too much output",
        })
    }
}

impl HostError for Fault {}

/// Whether there is everything that the module asks for.
///
/// # Errors
/// The first import that there is not, or not like this.
pub(super) fn check(module: &Module) -> Result<(), SandboxError> {
    for import in module.imports() {
        let parameters: &[ValType] = match (import.module(), import.name()) {
            (MODULE, PRINT) => &[ValType::I32, ValType::I32],
            (MODULE, PRINT_I64) => &[ValType::I64],
            (module, name) => {
                return Err(SandboxError::UnknownImport {
                    module: module.into(),
                    name: name.into(),
                });
            }
        };
        let fits = matches!(
            import.ty(),
            ExternType::Func(ty) if ty.params() == parameters && ty.results().is_empty()
        );
        if !fits {
            return Err(SandboxError::UnsupportedImport { name: import.name().into() });
        }
    }
    Ok(())
}

/// Defines them.
///
/// # Errors
/// A name is defined twice.
pub(super) fn define(linker: &mut Linker<Surroundings>) -> Result<(), wasmi::Error> {
    linker.func_wrap(MODULE, PRINT, print)?;
    linker.func_wrap(MODULE, PRINT_I64, |mut caller: Caller<'_, Surroundings>, number: i64| {
        print_line(&mut caller.data_mut().printed, format_args!("{number}"))
    })?;
    Ok(())
}

fn print(
    mut caller: Caller<'_, Surroundings>,
    pointer: u32,
    len_bytes: u32,
) -> Result<(), wasmi::Error> {
    let memory = caller
        .get_export("memory")
        .and_then(|export| export.into_memory())
        .ok_or_else(|| wasmi::Error::host(Fault::NoMemory))?;
    let (bytes, surroundings) = memory.data_and_store_mut(&mut caller);
    let start = pointer as usize;
    let text = start
        .checked_add(len_bytes as usize)
        .and_then(|end| bytes.get(start..end))
        .ok_or_else(|| wasmi::Error::host(Fault::OutOfBounds))?;
    if text.len() > surroundings.printed.left_bytes() {
        return Err(wasmi::Error::host(Fault::OutputTooLong));
    }
    let text = core::str::from_utf8(text).map_err(|_| wasmi::Error::host(Fault::NotText))?;
    print_line(&mut surroundings.printed, format_args!("{text}"))
}

fn print_line(printed: &mut Printed, line: fmt::Arguments<'_>) -> Result<(), wasmi::Error> {
    writeln!(printed, "{line}").map_err(|_| wasmi::Error::host(Fault::OutputTooLong))
}
