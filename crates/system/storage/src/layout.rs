//! The bytes on the device: superblocks, segment headers, groups, entries. All numbers are little
//! endian; every structure has a CRC-32C over the rest of it, salted so that what another store or
//! an earlier use of the place has left behind never fits.

use alloc::vec::Vec;
use crc::{CRC_32_ISCSI, Crc};

/// What is written at once and never written again while it is alive.
pub const PAGE_BYTES: usize = 4096;
/// The largest payload of a record.
pub const MAX_RECORD_BYTES: usize = 64 << 20;
/// The version of the format.
pub const VERSION: u32 = 1;
/// The superblocks take the first pages.
pub const SUPERBLOCKS: u64 = 2;
/// The fewest segments of a store: some in reserve for compaction, the others to write to.
pub const LEAST_SEGMENTS: u32 = 8;

const SUPERBLOCK_MAGIC: [u8; 8] = *b"LLMSTORE";
const SEGMENT_MAGIC: [u8; 4] = *b"LSEG";
const GROUP_MAGIC: [u8; 4] = *b"LGRP";
/// Bytes of a group's header.
pub const GROUP_HEADER: usize = 40;
/// Bytes of an entry's header.
pub const ENTRY_HEADER: usize = 24;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// The checksum of several parts.
fn checksum(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC.digest();
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// What is known of the store as a whole. Of the two, the one with the higher generation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// Counts the changes; its parity says in which of the two places it stands.
    pub generation: u64,
    /// A number that tells this store from others.
    pub store: u64,
    /// Pages of a segment, its header included.
    pub segment_pages: u32,
    /// Segments of the store.
    pub segments: u32,
    /// The sequence number of the oldest segment that is alive.
    pub tail: u64,
}

/// What was found in the place of a superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something else.
    Nothing,
    /// A superblock whose checksum is wrong.
    Damaged,
    /// One of a later version.
    Newer(u32),
    /// A good one.
    Good(Superblock),
}

impl Superblock {
    /// Bytes that the store takes.
    pub const fn len_bytes(&self) -> u64 {
        (SUPERBLOCKS + self.segments as u64 * self.segment_pages as u64) * PAGE_BYTES as u64
    }

    /// The page that holds it.
    pub fn to_page(self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES);
        page.extend_from_slice(&SUPERBLOCK_MAGIC);
        page.extend_from_slice(&VERSION.to_le_bytes());
        page.extend_from_slice(&self.segment_pages.to_le_bytes());
        page.extend_from_slice(&self.segments.to_le_bytes());
        page.extend_from_slice(&0_u32.to_le_bytes());
        page.extend_from_slice(&self.generation.to_le_bytes());
        page.extend_from_slice(&self.store.to_le_bytes());
        page.extend_from_slice(&self.tail.to_le_bytes());
        let crc = checksum(&[&page]);
        page.extend_from_slice(&crc.to_le_bytes());
        page.resize(PAGE_BYTES, 0);
        page
    }

    /// What a page holds.
    pub fn read(page: &[u8]) -> Found {
        if page[..8] != SUPERBLOCK_MAGIC {
            return Found::Nothing;
        }
        let version = u32_at(page, 8);
        if version > VERSION {
            return Found::Newer(version);
        }
        if checksum(&[&page[..48]]) != u32_at(page, 48) {
            return Found::Damaged;
        }
        let superblock = Self {
            segment_pages: u32_at(page, 12),
            segments: u32_at(page, 16),
            generation: u64_at(page, 24),
            store: u64_at(page, 32),
            tail: u64_at(page, 40),
        };
        let is_sound = superblock.segment_pages >= 2 && superblock.segments >= LEAST_SEGMENTS;
        if is_sound { Found::Good(superblock) } else { Found::Damaged }
    }
}

/// The first page of a segment that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Its place in the log: segments are numbered without gaps from 1.
    pub sequence: u64,
    /// The page in which the first group begins; what stands before goes on from the segment before.
    /// The number of pages if none begins.
    pub first_group: u32,
}

