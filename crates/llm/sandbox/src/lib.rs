//! Runs code that a language model or a person wrote, within limits, with nothing in reach.
//!
//! [`rhai::run`] takes a script, [`wasm::run`] a WebAssembly module. What such code can do is
//! compute and print; it comes back as an [`Outcome`] or a [`SandboxError`]. [`Limits`] bound its
//! operations, memory, recursion and output, and the [`Host`] is asked in between whether it may go
//! on. Used by the tool `run_code`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod error;
mod host;
mod limits;
mod outcome;
mod printed;
pub mod rhai;
#[cfg(test)]
mod testing;
pub mod wasm;

pub use error::SandboxError;
pub use host::Host;
pub use limits::Limits;
pub use outcome::Outcome;
