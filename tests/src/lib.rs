//! Shared parts of the tests that look at the whole: the source tree, and the booted system.
#![forbid(unsafe_code)]

pub mod gguf;
pub mod image;
pub mod screen;
pub mod system;
pub mod workspace;
