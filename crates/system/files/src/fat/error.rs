//! What can go wrong with files.

use super::{geometry::BootFault, name::NameFault};
use alloc::string::String;
use core::fmt;
use system_platform::BlockError;

/// What is wrong with a chain of clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// It comes back to a cluster that it has had.
    Loop {
        /// That cluster.
        cluster: u32,
    },
    /// It leads to a cluster that there is not.
    OutOfRange {
        /// Where it leads from; 0 for the directory entry.
        from: u32,
        /// Where it leads.
        to: u32,
    },
    /// It leads to a cluster that is free.
    Free {
        /// That cluster.
        cluster: u32,
    },
    /// It leads to a cluster that is marked as bad.
    Bad {
        /// That cluster.
        cluster: u32,
    },
    /// It ends before the file does.
    Short {
        /// Clusters that it has.
        clusters: u32,
        /// Bytes that the file has.
        len_bytes: u32,
    },
    /// It is longer than a folder can be.
    LongFolder {
        /// Clusters that it has.
        clusters: u32,
    },
}

/// Why an operation on files did not take place. What was there is still there, unless said
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FatError {
    /// The disk failed.
    Device(BlockError),
    /// There is no file system that can be used.
    Boot(BootFault),
    /// There is nothing of this name.
    NotFound {
        /// The path.
        path: String,
    },
    /// A folder where a file is needed.
    IsFolder {
        /// The path.
        path: String,
    },
    /// A file where a folder is needed.
    IsFile {
        /// The path.
        path: String,
    },
    /// There is something of this name already.
    Exists {
        /// The path.
        path: String,
    },
    /// A folder that has to be empty and is not.
    NotEmpty {
        /// The path.
        path: String,
    },
    /// The path leads out of the tree.
    OutOfTree {
        /// The path.
        path: String,
    },
    /// A name that no new file may have.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A folder that would come to lie in itself.
    IntoItself {
        /// The folder.
        path: String,
    },
    /// Too little room. Replacing a file takes room for the new one beside the old one.
    Full {
        /// Bytes that are needed, in whole clusters.
        needed_bytes: u64,
        /// Bytes that are free.
        free_bytes: u64,
    },
    /// A folder has as many entries as there can be.
    FolderFull {
        /// The folder.
        path: String,
    },
    /// A file would have more than 4 GiB - 1 bytes.
    TooLarge {
        /// The path.
        path: String,
    },
    /// The file system is used read-only.
    ReadOnly,
    /// The file is marked as not to be changed.
    Protected {
        /// The path.
        path: String,
    },
    /// The file that was open was replaced or deleted.
    Changed {
        /// The path.
        path: String,
    },
    /// A chain of clusters makes no sense.
    Corrupt {
        /// The file or folder; empty for the root.
        path: String,
        /// What is wrong.
        fault: ChainFault,
    },
}

impl From<BlockError> for FatError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

impl From<BootFault> for FatError {
    fn from(fault: BootFault) -> Self {
        Self::Boot(fault)
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loop { cluster } => write!(f, "its clusters go round in a loop at {cluster}"),
            Self::OutOfRange { from: 0, to } => {
                write!(f, "it begins at cluster {to}, which the disk does not have")
            }
            Self::OutOfRange { from, to } => {
                write!(f, "cluster {from} leads to {to}, which the disk does not have")
            }
            Self::Free { cluster } => write!(f, "its cluster {cluster} is free"),
            Self::Bad { cluster } => write!(f, "its cluster {cluster} is bad"),
            Self::Short { clusters, len_bytes } => {
                write!(f, "{clusters} clusters are too few for its {len_bytes} bytes")
            }
            Self::LongFolder { clusters } => {
                write!(f, "a folder of {clusters} clusters is longer than any can be")
            }
        }
    }
}

impl fmt::Display for FatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(error) => error.fmt(f),
            Self::Boot(fault) => fault.fmt(f),
            Self::NotFound { path } => write!(f, "there is no \"{path}\""),
            Self::IsFolder { path } => write!(f, "\"{path}\" is a folder"),
            Self::IsFile { path } => write!(f, "\"{path}\" is a file, not a folder"),
            Self::Exists { path } => write!(f, "there is a \"{path}\" already"),
            Self::NotEmpty { path } => write!(f, "the folder \"{path}\" is not empty"),
            Self::OutOfTree { path } => write!(f, "\"{path}\" leads out of the disk"),
            Self::Name { name, fault } => write!(f, "\"{name}\" is no name: {fault}"),
            Self::IntoItself { path } => write!(f, "\"{path}\" cannot be moved into itself"),
            Self::Full { needed_bytes, free_bytes } => {
                write!(f, "the disk is full: {needed_bytes} bytes needed, {free_bytes} free")
            }
            Self::FolderFull { path } => write!(f, "the folder \"{path}\" holds no more entries"),
            Self::TooLarge { path } => {
                write!(f, "\"{path}\" would be larger than 4 GiB, which FAT does not have")
            }
            Self::ReadOnly => f.write_str("the disk is used read-only"),
            Self::Protected { path } => write!(f, "\"{path}\" is marked as read-only"),
            Self::Changed { path } => write!(f, "\"{path}\" was replaced while it was read"),
            Self::Corrupt { path, fault } => write!(f, "\"{path}\" is damaged: {fault}"),
        }
    }
}

impl core::error::Error for FatError {}
