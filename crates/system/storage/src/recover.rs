//! Making a store and opening one: finding where the log ends, what is in it, and removing what a
//! power cut has left of the group that was being written.
//!
//! All groups but the last are whole, since each was flushed before the next was begun. So the last
//! one alone has to be looked at. If it is not whole, it was never acknowledged and is cut off,
//! unless the superblock says that it was: then it is damaged, and what is readable of it is kept.

use crate::{
    bytes::PAGE_BYTES,
    error::{Damage, OpenError, Place},
    index::{Index, Segment, Status},
    pages::{Pages, UNREADABLE},
    record::Operation,
    requests::Requests,
    scan::{Summary, sequence_of, summarize, summarize_chunks, whole_chunk},
    segment::{Directory, FoundHeader, SegmentHeader, Use},
    store::{Head, Shared, State},
    superblock::{Found, Geometry, SUPERBLOCK_PAGES, Superblock},
};
use alloc::{collections::VecDeque, rc::Rc, vec, vec::Vec};
use core::{cell::RefCell, ops::Range};
use system_platform::{BlockDevice, BlockError};

/// A device in pages.
pub(crate) fn pages_of<'d>(device: Rc<dyn BlockDevice + 'd>) -> Result<Pages<'d>, OpenError> {
    let block_bytes = device.info().block_bytes;
    Pages::new(device).ok_or(OpenError::BlockSize { block_bytes })
}

/// Writes an empty store. A power cut in the midst of it leaves what was there or no store.
pub(crate) async fn format(
    pages: &Pages<'_>,
    geometry: Geometry,
    store: u64,
) -> Result<(), OpenError> {
    // There must be no superblock before the segments are those of this store.
    for page in SUPERBLOCK_PAGES {
        pages.write(page, &[0; PAGE_BYTES]).await?;
    }
    pages.flush().await?;
    let header = SegmentHeader { usage: Use::Erasing, sequence: 0 };
    for segment in 0..geometry.segments {
        pages.write(geometry.first_page(segment), &header.to_page(store, segment)).await?;
    }
    pages.flush().await?;
    for generation in [1, 2] {
        let superblock = Superblock { geometry, generation, store, last_group: 0 };
        pages.write(superblock.page(), &superblock.to_page()).await?;
    }
    Ok(pages.flush().await?)
}

/// Opens a store.
pub(crate) async fn open<'d>(
    pages: Pages<'d>,
    is_read_only: bool,
) -> Result<Shared<'d>, OpenError> {
    if !is_read_only && pages.is_read_only() {
        return Err(OpenError::Device(BlockError::ReadOnly));
    }
    let (superblock, mut damages) = read_superblocks(&pages, !is_read_only).await?;
    let found_bytes = pages.count() * PAGE_BYTES as u64;
    let needed_bytes = superblock.geometry.len_bytes();
    if found_bytes < needed_bytes {
        if !is_read_only {
            return Err(OpenError::Shrunk { needed_bytes, found_bytes });
        }
        damages.push(Damage {
            place: Place::Records,
            offset_bytes: found_bytes,
            len_bytes: needed_bytes - found_bytes,
        });
    }
    let mut recovery = Recovery {
        pages: &pages,
        superblock,
        index: Index::new(superblock.geometry),
        damages,
        has_lost_entries: found_bytes < needed_bytes,
        used: Vec::new(),
        erasing: Vec::new(),
    };
    recovery.read_headers(found_bytes).await?;
    let log = recovery.read_log().await?;
    if !is_read_only {
        recovery.repair(&log).await?;
    }
    let state = recovery.into_state(log, is_read_only);
    Ok(Shared { pages, state: RefCell::new(state), requests: RefCell::new(Requests::default()) })
}

