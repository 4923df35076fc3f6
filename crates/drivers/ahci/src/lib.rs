//! SATA disks behind AHCI controllers, VirtualBox's and QEMU's among them.
//!
//! [`reset`] takes a controller over and tells which ports it has; [`PortDrive::probe`] looks at one
//! of them and makes a [`drivers_disk::Drive`] of the disk there, if it is a disk. Ports are
//! independent of each other. One command at a time, in slot 0: what queues there are is above.
//! Sections are those of the Serial ATA AHCI Specification, revision 1.3.1 ("AHCI"), and the ATA
//! Command Set, ACS-3 ("ACS").
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod command;
mod controller;
mod drive;
mod identify;
mod port;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use controller::{ResetError, reset};
pub use drive::{PortDrive, PortError};
