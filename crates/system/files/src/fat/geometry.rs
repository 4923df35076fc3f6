//! The boot sector: what lies where on the volume.

use crate::bytes::{u16_at, u32_at};
use core::fmt;
use system_platform::BlockInfo;

/// Bytes of the boot sector that are looked at, whatever its size.
pub const BOOT_BYTES: usize = 512;

/// Bits of an entry of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 12.
    Fat12,
    /// 16.
    Fat16,
    /// 32, of which four are not used.
    Fat32,
}

/// Where the root folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// In sectors of its own (FAT12, FAT16).
    Fixed {
        /// The first of them.
        sector: u64,
        /// How many.
        sectors: u32,
    },
    /// In a chain that begins here (FAT32).
    Chain(u32),
}

/// What lies where. Checked: everything is on the device, and nothing over anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bits of an entry.
    pub kind: Kind,
    /// Bytes of a sector, a multiple of the device's blocks.
    pub sector_bytes: u32,
    /// Sectors of a cluster.
    pub cluster_sectors: u32,
    /// Sectors in all.
    pub sectors: u32,
    /// First sector of the first table.
    pub table: u32,
    /// How many tables there are, one behind the other.
    pub tables: u32,
    /// Sectors of each.
    pub table_sectors: u32,
    /// The only table that is in use; all of them are alike where there is none.
    pub active_table: Option<u32>,
    /// The root folder.
    pub root: Root,
    /// First sector of cluster 2.
    pub data: u32,
    /// How many clusters there are; the first is number 2.
    pub clusters: u32,
    /// The sector with the count of free clusters.
    pub info: Option<u32>,
    /// The volume's serial number.
    pub id: u32,
    /// Whether the volume was not put away properly when it was last used.
    pub is_dirty: bool,
}

/// What is wrong with a boot sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootFault {
    /// It is none of FAT.
    NotFat,
    /// Sectors of so many bytes, which there are not, or which are smaller than the device's blocks.
    SectorBytes(u16),
    /// Clusters of so many sectors.
    ClusterSectors(u8),
    /// So many tables of so many sectors.
    Tables {
        /// How many.
        tables: u8,
        /// Sectors of each.
        sectors: u32,
    },
    /// The tables are too short for the clusters.
    ShortTable {
        /// Clusters that there is room for on the volume.
        clusters: u32,
        /// Sectors of a table.
        sectors: u32,
    },
    /// The volume is larger than its device.
    TooLarge {
        /// Bytes that it says.
        said_bytes: u64,
        /// Bytes that there are.
        device_bytes: u64,
    },
    /// Tables and root folder leave no room for data.
    NoData,
    /// The root folder begins in a cluster that there is not.
    Root(u32),
}