async fn read_superblocks(
    pages: &Pages<'_>,
    for_writing: bool,
) -> Result<(Superblock, Vec<Damage>), OpenError> {
    let mut found = [Found::Blank; 2];
    let mut page = vec![0; PAGE_BYTES];
    for (number, found) in SUPERBLOCK_PAGES.into_iter().zip(&mut found) {
        if number < pages.count() {
            pages.read(number, &mut page).await?;
            // What cannot be read is not foreign: nobody should format it without a thought.
            let is_readable = page.iter().any(|byte| *byte != UNREADABLE);
            *found = if is_readable { Superblock::read(&page) } else { Found::Damaged };
        }
    }
    let superblock = Superblock::choose(found, for_writing)?;
    let is_bad = |found: &Found| !matches!(found, Found::Good(_) | Found::Newer { .. });
    let damages = SUPERBLOCK_PAGES.into_iter().zip(&found).filter(|(_, found)| is_bad(found));
    let damage = |(page, _)| Damage {
        place: Place::Superblock,
        offset_bytes: page * PAGE_BYTES as u64,
        len_bytes: PAGE_BYTES as u64,
    };
    Ok((superblock, damages.map(damage).collect()))
}

/// A segment that holds records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Used {
    sequence: u64,
    segment: u32,
}

/// How far the log goes.
struct Log {
    last_sequence: u64,
    last_group: u64,
    head: Option<Head>,
    /// Segments that were begun for a group that is cut off.
    torn: Vec<Used>,
    /// Pages of other segments that were written for the last group and are not whole: what is cut
    /// off in the head, and directories.
    torn_rests: Vec<(u32, Range<u32>)>,
}

struct Recovery<'p, 'd> {
    pages: &'p Pages<'d>,
    superblock: Superblock,
    index: Index,
    damages: Vec<Damage>,
    has_lost_entries: bool,
    /// By sequence number.
    used: Vec<Used>,
    erasing: Vec<u32>,
}

impl Recovery<'_, '_> {
    fn geometry(&self) -> Geometry {
        self.superblock.geometry
    }

    /// Takes note of damaged pages of a segment.
    fn report(&mut self, place: Place, segment: u32, pages: Range<u32>) {
        let first = self.geometry().first_page(segment) + u64::from(pages.start);
        if place == Place::Records {
            self.has_lost_entries = true;
            self.index.segments[segment as usize].is_damaged = true;
        }
        self.damages.push(Damage {
            place,
            offset_bytes: first * PAGE_BYTES as u64,
            len_bytes: u64::from(pages.end - pages.start) * PAGE_BYTES as u64,
        });
    }

    /// Takes a segment for one of which nobody knows what is in it.
    fn lose(&mut self, segment: u32) {
        self.index.segments[segment as usize] = Segment::new(Status::Lost);
        self.report(Place::Records, segment, 0..self.geometry().segment_pages);
    }

    /// Finds out what segments are for.
    async fn read_headers(&mut self, found_bytes: u64) -> Result<(), BlockError> {
        let geometry = self.geometry();
        let mut page = vec![0; PAGE_BYTES];
        for segment in 0..geometry.segments {
            if geometry.first_page(segment + 1) * PAGE_BYTES as u64 > found_bytes {
                self.index.segments[segment as usize] = Segment::new(Status::Lost);
                continue;
            }
            self.pages.read(geometry.first_page(segment), &mut page).await?;
            match SegmentHeader::read(&page, self.superblock.store, segment) {
                FoundHeader::Blank => {}
                FoundHeader::Good(SegmentHeader { usage: Use::Erasing, .. }) => {
                    self.index.segments[segment as usize] = Segment::new(Status::Erasing);
                    self.erasing.push(segment);
                }
                FoundHeader::Good(SegmentHeader { usage: Use::Records, sequence }) => {
                    self.used.push(Used { sequence, segment });
                }
                FoundHeader::Damaged => {
                    match sequence_of(self.pages, &self.superblock, segment).await? {
                        Some(sequence) => {
                            self.report(Place::SegmentHeader, segment, 0..1);
                            self.used.push(Used { sequence, segment });
                        }
                        None => self.lose(segment),
                    }
                }
            }
        }
        self.used.sort_unstable();
        for Used { sequence, segment } in &self.used {
            let status = Status::Records { sequence: *sequence };
            self.index.segments[*segment as usize].status = status;
        }
        Ok(())
    }

