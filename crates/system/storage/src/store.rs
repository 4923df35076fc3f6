//! The store as its users see it, and its state.

use crate::{
    batch::Batch,
    compact::Victim,
    error::{Damage, OpenError, StoreError},
    index::{Index, Status},
    pages::Pages,
    record::{Entry, Key},
    recover,
    requests::{Answer, Ask, Flight, Request, Requests},
    segment::ChunkPlace,
    superblock::{Geometry, Superblock},
};
use alloc::{collections::VecDeque, rc::Rc, vec::Vec};
use core::{cell::RefCell, ops::RangeInclusive};
use system_platform::{BlockDevice, BlockError};

/// How a device is made into a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatOptions {
    /// A number that tells this store from any that was there before: a random one.
    pub store: u64,
    /// Bytes of a segment, a multiple of 4096 from 32 KiB to 1 GiB; by the device's size if `None`.
    pub segment_bytes: Option<u32>,
}

/// How far compaction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Segments of which a quarter or more is dead: what costs little and frees much.
    Space,
    /// Every segment that holds anything that was deleted or replaced, so that none of it is left
    /// on the device.
    Erase,
}

/// How a store is filled. Bytes are of the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Records, those that are damaged too.
    pub records: usize,
    /// Tombstones that are kept, since older versions of their records are still on the device.
    pub tombstones: usize,
    /// Bytes of all segments.
    pub total_bytes: u64,
    /// Bytes that records take.
    pub live_bytes: u64,
    /// Bytes of segments that are free, those that are in reserve for compaction too.
    pub free_bytes: u64,
    /// Bytes of segments that are still to be overwritten with zeros.
    pub erasing_bytes: u64,
    /// Bytes of segments that are damaged and therefore left alone.
    pub damaged_bytes: u64,
}

/// The segment to which is written.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub segment: u32,
    pub sequence: u64,
    /// The first page that is free.
    pub page: u32,
    /// Everything in its chunks, for the directory.
    pub entries: Vec<Entry>,
    pub last: Option<ChunkPlace>,
}

/// What changes.
pub(crate) struct State {
    pub superblock: Superblock,
    pub index: Index,
    pub head: Option<Head>,
    /// The number of the segment that was begun last.
    pub last_sequence: u64,
    /// The number of the group that was written last.
    pub last_group: u64,
    /// Free segments, the one that is free the longest first.
    pub free: VecDeque<u32>,
    /// Segments that are being overwritten, and the next page to do.
    pub erasing: VecDeque<(u32, u32)>,
    pub victim: Option<Victim>,
    pub damages: Vec<Damage>,
    /// There may be records that nobody has seen, so tombstones are kept.
    pub has_lost_entries: bool,
    pub is_read_only: bool,
    pub broken: Option<BlockError>,
}

/// A store without those who wait for it.
pub(crate) struct Shared<'d> {
    pub pages: Pages<'d>,
    pub state: RefCell<State>,
    pub requests: RefCell<Requests>,
}

impl Shared<'_> {
    /// How the device is divided.
    pub(crate) fn geometry(&self) -> Geometry {
        self.state.borrow().superblock.geometry
    }

    /// The device's page of a segment's page.
    pub(crate) fn page(&self, segment: u32, page: u32) -> u64 {
        self.geometry().first_page(segment) + u64::from(page)
    }

    /// Remembers a damaged place, once.
    pub(crate) fn report(&self, damage: Damage) {
        let damages = &mut self.state.borrow_mut().damages;
        if !damages.contains(&damage) {
            damages.push(damage);
        }
    }

    /// Writes the other superblock. It holds from the next flush on at the latest.
    pub(crate) async fn write_superblock(&self) -> Result<(), BlockError> {
        let superblock = {
            let state = &mut *self.state.borrow_mut();
            state.superblock.generation += 1;
            state.superblock.last_group = state.last_group;
            state.superblock
        };
        self.pages.write(superblock.page(), &superblock.to_page()).await
    }
}

/// A store of records on a device.
///
/// One of each device at a time: stores know nothing of each other. Dropping it loses nothing that
/// was acknowledged; [`Store::close`] before that lets the next opening tell more damage.
pub struct Store<'d> {
    pub(crate) shared: Rc<Shared<'d>>,
    pub(crate) flight: RefCell<Option<Flight<'d>>>,
}

impl<'d> Store<'d> {
    /// Makes a device into an empty store. What was on it is overwritten with zeros by compaction,
    /// segment by segment, before anything else is written there.
    ///
    /// # Errors
    /// The device is too small, its blocks do not divide 4096 bytes, it fails.
    pub async fn format(
        device: Rc<dyn BlockDevice + 'd>,
        options: FormatOptions,
    ) -> Result<(), OpenError> {
        let len_bytes = device.info().len_bytes();
        let pages = recover::pages_of(device)?;
        let geometry = Geometry::of(len_bytes, options.segment_bytes)?;
        recover::format(&pages, geometry, options.store).await
    }

    /// Opens the store on a device. What a power cut has left of changes that were never
    /// acknowledged is removed.
    ///
    /// Reads a page of each segment and the directories of those in use, the table entries of one
    /// segment, and the payloads of the last group; not what the records hold.
    ///
    /// # Errors
    /// There is no store, it is one of a later version, it has lost its end, the device fails.
    pub async fn open(device: Rc<dyn BlockDevice + 'd>) -> Result<Self, OpenError> {
        Self::open_as(device, false).await
    }

