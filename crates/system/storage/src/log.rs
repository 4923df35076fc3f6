//! The log: what is where, and reading it.

use crate::{
    StoreError,
    layout::{
        ENTRY_HEADER, EntryHeader, GROUP_HEADER, Operation, PAGE_BYTES, SUPERBLOCKS, Superblock,
    },
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    vec,
    vec::Vec,
};
use system_platform::{BlockDevice, BlockError};

/// An append-only log of records.
///
/// Places in it are counted in pages without the segments' headers: page `p` stands in the segment of
/// sequence number `p / data_pages`. A place never changes what it means.
pub struct Log {
    pub(crate) device: Rc<dyn BlockDevice>,
    pub(crate) superblock: Superblock,
    /// Where the segments of the log stand, the oldest first; `None` for one that is not to be found.
    pub(crate) chain: VecDeque<Option<Link>>,
    /// Segments that are not in the log.
    pub(crate) free: VecDeque<u32>,
    /// Where each record that is alive stands.
    pub(crate) index: BTreeMap<u64, Place>,
    /// The same by place: the entries' first bytes.
    pub(crate) by_place: BTreeMap<u64, u64>,
    /// The page in which the next group begins.
    pub(crate) head: u64,
    /// The next group's number.
    pub(crate) next_group: u64,
    /// Entries that wait for [`Log::commit`].
    pub(crate) batch: Vec<Change>,
    /// Bytes that they take.
    pub(crate) batch_bytes: u64,
    pub(crate) live_bytes: u64,
    /// Bytes of the largest group's body.
    pub(crate) largest_group: u64,
    pub(crate) is_read_only: bool,
    pub(crate) is_broken: bool,
}

/// A segment of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where it stands on the device.
    pub segment: u32,
    /// The page of the log in which the first group begins that begins in it; the next segment's first
    /// page if none does.
    pub first_group: u64,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The byte of the log at which its entry begins.
    pub at: u64,
    pub kind: u16,
    pub len_bytes: u32,
}

/// A change that waits.
pub(crate) struct Change {
    pub header: EntryHeader,
    pub payload: Vec<u8>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: u64,
    /// Its kind.
    pub kind: u16,
    /// What it says.
    pub payload: Vec<u8>,
}

/// How full a store is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// All that it can hold, the reserve for compaction left out.
    pub capacity: u64,
    /// Records that are alive.
    pub live: u64,
    /// Records that were replaced or deleted, and padding: what compaction gives back.
    pub dead: u64,
    /// Records that are alive.
    pub records: usize,
}

impl Log {
    /// The record of this id, as it was committed last; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read, or not as it was written.
    pub async fn get(&self, id: u64) -> Result<Option<Record>, StoreError> {
        let Some(place) = self.index.get(&id) else { return Ok(None) };
        let len = ENTRY_HEADER + place.len_bytes as usize;
        let bytes = self.read(place.at, len).await?;
        match EntryHeader::read(&bytes) {
            Some((header, payload)) if header.id == id && header.kind == place.kind => {
                Ok(Some(Record { id, kind: header.kind, payload: payload.into() }))
            }
            _ => Err(StoreError::Damaged { id }),
        }
    }

