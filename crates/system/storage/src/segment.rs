//! Segments: a header page that says what the segment is for, chunks of records, and, once it is
//! full, a directory of them at the end, so that opening need not look for them.

use crate::{
    bytes::{MAX_COUNT, PAGE_BYTES, checksum, is_blank, pages, u32_at, u64_at},
    record::{ENTRY_BYTES, Entry},
    superblock::{Geometry, Superblock},
};
use alloc::vec::Vec;

const HEADER_MAGIC: [u8; 4] = *b"LSEG";
const DIRECTORY_MAGIC: [u8; 4] = *b"LDIR";
/// Bytes behind the table of a directory.
const TRAILER_BYTES: usize = 56;

/// What a segment is for. There is a third use, none: its header page is blank then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It holds records.
    Records,
    /// It holds what is to be overwritten with zeros.
    Erasing,
}

/// The header of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub usage: Use,
    /// Counts the segments in the order in which they were begun, from 1.
    pub sequence: u64,
}

/// What was found in the place of a segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundHeader {
    Blank,
    Damaged,
    Good(SegmentHeader),
}

impl SegmentHeader {
    /// The page that holds it.
    pub(crate) fn to_page(self, store: u64, segment: u32) -> Vec<u8> {
        let usage: u32 = match self.usage {
            Use::Records => 1,
            Use::Erasing => 2,
        };
        let mut page = Vec::with_capacity(PAGE_BYTES);
        page.extend_from_slice(&HEADER_MAGIC);
        page.extend_from_slice(&usage.to_le_bytes());
        page.extend_from_slice(&self.sequence.to_le_bytes());
        page.extend_from_slice(&store.to_le_bytes());
        page.extend_from_slice(&segment.to_le_bytes());
        let crc = checksum(&page);
        page.extend_from_slice(&crc.to_le_bytes());
        page.resize(PAGE_BYTES, 0);
        page
    }

    /// What the header page of a segment of this store holds.
    pub(crate) fn read(page: &[u8], store: u64, segment: u32) -> FoundHeader {
        if is_blank(page) {
            return FoundHeader::Blank;
        }
        let is_good = page[..4] == HEADER_MAGIC
            && checksum(&page[..28]) == u32_at(page, 28)
            && (u64_at(page, 16), u32_at(page, 24)) == (store, segment);
        let usage = match u32_at(page, 4) {
            1 => Use::Records,
            2 => Use::Erasing,
            _ => return FoundHeader::Damaged,
        };
        let header = Self { usage, sequence: u64_at(page, 8) };
        if is_good && header.sequence <= MAX_COUNT {
            FoundHeader::Good(header)
        } else {
            FoundHeader::Damaged
        }
    }
}

/// Where a chunk stands in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkPlace {
    pub page: u32,
    pub group: u64,
    /// Its first entry among those of the segment.
    pub first_entry: u32,
}

/// The directory of a full segment: all entries of its chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub entries: Vec<Entry>,
    pub last: ChunkPlace,
}

impl Directory {
    /// Pages of a directory of so many entries.
    pub(crate) const fn pages(entries: usize) -> u32 {
        pages(entries * ENTRY_BYTES + TRAILER_BYTES)
    }