    async fn summarize(&self, used: Used) -> Result<Summary, BlockError> {
        summarize(self.pages, &self.superblock, used.segment, used.sequence).await
    }

    /// What is in a segment of the groups up to this one. What follows is part of the rest.
    async fn summarize_until(&self, used: Used, last_group: u64) -> Result<Summary, BlockError> {
        let summary = self.summarize(used).await?;
        if summary.last().is_none_or(|last| last.group <= last_group) {
            return Ok(summary);
        }
        // The directory, if there is one, was written for the group that is cut off.
        let Used { sequence, segment } = used;
        let mut summary = summarize_chunks(self.pages, &self.superblock, segment, sequence).await?;
        if let Some(last) = summary.chunks.pop_if(|last| last.group > last_group) {
            summary.entries.truncate(last.first_entry as usize);
            summary.end = last.page;
            summary.rest = Some(last.page..self.geometry().segment_pages);
        }
        Ok(summary)
    }

    /// The last group that is there, or that is known to have been.
    async fn last_group(&self) -> Result<u64, BlockError> {
        for (position, used) in self.used.iter().enumerate().rev() {
            let Some(last) = self.summarize(*used).await?.last() else { continue };
            let was_acknowledged = last.group <= self.superblock.last_group;
            if was_acknowledged || self.is_whole(position, last.group).await? {
                return Ok(last.group);
            }
            return Ok(last.group - 1);
        }
        Ok(0)
    }

