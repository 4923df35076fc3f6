//! The machine as the crates above see it.

pub mod memory;
pub mod pool;