    /// Its pages, which are the last ones of the segment.
    pub(crate) fn to_pages(
        entries: &[Entry],
        last: ChunkPlace,
        store: u64,
        sequence: u64,
    ) -> Vec<u8> {
        let len = Self::pages(entries.len()) as usize * PAGE_BYTES;
        let mut bytes = Vec::with_capacity(len);
        bytes.resize(len - entries.len() * ENTRY_BYTES - TRAILER_BYTES, 0);
        let start = bytes.len();
        entries.iter().for_each(|entry| entry.append_to(&mut bytes));
        bytes.extend_from_slice(&DIRECTORY_MAGIC);
        bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&sequence.to_le_bytes());
        bytes.extend_from_slice(&store.to_le_bytes());
        bytes.extend_from_slice(&last.group.to_le_bytes());
        bytes.extend_from_slice(&last.page.to_le_bytes());
        bytes.extend_from_slice(&last.first_entry.to_le_bytes());
        bytes.extend_from_slice(&[0; 12]);
        let crc = checksum(&bytes[start..]);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// How many pages at the end of a segment have to be read, by what the very last page says;
    /// and the segment's sequence number as the directory has it.
    pub(crate) fn peek(last_page: &[u8], superblock: &Superblock) -> Option<(u32, u64)> {
        let trailer = &last_page[last_page.len() - TRAILER_BYTES..];
        let entries = u32_at(trailer, 4) as usize;
        let is_ours = trailer[..4] == DIRECTORY_MAGIC && u64_at(trailer, 16) == superblock.store;
        let most = superblock.geometry.segment_bytes() / ENTRY_BYTES;
        (is_ours && entries < most).then(|| (Self::pages(entries), u64_at(trailer, 8)))
    }

    /// The directory that the last bytes of a segment hold.
    pub(crate) fn read(bytes: &[u8], geometry: Geometry) -> Option<Self> {
        let end = bytes.len().checked_sub(TRAILER_BYTES)?;
        let (before, trailer) = bytes.split_at(end);
        let table_bytes = (u32_at(trailer, 4) as usize).checked_mul(ENTRY_BYTES)?;
        let start = before.len().checked_sub(table_bytes)?;
        if checksum(&bytes[start..bytes.len() - 4]) != u32_at(trailer, TRAILER_BYTES - 4) {
            return None;
        }
        let entries = Entry::read_table(&before[start..], geometry)?;
        let last = ChunkPlace {
            group: u64_at(trailer, 24),
            page: u32_at(trailer, 32),
            first_entry: u32_at(trailer, 36),
        };
        let is_sound = (1..geometry.segment_pages).contains(&last.page)
            && (1..=MAX_COUNT).contains(&last.group)
            && entries.iter().all(|entry| entry.version <= last.group)
            && last.first_entry as usize <= entries.len();
        is_sound.then_some(Self { entries, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Key, Operation};

    const GEOMETRY: Geometry = Geometry { segment_pages: 8, segments: 9 };

    #[test]
    fn a_header_is_good_in_its_place_and_store_only() {
        let header = SegmentHeader { usage: Use::Erasing, sequence: 5 };
        let mut page = header.to_page(7, 3);
        assert_eq!(SegmentHeader::read(&page, 7, 3), FoundHeader::Good(header));
        assert_eq!(SegmentHeader::read(&page, 7, 4), FoundHeader::Damaged);
        assert_eq!(SegmentHeader::read(&page, 8, 3), FoundHeader::Damaged);
        page[9] ^= 1;
        assert_eq!(SegmentHeader::read(&page, 7, 3), FoundHeader::Damaged);
        assert_eq!(SegmentHeader::read(&[0; 4096], 7, 3), FoundHeader::Blank);
    }

    #[test]
    fn a_directory_of_any_length_is_read_as_it_was_written() {
        let geometry = GEOMETRY;
        let superblock = Superblock { geometry, generation: 1, store: 7, last_group: 0 };
        for count in [0, 1, 100, 101, 102, 300] {
            let entry = |id| Entry {
                key: Key::new(2, id),
                version: 3,
                operation: Operation::Put,
                len_bytes: 9,
                piece: 0,
                offset: 4096,
                crc: 1,
            };
            let entries: Vec<Entry> = (0..count).map(entry).collect();
            let last = ChunkPlace { page: 2, group: 4, first_entry: 0 };
            let mut bytes = Directory::to_pages(&entries, last, 7, 5);
            let pages = Directory::pages(entries.len());
            assert_eq!(bytes.len(), pages as usize * PAGE_BYTES);
            assert_eq!(Directory::peek(&bytes, &superblock), Some((pages, 5)));
            let directory = Some(Directory { entries, last });
            assert_eq!(Directory::read(&bytes, geometry), directory);
            let at = bytes.len() - 1;
            bytes[at] ^= 1;
            assert_eq!(Directory::read(&bytes, geometry), None);
        }
    }
}
