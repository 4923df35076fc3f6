//! Making a store, and opening one: after a power cut what was acknowledged is there, a batch that was
//! under way is there wholly or not at all.

use crate::{
    Log, OpenError, StoreError,
    layout::{
        ENTRY_HEADER, EntryHeader, Found, GROUP_HEADER, GroupHeader, LEAST_SEGMENTS, PAGE_BYTES,
        SUPERBLOCKS, SegmentHeader, Superblock, VERSION,
    },
    log::{Link, group_pages, read_pages, write_pages},
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    vec,
    vec::Vec,
};
use core::fmt;
use system_platform::{BlockDevice, BlockError};

/// Segments are made as large as this many are still needed.
const WANTED_SEGMENTS: u64 = 256;
/// Pages of a segment: 32 KiB at least, 4 MiB at most.
const SEGMENT_PAGES: core::ops::RangeInclusive<u64> = 8..=1024;

/// What opening a store has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// What is damaged; everything else can be read.
    pub damage: Vec<Damage>,
    /// Whether a batch at the end was cut off, which a power cut has kept from being acknowledged (or
    /// damage behind which nothing follows).
    pub is_tail_cut: bool,
    /// Bytes that were read.
    pub read_bytes: u64,
}

/// Damage that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One of the two superblocks.
    Superblock,
    /// A segment that belongs to the log is not to be found.
    Segment {
        /// Its place in the log.
        sequence: u64,
    },
    /// A batch: of its records those that are whole are there.
    Group {
        /// The page of the log where it begins.
        page: u64,
    },
    /// Pages that the device cannot read.
    Unreadable {
        /// The first of them, on the device.
        page: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superblock => f.write_str("one of the two superblocks is damaged"),
            Self::Segment { sequence } => write!(f, "segment {sequence} is missing"),
            Self::Group { page } => write!(f, "the batch at page {page} of the log is damaged"),
            Self::Unreadable { page } => write!(f, "page {page} of the disk cannot be read"),
        }
    }
}

/// A group whose body is not what its header says.
struct Suspect {
    page: u64,
    number: u64,
    /// Its entries that are whole, and where they stand.
    whole: Vec<(EntryHeader, u64)>,
}

impl Log {
    /// Makes an empty store, whatever is on the device. `store` is a number that no other store has.
    ///
    /// # Errors
    /// A device that is too small, or fails.
    pub async fn format(device: Rc<dyn BlockDevice>, store: u64) -> Result<Self, OpenError> {
        let pages = device.info().len_bytes() / PAGE_BYTES as u64;
        let least = SUPERBLOCKS + u64::from(LEAST_SEGMENTS) * SEGMENT_PAGES.start();
        if pages < least {
            let page = PAGE_BYTES as u64;
            return Err(OpenError::TooSmall { found: pages * page, needed: least * page });
        }
        let room = pages - SUPERBLOCKS;
        let segment_pages =
            (room / WANTED_SEGMENTS).clamp(*SEGMENT_PAGES.start(), *SEGMENT_PAGES.end());
        let superblock = Superblock {
            generation: SUPERBLOCKS,
            store,
            segment_pages: segment_pages as u32,
            segments: u32::try_from(room / segment_pages).unwrap_or(u32::MAX),
            tail: 1,
        };
        // What an earlier store has left is of another number, and its second superblock goes first.
        write_pages(&*device, 1, &vec![0; PAGE_BYTES]).await?;
        device.flush().await?;
        write_pages(&*device, 0, &superblock.to_page()).await?;
        device.flush().await?;
        Ok(Self::empty(device, superblock))
    }

    fn empty(device: Rc<dyn BlockDevice>, superblock: Superblock) -> Self {
        Self {
            device,
            chain: VecDeque::new(),
            free: (0..superblock.segments).collect(),
            index: BTreeMap::new(),
            by_place: BTreeMap::new(),
            head: superblock.tail * (u64::from(superblock.segment_pages) - 1),
            next_group: 1,
            batch: Vec::new(),
            batch_bytes: 0,
            live_bytes: 0,
            largest_group: 0,
            is_read_only: false,
            is_broken: false,
            superblock,
        }
    }

    /// Opens a store, and finishes what a power cut has interrupted.
    ///
    /// # Errors
    /// No store, one of a later version, a device that has shrunk, or fails.
    pub async fn open(device: Rc<dyn BlockDevice>) -> Result<(Self, Opened), OpenError> {
        let is_read_only = device.info().is_read_only;
        let (mut log, opened) = Self::open_read_only(device).await?;
        if !is_read_only {
            log.is_read_only = false;
            log.clear_leftovers().await.map_err(|error| match error {
                StoreError::Device(error) => OpenError::Device(error),
                _ => OpenError::Device(BlockError::Gone),
            })?;
        }
        Ok((log, opened))
    }

