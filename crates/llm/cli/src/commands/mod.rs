//! One module for each command.

pub mod bench;
pub mod parity;
