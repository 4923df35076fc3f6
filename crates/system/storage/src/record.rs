//! Records as their users see them, and as tables on the device list them.

use crate::{
    bytes::{u16_at, u32_at, u64_at},
    superblock::Geometry,
};
use alloc::vec::Vec;

/// The largest payload of a record: 64 MiB and a little for headers of the user's own.
pub const MAX_RECORD_BYTES: usize = (64 << 20) + (1 << 20);

/// Names a record: there is one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What sort of record it is; each user has kinds of its own.
    pub kind: u16,
    /// Which one of its kind.
    pub id: u64,
}

impl Key {
    /// The key of a kind and an id.
    pub const fn new(kind: u16, id: u64) -> Self {
        Self { kind, id }
    }
}

/// What an entry of a table says of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// There is this payload, or a piece of it.
    Put,
    /// There is none any more: a tombstone.
    Delete,
}

/// Bytes of an entry in a table.
pub(crate) const ENTRY_BYTES: usize = 40;

/// An entry of a table: a piece of a record, or a tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub key: Key,
    /// The group that wrote the record first. Copies that compaction makes keep it; of several
    /// versions of a record, the highest holds.
    pub version: u64,
    pub operation: Operation,
    /// Bytes of the record as a whole.
    pub len_bytes: u32,
    /// Which piece of it this is.
    pub piece: u32,
    /// Where in the segment the piece begins, in bytes.
    pub offset: u32,
    /// The piece's checksum.
    pub crc: u32,
}

impl Entry {
    /// Bytes of the piece.
    pub(crate) fn piece_len(&self, geometry: Geometry) -> usize {
        geometry.piece_len(self.len_bytes as usize, self.piece)
    }

    /// Bytes that it takes in a segment, in both tables.
    pub(crate) fn cost(&self, geometry: Geometry) -> u64 {
        (self.piece_len(geometry) + 2 * ENTRY_BYTES) as u64
    }

    /// Appends its bytes to a table.
    pub(crate) fn append_to(&self, table: &mut Vec<u8>) {
        table.extend_from_slice(&self.key.id.to_le_bytes());
        table.extend_from_slice(&self.version.to_le_bytes());
        table.extend_from_slice(&self.key.kind.to_le_bytes());
        table.extend_from_slice(&[matches!(self.operation, Operation::Delete).into(), 0]);
        table.extend_from_slice(&self.len_bytes.to_le_bytes());
        table.extend_from_slice(&self.piece.to_le_bytes());
        table.extend_from_slice(&self.offset.to_le_bytes());
        table.extend_from_slice(&self.crc.to_le_bytes());
        table.extend_from_slice(&[0; 4]);
    }

    /// The entry in [`ENTRY_BYTES`] bytes; `None` if it makes no sense.
    fn read(bytes: &[u8], geometry: Geometry) -> Option<Self> {
        let operation = match bytes[18] {
            0 => Operation::Put,
            1 => Operation::Delete,
            _ => return None,
        };
        let entry = Self {
            key: Key::new(u16_at(bytes, 16), u64_at(bytes, 0)),
            version: u64_at(bytes, 8),
            operation,
            len_bytes: u32_at(bytes, 20),
            piece: u32_at(bytes, 24),
            offset: u32_at(bytes, 28),
            crc: u32_at(bytes, 32),
        };
        let len_bytes = entry.len_bytes as usize;
        let is_sound = len_bytes <= MAX_RECORD_BYTES
            && len_bytes as u64 <= geometry.len_bytes()
            && entry.piece < geometry.pieces(len_bytes)
            && entry.offset as usize + entry.piece_len(geometry) <= geometry.segment_bytes();
        is_sound.then_some(entry)
    }

    /// All entries of a table; `None` if one makes no sense.
    pub(crate) fn read_table(table: &[u8], geometry: Geometry) -> Option<Vec<Self>> {
        table.chunks_exact(ENTRY_BYTES).map(|bytes| Self::read(bytes, geometry)).collect()
    }
}
