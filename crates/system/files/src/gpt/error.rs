//! What can be wrong with a partition table.

use core::fmt;
use system_platform::BlockError;

/// Which of the two tables of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one at the beginning.
    Primary,
    /// The one at the end.
    Backup,
}

/// What is wrong with a header or the entries that it vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// There is none.
    NoSignature,
    /// A revision that is not known.
    Revision(u32),
    /// A length that no header has.
    Length(u32),
    /// The header does not have the checksum that it says.
    Checksum {
        /// What it says.
        said: u32,
        /// What it has.
        found: u32,
    },
    /// The header says that it stands elsewhere.
    WrongBlock {
        /// Where it says that it stands.
        said: u64,
        /// Where it stands.
        found: u64,
    },
    /// The blocks that partitions may use are not on the disk, or none.
    UsableRange {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// So many entries of so many bytes: more than any table has, or too short ones.
    Entries {
        /// How many.
        count: u32,
        /// Bytes of one.
        len_bytes: u32,
    },
    /// The entries are not on the disk, or where partitions are.
    EntriesBlock(u64),
    /// The entries do not have the checksum that the header says.
    EntriesChecksum {
        /// What the header says.
        said: u32,
        /// What they have.
        found: u32,
    },
}

/// Why there is no table to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GptError {
    /// The disk failed.
    Device(BlockError),
    /// A header is damaged.
    Header {
        /// Which.
        place: Place,
        /// What is wrong.
        fault: HeaderFault,
    },
    /// Both headers are damaged.
    BothHeaders {
        /// What is wrong with the first.
        primary: HeaderFault,
        /// What is wrong with the second.
        backup: HeaderFault,
    },
    /// A partition outside of what partitions may use.
    OutOfRange {
        /// Number of the partition, from 1.
        number: u32,
        /// Its first block.
        first: u64,
        /// Its last block.
        last: u64,
        /// First and last block that it may use.
        usable: (u64, u64),
    },
    /// Two partitions with a block in common.
    Overlap {
        /// Number of one, from 1.
        number: u32,
        /// Number of the other.
        other: u32,
        /// The first block in common.
        block: u64,
    },
    /// More partitions than a new table has room for.
    TooMany(usize),
    /// The disk has too few blocks for a table.
    TooSmall {
        /// How many it has.
        blocks: u64,
    },
}

impl From<BlockError> for GptError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "first partition table",
            Self::Backup => "second partition table",
        })
    }
}

impl fmt::Display for HeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSignature => f.write_str("no header"),
            Self::Revision(revision) => write!(f, "revision {revision:#x} is not known"),
            Self::Length(len) => write!(f, "a header of {len} bytes"),
            Self::Checksum { said, found } => {
                write!(f, "header checksum {found:08x} instead of {said:08x}")
            }
            Self::WrongBlock { said, found } => {
                write!(f, "the header in block {found} says that it is in block {said}")
            }
            Self::UsableRange { first, last } => {
                write!(f, "partitions in blocks {first} to {last}, which the disk does not have")
            }
            Self::Entries { count, len_bytes } => {
                write!(f, "{count} entries of {len_bytes} bytes")
            }
            Self::EntriesBlock(block) => write!(f, "entries at block {block}"),
            Self::EntriesChecksum { said, found } => {
                write!(f, "checksum of the entries {found:08x} instead of {said:08x}")
            }
        }
    }
}

impl fmt::Display for GptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(error) => error.fmt(f),
            Self::Header { place, fault } => write!(f, "{place}: {fault}"),
            Self::BothHeaders { primary, backup } => {
                write!(f, "{}: {primary}; {}: {backup}", Place::Primary, Place::Backup)
            }
            Self::OutOfRange { number, first, last, usable: (from, to) } => write!(
                f,
                "partition {number} has blocks {first} to {last}, but partitions may use {from} to \
                 {to}"
            ),
            Self::Overlap { number, other, block } => {
                write!(f, "partitions {number} and {other} both have block {block}")
            }
            Self::TooMany(count) => write!(f, "{count} partitions do not fit a table"),
            Self::TooSmall { blocks } => {
                write!(f, "a disk of {blocks} blocks has no room for a partition table")
            }
        }
    }
}

impl core::error::Error for GptError {}
