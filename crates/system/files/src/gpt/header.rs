//! The header of a partition table.

use super::{HeaderFault, entry::ENTRY_BYTES};
use crate::{
    Guid,
    bytes::{put, u32_at, u64_at},
    crc32::crc32,
};
use alloc::{vec, vec::Vec};
use system_platform::BlockInfo;

const SIGNATURE: &[u8; 8] = b"EFI PART";
const REVISION: u32 = 0x0001_0000;
const HEADER_BYTES: u32 = 92;
/// Entries of a new table.
pub(super) const ENTRIES: u32 = 128;
/// The most that entries may take: eight times the usual, so that a damaged header makes nobody
/// read a whole disk.
const MOST_ENTRIES_BYTES: u64 = 8 * 16_384;

/// Whether a block begins like a header, sound or not.
pub fn is_there(block: &[u8]) -> bool {
    block.starts_with(SIGNATURE)
}

/// A header that has its checksum and lies on its disk.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Where it stands.
    pub block: u64,
    /// Where the other one stands.
    pub other_block: u64,
    /// First and last block that partitions may use.
    pub first_usable: u64,
    pub last_usable: u64,
    pub disk: Guid,
    /// Where the entries begin.
    pub entries_block: u64,
    /// How many there are, used or not.
    pub entries: u32,
    /// Bytes of one.
    pub entry_bytes: u32,
    /// Checksum of them all.
    pub entries_crc: u32,
}

impl Header {
    /// Reads the header from block `at`, the whole of which is `bytes`.
    pub fn parse(bytes: &[u8], at: u64, disk: &BlockInfo) -> Result<Self, HeaderFault> {
        if bytes.len() < HEADER_BYTES as usize || !is_there(bytes) {
            return Err(HeaderFault::NoSignature);
        }
        // A minor revision adds what may be ignored.
        let (revision, len) = (u32_at(bytes, 8), u32_at(bytes, 12));
        if revision >> 16 != REVISION >> 16 {
            return Err(HeaderFault::Revision(revision));
        }
        if len < HEADER_BYTES || len as usize > bytes.len() {
            return Err(HeaderFault::Length(len));
        }
        let said = u32_at(bytes, 16);
        let mut covered: Vec<u8> = bytes[..len as usize].to_vec();
        put(&mut covered, 16, &[0; 4]);
        let found = crc32(&covered);
        if said != found {
            return Err(HeaderFault::Checksum { said, found });
        }
        let mut guid = [0; 16];
        guid.copy_from_slice(&bytes[56..72]);
        let header = Self {
            block: u64_at(bytes, 24),
            other_block: u64_at(bytes, 32),
            first_usable: u64_at(bytes, 40),
            last_usable: u64_at(bytes, 48),
            disk: Guid::from_bytes(guid),
            entries_block: u64_at(bytes, 72),
            entries: u32_at(bytes, 80),
            entry_bytes: u32_at(bytes, 84),
            entries_crc: u32_at(bytes, 88),
        };
        header.check(at, disk).map(|()| header)
    }

    fn check(&self, at: u64, disk: &BlockInfo) -> Result<(), HeaderFault> {
        if self.block != at {
            return Err(HeaderFault::WrongBlock { said: self.block, found: at });
        }
        let (first, last) = (self.first_usable, self.last_usable);
        if first < 2 || first > last || last >= disk.blocks {
            return Err(HeaderFault::UsableRange { first, last });
        }
        let len = u64::from(self.entries) * u64::from(self.entry_bytes);
        let is_sound = self.entry_bytes as usize >= ENTRY_BYTES
            && self.entry_bytes.is_power_of_two()
            && (1..=MOST_ENTRIES_BYTES).contains(&len);
        if !is_sound {
            return Err(HeaderFault::Entries { count: self.entries, len_bytes: self.entry_bytes });
        }
        let blocks = len.div_ceil(u64::from(disk.block_bytes));
        let end = self.entries_block.saturating_add(blocks);
        let is_beside = end <= first || self.entries_block > last;
        if self.entries_block < 2 || end > disk.blocks || !is_beside {
            return Err(HeaderFault::EntriesBlock(self.entries_block));
        }
        Ok(())
    }

    /// Bytes of all entries.
    pub const fn entries_bytes(&self) -> usize {
        self.entries as usize * self.entry_bytes as usize
    }

    /// Whether the entries are those that the header vouches for.
    pub fn check_entries(&self, entries: &[u8]) -> Result<(), HeaderFault> {
        let found = crc32(entries);
        if found == self.entries_crc {
            Ok(())
        } else {
            Err(HeaderFault::EntriesChecksum { said: self.entries_crc, found })
        }
    }

    /// A block with the header.
    pub fn to_block(&self, block_bytes: u32) -> Vec<u8> {
        let mut bytes = vec![0; block_bytes as usize];
        put(&mut bytes, 0, SIGNATURE);
        put(&mut bytes, 8, &REVISION.to_le_bytes());
        put(&mut bytes, 12, &HEADER_BYTES.to_le_bytes());
        put(&mut bytes, 24, &self.block.to_le_bytes());
        put(&mut bytes, 32, &self.other_block.to_le_bytes());
        put(&mut bytes, 40, &self.first_usable.to_le_bytes());
        put(&mut bytes, 48, &self.last_usable.to_le_bytes());
        put(&mut bytes, 56, &self.disk.to_bytes());
        put(&mut bytes, 72, &self.entries_block.to_le_bytes());
        put(&mut bytes, 80, &self.entries.to_le_bytes());
        put(&mut bytes, 84, &self.entry_bytes.to_le_bytes());
        put(&mut bytes, 88, &self.entries_crc.to_le_bytes());
        let crc = crc32(&bytes[..HEADER_BYTES as usize]);
        put(&mut bytes, 16, &crc.to_le_bytes());
        bytes
    }
}