    /// Opens a store without writing anything.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub async fn open_read_only(device: Rc<dyn BlockDevice>) -> Result<(Self, Opened), OpenError> {
        let mut opened = Opened::default();
        let superblock = superblock(&*device, &mut opened).await?;
        let found = device.info().len_bytes();
        if superblock.len_bytes() > found {
            return Err(OpenError::Shrunk { needed: superblock.len_bytes(), found });
        }
        let mut log = Self::empty(device, superblock);
        log.is_read_only = true;
        log.find_chain(&mut opened).await;
        log.replay(&mut opened).await;
        Ok((log, opened))
    }

    /// Finds the segments of the log.
    async fn find_chain(&mut self, opened: &mut Opened) {
        let data_pages = self.data_pages();
        let mut links = BTreeMap::new();
        let mut page = vec![0; PAGE_BYTES];
        for segment in 0..self.superblock.segments {
            let on_device = self.segment_page(segment);
            opened.read_bytes += PAGE_BYTES as u64;
            if read_pages(&*self.device, on_device, &mut page).await.is_err() {
                opened.damage.push(Damage::Unreadable { page: on_device });
                continue;
            }
            let pages = self.superblock.segment_pages;
            if let Some(header) = SegmentHeader::read(&page, self.superblock.store, pages)
                && header.sequence >= self.superblock.tail
            {
                // Behind the header's page.
                let offset = u64::from(header.first_group) - 1;
                let first_group = header.sequence * data_pages + offset;
                links.insert(header.sequence, Link { segment, first_group });
            }
        }
        let tail = self.superblock.tail;
        let end = links.last_key_value().map_or(tail, |(sequence, _)| sequence + 1);
        // A number that is far off is none of this log.
        let end = end.min(tail + u64::from(self.superblock.segments));
        self.chain = (tail..end).map(|sequence| links.get(&sequence).copied()).collect();
        let taken: Vec<u32> = self.chain.iter().flatten().map(|link| link.segment).collect();
        self.free.retain(|segment| !taken.contains(segment));
        let missing = (tail..end).filter(|sequence| !links.contains_key(sequence));
        opened.damage.extend(missing.map(|sequence| Damage::Segment { sequence }));
    }

    /// Reads all groups in order.
    async fn replay(&mut self, opened: &mut Opened) {
        let pages = self.data_pages();
        let end = self.chain_end() * pages;
        let mut suspects: Vec<Suspect> = Vec::new();
        let mut page = self.superblock.tail * pages;
        let mut segment = Segment::default();
        // Whether it is known that a group begins at `page`.
        let mut is_in_step = false;
        while page < end {
            let sequence = page / pages;
            let Some(link) = self.chain[(sequence - self.superblock.tail) as usize] else {
                (page, is_in_step) = ((sequence + 1) * pages, false);
                continue;
            };
            if !is_in_step && page < link.first_group {
                page = link.first_group;
                continue;
            }
            let found = self.group_at(page, &mut segment, opened).await;
            let Some((group, body)) = found else {
                (page, is_in_step) = (page + 1, false);
                continue;
            };
            if group.number < self.next_group && self.next_group > 1 {
                // Left from before; what stood here was cut off then.
                (page, is_in_step) = (page + 1, false);
                continue;
            }
            let start = page * PAGE_BYTES as u64 + GROUP_HEADER as u64;
            let entries = entries(&body, start);
            if !group.fits(&body) {
                suspects.push(Suspect { page, number: group.number, whole: entries });
                (page, is_in_step) = (page + 1, false);
                continue;
            }
            // That something follows shows that the suspects were durable once.
            for suspect in suspects.drain(..).filter(|suspect| suspect.number < group.number) {
                opened.damage.push(Damage::Group { page: suspect.page });
                suspect.whole.into_iter().for_each(|(entry, at)| self.apply(entry, at));
            }
            entries.into_iter().for_each(|(entry, at)| self.apply(entry, at));
            page += group_pages(u64::from(group.body_bytes));
            (self.head, self.next_group, is_in_step) = (page, group.number + 1, true);
            self.largest_group = self.largest_group.max(u64::from(group.body_bytes));
        }
        opened.is_tail_cut = !suspects.is_empty();
        // A segment behind the head was never part of what was acknowledged.
        let head = self.head;
        opened
            .damage
            .retain(|it| !matches!(it, Damage::Segment { sequence } if sequence * pages >= head));
    }

    /// The group that begins at `page`, and as much of its body as there is.
    async fn group_at(
        &self,
        page: u64,
        segment: &mut Segment,
        opened: &mut Opened,
    ) -> Option<(GroupHeader, Vec<u8>)> {
        let bytes = self.page_of(page, segment, opened).await?;
        let group = GroupHeader::read(bytes, self.superblock.store, page)?;
        let len = group.body_bytes as usize;
        // No group is larger than the store.
        if u64::from(group.body_bytes) > self.superblock.len_bytes() {
            return None;
        }
        let mut body = Vec::with_capacity(len);
        body.extend_from_slice(&bytes[GROUP_HEADER..PAGE_BYTES.min(GROUP_HEADER + len)]);
        let mut next = page + 1;
        while body.len() < len {
            let Some(bytes) = self.page_of(next, segment, opened).await else { break };
            body.extend_from_slice(&bytes[..PAGE_BYTES.min(len - body.len())]);
            next += 1;
        }
        Some((group, body))
    }

    /// A page of the log, by way of its whole segment.
    async fn page_of<'s>(
        &self,
        page: u64,
        segment: &'s mut Segment,
        opened: &mut Opened,
    ) -> Option<&'s [u8]> {
        let pages = self.data_pages();
        let (sequence, offset) = (page / pages, (page % pages) as usize);
        if segment.sequence != sequence {
            let (first, _) = self.locate(sequence * pages)?;
            segment.bytes.resize(pages as usize * PAGE_BYTES, 0);
            opened.read_bytes += segment.bytes.len() as u64;
            if read_pages(&*self.device, first, &mut segment.bytes).await.is_err() {
                // One by one: what cannot be read is taken for zeros.
                for (at, page) in segment.bytes.chunks_exact_mut(PAGE_BYTES).enumerate() {
                    let on_device = first + at as u64;
                    if read_pages(&*self.device, on_device, page).await.is_err() {
                        page.fill(0);
                        opened.damage.push(Damage::Unreadable { page: on_device });
                    }
                }
            }
            segment.sequence = sequence;
        }
        segment.bytes.get(offset * PAGE_BYTES..(offset + 1) * PAGE_BYTES)
    }

    /// Takes segments out of the log that hold nothing of it, and overwrites those that had left it
    /// when the power was cut.
    async fn clear_leftovers(&mut self) -> Result<(), StoreError> {
        // The segment of the head stays, unless the head is at its very beginning.
        let keep = self.head.div_ceil(self.data_pages()).saturating_sub(self.superblock.tail);
        let mut is_changed = false;
        while self.chain.len() as u64 > keep {
            if let Some(Some(link)) = self.chain.pop_back() {
                self.erase(link.segment).await?;
                self.free.push_back(link.segment);
                is_changed = true;
            }
        }
        let mut page = vec![0; PAGE_BYTES];
        for segment in self.free.clone() {
            read_pages(&*self.device, self.segment_page(segment), &mut page).await?;
            if page.iter().any(|byte| *byte != 0) {
                self.erase(segment).await?;
                is_changed = true;
            }
        }
        if is_changed {
            self.device.flush().await?;
        }
        Ok(())
    }
}

