//! The PS/2 controller and keyboard.
//!
//! [`Controller`] sets the i8042 up and takes bytes out of it; [`Keyboard`] turns those bytes, one
//! at a time, into key events in the chosen [`layout`]. The two do not know each other: an
//! interrupt handler moves bytes from one into a queue, a task feeds them from there to the other.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

pub mod controller;
#[cfg(test)]
mod fake;
pub mod keyboard;
pub mod layout;

pub use controller::{Attached, Controller, ControllerError};
pub use keyboard::Keyboard;
pub use layout::{LAYOUTS, Layout, UnknownLayout, layouts};
