//! The interpreter's errors as ours.

use super::imports::Fault;
use crate::{Limits, SandboxError, printed::Printed};
use alloc::string::{String, ToString};
use core::fmt::Write;
use wasmi::{
    TrapCode,
    errors::{ErrorKind, FuelError, InstantiationError, MemoryError, TableError},
};

/// What is told of an error, in bytes.
const MAX_MESSAGE_BYTES: usize = 200;

/// An error from reading a module or from making an instance of it.
pub(super) fn of_module(error: &wasmi::Error, limits: &Limits) -> SandboxError {
    of_limits(error, limits).unwrap_or_else(|| SandboxError::BadModule { message: message(error) })
}

/// An error from running its code.
pub(super) fn of_run(error: &wasmi::Error, limits: &Limits) -> SandboxError {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return match fault {
            Fault::OutputTooLong => SandboxError::OutputTooLong { max_bytes: limits.output_bytes },
            Fault::NoMemory | Fault::OutOfBounds | Fault::NotText => {
                SandboxError::Runtime { message: fault.to_string(), line: None }
            }
        };
    }
    of_limits(error, limits)
        .unwrap_or_else(|| SandboxError::Runtime { message: message(error), line: None })
}

/// An error that one of the limits is behind.
fn of_limits(error: &wasmi::Error, limits: &Limits) -> Option<SandboxError> {
    match error.kind() {
        ErrorKind::TrapCode(TrapCode::OutOfFuel)
        | ErrorKind::Fuel(FuelError::OutOfFuel { .. })
        | ErrorKind::Memory(MemoryError::OutOfFuel { .. })
        | ErrorKind::Table(TableError::OutOfFuel { .. }) => {
            Some(SandboxError::OutOfFuel { fuel: limits.fuel })
        }
        ErrorKind::TrapCode(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory)
        | ErrorKind::Memory(
            MemoryError::ResourceLimiterDeniedAllocation | MemoryError::OutOfSystemMemory,
        )
        | ErrorKind::Table(
            TableError::ResourceLimiterDeniedAllocation | TableError::OutOfSystemMemory,
        )
        | ErrorKind::Instantiation(
            InstantiationError::FailedToInstantiateMemory(
                MemoryError::ResourceLimiterDeniedAllocation | MemoryError::OutOfSystemMemory,
            )
            | InstantiationError::FailedToInstantiateTable(
                TableError::ResourceLimiterDeniedAllocation | TableError::OutOfSystemMemory,
            ),
        ) => Some(SandboxError::OutOfMemory { max_bytes: limits.memory_bytes }),
        ErrorKind::TrapCode(TrapCode::StackOverflow) => Some(SandboxError::TooDeep),
        _ => None,
    }
}

fn message(error: &wasmi::Error) -> String {
    let mut text = Printed::new(MAX_MESSAGE_BYTES);
    // What does not fit is left out.
    let _ = write!(text, "{error}");
    text.take()
}
