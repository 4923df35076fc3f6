//! What is on a disk besides the store: partition tables and FAT file systems.
//!
//! [`probe::probe`] says what a disk is before anything touches it, [`layout::format_disk`] makes a
//! blank one ours, [`Volume`] has the files of a FAT file system. All of them stand on
//! [`system_platform::BlockDevice`]; the kernel wires them to its drivers, `xtask` and `llm-cli` to
//! files of the host.
//!
//! Whatever comes from a disk is distrusted: it passes a checked constructor, and damage is an
//! error that names the place.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod bytes;
mod crc32;
pub mod fat;
pub mod gpt;
mod guid;
pub mod layout;
pub mod mbr;
pub mod probe;
mod tree;

pub use fat::{FatError, Volume};
pub use guid::Guid;
pub use tree::Tree;
