//! FAT file systems: FAT32 read and written, FAT16 and FAT12 read (Microsoft, "FAT: General
//! Overview of On-Disk Format", 1.03; long names as Windows 95 has them).
//!
//! [`Volume`] is what others use: folders, files, free space. [`format`](format()) makes a new
//! file system. Below them: [`geometry`] reads the boot sector, `table` the chains of clusters,
//! `directory` the entries of folders, `name` their names.
//!
//! **Order of writing.** A power cut leaves every file whole, the old one or the new one: data is
//! durable before the table names its clusters, the table before a directory entry names the
//! chain, and clusters are given back only when no durable entry names them. What it may leave is
//! clusters that belong to nobody, or a renamed file under both names; [`Volume::repair`] puts that
//! right.

mod change;
mod check;
mod directory;
mod disk;
mod entry;
mod error;
mod file;
mod format;
mod free;
pub mod geometry;
mod name;
mod path;
mod table;
mod time;
mod volume;
mod writer;

pub use check::{Damage, Report};
pub use error::{ChainFault, FatError};
pub use file::File;
#[cfg(any(test, feature = "testing"))]
pub use format::format_small;
pub use format::{FormatError, FormatOptions, format};
pub use geometry::{BootFault, Geometry, Kind};
pub use name::NameFault;
pub use path::parse as path_names;
pub use volume::{Access, Item, Space, TimeSource, Volume};
pub use writer::Writer;

#[cfg(test)]
mod tests;
