//! Virtio disks: virtio 1.0 and later, and "transitional" devices, which speak both that and what
//! came before it.
//!
//! The crate `virtio-drivers` knows the rings and where PCI devices keep their registers; its block
//! driver is not used, because its flush waits for ever. [`BlockDrive`] is ours: one request at a
//! time on one ring, as a [`drivers_disk::Drive`]. The device is distrusted: whatever it writes
//! into the ring ends in an error at worst. Section numbers are those of the Virtual I/O Device
//! specification, version 1.2.
#![no_std]

extern crate alloc;

mod block;
mod ring;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use block::{BlockDrive, ProbeError};
