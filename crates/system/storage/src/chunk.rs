//! Chunks: the part of a group that stands in one segment. A chunk begins with a table of what is in
//! it, so that its records can be found without reading them, and takes whole pages.
//!
//! A group is what was made durable by one flush. The next group is begun only after that, so all
//! groups but the last are whole, whatever power cuts do.

use crate::{
    bytes::{MAX_COUNT, PAGE_BYTES, checksum_of_two, pages, u32_at, u64_at},
    record::{ENTRY_BYTES, Entry},
    superblock::Geometry,
};
use alloc::vec::Vec;

const MAGIC: [u8; 4] = *b"LCHK";
/// Bytes before the table; the last four are the checksum.
const HEADER_BYTES: usize = 56;

/// The header of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkHeader {
    pub store: u64,
    /// The sequence number of its segment.
    pub sequence: u64,
    /// Its first page in the segment.
    pub page: u32,
    /// Groups are numbered in the order of their writing, from 1.
    pub group: u64,
    /// Which chunk of the group it is.
    pub index: u32,
    /// Whether it is the last one of the group.
    pub is_last: bool,
    pub entries: u32,
    /// Bytes of the pieces behind the table.
    pub payload_bytes: u32,
}

impl ChunkHeader {
    /// Bytes before the payload.
    pub(crate) const fn table_end(entries: usize) -> usize {
        HEADER_BYTES + entries * ENTRY_BYTES
    }

    /// Pages of a chunk.
    pub(crate) const fn pages_of(entries: usize, payload_bytes: usize) -> u32 {
        pages(Self::table_end(entries) + payload_bytes)
    }

    /// Pages of this chunk.
    pub(crate) const fn pages(&self) -> u32 {
        Self::pages_of(self.entries as usize, self.payload_bytes as usize)
    }

    /// Pages of its header and table.
    pub(crate) const fn table_pages(&self) -> u32 {
        pages(Self::table_end(self.entries as usize))
    }

    /// Header and table.
    pub(crate) fn to_bytes(self, entries: &[Entry]) -> Vec<u8> {
        let mut header = Vec::with_capacity(Self::table_end(entries.len()));
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&self.entries.to_le_bytes());
        header.extend_from_slice(&self.group.to_le_bytes());
        header.extend_from_slice(&self.index.to_le_bytes());
        header.extend_from_slice(&u32::from(self.is_last).to_le_bytes());
        header.extend_from_slice(&self.sequence.to_le_bytes());
        header.extend_from_slice(&self.store.to_le_bytes());
        header.extend_from_slice(&self.page.to_le_bytes());
        header.extend_from_slice(&self.payload_bytes.to_le_bytes());
        header.extend_from_slice(&[0; 8]);
        entries.iter().for_each(|entry| entry.append_to(&mut header));
        // The table is not there yet when the header ends, so the checksum is put in between.
        let crc = checksum_of_two(&header[..HEADER_BYTES - 4], &header[HEADER_BYTES..]);
        header[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// What a page says that may be the first of a chunk. Whether it is true says [`Self::table`].
    pub(crate) fn peek(page: &[u8], geometry: Geometry) -> Option<Self> {
        if page[..4] != MAGIC {
            return None;
        }
        let header = Self {
            entries: u32_at(page, 4),
            group: u64_at(page, 8),
            index: u32_at(page, 16),
            is_last: u32_at(page, 20) == 1,
            sequence: u64_at(page, 24),
            store: u64_at(page, 32),
            page: u32_at(page, 40),
            payload_bytes: u32_at(page, 44),
        };
        let bytes = u64::from(header.entries) * ENTRY_BYTES as u64
            + u64::from(header.payload_bytes)
            + HEADER_BYTES as u64;
        let start = u64::from(header.page) * PAGE_BYTES as u64;
        let is_sound = start + bytes <= geometry.segment_bytes() as u64
            && header.page > 0
            && header.group > 0
            && header.group.max(header.sequence) <= MAX_COUNT;
        is_sound.then_some(header)
    }

    /// The table, from the first pages of the chunk; `None` if they are not as they were written.
    pub(crate) fn table(&self, bytes: &[u8], geometry: Geometry) -> Option<Vec<Entry>> {
        let table = bytes.get(HEADER_BYTES..Self::table_end(self.entries as usize))?;
        let crc = checksum_of_two(&bytes[..HEADER_BYTES - 4], table);
        if crc != u32_at(bytes, HEADER_BYTES - 4) {
            return None;
        }
        let entries = Entry::read_table(table, geometry)?;
        entries.iter().all(|entry| entry.version <= self.group).then_some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Key, Operation};
    use alloc::vec;
    use proptest::prelude::*;

    const GEOMETRY: Geometry = Geometry { segment_pages: 8, segments: 9 };

    fn entry() -> impl Strategy<Value = Entry> {
        (any::<u16>(), any::<u64>(), 1..9_u64, any::<bool>(), 0..9000_u32, 0..20_000_u32).prop_map(
            |(kind, id, version, is_put, len_bytes, offset)| Entry {
                key: Key::new(kind, id),
                version,
                operation: if is_put { Operation::Put } else { Operation::Delete },
                len_bytes,
                piece: len_bytes / 4097,
                offset,
                crc: len_bytes ^ 7,
            },
        )
    }

    proptest! {
        #[test]
        fn tables_are_read_as_they_were_written_and_not_with_any_bit_flipped(
            entries in proptest::collection::vec(entry(), 0..60),
            bit in any::<proptest::sample::Index>(),
        ) {
            let header = ChunkHeader {
                store: 3,
                sequence: 9,
                page: 2,
                group: 8,
                index: 1,
                is_last: true,
                entries: entries.len() as u32,
                payload_bytes: 100,
            };
            let mut bytes = header.to_bytes(&entries);
            prop_assert_eq!(ChunkHeader::peek(&bytes, GEOMETRY), Some(header));
            prop_assert_eq!(header.table(&bytes, GEOMETRY), Some(entries));
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = ChunkHeader::peek(&bytes, GEOMETRY);
            prop_assert_eq!(flipped.and_then(|header| header.table(&bytes, GEOMETRY)), None);
        }

        #[test]
        fn any_bytes_are_no_chunk(mut bytes in proptest::collection::vec(any::<u8>(), 4096)) {
            prop_assert_eq!(ChunkHeader::peek(&bytes, GEOMETRY), None);
            bytes[..4].copy_from_slice(&MAGIC);
            let table = ChunkHeader::peek(&bytes, GEOMETRY).and_then(|h| h.table(&bytes, GEOMETRY));
            prop_assert_eq!(table, None);
            prop_assert_eq!(ChunkHeader::peek(&vec![0; 4096], GEOMETRY), None);
        }
    }
}
