//! PCI: which devices there are, where their registers lie, and how they are switched on.
//!
//! [`ConfigSpace`] is the one way to a device's configuration registers: [`Ecam`] in memory, where
//! the firmware's MCFG tells of it, else [`ConfigPorts`]. [`scan`] finds the functions behind it;
//! [`Function`] tells what each is. Sections and figures are those of the PCI Local Bus
//! Specification 3.0 ("PCI") and the PCI-to-PCI Bridge Architecture Specification 1.2 ("bridge").
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod access;
mod bar;
mod capability;
#[cfg(test)]
mod fake;
mod function;
mod scan;

pub use access::{ConfigPorts, ConfigSpace, Ecam};
pub use bar::{Bar, BarKind};
pub use capability::{Capabilities, Capability};
pub use function::{Class, Function, FunctionAddress};
pub use scan::scan;
