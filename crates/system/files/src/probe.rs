//! What a disk is, found out without changing it: blank, ours, or somebody's.
//!
//! The kernel formats only what is [`Contents::Blank`], and only when it was told to; somebody's
//! disks are at most read.

use crate::{
    bytes::{u16_at, u32_at},
    fat::{Geometry, Kind},
    gpt::{self, GptError, kind_name},
    layout::{Extent, FILES_KIND, FILES_NAME, Layout, STORE_KIND},
    mbr::{Mbr, MbrError},
};
use alloc::{borrow::ToOwned, format, rc::Rc, string::String, vec, vec::Vec};
use core::fmt;
use system_platform::{BlockDevice, BlockError};

/// Bytes at both ends of a disk that have to be zeros for it to be blank: every file system, table
/// and volume manager has its marks there.
const END_BYTES: u64 = 1 << 20;
/// Places between them that are looked at, and bytes of each.
const SAMPLES: (u64, u64) = (64, 4096);
/// Bytes that tell file systems apart: the mark of Btrfs is the furthest.
const MARK_BYTES: u64 = 68 << 10;

/// What there is on a disk or in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Nothing but zeros where something would be.
    Blank,
    /// A FAT file system.
    Fat(Kind),
    /// Something else that has a name.
    Named(&'static str),
    /// Something.
    Unknown,
}

/// A partition of somebody's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// Where it lies.
    pub extent: Extent,
    /// What its table says of it: kind and name.
    pub description: String,
    /// What is in it.
    pub data: Data,
}

/// What a disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Zeros at all places that matter. Only such a disk may be formatted.
    Blank,
    /// Laid out by this system.
    Ours {
        /// Where its partitions lie.
        layout: Layout,
        /// What is wrong with its first partition table.
        warning: Option<gpt::HeaderFault>,
    },
    /// Somebody's, with a GUID partition table.
    Gpt(Vec<Part>),
    /// Somebody's, with a master boot record.
    Mbr(Vec<Part>),
    /// Somebody's, with a partition table that is damaged.
    DamagedGpt(GptError),
    /// The same, of old.
    DamagedMbr(MbrError),
    /// Somebody's, without a partition table.
    Whole(Data),
}

impl Contents {
    /// FAT file systems that can be mounted, in the disk's order.
    pub fn fat_volumes(&self, device: &dyn BlockDevice) -> Vec<Extent> {
        match self {
            Self::Ours { layout, .. } => vec![layout.files],
            Self::Gpt(parts) | Self::Mbr(parts) => parts
                .iter()
                .filter(|part| matches!(part.data, Data::Fat(_)))
                .map(|part| part.extent)
                .collect(),
            Self::Whole(Data::Fat(_)) => vec![Extent { first: 0, blocks: device.info().blocks }],
            _ => Vec::new(),
        }
    }
}

/// Says what a disk is.
///
/// # Errors
/// The disk fails. What it cannot read is never taken for blank.
pub async fn probe(device: &Rc<dyn BlockDevice>) -> Result<Contents, BlockError> {
    let info = device.info();
    let mut head = vec![0; MARK_BYTES.min(info.len_bytes()) as usize];
    device.read(0, &mut head).await?;
    // A boot sector of FAT has a master boot record's mark.
    let data = identify(&head, &**device);
    if data != Data::Unknown && data != Data::Blank {
        return Ok(Contents::Whole(data));
    }
    match gpt::read(&**device).await {
        Ok(table) => return of_gpt(device, &table).await,
        Err(GptError::Device(error)) => return Err(error),
        Err(GptError::BothHeaders {
            primary: gpt::HeaderFault::NoSignature,
            backup: gpt::HeaderFault::NoSignature,
        }) => {}
        Err(error) => return Ok(Contents::DamagedGpt(error)),
    }
    match Mbr::parse(&head, info) {
        Ok(mbr) if !mbr.is_protective() => return of_mbr(device, &mbr).await,
        // The guard of a table that is gone.
        Ok(_) => return Ok(Contents::Whole(Data::Unknown)),
        Err(MbrError::None) => {}
        // Any boot sector has the mark; only some have entries.
        Err(error) if is_blank(&head[..440.min(head.len())]) => {
            return Ok(Contents::DamagedMbr(error));
        }
        Err(_) => return Ok(Contents::Whole(Data::Unknown)),
    }
    Ok(match is_blank_all_over(&**device).await? {
        true => Contents::Blank,
        false => Contents::Whole(Data::Unknown),
    })
}

async fn of_gpt(device: &Rc<dyn BlockDevice>, table: &gpt::Gpt) -> Result<Contents, BlockError> {
    let files = table.partitions.iter().find(|e| e.kind == FILES_KIND && e.name == FILES_NAME);
    if let (Some(files), Some(store)) = (files, table.find(STORE_KIND)) {
        let layout = Layout { files: files.into(), store: store.into() };
        return Ok(Contents::Ours { layout, warning: table.warning });
    }
    let mut parts = Vec::new();
    for entry in &table.partitions {
        let kind = kind_name(entry.kind).map_or_else(|| format!("{}", entry.kind), str::to_owned);
        let description = match entry.name.as_str() {
            "" => kind,
            name => format!("{kind} \"{name}\""),
        };
        parts.push(part(device, entry.number, entry.into(), description).await?);
    }
    Ok(Contents::Gpt(parts))
}

