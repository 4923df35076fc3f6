//! Storage: an append-only log of records that survives power cuts, on any
//! [`BlockDevice`](system_platform::BlockDevice).
//!
//! Records have an id and a kind; a later record of an id takes the place of an earlier one.
//! [`Log::put`] and [`Log::delete`] collect a batch, [`Log::commit`] makes it durable in one write
//! and one flush: wholly or, after a power cut before it returned, perhaps not at all. Compaction
//! copies what is alive out of the oldest segment and overwrites the rest with zeros
//! ([`Log::compact_step`]). `docs/store-format.md` has the bytes.
//!
//! Neighbours: the memory store and the session keep their records here; drivers and
//! `system/files` hand over the device or the partition.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod append;
mod compact;
mod error;
mod layout;
mod log;
mod recover;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use error::{OpenError, StoreError};
pub use layout::{MAX_RECORD_BYTES, PAGE_BYTES};
pub use log::{Log, Record, Usage};
pub use recover::{Damage, Opened};
