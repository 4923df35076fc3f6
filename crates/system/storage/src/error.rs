//! What can go wrong with a store.

use core::fmt;
use system_platform::BlockError;

/// Why a store cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// There is no store on the device.
    NotAStore,
    /// Both superblocks are damaged, or lie about one another.
    NoSuperblock,
    /// A later version wrote it.
    Newer {
        /// That version.
        version: u32,
    },
    /// The device has become smaller than the store.
    Shrunk {
        /// Bytes that the store takes.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The device is too small for any store.
    TooSmall {
        /// Bytes that are there.
        found: u64,
        /// The least.
        needed: u64,
    },
    /// The device failed.
    Device(BlockError),
}

/// Why an operation on a store failed. What was acknowledged before is not touched by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no room, not even after compaction of what is dead by now.
    Full {
        /// Bytes that were to be written.
        needed: u64,
        /// Bytes that are free for records.
        free: u64,
    },
    /// The record is larger than any may be.
    TooLarge {
        /// Its bytes.
        len_bytes: usize,
    },
    /// The record cannot be read back as it was written.
    Damaged {
        /// Its id.
        id: u64,
    },
    /// The store was opened for reading only.
    ReadOnly,
    /// A write failed before, so that nobody knows what is on the device: it has to be opened anew.
    Broken,
    /// The device failed.
    Device(BlockError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAStore => f.write_str("there is no store on it"),
            Self::NoSuperblock => f.write_str("both superblocks of the store are damaged"),
            Self::Newer { version } => {
                write!(f, "the store has format {version}, which a later version wrote")
            }
            Self::Shrunk { needed, found } => {
                write!(f, "the store takes {needed} bytes, but {found} are there")
            }
            Self::TooSmall { found, needed } => {
                write!(f, "{found} bytes are too few for a store, which takes {needed} at least")
            }
            Self::Device(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { needed, free } => {
                write!(f, "the store is full: {needed} bytes do not fit into {free}")
            }
            Self::TooLarge { len_bytes } => {
                let most = crate::MAX_RECORD_BYTES;
                write!(f, "a record of {len_bytes} bytes is larger than {most}")
            }
            Self::Damaged { id } => write!(f, "record {id} is damaged"),
            Self::ReadOnly => f.write_str("the store is open for reading only"),
            Self::Broken => f.write_str("the store is closed after a failed write"),
            Self::Device(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for OpenError {}
impl core::error::Error for StoreError {}

impl From<BlockError> for OpenError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

impl From<BlockError> for StoreError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}
