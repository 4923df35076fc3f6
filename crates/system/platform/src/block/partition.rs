//! A part of a device that is used like a device, for partitions.

use super::{BlockDevice, BlockError, BlockFuture, BlockInfo};
use alloc::{boxed::Box, rc::Rc};
use core::future::ready;

/// A run of blocks of another device.
pub struct Partition {
    device: Rc<dyn BlockDevice>,
    first: u64,
    info: BlockInfo,
}

impl Partition {
    /// The `blocks` blocks of `device` from block `first` on. It has the device's name.
    ///
    /// # Errors
    /// The range leads beyond the device's end.
    pub fn new(device: Rc<dyn BlockDevice>, first: u64, blocks: u64) -> Result<Self, BlockError> {
        let info = BlockInfo { blocks, ..device.info().clone() };
        match first.checked_add(blocks) {
            Some(end) if end <= device.info().blocks => Ok(Self { device, first, info }),
            _ => Err(BlockError::OutOfRange { first, count: blocks, blocks: device.info().blocks }),
        }
    }
}

impl BlockDevice for Partition {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        match self.info.check(first, buffer.len()) {
            Ok(()) => self.device.read(self.first + first, buffer),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        match self.info.check(first, bytes.len()) {
            Ok(()) => self.device.write(self.first + first, bytes),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn flush(&self) -> BlockFuture<'_> {
        self.device.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block::MemoryDisk, pace};

    #[test]
    fn reaches_its_own_blocks_and_no_others() {
        let disk = Rc::new(MemoryDisk::new(512, 8));
        let part = Partition::new(disk.clone(), 2, 3).unwrap();
        pace::run(part.write(1, &[7; 1024])).unwrap();
        let mut all = [0; 8 * 512];
        pace::run(disk.read(0, &mut all)).unwrap();
        assert!(all[3 * 512..5 * 512].iter().all(|byte| *byte == 7));
        assert_eq!(all.iter().filter(|byte| **byte == 7).count(), 1024);
        let beyond = BlockError::OutOfRange { first: 2, count: 2, blocks: 3 };
        assert_eq!(pace::run(part.write(2, &[0; 1024])), Err(beyond));
        assert_eq!(pace::run(part.read(2, &mut [0; 1024])), Err(beyond));
        assert!(Partition::new(disk.clone(), 6, 3).is_err());
        assert!(Partition::new(disk, u64::MAX, 2).is_err());
    }
}