async fn of_mbr(device: &Rc<dyn BlockDevice>, mbr: &Mbr) -> Result<Contents, BlockError> {
    let mut parts = Vec::new();
    for entry in &mbr.partitions {
        let kind = entry.kind_name().map(str::to_owned);
        let description = kind.unwrap_or_else(|| format!("kind {:#04x}", entry.kind));
        let extent = Extent { first: entry.first, blocks: entry.blocks };
        parts.push(part(device, entry.number, extent, description).await?);
    }
    Ok(Contents::Mbr(parts))
}

async fn part(
    device: &Rc<dyn BlockDevice>,
    number: u32,
    extent: Extent,
    description: String,
) -> Result<Part, BlockError> {
    let partition = extent.open(device.clone())?;
    let mut head = vec![0; MARK_BYTES.min(partition.info().len_bytes()) as usize];
    partition.read(0, &mut head).await?;
    Ok(Part { number, extent, description, data: identify(&head, &partition) })
}

/// What the beginning of a disk or partition says that it is.
fn identify(head: &[u8], device: &dyn BlockDevice) -> Data {
    /// Marks: where, what, of whom. The furthest-reaching come last.
    const MARKS: &[(usize, &[u8], &str)] = &[
        (3, b"NTFS    ", "NTFS"),
        (3, b"EXFAT   ", "exFAT"),
        (3, b"-FVE-FS-", "BitLocker"),
        (0, b"LUKS\xba\xbe", "LUKS encryption"),
        (0, b"XFSB", "XFS"),
        (0, b"hsqs", "SquashFS"),
        (32, b"NXSB", "APFS"),
        (512, b"LABELONE", "LVM"),
        (1024, b"H+\0\x04", "HFS+"),
        (1024, b"\x10\x20\xf5\xf2", "F2FS"),
        (4086, b"SWAPSPACE2", "Linux swap"),
        (32_769, b"CD001", "ISO 9660"),
        (65_600, b"_BHRfS_M", "Btrfs"),
    ];
    // Kernels and boot loaders on CD images share their first sectors with partition tables.
    if let Ok(geometry) = Geometry::parse(head, device.info()) {
        return Data::Fat(geometry.kind);
    }
    let is_at = |at: usize, mark: &[u8]| head.get(at..at + mark.len()) == Some(mark);
    if let Some((.., name)) = MARKS.iter().find(|(at, mark, _)| is_at(*at, mark)) {
        return Data::Named(name);
    }
    if head.len() >= 2048 && u16_at(head, 1024 + 56) == 0xef53 {
        // Extents came with the fourth, the journal with the third.
        let (compatible, incompatible) = (u32_at(head, 1024 + 92), u32_at(head, 1024 + 96));
        return Data::Named(match (incompatible & 0x40 != 0, compatible & 4 != 0) {
            (true, _) => "ext4",
            (false, true) => "ext3",
            (false, false) => "ext2",
        });
    }
    if is_blank(head) { Data::Blank } else { Data::Unknown }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Whether a disk is zeros at both ends and at places between them.
async fn is_blank_all_over(device: &dyn BlockDevice) -> Result<bool, BlockError> {
    let info = device.info();
    let block_bytes = u64::from(info.block_bytes);
    let end = (END_BYTES / block_bytes).min(info.blocks);
    let sample = SAMPLES.1.div_ceil(block_bytes).min(info.blocks);
    let between = (0..SAMPLES.0).map(|index| {
        let first = (u128::from(info.blocks) * u128::from(index) / u128::from(SAMPLES.0)) as u64;
        (first.min(info.blocks - sample), sample)
    });
    for (first, blocks) in [(0, end), (info.blocks - end, end)].into_iter().chain(between) {
        let mut buffer = vec![0; (blocks * block_bytes) as usize];
        device.read(first, &mut buffer).await?;
        if !is_blank(&buffer) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("empty"),
            Self::Fat(kind) => kind.fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("unknown data"),
        }
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = |f: &mut fmt::Formatter<'_>, table: &str, parts: &[Part]| {
            write!(
                f,
                "{table} with {} partition{}",
                parts.len(),
                match parts {
                    [_] => "",
                    _ => "s",
                }
            )?;
            for (index, Part { number, description, data, .. }) in parts.iter().enumerate() {
                let separator = if index == 0 { ": " } else { ", " };
                write!(f, "{separator}{number} {description} ({data})")?;
            }
            Ok(())
        };
        match self {
            Self::Blank => f.write_str("blank"),
            Self::Ours { warning: None, .. } => f.write_str("a disk of this system"),
            Self::Ours { warning: Some(fault), .. } => {
                write!(f, "a disk of this system, whose first partition table is damaged: {fault}")
            }
            Self::Gpt(all) => parts(f, "GPT", all),
            Self::Mbr(all) => parts(f, "MBR", all),
            Self::DamagedGpt(error) => write!(f, "a damaged GPT: {error}"),
            Self::DamagedMbr(error) => write!(f, "a damaged MBR: {error}"),
            Self::Whole(data) => data.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
