//! Block devices: disks as drivers show them to the store and the file system.
//!
//! Neighbours: the drivers under `crates/drivers` implement [`BlockDevice`], `system/storage`
//! builds a log and partitions on it, [`MemoryDisk`] and the devices that fail on purpose stand in
//! for tests.

mod faulty;
mod memory;
mod partition;
mod power_cut;

use alloc::{boxed::Box, string::String};
use core::{fmt, future::Future, pin::Pin};

pub use faulty::FaultyDisk;
pub use memory::MemoryDisk;
pub use partition::Partition;
pub use power_cut::PowerCutDisk;

/// What an operation on a device comes to. On the heap, so that devices can be used as objects.
pub type BlockFuture<'a> = Pin<Box<dyn Future<Output = Result<(), BlockError>> + 'a>>;

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// How a person would tell it from others: the model, or the driver and its place.
    pub name: String,
    /// Bytes of one block: 512 or 4096, always a power of two.
    pub block_bytes: u32,
    /// Blocks in all.
    pub blocks: u64,
    /// Whether writing is refused by the device itself.
    pub is_read_only: bool,
}

impl BlockInfo {
    /// Size in bytes.
    pub const fn len_bytes(&self) -> u64 {
        self.blocks * self.block_bytes as u64
    }

    /// Whether a transfer fits the device; drivers call it before anything else.
    ///
    /// # Errors
    /// A length that is not whole blocks, a range beyond the end.
    pub fn check(&self, first: u64, len_bytes: usize) -> Result<(), BlockError> {
        if !len_bytes.is_multiple_of(self.block_bytes as usize) {
            return Err(BlockError::Unaligned { len_bytes, block_bytes: self.block_bytes });
        }
        let count = (len_bytes / self.block_bytes as usize) as u64;
        match first.checked_add(count) {
            Some(end) if end <= self.blocks => Ok(()),
            _ => Err(BlockError::OutOfRange { first, count, blocks: self.blocks }),
        }
    }
}

/// A device of equal blocks. Operations may be asked for at any time and in any number; a device
/// that does one at a time queues the others.
///
/// What was written may be lost, torn between its blocks or reordered by a power cut until a
/// [`flush`](Self::flush) that was asked for after the write had ended has ended too. A block by
/// itself is written whole or not at all.
///
/// A dropped future may leave its operation to end by itself; drivers move data through memory of
/// their own, so that nothing is written into a buffer that is no longer there.
pub trait BlockDevice {
    /// What it is. A device that went away still tells what it was.
    fn info(&self) -> &BlockInfo;

    /// Reads whole blocks from block `first` on, as many as fill the buffer.
    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a>;

    /// Writes whole blocks from block `first` on.
    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a>;

    /// Ends when everything whose writing had ended is durable.
    fn flush(&self) -> BlockFuture<'_>;
}

/// What was asked of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOperation {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Making durable.
    Flush,
}

impl fmt::Display for BlockOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Flush => "flush",
        })
    }
}

/// Why an operation did not take place, or not wholly: after a failed write, each of its blocks
/// holds the old or the new data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// The buffer is not a number of whole blocks.
    Unaligned {
        /// Its length.
        len_bytes: usize,
        /// A block's length.
        block_bytes: u32,
    },
    /// Blocks beyond the end.
    OutOfRange {
        /// First block asked for.
        first: u64,
        /// How many.
        count: u64,
        /// How many the device has.
        blocks: u64,
    },
    /// The device refuses to be written.
    ReadOnly,
    /// The medium is bad at this place, or about there.
    Medium {
        /// What was asked.
        operation: BlockOperation,
        /// The first block asked for.
        first: u64,
    },
    /// No answer in time; the device was reset or given up.
    TimedOut {
        /// What was asked.
        operation: BlockOperation,
        /// How long was waited, in milliseconds.
        after_ms: u32,
    },
    /// The device went away.
    Gone,
    /// The device refused with a code of its own.
    Device {
        /// What was asked.
        operation: BlockOperation,
        /// The code, as the driver's documentation has it.
        code: u32,
    },
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unaligned { len_bytes, block_bytes } => {
                write!(f, "{len_bytes} bytes are not whole blocks of {block_bytes}")
            }
            Self::OutOfRange { first, count, blocks } => {
                write!(f, "{count} blocks from block {first} on, but the disk has {blocks}")
            }
            Self::ReadOnly => f.write_str("the disk is write-protected"),
            Self::Medium { operation, first } => {
                write!(f, "the disk cannot {operation} at block {first}: bad medium")
            }
            Self::TimedOut { operation, after_ms } => {
                write!(f, "the disk did not answer to a {operation} for {after_ms} ms")
            }
            Self::Gone => f.write_str("the disk is gone"),
            Self::Device { operation, code } => {
                write!(f, "the disk failed to {operation}, code {code:#x}")
            }
        }
    }
}

impl core::error::Error for BlockError {}