impl Geometry {
    /// Reads a boot sector, at least [`BOOT_BYTES`] of it.
    ///
    /// # Errors
    /// It is none, or it contradicts itself or the device.
    pub fn parse(boot: &[u8], device: &BlockInfo) -> Result<Self, BootFault> {
        let is_jump = boot.len() >= BOOT_BYTES && matches!(boot[0], 0xeb | 0xe9);
        if !is_jump || u16_at(boot, 510) != 0xaa55 {
            return Err(BootFault::NotFat);
        }
        let sector_bytes = u16_at(boot, 11);
        let (reserved, tables) = (u32::from(u16_at(boot, 14)), boot[16]);
        let root_entries = u32::from(u16_at(boot, 17));
        // NTFS and exFAT have zeros here; and what has neither is no FAT either.
        if reserved == 0 || tables == 0 {
            return Err(BootFault::NotFat);
        }
        if !matches!(sector_bytes, 512 | 1024 | 2048 | 4096)
            || u32::from(sector_bytes) < device.block_bytes
        {
            return Err(BootFault::SectorBytes(sector_bytes));
        }
        let cluster_sectors = boot[13];
        if !cluster_sectors.is_power_of_two() {
            return Err(BootFault::ClusterSectors(cluster_sectors));
        }
        let short_or = |short: u16, long| if short == 0 { long } else { u32::from(short) };
        let sectors = short_or(u16_at(boot, 19), u32_at(boot, 32));
        let has_long_table = u16_at(boot, 22) == 0;
        let table_sectors = short_or(u16_at(boot, 22), u32_at(boot, 36));
        if tables > 4 || table_sectors == 0 {
            return Err(BootFault::Tables { tables, sectors: table_sectors });
        }
        let said_bytes = u64::from(sectors) * u64::from(sector_bytes);
        if said_bytes > device.len_bytes() {
            return Err(BootFault::TooLarge { said_bytes, device_bytes: device.len_bytes() });
        }
        let root_sector = u64::from(reserved) + u64::from(tables) * u64::from(table_sectors);
        let root_sectors = (root_entries * 32).div_ceil(u32::from(sector_bytes));
        let data = root_sector + u64::from(root_sectors);
        let clusters = u64::from(sectors).saturating_sub(data) / u64::from(cluster_sectors);
        if clusters == 0 {
            return Err(BootFault::NoData);
        }
        // They fit now: they are less than the sectors, whose number does.
        let (data, clusters) = (data as u32, clusters as u32);
        // As Linux tells them apart: small FAT32 volumes exist, whatever the counts say.
        let kind = match clusters {
            _ if has_long_table => Kind::Fat32,
            0..4085 => Kind::Fat12,
            _ => Kind::Fat16,
        };
        let root = match kind {
            Kind::Fat32 => Root::Chain(u32_at(boot, 44)),
            _ => Root::Fixed { sector: root_sector, sectors: root_sectors },
        };
        let flags = u16_at(boot, 40);
        let (info, state) = (u16_at(boot, 48), if kind == Kind::Fat32 { 65 } else { 37 });
        let is_fat32 = kind == Kind::Fat32;
        let geometry = Self {
            kind,
            sector_bytes: sector_bytes.into(),
            cluster_sectors: cluster_sectors.into(),
            sectors,
            table: reserved,
            tables: tables.into(),
            table_sectors,
            active_table: (is_fat32 && flags & 0x80 != 0)
                .then(|| u32::from(flags & 0x0f).min(u32::from(tables) - 1)),
            root,
            data,
            clusters,
            info: (is_fat32 && (1..reserved).contains(&u32::from(info))).then(|| info.into()),
            id: u32_at(boot, if is_fat32 { 67 } else { 39 }),
            is_dirty: boot[state] & 1 != 0,
        };
        geometry.check().map(|()| geometry)
    }

    fn check(&self) -> Result<(), BootFault> {
        let entries = u64::from(self.clusters) + 2;
        let len_bytes = match self.kind {
            Kind::Fat12 => (entries * 3).div_ceil(2),
            Kind::Fat16 => entries * 2,
            Kind::Fat32 => entries * 4,
        };
        let is_known = match self.kind {
            Kind::Fat12 => true,
            Kind::Fat16 => self.clusters < 65_525,
            Kind::Fat32 => self.clusters < 0x0fff_fff5,
        };
        if !is_known || len_bytes > u64::from(self.table_sectors) * u64::from(self.sector_bytes) {
            let (clusters, sectors) = (self.clusters, self.table_sectors);
            return Err(BootFault::ShortTable { clusters, sectors });
        }
        match self.root {
            Root::Chain(cluster) if !self.has_cluster(cluster) => Err(BootFault::Root(cluster)),
            Root::Fixed { sectors: 0, .. } => Err(BootFault::NoData),
            _ => Ok(()),
        }
    }

    /// Whether there is a cluster of this number.
    pub const fn has_cluster(&self, cluster: u32) -> bool {
        cluster >= 2 && cluster - 2 < self.clusters
    }

    /// Bytes of a cluster.
    pub const fn cluster_bytes(&self) -> u32 {
        self.cluster_sectors * self.sector_bytes
    }

    /// First sector of a cluster.
    pub const fn sector_of(&self, cluster: u32) -> u64 {
        self.data as u64 + (cluster as u64 - 2) * self.cluster_sectors as u64
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fat12 => "FAT12",
            Self::Fat16 => "FAT16",
            Self::Fat32 => "FAT32",
        })
    }
}

impl fmt::Display for BootFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFat => f.write_str("no FAT file system"),
            Self::SectorBytes(bytes) => write!(f, "sectors of {bytes} bytes"),
            Self::ClusterSectors(sectors) => write!(f, "clusters of {sectors} sectors"),
            Self::Tables { tables, sectors } => {
                write!(f, "{tables} allocation tables of {sectors} sectors")
            }
            Self::ShortTable { clusters, sectors } => {
                write!(f, "an allocation table of {sectors} sectors for {clusters} clusters")
            }
            Self::TooLarge { said_bytes, device_bytes } => {
                write!(f, "a file system of {said_bytes} bytes where there are {device_bytes}")
            }
            Self::NoData => f.write_str("no room for files"),
            Self::Root(cluster) => write!(f, "the root folder begins in cluster {cluster}"),
        }
    }
}

impl core::error::Error for BootFault {}