    /// Whether the group that ends in the segment at this position is there as it was written.
    async fn is_whole(&self, position: usize, group: u64) -> Result<bool, BlockError> {
        let mut expected = None;
        for used in self.used[..=position].iter().rev() {
            let Some(last) = self.summarize(*used).await?.last() else { return Ok(false) };
            let place = (used.segment, used.sequence);
            let chunk = whole_chunk(self.pages, &self.superblock, place, last.page).await?;
            let Some(chunk) = chunk.filter(|chunk| chunk.group == group) else { return Ok(false) };
            // From the last chunk of the group back to its first one.
            let is_next = expected.is_none_or(|expected| chunk.index == expected);
            if !is_next || chunk.is_last != expected.is_none() {
                return Ok(false);
            }
            match chunk.index.checked_sub(1) {
                Some(before) => expected = Some(before),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Fills the index.
    async fn read_log(&mut self) -> Result<Log, BlockError> {
        let last_group = self.last_group().await?;
        // What follows a group that was acknowledged and is not there is damaged and not cut off.
        let is_end_damaged = self.superblock.last_group > last_group;
        let last_sequence = self.used.last().map_or(0, |used| used.sequence);
        let mut head: Option<(Used, Summary)> = None;
        let mut empty = Vec::new();
        let mut torn_rests = Vec::new();
        for used in self.used.clone() {
            let mut summary = self.summarize_until(used, last_group).await?;
            if summary.chunks.is_empty() && summary.gaps.is_empty() {
                empty.push(used);
                continue;
            }
            for gap in core::mem::take(&mut summary.gaps) {
                self.report(Place::Records, used.segment, gap);
            }
            for entry in &summary.entries {
                self.index.apply(used.segment, entry);
            }
            let first = summary.chunks.first().filter(|first| first.page == 1);
            let may_be_torn = first.is_some_and(|first| {
                first.group == last_group && last_group > self.superblock.last_group
            });
            let Some((old, old_summary)) = head.replace((used, summary)) else { continue };
            // The directory of the segment before is no part of the group that it was written for.
            match old_summary.rest.clone() {
                Some(rest) if may_be_torn && self.is_directory(&old_summary, &rest) => {
                    torn_rests.push((old.segment, rest));
                }
                _ => self.report_rest(old.segment, &old_summary),
            }
        }
        let end = head.as_ref().map_or(0, |(used, _)| used.sequence);
        let mut torn = Vec::new();
        for used in empty {
            if used.sequence > end && !is_end_damaged {
                torn.push(used);
            } else {
                self.lose(used.segment);
            }
        }
        self.report_incomplete();

        let mut log = Log { last_sequence, last_group, head: None, torn, torn_rests };
        // New versions must be higher than any that is there.
        let versions = self.index.slots.values().map(|slot| slot.version);
        log.last_group =
            versions.fold(last_group.max(self.superblock.last_group), |last, one| last.max(one));
        if let Some((used, summary)) = head {
            let last = summary.last();
            if is_end_damaged {
                self.report_rest(used.segment, &summary);
                self.index.segments[used.segment as usize].is_damaged = true;
            } else {
                log.torn_rests.extend(summary.rest.map(|rest| (used.segment, rest)));
            }
            let is_full = summary.end >= self.geometry().segment_pages - 1;
            let is_damaged = self.index.segments[used.segment as usize].is_damaged;
            log.head = (!is_full && !is_damaged).then_some(Head {
                segment: used.segment,
                sequence: used.sequence,
                page: summary.end,
                entries: summary.entries,
                last,
            });
        }
        Ok(log)
    }

    /// Takes note of what stands behind the last chunk of a segment that is not the head.
    fn report_rest(&mut self, segment: u32, summary: &Summary) {
        let Some(rest) = summary.rest.clone() else { return };
        let is_directory = self.is_directory(summary, &rest);
        let place = if is_directory { Place::Directory } else { Place::Records };
        self.report(place, segment, rest);
    }

    /// Whether the rest of a segment is where its directory stands, and nothing else.
    fn is_directory(&self, summary: &Summary, rest: &Range<u32>) -> bool {
        let pages = Directory::pages(summary.entries.len());
        rest.start >= self.geometry().segment_pages - pages
    }

    /// Takes note of records of which pieces are missing.
    fn report_incomplete(&mut self) {
        let geometry = self.geometry();
        for (key, slot) in &self.index.slots {
            let missing = slot.pieces().position(super::index::Piece::is_missing);
            let Some(piece) = missing.filter(|_| slot.operation == Operation::Put) else {
                continue;
            };
            self.damages.push(Damage {
                place: Place::Payload(*key),
                offset_bytes: 0,
                len_bytes: geometry.piece_len(slot.len_bytes as usize, piece as u32) as u64,
            });
        }
    }

    /// Removes what is cut off, so that it is not found by the next opening beside what will be
    /// written in its place.
    async fn repair(&mut self, log: &Log) -> Result<(), BlockError> {
        let geometry = self.geometry();
        for Used { sequence, segment } in &log.torn {
            let header = SegmentHeader { usage: Use::Erasing, sequence: *sequence };
            let page = header.to_page(self.superblock.store, *segment);
            self.pages.write(geometry.first_page(*segment), &page).await?;
            self.index.segments[*segment as usize] = Segment::new(Status::Erasing);
            self.erasing.push(*segment);
        }
        for (segment, rest) in &log.torn_rests {
            let page = geometry.first_page(*segment) + u64::from(rest.start);
            self.pages.erase(page, rest.end - rest.start).await?;
        }
        // After a failed write without a power cut, what was found may be in the device's cache only,
        // and from now on it counts as acknowledged.
        self.pages.flush().await
    }

    fn into_state(self, log: Log, is_read_only: bool) -> State {
        let free = (0..).zip(&self.index.segments);
        let free = free.filter(|(_, segment)| segment.status == Status::Free);
        let free: VecDeque<u32> = free.map(|(number, _)| number).collect();
        State {
            superblock: self.superblock,
            head: log.head,
            last_sequence: log.last_sequence,
            last_group: log.last_group,
            free,
            erasing: self.erasing.into_iter().map(|segment| (segment, 1)).collect(),
            victim: None,
            damages: self.damages,
            has_lost_entries: self.has_lost_entries,
            is_read_only,
            broken: None,
            index: self.index,
        }
    }
}
