//! A device that fails where a test says.

use super::{BlockDevice, BlockError, BlockFuture, BlockInfo, BlockOperation};
use alloc::{boxed::Box, collections::BTreeMap, collections::BTreeSet};
use core::{
    cell::{Cell, RefCell},
    future::ready,
    ops::Range,
};

/// A device with faults on top of another one. It counts what was asked of it too.
#[derive(Debug)]
pub struct FaultyDisk<D> {
    disk: D,
    unreadable: RefCell<BTreeSet<u64>>,
    /// What is changed in blocks as they are read: byte of the block and mask.
    flips: RefCell<BTreeMap<u64, (usize, u8)>>,
    /// Writes and flushes until one fails.
    good_writes: Cell<Option<u64>>,
    is_gone: Cell<bool>,
    read_blocks: Cell<u64>,
    flushes: Cell<u64>,
}

impl<D: BlockDevice> FaultyDisk<D> {
    /// A device without faults as yet.
    pub const fn new(disk: D) -> Self {
        Self {
            disk,
            unreadable: RefCell::new(BTreeSet::new()),
            flips: RefCell::new(BTreeMap::new()),
            good_writes: Cell::new(None),
            is_gone: Cell::new(false),
            read_blocks: Cell::new(0),
            flushes: Cell::new(0),
        }
    }

    /// From now on, reading this block fails.
    pub fn make_unreadable(&self, block: u64) {
        self.unreadable.borrow_mut().insert(block);
    }

    /// From now on, one bit of this block is read wrong, until it is written again.
    ///
    /// # Panics
    /// The block has no such bit.
    pub fn flip_bit(&self, block: u64, bit: usize) {
        assert!(bit < self.disk.info().block_bytes as usize * 8, "a bit of the block");
        self.flips.borrow_mut().insert(block, (bit / 8, 1 << (bit % 8)));
    }

    /// After `good` more writes and flushes, one fails; those after it are done again.
    pub fn fail_after(&self, good: u64) {
        self.good_writes.set(Some(good));
    }

    /// Takes the device away, or brings it back.
    pub fn set_gone(&self, is_gone: bool) {
        self.is_gone.set(is_gone);
    }

    /// How many blocks were read.
    pub const fn read_blocks(&self) -> u64 {
        self.read_blocks.get()
    }

    /// How many times it was flushed.
    pub const fn flushes(&self) -> u64 {
        self.flushes.get()
    }

    /// The device without its faults.
    pub fn into_inner(self) -> D {
        self.disk
    }

    fn fails(&self) -> bool {
        let good = self.good_writes.get();
        self.good_writes.set(good.and_then(|good| good.checked_sub(1)));
        good == Some(0)
    }

    fn blocks(&self, first: u64, len_bytes: usize) -> Range<u64> {
        first..first + len_bytes as u64 / u64::from(self.disk.info().block_bytes)
    }
}

impl<D: BlockDevice> BlockDevice for FaultyDisk<D> {
    fn info(&self) -> &BlockInfo {
        self.disk.info()
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        if self.is_gone.get() {
            return Box::pin(ready(Err(BlockError::Gone)));
        }
        if let Err(error) = self.info().check(first, buffer.len()) {
            return Box::pin(ready(Err(error)));
        }
        let blocks = self.blocks(first, buffer.len());
        self.read_blocks.set(self.read_blocks.get() + (blocks.end - blocks.start));
        if self.unreadable.borrow().range(blocks.clone()).next().is_some() {
            let error = BlockError::Medium { operation: BlockOperation::Read, first };
            return Box::pin(ready(Err(error)));
        }
        Box::pin(async move {
            self.disk.read(first, buffer).await?;
            for (block, (byte, mask)) in self.flips.borrow().range(blocks) {
                let start = (block - first) as usize * self.info().block_bytes as usize;
                buffer[start + byte] ^= mask;
            }
            Ok(())
        })
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if self.is_gone.get() {
            return Box::pin(ready(Err(BlockError::Gone)));
        }
        if let Err(error) = self.info().check(first, bytes.len()) {
            return Box::pin(ready(Err(error)));
        }
        if self.fails() {
            let error = BlockError::Medium { operation: BlockOperation::Write, first };
            return Box::pin(ready(Err(error)));
        }
        let blocks = self.blocks(first, bytes.len());
        self.flips.borrow_mut().retain(|block, _| !blocks.contains(block));
        self.disk.write(first, bytes)
    }

    fn flush(&self) -> BlockFuture<'_> {
        if self.is_gone.get() {
            return Box::pin(ready(Err(BlockError::Gone)));
        }
        if self.fails() {
            let error = BlockError::Medium { operation: BlockOperation::Flush, first: 0 };
            return Box::pin(ready(Err(error)));
        }
        self.flushes.set(self.flushes.get() + 1);
        self.disk.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block::MemoryDisk, pace};

    #[test]
    fn fails_where_it_was_told_to() {
        let disk = FaultyDisk::new(MemoryDisk::new(512, 8));
        disk.flip_bit(3, 9);
        disk.make_unreadable(5);
        let mut two = [0; 1024];
        pace::run(disk.read(2, &mut two)).unwrap();
        assert_eq!((two[512], two[513]), (0, 2));
        assert!(pace::run(disk.read(4, &mut two)).is_err());
        pace::run(disk.write(3, &[0; 512])).unwrap();
        pace::run(disk.read(2, &mut two)).unwrap();
        assert_eq!(two, [0; 1024], "written anew");
        assert_eq!((disk.read_blocks(), disk.flushes()), (6, 0));

        disk.fail_after(1);
        pace::run(disk.write(0, &[0; 512])).unwrap();
        assert_eq!(
            pace::run(disk.flush()),
            Err(BlockError::Medium { operation: BlockOperation::Flush, first: 0 })
        );
        pace::run(disk.flush()).unwrap();
        disk.set_gone(true);
        assert_eq!(pace::run(disk.read(0, &mut two)), Err(BlockError::Gone));
        assert_eq!(pace::run(disk.write(0, &two)), Err(BlockError::Gone));
        assert_eq!(pace::run(disk.flush()), Err(BlockError::Gone));
    }
}
