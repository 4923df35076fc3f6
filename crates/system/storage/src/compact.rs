//! Compaction: what is alive in a segment is copied into the head, then the segment is overwritten
//! with zeros and free again.
//!
//! The order makes it safe at every point. The copies are durable before the old segment is marked
//! as one to be erased, and the mark is durable before anything in it is overwritten: until then its
//! records are there twice, which opening takes as once. A tombstone is copied like a record until
//! nothing of its key is on the device but itself; it goes with its segment then.

use crate::{
    append::{Draft, Purpose, write_group},
    bytes::{PAGE_BYTES, checksum, pages},
    chunk::ChunkHeader,
    error::{Damage, Place, StoreError},
    index::{Segment, Slot, Status},
    pages::{SPAN_PAGES, Window},
    record::{Entry, Key, Operation},
    scan::summarize,
    segment::{SegmentHeader, Use},
    store::{Effort, Shared, State},
};
use alloc::{collections::BTreeMap, vec::Vec};

/// Bytes that a step moves: about as much as it overwrites.
const STEP_BYTES: usize = SPAN_PAGES as usize * PAGE_BYTES;

/// What compaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// See [`Effort::Space`].
    Space,
    /// See [`Effort::Erase`].
    Erase,
    /// Whatever room there is, in segments that are not younger than this one: what compaction
    /// itself writes is not compacted again, so that it ends.
    Room { youngest: u64 },
}

impl From<Effort> for Aim {
    fn from(effort: Effort) -> Self {
        match effort {
            Effort::Space => Self::Space,
            Effort::Erase => Self::Erase,
        }
    }
}

/// The segment that is being compacted.
pub(crate) struct Victim {
    segment: u32,
    sequence: u64,
    entries: Vec<Entry>,
    /// How many of them there are of a key.
    of_key: BTreeMap<Key, u32>,
    /// The first one that was not looked at.
    next: usize,
}

/// Does a step; `false` if there is nothing to do.
pub(crate) async fn step(shared: &Shared<'_>, aim: Aim) -> Result<bool, StoreError> {
    if erase_some(shared).await? {
        return Ok(true);
    }
    let has_victim = shared.state.borrow().victim.is_some();
    if !has_victim && !choose_victim(shared, aim).await? {
        return Ok(false);
    }
    move_some(shared).await?;
    Ok(true)
}