    /// Opens the store on a device for reading only. Nothing is written; a store of a later version
    /// that allows it and one that has lost its end can be opened so too.
    ///
    /// # Errors
    /// There is no store, it is one of a later version, the device fails.
    pub async fn open_read_only(device: Rc<dyn BlockDevice + 'd>) -> Result<Self, OpenError> {
        Self::open_as(device, true).await
    }

    async fn open_as(
        device: Rc<dyn BlockDevice + 'd>,
        is_read_only: bool,
    ) -> Result<Self, OpenError> {
        let shared = recover::open(recover::pages_of(device)?, is_read_only).await?;
        Ok(Self { shared: Rc::new(shared), flight: RefCell::new(None) })
    }

    /// Makes changes durable: after `Ok` they are there whatever happens to the power. Batches that
    /// are committed meanwhile share the next flush, in the order in which their commits were first
    /// polled.
    ///
    /// A future that is dropped before its batch is begun leaves nothing; later, the batch is
    /// written or not. Payloads of more than 4 MiB in all yield to other tasks.
    ///
    /// # Errors
    /// No room, a record that is too large, a store that is read-only or broken: nothing was written.
    /// [`StoreError::Device`]: perhaps it was; the store is broken then, and to be opened anew.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        batch.check()?;
        self.writable()?;
        if batch.is_empty() {
            return Ok(());
        }
        Ask::new(self, Request::Commit(batch)).await.map(|_| ())
    }

    /// A step of compaction: at most about a mebibyte is read and written. `true` if there is more
    /// to do. Call it in the background while it says so, and again after deletions.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn compact_step(&self, effort: Effort) -> Result<bool, StoreError> {
        self.writable()?;
        let answer = Ask::new(self, Request::Compact(effort)).await?;
        Ok(answer == Answer::More)
    }

    /// Writes down that everything up to now was acknowledged, so that damage to the last changes is
    /// not taken for changes that were never acknowledged. For the end of a session, and for moments
    /// in which nothing happens.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn close(&self) -> Result<(), StoreError> {
        self.writable()?;
        Ask::new(self, Request::Close).await.map(|_| ())
    }

    /// The payload of a record, or `None` if there is no such record.
    ///
    /// # Errors
    /// The record is damaged, does not fit memory, or the device failed.
    pub async fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.get(key).await
    }

    /// Shows all records of some kinds to a visitor, in the order in which they stand on the device,
    /// so that it is read in long runs. Of memory it takes 128 KiB, one record of those larger than
    /// that, and 24 bytes for each record of the kinds. Damaged records are shown as such.
    ///
    /// Records that are changed meanwhile may be shown as they were or as they are.
    ///
    /// # Errors
    /// The device failed.
    pub async fn visit(
        &self,
        kinds: RangeInclusive<u16>,
        mut visitor: impl FnMut(Key, Result<&[u8], StoreError>),
    ) -> Result<(), StoreError> {
        self.shared.visit(kinds, &mut visitor).await
    }

    /// Whether there is a record of this key, damaged or not, and how long it is, in bytes.
    pub fn len_bytes(&self, key: Key) -> Option<usize> {
        let state = self.shared.state.borrow();
        state.index.record(key).map(|slot| slot.len_bytes as usize)
    }

    /// Keys of all records of some kinds, in their order.
    pub fn keys(&self, kinds: RangeInclusive<u16>) -> Vec<Key> {
        let range = Key::new(*kinds.start(), 0)..=Key::new(*kinds.end(), u64::MAX);
        let state = self.shared.state.borrow();
        if range.is_empty() {
            return Vec::new();
        }
        let keys = state.index.slots.range(range).map(|(key, _)| *key);
        keys.filter(|key| state.index.record(*key).is_some()).collect()
    }

    /// The highest id of a kind, of records and of those whose deletion is still remembered.
    pub fn last_id(&self, kind: u16) -> Option<u64> {
        let range = Key::new(kind, 0)..=Key::new(kind, u64::MAX);
        let state = self.shared.state.borrow();
        state.index.slots.range(range).next_back().map(|(key, _)| key.id)
    }

    /// How it is filled.
    pub fn usage(&self) -> Usage {
        let state = self.shared.state.borrow();
        let segment_bytes = state.superblock.geometry.segment_bytes() as u64;
        let tombstones =
            state.index.slots.keys().filter(|key| state.index.record(**key).is_none()).count();
        let mut usage =
            Usage { records: state.index.slots.len() - tombstones, tombstones, ..Usage::default() };
        for segment in &state.index.segments {
            usage.total_bytes += segment_bytes;
            usage.live_bytes += segment.live_bytes;
            match segment.status {
                Status::Free => usage.free_bytes += segment_bytes,
                Status::Erasing => usage.erasing_bytes += segment_bytes,
                Status::Lost => usage.damaged_bytes += segment_bytes,
                Status::Records { .. } if segment.is_damaged => {
                    usage.damaged_bytes += segment_bytes;
                }
                Status::Records { .. } => {}
            }
        }
        usage
    }

    /// Damaged places that were met so far, when it was opened and since then.
    pub fn damages(&self) -> Vec<Damage> {
        self.shared.state.borrow().damages.clone()
    }

    fn writable(&self) -> Result<(), StoreError> {
        let state = self.shared.state.borrow();
        match state.broken {
            _ if state.is_read_only => Err(StoreError::ReadOnly),
            Some(error) => Err(StoreError::Broken(error)),
            None => Ok(()),
        }
    }
}