    /// The ids of all records of a kind, in order.
    pub fn ids(&self, kind: u16) -> impl Iterator<Item = u64> + '_ {
        self.index.iter().filter(move |(_, place)| place.kind == kind).map(|(id, _)| *id)
    }

    /// The kind of a record.
    pub fn kind(&self, id: u64) -> Option<u16> {
        self.index.get(&id).map(|place| place.kind)
    }

    /// The highest id that is alive; 0 without records.
    pub fn last_id(&self) -> u64 {
        self.index.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// How full it is.
    pub fn usage(&self) -> Usage {
        let page = PAGE_BYTES as u64;
        let used = (self.head - self.superblock.tail * self.data_pages()) * page;
        let segments = u64::from(self.superblock.segments) - self.reserve(self.largest_group);
        Usage {
            capacity: segments * self.data_pages() * page,
            live: self.live_bytes,
            dead: used.saturating_sub(self.live_bytes),
            records: self.index.len(),
        }
    }

    /// Whether nothing can be written.
    pub const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Pages of a segment that hold data.
    pub(crate) const fn data_pages(&self) -> u64 {
        self.superblock.segment_pages as u64 - 1
    }

    /// The sequence number behind the newest segment's.
    pub(crate) fn chain_end(&self) -> u64 {
        self.superblock.tail + self.chain.len() as u64
    }

    /// The page of the device on which a segment begins.
    pub(crate) const fn segment_page(&self, segment: u32) -> u64 {
        SUPERBLOCKS + segment as u64 * self.superblock.segment_pages as u64
    }

    /// The page of the device that is page `page` of the log, and how many from there on stand in the
    /// same segment; `None` where there is none.
    pub(crate) fn locate(&self, page: u64) -> Option<(u64, u64)> {
        let (sequence, offset) = (page / self.data_pages(), page % self.data_pages());
        let at = usize::try_from(sequence.checked_sub(self.superblock.tail)?).ok()?;
        let link = (*self.chain.get(at)?)?;
        Some((self.segment_page(link.segment) + 1 + offset, self.data_pages() - offset))
    }

    /// `len` bytes of the log from byte `at` on.
    pub(crate) async fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        let page_bytes = PAGE_BYTES as u64;
        let first = at / page_bytes;
        let end = (at + len as u64).div_ceil(page_bytes);
        let mut bytes = vec![0; (end - first) as usize * PAGE_BYTES];
        let mut page = first;
        while page < end {
            let (on_device, behind) = self.locate(page).ok_or(BlockError::Gone)?;
            let count = behind.min(end - page);
            let from = (page - first) as usize * PAGE_BYTES;
            let part = &mut bytes[from..from + count as usize * PAGE_BYTES];
            read_pages(&*self.device, on_device, part).await?;
            page += count;
        }
        let skipped = (at % page_bytes) as usize;
        bytes.truncate(skipped + len);
        bytes.drain(..skipped);
        Ok(bytes)
    }

    /// Takes a change that is durable into the index; the entry stands at byte `at` of the log.
    pub(crate) fn apply(&mut self, header: EntryHeader, at: u64) {
        if header.operation == Operation::Fill {
            return;
        }
        if let Some(old) = self.index.remove(&header.id) {
            self.by_place.remove(&old.at);
            self.live_bytes -= entry_bytes(old.len_bytes);
        }
        if header.operation == Operation::Put {
            let place = Place { at, kind: header.kind, len_bytes: header.len_bytes };
            self.index.insert(header.id, place);
            self.by_place.insert(at, header.id);
            self.live_bytes += entry_bytes(header.len_bytes);
        }
    }
}

/// Bytes that an entry takes.
pub(crate) const fn entry_bytes(payload: u32) -> u64 {
    ENTRY_HEADER as u64 + payload as u64
}

/// Pages that a group with such a body takes.
pub(crate) const fn group_pages(body_bytes: u64) -> u64 {
    (GROUP_HEADER as u64 + body_bytes).div_ceil(PAGE_BYTES as u64)
}

/// Reads whole pages of a device.
pub(crate) async fn read_pages(
    device: &dyn BlockDevice,
    page: u64,
    buffer: &mut [u8],
) -> Result<(), BlockError> {
    let blocks = PAGE_BYTES as u64 / u64::from(device.info().block_bytes);
    device.read(page * blocks, buffer).await
}

/// Writes whole pages of a device.
pub(crate) async fn write_pages(
    device: &dyn BlockDevice,
    page: u64,
    bytes: &[u8],
) -> Result<(), BlockError> {
    let blocks = PAGE_BYTES as u64 / u64::from(device.info().block_bytes);
    device.write(page * blocks, bytes).await
}
