//! Quantised matrices and the arithmetic of a transformer layer.
#![no_std]

extern crate alloc;

pub mod kind;

pub use kind::{BLOCK_LEN, TensorType};
