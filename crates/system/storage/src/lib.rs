//! Storage: an append-only log of records that survives power cuts, on any
//! [`BlockDevice`](system_platform::BlockDevice).
//!
//! A record has a [`Key`] and a payload of up to 65 MiB; a later record of a key takes the place of
//! an earlier one. Changes are collected in a [`Batch`] and made durable together by
//! [`Store::commit`]: after a power cut all of them are there or, if it came before the commit
//! returned, perhaps none. [`Store::compact_step`] makes room in the background and overwrites what
//! was deleted. `docs/store-format.md` has the bytes and the reasons.
//!
//! From below: `pages` is the device; `superblock`, `segment`, `chunk` and `record` are what stands
//! on it; `index` says where. `append` writes groups, `compact` moves records out of old segments,
//! `scan` and `recover` find everything again, `read` reads it, `requests` lets many wait for one
//! writer.
//!
//! Neighbours: the memory store and the session keep their records here; drivers and `system/files`
//! hand over the device or the partition.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod append;
mod batch;
mod bytes;
mod chunk;
mod compact;
mod error;
mod index;
mod pages;
mod read;
mod record;
mod recover;
mod requests;
mod scan;
mod segment;
mod store;
mod superblock;
#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use bytes::PAGE_BYTES;
pub use error::{Damage, OpenError, Place, StoreError};
pub use record::{Key, MAX_RECORD_BYTES};
pub use store::{Effort, FormatOptions, Store, Usage};
pub use superblock::FORMAT_VERSION;
