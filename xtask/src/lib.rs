//! What `make` calls: sets the host up, builds kernel, loader and images, runs machines.
//!
//! The tests drive machines through [`machine::Machine`]; [`artifacts`] has what those boot from.
//! The commands are in [`cli`].
#![forbid(unsafe_code)]

pub mod artifacts;
pub mod bench;
pub mod bench_memory;
pub mod bootloader;
pub mod build;
pub mod cli;
pub mod disk;
pub mod embedding;
mod error;
pub mod eval;
pub mod eval_memory;
pub mod image;
pub mod interactive;
pub mod lint;
mod llm_cli;
pub mod machine;
pub mod measure;
pub mod model;
pub mod nightly;
mod package;
pub mod paths;
mod process;
mod python;
pub mod script;
pub mod setup;
mod stamp;
pub mod suite;
mod tools_doc;
mod torture;
mod verify;

pub use error::Error;
