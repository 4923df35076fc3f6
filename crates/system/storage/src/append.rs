//! Writing: changes become entries, entries are laid out in chunks of the head segment and of new
//! ones, and a flush makes the group durable. Only then does the index know of it.

use crate::{
    batch::{Batch, Change},
    bytes::{PAGE_BYTES, checksum, pages},
    chunk::ChunkHeader,
    compact,
    error::StoreError,
    index::{Segment, Status},
    pages::{Pages, SPAN_PAGES},
    record::{Entry, Operation},
    segment::{ChunkPlace, Directory, SegmentHeader, Use},
    store::{Head, Shared, State},
    superblock::Geometry,
};
use alloc::{collections::BTreeMap, vec::Vec};
use core::{future::poll_fn, ops::Range, task::Poll};
use system_platform::BlockError;

/// Segments that stay free for compaction: one to copy into, and one for what does not fit behind
/// what is there already.
const COMPACTION_RESERVE: usize = 2;
/// Segments that stay free for deletions, which make room in the end.
const DELETION_RESERVE: usize = 1;

/// Bytes of payloads between two points at which other tasks get their turn.
const YIELD_BYTES: usize = 4 << 20;

/// Who writes, and so how much has to stay free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Put,
    Delete,
    Compact,
}

impl Purpose {
    pub(crate) const fn reserve(self) -> usize {
        match self {
            Self::Put => COMPACTION_RESERVE + DELETION_RESERVE,
            Self::Delete => COMPACTION_RESERVE,
            Self::Compact => 0,
        }
    }
}

/// An entry and its bytes.
pub(crate) struct Draft<'a> {
    /// Without its place; with version 0 if it gets that of the group.
    pub entry: Entry,
    pub bytes: &'a [u8],
}

/// Makes batches durable together, and room for them if there is none.
pub(crate) async fn commit(shared: &Shared<'_>, batches: &[Batch]) -> Result<(), StoreError> {
    let drafts = draft(shared, batches).await;
    if drafts.is_empty() {
        return Ok(());
    }
    let is_put = |draft: &Draft<'_>| draft.entry.operation == Operation::Put;
    let purpose = if drafts.iter().any(is_put) { Purpose::Put } else { Purpose::Delete };
    let before = shared.state.borrow().last_sequence;
    loop {
        match write_group(shared, &drafts, purpose).await {
            Err(StoreError::Full { .. }) if compact::make_room(shared, before).await? => {}
            outcome => return outcome,
        }
    }
}

/// The entries of batches. Of several changes of a key, only the last counts; deletions of what is
/// not there do not.
async fn draft<'a>(shared: &Shared<'_>, batches: &'a [Batch]) -> Vec<Draft<'a>> {
    let geometry = shared.geometry();
    let changes = || batches.iter().flat_map(|batch| &batch.changes);
    let last: BTreeMap<_, _> =
        changes().enumerate().map(|(number, change)| (change.key, number)).collect();
    let mut drafts = Vec::new();
    let mut bytes_since_yield = 0;
    for (number, Change { key, payload }) in changes().enumerate() {
        let is_superseded = last[key] != number;
        let is_there = shared.state.borrow().index.record(*key).is_some();
        if is_superseded || (payload.is_none() && !is_there) {
            continue;
        }
        let operation = if payload.is_some() { Operation::Put } else { Operation::Delete };
        let payload = payload.as_deref().unwrap_or_default();
        for piece in 0..geometry.pieces(payload.len()) {
            let start = piece as usize * geometry.piece_bytes();
            let bytes = &payload[start..start + geometry.piece_len(payload.len(), piece)];
            let entry = Entry {
                key: *key,
                version: 0,
                operation,
                len_bytes: payload.len() as u32,
                piece,
                offset: 0,
                crc: checksum(bytes),
            };
            drafts.push(Draft { entry, bytes });
            bytes_since_yield += bytes.len();
            if bytes_since_yield > YIELD_BYTES {
                bytes_since_yield = 0;
                yield_once().await;
            }
        }
    }
    drafts
}

