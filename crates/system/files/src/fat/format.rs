//! A new FAT32 file system.

use crate::bytes::put;
use alloc::{borrow::ToOwned, string::String, vec};
use core::fmt;
use system_platform::{BlockDevice, BlockError};

/// Sectors before the first table, at least, as everybody has it.
const RESERVED: u32 = 32;
/// Where the count of free clusters and the copy of the boot sector are.
const INFO: u32 = 1;
const BACKUP: u32 = 6;
const TABLES: u32 = 2;
/// The fewest clusters that every system takes for FAT32, with the distance that Microsoft advises.
const LEAST_CLUSTERS: u32 = 65_525 + 16;
/// Bytes of zeros that are written at a time.
const CLEAR_BYTES: usize = 256 << 10;

/// What a new file system is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatOptions<'a> {
    /// Its label: up to eleven letters, digits, `-`, `_` and spaces; letters become capitals.
    pub label: &'a str,
    /// Its serial number, best a random one.
    pub id: u32,
    /// The block of the whole disk that it begins at; 0 where it has the disk for itself.
    pub first_block: u64,
}

/// Why a file system was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The disk failed.
    Device(BlockError),
    /// There is too little room for FAT32.
    TooSmall {
        /// Bytes that there are.
        len_bytes: u64,
        /// Bytes that are needed, about.
        least_bytes: u64,
    },
    /// A label that no volume can have.
    Label(String),
}

impl From<BlockError> for FormatError {
    fn from(error: BlockError) -> Self {
        Self::Device(error)
    }
}

/// Sectors of everything.
struct Layout {
    sectors: u32,
    cluster_sectors: u32,
    reserved: u32,
    table_sectors: u32,
    clusters: u32,
}

impl Layout {
    /// The usual clusters for this size, smaller ones where there would be too few.
    fn choose(sectors: u32, sector_bytes: u32) -> Option<Self> {
        let len_bytes = u64::from(sectors) * u64::from(sector_bytes);
        let cluster_bytes: u32 = match len_bytes >> 20 {
            0..260 => 512,
            260..8192 => 4096,
            8192..16_384 => 8192,
            16_384..32_768 => 16_384,
            _ => 32_768,
        };
        let mut cluster_sectors = (cluster_bytes / sector_bytes).max(1);
        loop {
            let layout = Self::with(sectors, sector_bytes, cluster_sectors);
            match layout {
                Some(layout) if layout.clusters >= LEAST_CLUSTERS => return Some(layout),
                _ if cluster_sectors > 1 => cluster_sectors /= 2,
                _ => return None,
            }
        }
    }

    fn with(sectors: u32, sector_bytes: u32, cluster_sectors: u32) -> Option<Self> {
        // A table for all sectors is a little longer than one for those behind it.
        let most_clusters = sectors.checked_sub(RESERVED)? / cluster_sectors;
        let entries = u64::from(most_clusters) + 2;
        let table_sectors = (entries * 4).div_ceil(sector_bytes.into()) as u32;
        let tables = TABLES * table_sectors;
        // Clusters begin where flash memory and disks with large sectors like them to.
        let align = cluster_sectors.max(4096 / sector_bytes);
        let data = (RESERVED + tables).checked_next_multiple_of(align)?;
        let clusters = sectors.checked_sub(data)? / cluster_sectors;
        let reserved = data - tables;
        (clusters < 0x0fff_fff5).then_some(Self {
            sectors,
            cluster_sectors,
            reserved,
            table_sectors,
            clusters,
        })
    }
}

/// Makes an empty file system over all of a device (its first 2^32 sectors). The boot sector is
/// written last: what is cut short is no file system.
///
/// # Errors
/// The device fails or is too small, or the label is none.
pub async fn format(
    device: &dyn BlockDevice,
    options: &FormatOptions<'_>,
) -> Result<(), FormatError> {
    encode_label(options.label)?;
    let info = device.info();
    let sector_bytes = info.block_bytes;
    let sectors = u32::try_from(info.blocks).unwrap_or(u32::MAX);
    let Some(layout) = Layout::choose(sectors, sector_bytes) else {
        // What its tables need comes to 1 % more.
        let least_bytes = u64::from(LEAST_CLUSTERS) * u64::from(sector_bytes) * 102 / 100;
        return Err(FormatError::TooSmall { len_bytes: info.len_bytes(), least_bytes });
    };
    format_as(device, options, &layout).await
}

/// The same on a device that is too small for other systems, with clusters of one sector: what
/// tests do at random need not move megabytes.
///
/// # Errors
/// As of [`format`](format()).
#[cfg(any(test, feature = "testing"))]
pub async fn format_small(
    device: &dyn BlockDevice,
    options: &FormatOptions<'_>,
) -> Result<(), FormatError> {
    let info = device.info();
    match Layout::with(info.blocks as u32, info.block_bytes, 1) {
        Some(layout) => format_as(device, options, &layout).await,
        None => Err(FormatError::TooSmall { len_bytes: info.len_bytes(), least_bytes: 0 }),
    }
}

