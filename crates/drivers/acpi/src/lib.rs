//! ACPI tables, read from physical memory and distrusted: every table is checked for signature,
//! length and checksum before a field of it is believed, and nothing here can panic on what the
//! firmware wrote.
//!
//! [`Acpi`] starts at the RSDP and finds tables; [`madt`] lists CPUs and interrupt controllers,
//! [`fadt`] the power and reset registers, [`sleep`] the values that switch the machine off, and
//! [`mcfg`] the PCI configuration space. No allocation: the loader uses this before there is a
//! heap.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

pub mod error;
pub mod fadt;
pub mod madt;
pub mod mcfg;
pub mod memory;
pub mod root;
pub mod sleep;
pub mod table;
#[cfg(test)]
mod testing;

pub use error::AcpiError;
pub use fadt::{Fadt, Register};
pub use madt::{Cpu, Madt, MadtEntry};
pub use mcfg::EcamRegion;
pub use memory::PhysicalMemory;
pub use root::{Acpi, find_rsdp_in_bios_area};
pub use sleep::{PowerOff, SleepTypes};
pub use table::{Signature, Table};
