//! NVM Express disks.
//!
//! [`NvmeDrive::probe`] takes a controller over and finds its namespaces, each of which is a disk;
//! they share one queue of commands, one command at a time, so the drive's unit is the namespace.
//! Sections and figures are those of the NVM Express Base Specification, revision 1.4.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod controller;
mod drive;
mod identify;
mod queue;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use controller::ProbeError;
pub use drive::{Namespace, NvmeDrive};
