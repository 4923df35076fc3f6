//! Algorithms of the kernel that need no hardware.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod address;
pub mod backtrace;
pub mod channel;
pub mod event;
pub mod exception;
pub mod executor;
pub mod frames;
pub mod lock;
pub mod paging;
pub mod ranges;
pub mod ring;
pub mod symbols;
pub mod text;
pub mod timer;
