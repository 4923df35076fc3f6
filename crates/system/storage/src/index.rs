//! Where every record stands, and how much of each segment is alive. In memory only: opening makes
//! it anew from the tables of the segments.

use crate::{
    record::{Entry, Key, Operation},
    superblock::Geometry,
};
use alloc::{boxed::Box, collections::BTreeMap, vec, vec::Vec};

/// Where a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub segment: u32,
    pub offset: u32,
    pub crc: u32,
}

impl Piece {
    /// A piece of which nothing was found.
    const MISSING: Self = Self { segment: u32::MAX, offset: 0, crc: 0 };

    pub(crate) const fn is_missing(&self) -> bool {
        self.segment == u32::MAX
    }
}

/// The version of a record that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub version: u64,
    pub operation: Operation,
    pub len_bytes: u32,
    /// Entries of the key on the device, of this version and of others. A tombstone is needed as
    /// long as there are others.
    pub on_disk: u32,
    first: Piece,
    rest: Box<[Piece]>,
}

impl Slot {
    fn new(entry: &Entry, on_disk: u32, geometry: Geometry) -> Self {
        let rest = geometry.pieces(entry.len_bytes as usize) - 1;
        Self {
            version: entry.version,
            operation: entry.operation,
            len_bytes: entry.len_bytes,
            on_disk,
            first: Piece::MISSING,
            rest: vec![Piece::MISSING; rest as usize].into(),
        }
    }

    /// Its pieces in order. A tombstone has one, which is empty.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        core::iter::once(&self.first).chain(&self.rest)
    }

    /// One of its pieces.
    pub(crate) fn piece(&self, piece: u32) -> Option<&Piece> {
        match piece.checked_sub(1) {
            None => Some(&self.first),
            Some(rest) => self.rest.get(rest as usize),
        }
    }

    fn piece_mut(&mut self, piece: u32) -> Option<&mut Piece> {
        match piece.checked_sub(1) {
            None => Some(&mut self.first),
            Some(rest) => self.rest.get_mut(rest as usize),
        }
    }
}

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Zeros.
    Free,
    /// Records. The number counts segments in the order in which they were begun.
    Records { sequence: u64 },
    /// What is to be overwritten.
    Erasing,
    /// Nobody knows: it is left alone.
    Lost,
}

/// What is known of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub status: Status,
    /// Entries in its tables.
    pub entries: u32,
    /// Those of them that the index points to.
    pub live_entries: u32,
    /// What these cost, in bytes.
    pub live_bytes: u64,
    /// Something in it cannot be read, so it is not compacted.
    pub is_damaged: bool,
}

impl Segment {
    /// A segment with nothing in it that is known.
    pub(crate) const fn new(status: Status) -> Self {
        Self { status, entries: 0, live_entries: 0, live_bytes: 0, is_damaged: false }
    }
}

/// All records, and all segments.
pub(crate) struct Index {
    pub geometry: Geometry,
    pub segments: Vec<Segment>,
    pub slots: BTreeMap<Key, Slot>,
}

impl Index {
    /// An index without records.
    pub(crate) fn new(geometry: Geometry) -> Self {
        let segments = vec![Segment::new(Status::Free); geometry.segments as usize];
        Self { geometry, segments, slots: BTreeMap::new() }
    }

    /// The record's version that holds, unless it is deleted.
    pub(crate) fn record(&self, key: Key) -> Option<&Slot> {
        self.slots.get(&key).filter(|slot| slot.operation == Operation::Put)
    }

    /// Takes note of an entry in a table. Tables may come in any order; of two copies of a piece,
    /// the one that is told of later holds.
    pub(crate) fn apply(&mut self, segment: u32, entry: &Entry) {
        let geometry = self.geometry;
        self.segments[segment as usize].entries += 1;
        let slot = self.slots.entry(entry.key).or_insert_with(|| Slot::new(entry, 0, geometry));
        slot.on_disk += 1;
        if entry.version < slot.version {
            return;
        }
        if entry.version > slot.version {
            let new = Slot::new(entry, slot.on_disk, geometry);
            let old = core::mem::replace(slot, new);
            for (number, piece) in (0..).zip(old.pieces()) {
                let cost =
                    Entry { piece: number, len_bytes: old.len_bytes, ..*entry }.cost(geometry);
                drop_live(&mut self.segments, piece, cost);
            }
        }
        // Two different records of one version are no work of ours; the first one holds.
        let is_same = slot.operation == entry.operation && slot.len_bytes == entry.len_bytes;
        let Some(piece) = slot.piece_mut(entry.piece).filter(|_| is_same) else { return };
        let cost = entry.cost(geometry);
        drop_live(&mut self.segments, piece, cost);
        *piece = Piece { segment, offset: entry.offset, crc: entry.crc };
        let segment = &mut self.segments[segment as usize];
        segment.live_entries += 1;
        segment.live_bytes += cost;
    }

    /// Whether the index points to this entry of a segment.
    pub(crate) fn is_live(&self, segment: u32, entry: &Entry) -> bool {
        self.slots.get(&entry.key).is_some_and(|slot| {
            let piece = slot.piece(entry.piece);
            slot.version == entry.version
                && piece
                    .is_some_and(|piece| (piece.segment, piece.offset) == (segment, entry.offset))
        })
    }

    /// Takes note that an entry is no longer on the device, which nothing pointed to but tombstones
    /// that nobody needs.
    pub(crate) fn forget(&mut self, key: Key) {
        let Some(slot) = self.slots.get_mut(&key) else { return };
        slot.on_disk = slot.on_disk.saturating_sub(1);
        if slot.on_disk == 0 {
            self.slots.remove(&key);
        }
    }
}

fn drop_live(segments: &mut [Segment], piece: &Piece, cost: u64) {
    if let Some(segment) = segments.get_mut(piece.segment as usize) {
        segment.live_entries = segment.live_entries.saturating_sub(1);
        segment.live_bytes = segment.live_bytes.saturating_sub(cost);
    }
}