/// A segment's data, the last that was read.
#[derive(Default)]
struct Segment {
    /// 0 is no segment.
    sequence: u64,
    bytes: Vec<u8>,
}

/// The superblock that holds.
async fn superblock(
    device: &dyn BlockDevice,
    opened: &mut Opened,
) -> Result<Superblock, OpenError> {
    let mut found = Vec::new();
    let mut page = vec![0; PAGE_BYTES];
    if device.info().len_bytes() < SUPERBLOCKS * PAGE_BYTES as u64 {
        return Err(OpenError::NotAStore);
    }
    let mut error = None;
    for at in 0..SUPERBLOCKS {
        match read_pages(device, at, &mut page).await {
            Ok(()) => found.push(Superblock::read(&page)),
            Err(failed) => {
                error = Some(failed);
                found.push(Found::Damaged);
            }
        }
    }
    if let Some(Found::Newer(version)) = found.iter().find(|it| matches!(it, Found::Newer(_))) {
        debug_assert!(*version > VERSION);
        return Err(OpenError::Newer { version: *version });
    }
    let good = found.iter().filter_map(|it| match it {
        Found::Good(superblock) => Some(*superblock),
        _ => None,
    });
    let newest = good.max_by_key(|superblock| superblock.generation);
    let is_damaged = found.contains(&Found::Damaged);
    match (newest, error) {
        (Some(superblock), _) => {
            if is_damaged {
                opened.damage.push(Damage::Superblock);
            }
            Ok(superblock)
        }
        (None, Some(error)) => Err(OpenError::Device(error)),
        (None, None) if is_damaged => Err(OpenError::NoSuperblock),
        (None, None) => Err(OpenError::NotAStore),
    }
}

/// The entries of a body that are whole, and where in the log they stand.
fn entries(body: &[u8], start: u64) -> Vec<(EntryHeader, u64)> {
    let mut entries = Vec::new();
    let mut at = 0;
    while at + ENTRY_HEADER <= body.len() {
        match EntryHeader::read(&body[at..]) {
            Some((header, payload)) => {
                entries.push((header, start + at as u64));
                at += ENTRY_HEADER + payload.len();
            }
            None => match EntryHeader::len_of(&body[at..]) {
                Some(len) => at += len,
                None => break,
            },
        }
    }
    entries
}