async fn format_as(
    device: &dyn BlockDevice,
    options: &FormatOptions<'_>,
    layout: &Layout,
) -> Result<(), FormatError> {
    let label = encode_label(options.label)?;
    let sector_bytes = device.info().block_bytes;
    let data = layout.reserved + TABLES * layout.table_sectors;
    // Reserved sectors, tables and the root folder's only cluster.
    clear(device, u64::from(data + layout.cluster_sectors)).await?;
    let mut sector = vec![0; sector_bytes as usize];
    put(&mut sector, 0, &label);
    sector[11] = super::entry::LABEL;
    device.write(data.into(), &sector).await?;

    sector.fill(0);
    for (index, entry) in [0x0fff_fff8_u32, 0x0fff_ffff, 0x0fff_ffff].into_iter().enumerate() {
        put(&mut sector, index * 4, &entry.to_le_bytes());
    }
    for table in 0..TABLES {
        device.write((layout.reserved + table * layout.table_sectors).into(), &sector).await?;
    }

    let mut free = vec![0; sector_bytes as usize];
    put(&mut free, 0, b"RRaA");
    put(&mut free, 484, b"rrAa");
    put(&mut free, 488, &(layout.clusters - 1).to_le_bytes());
    put(&mut free, 492, &3_u32.to_le_bytes());
    put(&mut free, 508, &[0, 0, 0x55, 0xaa]);
    let boot = boot_sector(layout, sector_bytes, &label, options);
    for base in [BACKUP, 0] {
        device.write((base + INFO).into(), &free).await?;
    }
    device.write(BACKUP.into(), &boot).await?;
    device.flush().await?;
    device.write(0, &boot).await?;
    Ok(device.flush().await?)
}

fn boot_sector(
    layout: &Layout,
    sector_bytes: u32,
    label: &[u8; 11],
    options: &FormatOptions<'_>,
) -> vec::Vec<u8> {
    let mut boot = vec![0; sector_bytes as usize];
    put(&mut boot, 0, &[0xeb, 0x58, 0x90]);
    put(&mut boot, 3, b"MSWIN4.1");
    put(&mut boot, 11, &(sector_bytes as u16).to_le_bytes());
    boot[13] = layout.cluster_sectors as u8;
    put(&mut boot, 14, &(layout.reserved as u16).to_le_bytes());
    boot[16] = TABLES as u8;
    // A fixed disk, and the sectors and heads that everybody says.
    boot[21] = 0xf8;
    put(&mut boot, 24, &[63, 0, 255, 0]);
    let first_block = u32::try_from(options.first_block).unwrap_or(0);
    put(&mut boot, 28, &first_block.to_le_bytes());
    put(&mut boot, 32, &layout.sectors.to_le_bytes());
    put(&mut boot, 36, &layout.table_sectors.to_le_bytes());
    put(&mut boot, 44, &2_u32.to_le_bytes());
    put(&mut boot, 48, &(INFO as u16).to_le_bytes());
    put(&mut boot, 50, &(BACKUP as u16).to_le_bytes());
    put(&mut boot, 64, &[0x80, 0, 0x29]);
    put(&mut boot, 67, &options.id.to_le_bytes());
    put(&mut boot, 71, label);
    put(&mut boot, 82, b"FAT32   ");
    // There is nothing to boot: halt, again and again.
    put(&mut boot, 90, &[0xf4, 0xeb, 0xfd]);
    put(&mut boot, 510, &[0x55, 0xaa]);
    boot
}

async fn clear(device: &dyn BlockDevice, sectors: u64) -> Result<(), BlockError> {
    let block_bytes = device.info().block_bytes as usize;
    let zeros = vec![0; CLEAR_BYTES];
    let at_once = (CLEAR_BYTES / block_bytes) as u64;
    let mut sector = 0;
    while sector < sectors {
        let count = at_once.min(sectors - sector);
        device.write(sector, &zeros[..count as usize * block_bytes]).await?;
        sector += count;
    }
    Ok(())
}

fn encode_label(label: &str) -> Result<[u8; 11], FormatError> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_ ".contains(&byte);
    if label.is_empty() || label.len() > 11 || !label.bytes().all(is_good) {
        return Err(FormatError::Label(label.to_owned()));
    }
    let mut padded = [b' '; 11];
    put(&mut padded, 0, label.to_ascii_uppercase().as_bytes());
    Ok(padded)
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(error) => error.fmt(f),
            Self::TooSmall { len_bytes, least_bytes } => {
                write!(f, "{len_bytes} bytes are too few for FAT32, which needs {least_bytes}")
            }
            Self::Label(label) => write!(f, "\"{label}\" is no label for a volume"),
        }
    }
}

impl core::error::Error for FormatError {}
