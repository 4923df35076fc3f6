//! Compaction: what is alive in the oldest segment is written again at the head, then the segment
//! leaves the log and is overwritten with zeros.
//!
//! Every step is safe at every point: the copies are durable before the superblock lets the segment
//! go, and zeros are written only when the superblock is durable.

use crate::{
    Log, Record, StoreError,
    layout::{EntryHeader, Operation, PAGE_BYTES, Superblock},
    log::{Change, entry_bytes, write_pages},
};
use alloc::{vec, vec::Vec};

/// Bytes that one step copies at most, unless a single record is larger.
const STEP_BYTES: u64 = 256 << 10;
/// Pages that are overwritten at once.
const ERASED_PAGES: u64 = 64;

impl Log {
    /// Whether compaction is worth its while: more than half of what is written is dead, and it is a
    /// segment or more.
    pub fn is_compaction_due(&self) -> bool {
        let usage = self.usage();
        let segment = self.data_pages() * PAGE_BYTES as u64;
        usage.dead > usage.live && usage.dead >= segment
    }

    /// Does one bounded step: copies some records out of the oldest segment, or lets it go. `false`
    /// where there is nothing to do: the log is in one segment. What was waiting in the batch waits on.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub async fn compact_step(&mut self) -> Result<bool, StoreError> {
        self.check_writable()?;
        let end = (self.superblock.tail + 1) * self.data_pages();
        if self.head < end {
            return Ok(false);
        }
        let changes = self.oldest_alive(self.end_of_oldest()).await?;
        if changes.is_empty() {
            self.drop_oldest().await?;
            return Ok(true);
        }
        let body = changes.iter().map(|change| entry_bytes(change.header.len_bytes)).sum();
        if self.segments_needed(body) > self.free.len() as u64 {
            return Err(StoreError::Full { needed: body, free: 0 });
        }
        self.write_group(&changes).await?;
        Ok(true)
    }

    /// Goes once through the whole log, so that nothing that was deleted before is left on the device.
    ///
    /// # Errors
    /// As [`Log::compact_step`].
    pub async fn erase_deleted(&mut self) -> Result<(), StoreError> {
        let end = self.head.div_ceil(self.data_pages());
        while self.superblock.tail < end && self.compact_step().await? {}
        if self.superblock.tail < end && self.usage().dead > 0 {
            // The last segment goes when the log has left it.
            self.leave_segment().await?;
            while self.superblock.tail < end && self.compact_step().await? {}
        }
        Ok(self.device.flush().await?)
    }

    /// Fills the rest of the segment at the head with an empty group.
    async fn leave_segment(&mut self) -> Result<(), StoreError> {
        let rest = self.data_pages() - self.head % self.data_pages();
        let filler = rest * PAGE_BYTES as u64
            - crate::layout::GROUP_HEADER as u64
            - crate::layout::ENTRY_HEADER as u64;
        let header = EntryHeader {
            operation: Operation::Fill,
            kind: 0,
            id: 0,
            len_bytes: u32::try_from(filler).unwrap_or(0),
        };
        let payload = vec![0; header.len_bytes as usize];
        self.write_group(&[Change { header, payload }]).await
    }

    /// The page in which the first group begins that does not begin in the oldest segment: what stands
    /// before it cannot be found without that segment.
    fn end_of_oldest(&self) -> u64 {
        let behind = self.superblock.tail + 1;
        let begins = self.chain.iter().skip(1).zip(behind..).find_map(|(link, sequence)| {
            let first = (*link)?.first_group;
            (first < (sequence + 1) * self.data_pages()).then_some(first)
        });
        begins.unwrap_or(self.head)
    }

    /// Records that are alive before page `end`, as many as one step copies.
    async fn oldest_alive(&mut self, end: u64) -> Result<Vec<Change>, StoreError> {
        let mut ids = Vec::new();
        let mut bytes = 0;
        // The reserve has room for half a segment in any place.
        let most = STEP_BYTES.min(self.data_pages() * PAGE_BYTES as u64 / 2);
        for (_, id) in self.by_place.range(..end * PAGE_BYTES as u64) {
            let len = entry_bytes(self.index[id].len_bytes);
            if !ids.is_empty() && bytes + len > most {
                break;
            }
            ids.push(*id);
            bytes += len;
        }
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get(id).await {
                Ok(Some(Record { id, kind, payload })) => {
                    let len_bytes = payload.len() as u32;
                    let header = EntryHeader { operation: Operation::Put, kind, id, len_bytes };
                    changes.push(Change { header, payload });
                }
                Ok(None) => {}
                // What cannot be read cannot be kept: its removal is written in its place.
                Err(StoreError::Damaged { id }) => {
                    let operation = Operation::Delete;
                    let header = EntryHeader { operation, kind: 0, id, len_bytes: 0 };
                    changes.push(Change { header, payload: Vec::new() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(changes)
    }

    async fn drop_oldest(&mut self) -> Result<(), StoreError> {
        let superblock = Superblock {
            generation: self.superblock.generation + 1,
            tail: self.superblock.tail + 1,
            ..self.superblock
        };
        let written = async {
            let page = superblock.generation % crate::layout::SUPERBLOCKS;
            write_pages(&*self.device, page, &superblock.to_page()).await?;
            self.device.flush().await
        };
        if let Err(error) = written.await {
            self.is_broken = true;
            return Err(error.into());
        }
        self.superblock = superblock;
        if let Some(Some(link)) = self.chain.pop_front() {
            if let Err(error) = self.erase(link.segment).await {
                self.is_broken = true;
                return Err(error);
            }
            self.free.push_back(link.segment);
        }
        Ok(())
    }

    /// Overwrites a segment with zeros.
    pub(crate) async fn erase(&self, segment: u32) -> Result<(), StoreError> {
        let first = self.segment_page(segment);
        let pages = u64::from(self.superblock.segment_pages);
        let zeros = vec![0; ERASED_PAGES.min(pages) as usize * PAGE_BYTES];
        let mut page = 0;
        while page < pages {
            let count = ERASED_PAGES.min(pages - page);
            let part = &zeros[..count as usize * PAGE_BYTES];
            write_pages(&*self.device, first + page, part).await?;
            page += count;
        }
        Ok(())
    }
}
