//! The disk as this system lays it out: a GPT with two partitions.
//!
//! | partition | kind | holds |
//! |---|---|---|
//! | `LLMOS-FILES` | `ebd0a0a2-b9e5-4433-87c0-68b6b72699c7`, Microsoft basic data | FAT32, for files that people exchange |
//! | `LLMOS-STORE` | `4c4c4d4f-5353-4f54-8152-4552454e5331`, ours | the store: memories and conversations |
//!
//! Both begin at whole mebibytes. The store is empty after formatting: whoever opens it makes it.

use crate::{
    Guid,
    bytes::u32_at,
    fat::{self, FormatError, FormatOptions},
    gpt::{self, Entry, GptError},
};
use alloc::{rc::Rc, vec};
use core::fmt;
use system_platform::{BlockDevice, BlockError, BlockInfo, Partition};

/// Kind of the partition with files: Microsoft's basic data, which every system shows.
pub const FILES_KIND: Guid = Guid::new(0xebd0_a0a2, 0xb9e5, 0x4433, 0x87c0, 0x68b6_b726_99c7);
/// Kind of the partition with the store; nobody else's.
pub const STORE_KIND: Guid = Guid::new(0x4c4c_4d4f, 0x5353, 0x4f54, 0x8152, 0x4552_454e_5331);
/// Name of the partition with files, and label of its volume.
pub const FILES_NAME: &str = "LLMOS-FILES";
/// Name of the partition with the store.
pub const STORE_NAME: &str = "LLMOS-STORE";

const MIB: u64 = 1 << 20;
/// The store gets an eighth of the disk within these bounds, in bytes.
const STORE_BYTES: (u64, u64) = (8 * MIB, 4096 * MIB);
/// Zeros at the beginning of the store that say that it is empty, in bytes.
const STORE_CLEAR_BYTES: u64 = MIB;

/// Random bytes that a new disk takes: identifiers of the disk and both partitions, and the serial
/// number of its volume.
pub const RANDOM_BYTES: usize = 52;

/// Where a partition lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First block.
    pub first: u64,
    /// How many.
    pub blocks: u64,
}

/// Where the two partitions lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The one with files.
    pub files: Extent,
    /// The one with the store.
    pub store: Extent,
}

/// Why a disk was not laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// The disk failed.
    Device(BlockError),
    /// The partition table was not written.
    Table(GptError),
    /// The file system was not made.
    Files(FormatError),
    /// The disk is too small for both partitions.
    TooSmall {
        /// Bytes that it has.
        len_bytes: u64,
    },
}

impl Extent {
    /// The partition as a device of its own.
    ///
    /// # Errors
    /// It is not on the device.
    pub fn open(self, device: Rc<dyn BlockDevice>) -> Result<Partition, BlockError> {
        Partition::new(device, self.first, self.blocks)
    }
}

impl From<&Entry> for Extent {
    fn from(entry: &Entry) -> Self {
        Self { first: entry.first, blocks: entry.blocks() }
    }
}

impl Layout {
    /// How a disk of this size is laid out.
    ///
    /// # Errors
    /// It is too small.
    pub fn choose(info: &BlockInfo) -> Result<Self, LayoutError> {
        let len_bytes = info.len_bytes();
        let mib = MIB / u64::from(info.block_bytes);
        let (first, end) = (mib, (gpt::last_usable(info) + 1) / mib * mib);
        let store_bytes = (len_bytes / 8).clamp(STORE_BYTES.0, STORE_BYTES.1);
        let store = store_bytes.div_ceil(MIB) * mib;
        // Beyond 2^32 blocks FAT32 has no use for more.
        let most_files = (1 << 32) / mib * mib - mib;
        match end.checked_sub(first + store) {
            Some(files @ 1..) => {
                let files = files.min(most_files);
                Ok(Self {
                    files: Extent { first, blocks: files },
                    store: Extent { first: first + files, blocks: store },
                })
            }
            _ => Err(LayoutError::TooSmall { len_bytes }),
        }
    }
}

/// Makes a disk ours, whatever is on it: the caller has looked ([`crate::probe`]) and asked. The
/// partition table comes last, so that a disk that was not finished is not taken for ours.
///
/// # Errors
/// The disk fails, or is too small.
pub async fn format_disk(
    device: &Rc<dyn BlockDevice>,
    random: [u8; RANDOM_BYTES],
) -> Result<Layout, LayoutError> {
    let info = device.info();
    let layout = Layout::choose(info)?;
    let files = layout.files.open(device.clone())?;
    let options = FormatOptions {
        label: FILES_NAME,
        id: u32_at(&random, 48),
        first_block: layout.files.first,
    };
    fat::format(&files, &options).await?;
    let store = layout.store.open(device.clone())?;
    store.write(0, &vec![0; STORE_CLEAR_BYTES as usize]).await?;
    store.flush().await?;

    let guid = |at: usize| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&random[at..at + 16]);
        Guid::from_random(bytes)
    };
    let entry = |number, kind, at, extent: Extent, name: &str| Entry {
        number,
        kind,
        id: guid(at),
        first: extent.first,
        last: extent.first + extent.blocks - 1,
        attributes: 0,
        name: name.into(),
    };
    let partitions = [
        entry(1, FILES_KIND, 16, layout.files, FILES_NAME),
        entry(2, STORE_KIND, 32, layout.store, STORE_NAME),
    ];
    gpt::write(&**device, guid(0), &partitions).await?;
    Ok(layout)
}

impl From<BlockError> for LayoutError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

impl From<GptError> for LayoutError {
    fn from(error: GptError) -> Self {
        Self::Table(error)
    }
}

impl From<FormatError> for LayoutError {
    fn from(error: FormatError) -> Self {
        Self::Files(error)
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(error) => error.fmt(f),
            Self::Table(error) => error.fmt(f),
            Self::Files(error) => write!(f, "the partition for files: {error}"),
            Self::TooSmall { len_bytes } => {
                write!(f, "a disk of {len_bytes} bytes is too small for files and store")
            }
        }
    }
}

impl core::error::Error for LayoutError {}
