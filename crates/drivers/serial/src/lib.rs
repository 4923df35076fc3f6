//! Keys typed on a serial terminal.
//!
//! [`Decoder`] takes the terminal's bytes one at a time and gives the key events that a keyboard
//! would have given. [`utf8`] puts characters together, [`sequence`] knows what the escape
//! sequences of terminals mean.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

pub mod decoder;
mod sequence;
mod utf8;

pub use decoder::{Decoder, Events};
