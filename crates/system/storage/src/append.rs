//! Writing: batches become groups at the head of the log.

use crate::{
    Log, MAX_RECORD_BYTES, StoreError,
    layout::{EntryHeader, GROUP_HEADER, GroupHeader, Operation, PAGE_BYTES, SegmentHeader},
    log::{Change, Link, entry_bytes, group_pages, write_pages},
};
use alloc::vec::Vec;

/// Segments that only compaction may use, beside those for the largest group.
const RESERVE: u64 = 3;

impl Log {
    /// Adds a record to the batch; it takes the place of an older one of the same id.
    ///
    /// # Errors
    /// A payload beyond [`MAX_RECORD_BYTES`].
    pub fn put(&mut self, id: u64, kind: u16, payload: Vec<u8>) -> Result<(), StoreError> {
        if payload.len() > MAX_RECORD_BYTES {
            return Err(StoreError::TooLarge { len_bytes: payload.len() });
        }
        let len_bytes = payload.len() as u32;
        let header = EntryHeader { operation: Operation::Put, kind, id, len_bytes };
        self.enqueue(Change { header, payload });
        Ok(())
    }

    /// Adds the removal of a record to the batch.
    pub fn delete(&mut self, id: u64) {
        let header = EntryHeader { operation: Operation::Delete, kind: 0, id, len_bytes: 0 };
        self.enqueue(Change { header, payload: Vec::new() });
    }

    fn enqueue(&mut self, change: Change) {
        self.batch_bytes += entry_bytes(change.header.len_bytes);
        self.batch.push(change);
    }

    /// Forgets the batch.
    pub fn discard(&mut self) {
        self.batch.clear();
        self.batch_bytes = 0;
    }

    /// Makes the batch durable, wholly: when this has returned, it survives every power cut; when it
    /// has not, the whole batch or nothing of it does. Compacts where the room does not suffice.
    ///
    /// # Errors
    /// No room: the batch is kept, so that it can be committed later. A device that fails: the log is
    /// closed and has to be opened anew, which tells what is there.
    pub async fn commit(&mut self) -> Result<(), StoreError> {
        self.check_writable()?;
        if self.batch.is_empty() {
            return Ok(());
        }
        if u32::try_from(self.batch_bytes).is_err() {
            return Err(self.full());
        }
        self.make_room().await?;
        let batch = core::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.write_group(&batch).await
    }

    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        match (self.is_broken, self.is_read_only) {
            (true, _) => Err(StoreError::Broken),
            (false, true) => Err(StoreError::ReadOnly),
            (false, false) => Ok(()),
        }
    }

    async fn make_room(&mut self) -> Result<(), StoreError> {
        // Going once through the whole log gives back all that is dead.
        let end = self.chain_end();
        // What only deletes makes room, and may take one segment of the reserve for that.
        let only_deletes = self.batch.iter().all(|it| it.header.operation == Operation::Delete);
        let reserve =
            self.reserve(self.largest_group.max(self.batch_bytes)) - u64::from(only_deletes);
        while self.segments_needed(self.batch_bytes) + reserve > self.free.len() as u64 {
            let usage = self.usage();
            let is_hopeless = usage.live + self.batch_bytes > usage.capacity;
            if is_hopeless || self.superblock.tail >= end || !self.compact_step().await? {
                return Err(self.full());
            }
        }
        Ok(())
    }

    /// Segments that compaction needs before it can let one go, where no group's body is larger: all
    /// that is alive in the oldest and in the group that begins in it and goes on behind it.
    pub(crate) fn reserve(&self, largest_group: u64) -> u64 {
        let segments = group_pages(largest_group).div_ceil(self.data_pages()) + RESERVE;
        segments.min(u64::from(self.superblock.segments))
    }

    fn full(&self) -> StoreError {
        let usage = self.usage();
        let free = usage.capacity.saturating_sub(usage.live);
        StoreError::Full { needed: self.batch_bytes, free }
    }

    /// How many new segments a group with such a body takes.
    pub(crate) fn segments_needed(&self, body_bytes: u64) -> u64 {
        let last = self.head + group_pages(body_bytes) - 1;
        (last / self.data_pages() + 1).saturating_sub(self.chain_end())
    }

    /// Writes changes as one group and waits until they are durable.
    pub(crate) async fn write_group(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut body = Vec::new();
        let mut places = Vec::with_capacity(changes.len());
        let start = self.head * PAGE_BYTES as u64 + GROUP_HEADER as u64;
        for Change { header, payload } in changes {
            places.push(start + body.len() as u64);
            header.append(payload, &mut body);
        }
        let header = GroupHeader::of(self.next_group, &body);
        let mut bytes = header.to_bytes(self.superblock.store, self.head);
        bytes.append(&mut body);
        bytes.resize(bytes.len().next_multiple_of(PAGE_BYTES), 0);
        let written = self.write_at_head(&bytes).await;
        if let Err(error) = written {
            self.is_broken = true;
            return Err(error);
        }
        self.head += (bytes.len() / PAGE_BYTES) as u64;
        self.largest_group = self.largest_group.max(u64::from(header.body_bytes));
        self.next_group += 1;
        for (change, at) in changes.iter().zip(places) {
            self.apply(change.header, at);
        }
        Ok(())
    }

    async fn write_at_head(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = self.head + (bytes.len() / PAGE_BYTES) as u64;
        let mut page = self.head;
        let mut rest = bytes;
        while page < end {
            let sequence = page / self.data_pages();
            let mut header = Vec::new();
            if sequence == self.chain_end() {
                let segment = self
                    .free
                    .pop_front()
                    .ok_or(StoreError::Full { needed: bytes.len() as u64, free: 0 })?;
                // This group begins here, or the next one behind it.
                let next = if page == self.head { page } else { end };
                let first_group = next.min(page + self.data_pages());
                self.chain.push_back(Some(Link { segment, first_group }));
                // Counted with the header's page.
                let first_group = (first_group - page) as u32 + 1;
                header = SegmentHeader { sequence, first_group }.to_page(self.superblock.store);
            }
            let (on_device, behind) = self.locate(page).ok_or(StoreError::Broken)?;
            let count = behind.min(end - page);
            let (part, later) = rest.split_at(count as usize * PAGE_BYTES);
            if header.is_empty() {
                write_pages(&*self.device, on_device, part).await?;
            } else {
                header.extend_from_slice(part);
                write_pages(&*self.device, on_device - 1, &header).await?;
            }
            (page, rest) = (page + count, later);
        }
        self.device.flush().await?;
        Ok(())
    }
}
