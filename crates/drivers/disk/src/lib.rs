//! What all disk drivers have in common: one command at a time becomes a [`BlockDevice`].
//!
//! A driver implements [`Drive`], which knows how a command is started, looked at and recovered
//! from, and nothing of waiting. [`Disk`] does the rest: requests wait for their turn, long ones
//! are cut into commands, silence ends in a time-out and a recovery, and a request that is given up
//! in the middle leaves a command that the next request waits for. Data goes through memory of the
//! driver's own, so no device ever writes into a buffer that is no longer there.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod disk;
mod drive;
mod queue;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use drive::{Command, Drive, Fault, GaveUp};
pub use queue::{DATA_TIMEOUT_MS, FLUSH_TIMEOUT_MS, Queue};
// Named in the interface.
pub use system_platform::{BlockDevice, BlockError, BlockInfo, BlockOperation};
