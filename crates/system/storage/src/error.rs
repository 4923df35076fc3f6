//! What can go wrong with a store.

use crate::record::{Key, MAX_RECORD_BYTES};
use core::fmt;
use system_platform::BlockError;

/// Why a store cannot be opened, or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The device holds zeros where a store begins.
    Unformatted,
    /// The device holds something else.
    Foreign,
    /// Both superblocks are damaged.
    NoSuperblock,
    /// A later version wrote it. It may still be open to reading.
    Newer {
        /// That version of the format.
        version: u32,
    },
    /// The device has become smaller than the store, which can still be read as far as it is there.
    Shrunk {
        /// Bytes that the store takes.
        needed_bytes: u64,
        /// Bytes that are there.
        found_bytes: u64,
    },
    /// The device is too small for a store with such segments.
    TooSmall {
        /// Bytes that are there.
        found_bytes: u64,
        /// Bytes that the smallest store takes.
        needed_bytes: u64,
    },
    /// Blocks of this size do not divide a page.
    BlockSize {
        /// Bytes of a block.
        block_bytes: u32,
    },
    /// The device failed.
    Device(BlockError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unformatted => f.write_str("the disk is blank: there is no store on it yet"),
            Self::Foreign => f.write_str("the disk holds something that is no store"),
            Self::NoSuperblock => f.write_str("both superblocks of the store are damaged"),
            Self::Newer { version } => {
                let known = crate::FORMAT_VERSION;
                write!(f, "the store has format {version}, this system knows up to {known}")
            }
            Self::Shrunk { needed_bytes, found_bytes } => {
                write!(f, "the store takes {needed_bytes} bytes, but the disk has {found_bytes}")
            }
            Self::TooSmall { found_bytes, needed_bytes } => {
                write!(f, "a store takes {needed_bytes} bytes, but the disk has {found_bytes}")
            }
            Self::BlockSize { block_bytes } => {
                write!(f, "a disk with blocks of {block_bytes} bytes cannot hold a store")
            }
            Self::Device(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for OpenError {}

impl From<BlockError> for OpenError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

/// Why an operation on a store failed. What was acknowledged before is untouched by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no room, not even after compaction. Nothing was written; deleting makes room.
    Full {
        /// Bytes that were to be written.
        needed_bytes: u64,
        /// Bytes that are free for records.
        free_bytes: u64,
    },
    /// A record is larger than any may be.
    TooLarge {
        /// Which one.
        key: Key,
        /// Bytes of its payload.
        len_bytes: usize,
    },
    /// A record is not as it was written.
    Damaged(Damage),
    /// There is no memory for a record.
    OutOfMemory {
        /// Bytes of its payload.
        len_bytes: usize,
    },
    /// The store was opened for reading only.
    ReadOnly,
    /// A write failed earlier, so that nobody knows what is on the device: open the store anew.
    Broken(BlockError),
    /// The device failed. If it was a write, whether it took place is known after opening anew.
    Device(BlockError),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { needed_bytes, free_bytes } => {
                write!(f, "the store is full: {needed_bytes} bytes for {free_bytes} that are free")
            }
            Self::TooLarge { key: Key { kind, id }, len_bytes } => {
                write!(f, "record {kind}/{id} has {len_bytes} bytes, more than {MAX_RECORD_BYTES}")
            }
            Self::Damaged(damage) => damage.fmt(f),
            Self::OutOfMemory { len_bytes } => {
                write!(f, "there is no memory for a record of {len_bytes} bytes")
            }
            Self::ReadOnly => f.write_str("the store is open for reading only"),
            Self::Broken(error) => write!(f, "the store is closed since a write failed: {error}"),
            Self::Device(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StoreError {}

impl From<BlockError> for StoreError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

/// What a damaged place was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of the two superblocks; the other one did.
    Superblock,
    /// The header of a segment; its records were found nevertheless.
    SegmentHeader,
    /// The directory of a segment; its records were found nevertheless.
    Directory,
    /// Pages in which there may have been records that are lost.
    Records,
    /// The payload of a record; its key is known.
    Payload(Key),
}

/// A place on the device that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What was there.
    pub place: Place,
    /// Where it begins, in bytes from the beginning of the device.
    pub offset_bytes: u64,
    /// How long it is.
    pub len_bytes: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Superblock => f.write_str("a superblock")?,
            Place::SegmentHeader => f.write_str("the header of a segment")?,
            Place::Directory => f.write_str("the directory of a segment")?,
            Place::Records => f.write_str("what may have been records")?,
            Place::Payload(Key { kind, id }) => write!(f, "record {kind}/{id}")?,
        }
        write!(f, " is damaged: {} bytes at {:#x}", self.len_bytes, self.offset_bytes)
    }
}