/// Compacts until there is a free segment more; `false` if there is none to be had.
pub(crate) async fn make_room(shared: &Shared<'_>, youngest: u64) -> Result<bool, StoreError> {
    let free = shared.state.borrow().free.len();
    while shared.state.borrow().free.len() <= free {
        match step(shared, Aim::Room { youngest }).await {
            Ok(true) => {}
            // Not even room for copies: the caller knows better what there was no room for.
            Ok(false) | Err(StoreError::Full { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Overwrites some of what is to be erased.
async fn erase_some(shared: &Shared<'_>) -> Result<bool, StoreError> {
    let front = shared.state.borrow().erasing.front().copied();
    let Some((segment, page)) = front else { return Ok(false) };
    let segment_pages = shared.geometry().segment_pages;
    let count = SPAN_PAGES.min(segment_pages - page);
    shared.pages.erase(shared.page(segment, page), count).await?;
    if page + count < segment_pages {
        shared.state.borrow_mut().erasing[0].1 = page + count;
        return Ok(true);
    }
    // Only when the zeros are durable may the header say that there is nothing else.
    shared.pages.flush().await?;
    shared.pages.write(shared.page(segment, 0), &[0; PAGE_BYTES]).await?;
    let state = &mut *shared.state.borrow_mut();
    state.erasing.pop_front();
    state.index.segments[segment as usize] = Segment::new(Status::Free);
    state.free.push_back(segment);
    Ok(true)
}

/// The segment to be compacted next, with the least that has to be copied.
fn best_victim(state: &State, aim: Aim) -> Option<(u32, u64)> {
    let geometry = state.superblock.geometry;
    // A header and a page for the directory.
    let room = geometry.segment_pages - 2;
    let is_worth = |segment: &Segment, sequence: u64| {
        // As many pages as its records will take, all in one chunk.
        let packed = pages(ChunkHeader::table_end(0) + segment.live_bytes as usize);
        let is_last = sequence == state.last_sequence;
        match aim {
            Aim::Space => !is_last && packed * 4 <= room * 3,
            Aim::Erase => segment.entries > segment.live_entries,
            Aim::Room { youngest } => {
                !is_last
                    && sequence <= youngest
                    && packed + pages(geometry.piece_bytes()) + 1 < room
            }
        }
    };
    (0..)
        .zip(&state.index.segments)
        .filter_map(|(number, segment)| match segment.status {
            Status::Records { sequence } if !segment.is_damaged => {
                Some((number, segment, sequence))
            }
            _ => None,
        })
        .filter(|(_, segment, sequence)| is_worth(segment, *sequence))
        .min_by_key(|(_, segment, _)| segment.live_bytes)
        .map(|(number, _, sequence)| (number, sequence))
        .or_else(|| if aim == Aim::Erase { last_tombstone(state) } else { None })
}

/// A segment with a tombstone that nobody needs any more.
fn last_tombstone(state: &State) -> Option<(u32, u64)> {
    let is_unneeded = |slot: &&Slot| slot.operation == Operation::Delete && slot.on_disk == 1;
    let slots = state.index.slots.values().filter(|_| !state.has_lost_entries);
    slots.filter(is_unneeded).filter_map(|slot| slot.piece(0)).find_map(|piece| {
        let segment = state.index.segments.get(piece.segment as usize)?;
        match segment.status {
            Status::Records { sequence } if !segment.is_damaged => Some((piece.segment, sequence)),
            _ => None,
        }
    })
}

/// Chooses a victim and reads what is in it; `false` if there is none.
async fn choose_victim(shared: &Shared<'_>, aim: Aim) -> Result<bool, StoreError> {
    let (segment, sequence, superblock) = {
        let state = &mut *shared.state.borrow_mut();
        let Some((segment, sequence)) = best_victim(state, aim) else { return Ok(false) };
        let needed_bytes = state.index.segments[segment as usize].live_bytes;
        if aim == Aim::Erase && state.free.len() < Purpose::Delete.reserve() && needed_bytes > 0 {
            return Err(StoreError::Full { needed_bytes, free_bytes: 0 });
        }
        // Nothing is added to a segment that goes.
        state.head.take_if(|head| head.segment == segment);
        (segment, sequence, state.superblock)
    };
    let summary = summarize(&shared.pages, &superblock, segment, sequence).await?;
    let known = shared.state.borrow().index.segments[segment as usize].entries;
    if summary.entries.len() != known as usize {
        let geometry = superblock.geometry;
        give_up(
            shared,
            segment,
            Damage {
                place: Place::Records,
                offset_bytes: geometry.first_page(segment) * PAGE_BYTES as u64,
                len_bytes: geometry.segment_bytes() as u64,
            },
        );
        return Ok(true);
    }
    let mut of_key = BTreeMap::new();
    for entry in &summary.entries {
        *of_key.entry(entry.key).or_insert(0) += 1;
    }
    let victim = Victim { segment, sequence, entries: summary.entries, of_key, next: 0 };
    shared.state.borrow_mut().victim = Some(victim);
    Ok(true)
}

/// Leaves a segment alone from now on.
fn give_up(shared: &Shared<'_>, segment: u32, damage: Damage) {
    shared.report(damage);
    let state = &mut *shared.state.borrow_mut();
    state.index.segments[segment as usize].is_damaged = true;
    state.victim = None;
}

/// Whether an entry of the victim has to be copied.
fn is_needed(state: &State, victim: &Victim, entry: &Entry) -> bool {
    if !state.index.is_live(victim.segment, entry) {
        return false;
    }
    let here = victim.of_key.get(&entry.key).copied().unwrap_or_default();
    entry.operation == Operation::Put
        || state.has_lost_entries
        || state.index.slots.get(&entry.key).is_some_and(|slot| slot.on_disk > here)
}

/// Copies some of what is alive in the victim, if there is one; retires it when that was all.
async fn move_some(shared: &Shared<'_>) -> Result<(), StoreError> {
    let Some(mut victim) = shared.state.borrow_mut().victim.take() else { return Ok(()) };
    let geometry = shared.geometry();
    let mut window =
        Window::new(&shared.pages, geometry.first_page(victim.segment), geometry.segment_pages);
    let mut bytes = Vec::new();
    let mut moved = Vec::new();
    while let Some(entry) = victim.entries.get(victim.next) {
        if bytes.len() >= STEP_BYTES {
            break;
        }
        if is_needed(&shared.state.borrow(), &victim, entry) {
            let len = entry.piece_len(geometry);
            let payload = window.bytes(entry.offset, len).await?;
            if checksum(payload) != entry.crc {
                give_up(
                    shared,
                    victim.segment,
                    Damage {
                        place: Place::Payload(entry.key),
                        offset_bytes: geometry.first_page(victim.segment) * PAGE_BYTES as u64
                            + u64::from(entry.offset),
                        len_bytes: len as u64,
                    },
                );
                return Ok(());
            }
            bytes.extend_from_slice(payload);
            moved.push(*entry);
        }
        victim.next += 1;
    }
    let mut rest = &bytes[..];
    let mut drafts = Vec::with_capacity(moved.len());
    for entry in moved {
        let (bytes, others) = rest.split_at(entry.piece_len(geometry));
        drafts.push(Draft { entry, bytes });
        rest = others;
    }
    if !drafts.is_empty() {
        write_group(shared, &drafts, Purpose::Compact).await?;
    }
    if victim.next < victim.entries.len() {
        shared.state.borrow_mut().victim = Some(victim);
        return Ok(());
    }
    retire(shared, victim).await
}

/// Marks a segment of which nothing is needed any more as one to be erased.
async fn retire(shared: &Shared<'_>, victim: Victim) -> Result<(), StoreError> {
    let (is_last, store) = {
        let state = shared.state.borrow();
        (victim.sequence == state.last_sequence, state.superblock.store)
    };
    if is_last {
        // The last group tells how far the store goes, so there has to be one.
        write_group(shared, &[], Purpose::Compact).await?;
    }
    let header = SegmentHeader { usage: Use::Erasing, sequence: victim.sequence };
    let page = shared.page(victim.segment, 0);
    shared.pages.write(page, &header.to_page(store, victim.segment)).await?;
    shared.pages.flush().await?;
    let state = &mut *shared.state.borrow_mut();
    state.index.segments[victim.segment as usize] = Segment::new(Status::Erasing);
    victim.entries.iter().for_each(|entry| state.index.forget(entry.key));
    state.erasing.push_back((victim.segment, 1));
    Ok(())
}