impl SegmentHeader {
    /// The page that holds it.
    pub fn to_page(self, store: u64) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES);
        page.extend_from_slice(&SEGMENT_MAGIC);
        page.extend_from_slice(&self.first_group.to_le_bytes());
        page.extend_from_slice(&self.sequence.to_le_bytes());
        let crc = checksum(&[&store.to_le_bytes(), &page]);
        page.extend_from_slice(&crc.to_le_bytes());
        page.resize(PAGE_BYTES, 0);
        page
    }

    /// The header that a page holds, if it is one of this store.
    pub fn read(page: &[u8], store: u64, segment_pages: u32) -> Option<Self> {
        let is_good = page[..4] == SEGMENT_MAGIC
            && checksum(&[&store.to_le_bytes(), &page[..16]]) == u32_at(page, 16);
        let header = Self { first_group: u32_at(page, 4), sequence: u64_at(page, 8) };
        let is_sound = (1..=segment_pages).contains(&header.first_group) && header.sequence > 0;
        (is_good && is_sound).then_some(header)
    }
}

/// The beginning of what was committed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    /// Groups are numbered without gaps from 1.
    pub number: u64,
    /// Bytes of the entries behind it.
    pub body_bytes: u32,
    /// Checksum of these.
    pub body_crc: u32,
}

impl GroupHeader {
    /// The header of a group.
    pub fn of(number: u64, body: &[u8]) -> Self {
        let body_bytes = u32::try_from(body.len()).expect("a batch is smaller than 4 GiB");
        Self { number, body_bytes, body_crc: checksum(&[body]) }
    }

    /// Its bytes; `salt` is where the group stands.
    pub fn to_bytes(self, store: u64, salt: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(GROUP_HEADER);
        bytes.extend_from_slice(&GROUP_MAGIC);
        bytes.extend_from_slice(&self.body_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.body_crc.to_le_bytes());
        let crc = checksum(&[&store.to_le_bytes(), &salt.to_le_bytes(), &bytes]);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.resize(GROUP_HEADER, 0);
        bytes
    }

    /// The header that bytes begin with, if it is one that was written at this place.
    pub fn read(bytes: &[u8], store: u64, salt: u64) -> Option<Self> {
        let bytes = bytes.get(..GROUP_HEADER)?;
        let crc = checksum(&[&store.to_le_bytes(), &salt.to_le_bytes(), &bytes[..20]]);
        (bytes[..4] == GROUP_MAGIC && crc == u32_at(bytes, 20)).then(|| Self {
            body_bytes: u32_at(bytes, 4),
            number: u64_at(bytes, 8),
            body_crc: u32_at(bytes, 16),
        })
    }

    /// Whether a body is the one that was written.
    pub fn fits(&self, body: &[u8]) -> bool {
        body.len() == self.body_bytes as usize && checksum(&[body]) == self.body_crc
    }
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sets a record.
    Put,
    /// Removes one.
    Delete,
    /// Only takes room.
    Fill,
}

/// An entry of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryHeader {
    /// What it does.
    pub operation: Operation,
    /// The record's kind.
    pub kind: u16,
    /// The record's id.
    pub id: u64,
    /// Bytes of the payload behind it.
    pub len_bytes: u32,
}

impl EntryHeader {
    /// Appends the entry to a body.
    pub fn append(self, payload: &[u8], body: &mut Vec<u8>) {
        let start = body.len() + 4;
        body.extend_from_slice(&[0; 4]);
        body.extend_from_slice(&self.len_bytes.to_le_bytes());
        body.extend_from_slice(&self.id.to_le_bytes());
        body.extend_from_slice(&self.kind.to_le_bytes());
        body.extend_from_slice(&[self.operation as u8, 0]);
        body.extend_from_slice(&[0; 4]);
        body.extend_from_slice(payload);
        let crc = checksum(&[&body[start..]]);
        body[start - 4..start].copy_from_slice(&crc.to_le_bytes());
    }

    /// The entry that bytes begin with and its payload; `None` where none does, or a damaged one.
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let header = bytes.get(..ENTRY_HEADER)?;
        let len_bytes = u32_at(header, 4);
        let payload = bytes.get(ENTRY_HEADER..)?.get(..len_bytes as usize)?;
        let operation = match header[18] {
            0 => Operation::Put,
            1 => Operation::Delete,
            2 => Operation::Fill,
            _ => return None,
        };
        let kind = u16::from_le_bytes([header[16], header[17]]);
        let is_good = checksum(&[&header[4..], payload]) == u32_at(header, 0);
        is_good.then_some((Self { operation, kind, id: u64_at(header, 8), len_bytes }, payload))
    }

    /// How many bytes an entry takes whose header may be damaged; `None` where that is not known.
    pub fn len_of(bytes: &[u8]) -> Option<usize> {
        let header = bytes.get(..ENTRY_HEADER)?;
        let len = ENTRY_HEADER + u32_at(header, 4) as usize;
        (len <= bytes.len()).then_some(len)
    }
}
