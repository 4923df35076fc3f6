//! Master boot records: partition tables of old, and the one that guards a GPT.
//!
//! Only the four entries of the record itself are read; what an extended partition holds is not
//! looked into.

use crate::bytes::{put, u16_at, u32_at};
use alloc::{vec, vec::Vec};
use core::fmt;
use system_platform::BlockInfo;

/// Kind of the entry that tells old programs that a disk is in use.
const PROTECTIVE: u8 = 0xee;
/// Where the entries begin, and bytes of one.
const ENTRIES: (usize, usize) = (446, 16);

/// A partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MbrEntry {
    /// Its number, 1 to 4.
    pub number: u32,
    /// What kind it is, as the usual lists have it.
    pub kind: u8,
    /// First block.
    pub first: u64,
    /// How many blocks.
    pub blocks: u64,
}

/// A sound record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mbr {
    /// Partitions, in the record's order; at least one.
    pub partitions: Vec<MbrEntry>,
}

/// Why a first block is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MbrError {
    /// It does not have the mark, or no entries.
    None,
    /// An entry has a status that no record has.
    Status {
        /// Number of the entry, from 1.
        number: u32,
        /// The status.
        status: u8,
    },
    /// A partition beyond the disk, or over the record.
    OutOfRange {
        /// Number of the partition, from 1.
        number: u32,
        /// Its first block.
        first: u64,
        /// How many blocks it has.
        count: u64,
        /// How many the disk has.
        blocks: u64,
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
}

impl Mbr {
    /// Reads the first block of a disk, of at least 512 bytes.
    ///
    /// # Errors
    /// It is no record, or one that contradicts itself or the disk.
    pub fn parse(block: &[u8], disk: &BlockInfo) -> Result<Self, MbrError> {
        if block.len() < 512 || u16_at(block, 510) != 0xaa55 {
            return Err(MbrError::None);
        }
        let mut partitions = Vec::new();
        let entries = block[ENTRIES.0..510].chunks_exact(ENTRIES.1);
        for (entry, number) in entries.zip(1..) {
            let (status, kind) = (entry[0], entry[4]);
            if status & 0x7f != 0 {
                return Err(MbrError::Status { number, status });
            }
            if kind != 0 {
                let (first, blocks) = (u32_at(entry, 8).into(), u32_at(entry, 12).into());
                partitions.push(MbrEntry { number, kind, first, blocks });
            }
        }
        if partitions.is_empty() {
            return Err(MbrError::None);
        }
        let mbr = Self { partitions };
        if !mbr.is_protective() {
            mbr.check(disk)?;
        }
        Ok(mbr)
    }

    /// Whether it only guards a GPT.
    pub fn is_protective(&self) -> bool {
        self.partitions.iter().any(|entry| entry.kind == PROTECTIVE)
    }

    fn check(&self, disk: &BlockInfo) -> Result<(), MbrError> {
        for entry in &self.partitions {
            let MbrEntry { number, first, blocks: count, .. } = *entry;
            if first == 0 || count == 0 || first + count > disk.blocks {
                return Err(MbrError::OutOfRange { number, first, count, blocks: disk.blocks });
            }
        }
        let mut sorted: Vec<&MbrEntry> = self.partitions.iter().collect();
        sorted.sort_by_key(|entry| entry.first);
        match sorted.windows(2).find(|pair| pair[1].first < pair[0].first + pair[0].blocks) {
            Some(pair) => Err(MbrError::Overlap {
                number: pair[0].number,
                other: pair[1].number,
                block: pair[1].first,
            }),
            None => Ok(()),
        }
    }
}

impl MbrEntry {
    /// What its kind is called, for the usual ones.
    pub const fn kind_name(&self) -> Option<&'static str> {
        Some(match self.kind {
            0x01 | 0x04 | 0x06 | 0x0b | 0x0c | 0x0e => "FAT",
            0x05 | 0x0f => "extended",
            0x07 => "Windows data",
            0x82 => "Linux swap",
            0x83 => "Linux data",
            0x8e => "Linux LVM",
            0xef => "EFI system",
            _ => return None,
        })
    }
}

/// A first block with the record that guards the GPT of a disk (UEFI specification, 5.2.3).
pub(crate) fn protective(disk: &BlockInfo) -> Vec<u8> {
    let mut block = vec![0; disk.block_bytes as usize];
    let blocks = u32::try_from(disk.blocks - 1).unwrap_or(u32::MAX);
    // Cylinder, head and sector of block 1, and the highest there are.
    put(&mut block, ENTRIES.0, &[0, 0, 2, 0, PROTECTIVE, 0xff, 0xff, 0xff]);
    put(&mut block, ENTRIES.0 + 8, &1_u32.to_le_bytes());
    put(&mut block, ENTRIES.0 + 12, &blocks.to_le_bytes());
    put(&mut block, 510, &[0x55, 0xaa]);
    block
}

impl fmt::Display for MbrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no master boot record"),
            Self::Status { number, status } => {
                write!(f, "partition {number} has status {status:#x}")
            }
            Self::OutOfRange { number, first, count, blocks } => write!(
                f,
                "partition {number} has {count} blocks from block {first} on, but the disk has \
                 {blocks}"
            ),
            Self::Overlap { number, other, block } => {
                write!(f, "partitions {number} and {other} both have block {block}")
            }
        }
    }
}

impl core::error::Error for MbrError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn info(blocks: u64) -> BlockInfo {
        BlockInfo { name: String::new(), block_bytes: 512, blocks, is_read_only: false }
    }

    fn record(entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut block = vec![0; 512];
        for (index, (kind, first, blocks)) in entries.iter().enumerate() {
            let at = ENTRIES.0 + 16 * index;
            block[at + 4] = *kind;
            put(&mut block, at + 8, &first.to_le_bytes());
            put(&mut block, at + 12, &blocks.to_le_bytes());
        }
        put(&mut block, 510, &[0x55, 0xaa]);
        block
    }

    #[test]
    fn partitions_are_read_in_the_order_of_the_record() {
        let mbr = Mbr::parse(&record(&[(0x0c, 50, 50), (0x83, 1, 49)]), &info(100)).unwrap();
        let first = MbrEntry { number: 1, kind: 0x0c, first: 50, blocks: 50 };
        assert_eq!((mbr.partitions[0], mbr.partitions.len()), (first, 2));
        assert_eq!(first.kind_name(), Some("FAT"));
    }

    #[test]
    fn records_that_contradict_the_disk_are_refused_with_the_partition() {
        let refusal = |entries: &[_]| Mbr::parse(&record(entries), &info(100)).unwrap_err();
        assert_eq!(refusal(&[]), MbrError::None);
        assert_eq!(
            refusal(&[(0x0c, 50, 51)]).to_string(),
            "partition 1 has 51 blocks from block 50 on, but the disk has 100"
        );
        assert_eq!(
            refusal(&[(0x0c, 10, 50), (0x83, 20, 5)]),
            MbrError::Overlap { number: 1, other: 2, block: 20 }
        );
        let mut block = record(&[(0x0c, 1, 1)]);
        block[ENTRIES.0] = 0x12;
        assert_eq!(
            Mbr::parse(&block, &info(100)),
            Err(MbrError::Status { number: 1, status: 0x12 })
        );
    }

    #[test]
    fn the_guard_of_a_gpt_is_known_as_one_on_disks_of_any_size() {
        for blocks in [100, 1 << 40] {
            let block = protective(&info(blocks));
            assert!(Mbr::parse(&block, &info(blocks)).unwrap().is_protective());
        }
    }
}
