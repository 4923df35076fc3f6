//! A range of a device's blocks as a device of its own: what partition tables describe and what
//! stores and file systems are put on.

use super::{BlockDevice, BlockError, BlockFuture, BlockInfo};
use alloc::{boxed::Box, string::String};
use core::{future::ready, ops::Range};

/// A range of blocks of a device.
pub struct Partition<'d> {
    device: &'d dyn BlockDevice,
    info: BlockInfo,
    start: u64,
}

impl<'d> Partition<'d> {
    /// The partition of `device` that has the blocks of `range`, called `name`.
    ///
    /// # Errors
    /// [`BlockError::OutOfRange`] if the range is not within the device, or ends before it begins.
    pub fn new(
        device: &'d dyn BlockDevice,
        range: Range<u64>,
        name: String,
    ) -> Result<Self, BlockError> {
        let whole = device.info();
        let outside = BlockError::OutOfRange {
            first: range.start,
            count: range.end.saturating_sub(range.start),
            blocks: whole.blocks,
        };
        if range.end > whole.blocks {
            return Err(outside);
        }
        let blocks = range.end.checked_sub(range.start).ok_or(outside)?;
        let info = BlockInfo { name, blocks, ..*whole };
        Ok(Self { device, info, start: range.start })
    }

    /// The block of the device with which it begins.
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// An error of the device, in numbers of the partition.
    const fn own(start: u64, error: BlockError) -> BlockError {
        match error {
            BlockError::Medium { operation, first } => {
                BlockError::Medium { operation, first: first.saturating_sub(start) }
            }
            other => other,
        }
    }
}

impl BlockDevice for Partition<'_> {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        if let Err(error) = self.info.check(first, buffer.len()) {
            return Box::pin(ready(Err(error)));
        }
        let read = self.device.read(self.start + first, buffer);
        Box::pin(async move { read.await.map_err(|error| Self::own(self.start, error)) })
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if let Err(error) = self.info.check(first, bytes.len()) {
            return Box::pin(ready(Err(error)));
        }
        let write = self.device.write(self.start + first, bytes);
        Box::pin(async move { write.await.map_err(|error| Self::own(self.start, error)) })
    }

    fn flush(&self) -> BlockFuture<'_> {
        self.device.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        block::{BlockOperation, FaultyDisk, MemoryDisk},
        pace,
    };

    #[test]
    fn reaches_its_own_blocks_and_no_others() {
        let disk = MemoryDisk::new(512, 10);
        let part = Partition::new(&disk, 4..6, "data".into()).unwrap();
        assert_eq!((part.info().blocks, part.start()), (2, 4));
        pace::run(part.write(1, &[7; 512])).unwrap();
        pace::run(part.flush()).unwrap();
        let mut block = [0; 512];
        pace::run(disk.read(5, &mut block)).unwrap();
        assert_eq!(block, [7; 512]);
        let outside = Err(BlockError::OutOfRange { first: 1, count: 2, blocks: 2 });
        assert_eq!(pace::run(part.write(1, &[1; 1024])), outside);
        assert_eq!(pace::run(part.read(1, &mut [0; 1024])), outside);
        for range in [9..11, 11..12, Range { start: 6, end: 4 }] {
            assert!(Partition::new(&disk, range, String::new()).is_err());
        }
    }

    #[test]
    fn tells_of_bad_places_in_its_own_numbers() {
        let disk = FaultyDisk::new(MemoryDisk::new(512, 10));
        disk.make_unreadable(5);
        let part = Partition::new(&disk, 4..6, "data".into()).unwrap();
        assert_eq!(
            pace::run(part.read(1, &mut [0; 512])),
            Err(BlockError::Medium { operation: BlockOperation::Read, first: 1 })
        );
    }
}