async fn yield_once() {
    let mut is_over = false;
    poll_fn(|context| {
        if core::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A chunk that is to be written.
#[derive(Debug, PartialEq, Eq)]
struct Placement {
    /// It is the first one of a new segment.
    is_new: bool,
    page: u32,
    drafts: Range<usize>,
}

/// Lays entries of these lengths out, behind `head` (its free page and its number of entries) and in
/// new segments. A group without entries is one chunk without entries.
fn place(geometry: Geometry, head: Option<(u32, usize)>, lens: &[usize]) -> Vec<Placement> {
    let mut chunks = Vec::new();
    // A segment that is full, where there is none.
    let (mut page, mut entries) = head.unwrap_or((geometry.segment_pages, 0));
    let mut is_new = false;
    let mut start = 0;
    loop {
        let fits = |end: usize, payload: usize| {
            page + ChunkHeader::pages_of(end - start, payload)
                + Directory::pages(entries + end - start)
                <= geometry.segment_pages
        };
        let (mut end, mut payload) = (start, 0);
        while end < lens.len() && fits(end + 1, payload + lens[end]) {
            payload += lens[end];
            end += 1;
        }
        if end > start || (lens.is_empty() && fits(start, 0)) {
            chunks.push(Placement { is_new, page, drafts: start..end });
            start = end;
        }
        if start == lens.len() && !chunks.is_empty() {
            return chunks;
        }
        (page, entries, is_new) = (1, 0, true);
    }
}

/// Writes entries as a group and makes it durable. Nothing is written if there is no room.
pub(crate) async fn write_group(
    shared: &Shared<'_>,
    drafts: &[Draft<'_>],
    purpose: Purpose,
) -> Result<(), StoreError> {
    let geometry = shared.geometry();
    let lens: Vec<usize> = drafts.iter().map(|draft| draft.bytes.len()).collect();
    let (chunks, claimed, group, mut head) = {
        let state = &mut *shared.state.borrow_mut();
        let head = state.head.as_ref().map(|head| (head.page, head.entries.len()));
        let chunks = place(geometry, head, &lens);
        let new = chunks.iter().filter(|chunk| chunk.is_new).count();
        if state.free.len() < new + if new > 0 { purpose.reserve() } else { 0 } {
            return Err(full(state, &lens, purpose));
        }
        let claimed: Vec<u32> = state.free.drain(..new).collect();
        (chunks, claimed, state.last_group + 1, state.head.take())
    };
    claim(shared, &claimed).await?;

    let store = shared.state.borrow().superblock.store;
    let mut claimed = claimed.into_iter();
    let mut written: Vec<(u32, Entry)> = Vec::with_capacity(drafts.len());
    for (index, chunk) in chunks.iter().enumerate() {
        if chunk.is_new {
            let full = head.replace(new_head(shared, claimed.next().expect("one for each")));
            if let Some(full) = full {
                write_directory(shared, store, &full).await?;
            }
        }
        let head = head.as_mut().expect("the first chunk is in the head, or new");
        let drafts = &drafts[chunk.drafts.clone()];
        let payload_bytes: usize = drafts.iter().map(|draft| draft.bytes.len()).sum();
        let mut offset = chunk.page as usize * PAGE_BYTES + ChunkHeader::table_end(drafts.len());
        let first_entry = head.entries.len();
        for draft in drafts {
            let version = if draft.entry.version == 0 { group } else { draft.entry.version };
            head.entries.push(Entry { version, offset: offset as u32, ..draft.entry });
            offset += draft.bytes.len();
        }
        let header = ChunkHeader {
            store,
            sequence: head.sequence,
            page: chunk.page,
            group,
            index: index as u32,
            is_last: index + 1 == chunks.len(),
            entries: drafts.len() as u32,
            payload_bytes: payload_bytes as u32,
        };
        let entries = &head.entries[first_entry..];
        let page = shared.page(head.segment, chunk.page);
        let mut writer = Writer { pages: &shared.pages, page, bytes: header.to_bytes(entries) };
        for draft in drafts {
            writer.push(draft.bytes).await?;
        }
        writer.finish().await?;
        written.extend(entries.iter().map(|entry| (head.segment, *entry)));
        head.page += header.pages();
        head.last = Some(ChunkPlace { page: chunk.page, group, first_entry: first_entry as u32 });
    }
    shared.pages.flush().await?;

    let state = &mut *shared.state.borrow_mut();
    written.iter().for_each(|(segment, entry)| state.index.apply(*segment, entry));
    state.head = head;
    state.last_group = group;
    Ok(())
}

fn full(state: &State, lens: &[usize], purpose: Purpose) -> StoreError {
    let geometry = state.superblock.geometry;
    let free = state.free.len().saturating_sub(purpose.reserve()) as u64;
    let head = state.head.as_ref().map_or(geometry.segment_pages, |head| head.page);
    let free_pages = free * u64::from(geometry.segment_pages - 2)
        + u64::from((geometry.segment_pages - 1).saturating_sub(head));
    StoreError::Full {
        needed_bytes: lens.iter().map(|len| *len as u64).sum(),
        free_bytes: free_pages * PAGE_BYTES as u64,
    }
}

/// Writes the headers of new segments and makes them durable before anything else is written there:
/// so nothing of a group can be left behind in a segment that is taken for free.
async fn claim(shared: &Shared<'_>, segments: &[u32]) -> Result<(), BlockError> {
    if segments.is_empty() {
        return Ok(());
    }
    let store = shared.state.borrow().superblock.store;
    for &segment in segments {
        let sequence = {
            let state = &mut *shared.state.borrow_mut();
            state.last_sequence += 1;
            let status = Status::Records { sequence: state.last_sequence };
            state.index.segments[segment as usize] = Segment::new(status);
            state.last_sequence
        };
        let header = SegmentHeader { usage: Use::Records, sequence };
        shared.pages.write(shared.page(segment, 0), &header.to_page(store, segment)).await?;
    }
    // It costs no flush of its own, so this is when to say what was acknowledged.
    shared.write_superblock().await?;
    shared.pages.flush().await
}

fn new_head(shared: &Shared<'_>, segment: u32) -> Head {
    let state = shared.state.borrow();
    let Status::Records { sequence } = state.index.segments[segment as usize].status else {
        unreachable!("it was claimed")
    };
    Head { segment, sequence, page: 1, entries: Vec::new(), last: None }
}

/// Writes the directory of a segment to which nothing is added any more.
async fn write_directory(shared: &Shared<'_>, store: u64, head: &Head) -> Result<(), BlockError> {
    let Some(last) = head.last else { return Ok(()) };
    let bytes = Directory::to_pages(&head.entries, last, store, head.sequence);
    let page = shared.geometry().segment_pages - pages(bytes.len());
    shared.pages.write(shared.page(head.segment, page), &bytes).await
}

/// Collects bytes and writes them in spans of whole pages.
struct Writer<'p, 'd> {
    pages: &'p Pages<'d>,
    page: u64,
    bytes: Vec<u8>,
}

impl Writer<'_, '_> {
    async fn push(&mut self, bytes: &[u8]) -> Result<(), BlockError> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < SPAN_PAGES as usize * PAGE_BYTES {
            return Ok(());
        }
        let whole = self.bytes.len() / PAGE_BYTES;
        self.pages.write(self.page, &self.bytes[..whole * PAGE_BYTES]).await?;
        self.bytes.drain(..whole * PAGE_BYTES);
        self.page += whole as u64;
        Ok(())
    }

    async fn finish(mut self) -> Result<(), BlockError> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(PAGE_BYTES), 0);
        self.pages.write(self.page, &self.bytes).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEOMETRY: Geometry = Geometry { segment_pages: 8, segments: 8 };

    #[test]
    fn entries_fill_the_head_and_go_on_in_new_segments() {
        let placement = |is_new, page, drafts| Placement { is_new, page, drafts };
        assert_eq!(place(GEOMETRY, None, &[10]), [placement(true, 1, 0..1)]);
        assert_eq!(place(GEOMETRY, Some((2, 3)), &[10, 20]), [placement(false, 2, 0..2)]);
        // A page for the directory has to remain.
        assert_eq!(place(GEOMETRY, Some((7, 3)), &[10]), [placement(true, 1, 0..1)]);
        assert_eq!(place(GEOMETRY, Some((6, 3)), &[]), [placement(false, 6, 0..0)]);
        assert_eq!(place(GEOMETRY, Some((7, 3)), &[]), [placement(true, 1, 0..0)]);
        // Six pages of each new segment, one of which is header, table and padding.
        assert_eq!(
            place(GEOMETRY, Some((4, 1)), &[4096; 9]),
            [placement(false, 4, 0..2), placement(true, 1, 2..7), placement(true, 1, 7..9)]
        );
    }
}
