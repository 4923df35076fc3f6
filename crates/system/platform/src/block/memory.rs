//! A disk in memory, for tests and for images that are made in one go.

use super::{BlockDevice, BlockError, BlockFuture, BlockInfo};
use alloc::{borrow::ToOwned, boxed::Box, vec, vec::Vec};
use core::{cell::RefCell, future::ready};

/// A disk in memory. Every write is durable at once, no operation waits or fails but for its
/// range.
#[derive(Debug)]
pub struct MemoryDisk {
    info: BlockInfo,
    bytes: RefCell<Vec<u8>>,
}

impl MemoryDisk {
    /// A disk of zeros.
    ///
    /// # Panics
    /// It would not fit memory.
    pub fn new(block_bytes: u32, blocks: u64) -> Self {
        let len =
            usize::try_from(blocks * u64::from(block_bytes)).expect("a disk that fits memory");
        Self::from_bytes(block_bytes, vec![0; len])
    }

    /// A disk that holds `bytes`; what does not fill a block at their end is cut off.
    pub fn from_bytes(block_bytes: u32, mut bytes: Vec<u8>) -> Self {
        let blocks = bytes.len() / block_bytes as usize;
        bytes.truncate(blocks * block_bytes as usize);
        let info = BlockInfo {
            name: "memory".to_owned(),
            block_bytes,
            blocks: blocks as u64,
            is_read_only: false,
        };
        Self { info, bytes: RefCell::new(bytes) }
    }

    /// The same disk, write-protected.
    pub fn read_only(mut self) -> Self {
        self.info.is_read_only = true;
        self
    }

    /// Everything on it.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes.into_inner()
    }

    fn offset(&self, first: u64, len_bytes: usize) -> Result<usize, BlockError> {
        self.info.check(first, len_bytes)?;
        Ok(first as usize * self.info.block_bytes as usize)
    }
}

impl BlockDevice for MemoryDisk {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        Box::pin(ready(self.offset(first, buffer.len()).map(|at| {
            buffer.copy_from_slice(&self.bytes.borrow()[at..at + buffer.len()]);
        })))
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if self.info.is_read_only {
            return Box::pin(ready(Err(BlockError::ReadOnly)));
        }
        Box::pin(ready(self.offset(first, bytes.len()).map(|at| {
            self.bytes.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        })))
    }

    fn flush(&self) -> BlockFuture<'_> {
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace;

    #[test]
    fn keeps_blocks_and_refuses_what_does_not_fit() {
        let disk = MemoryDisk::new(512, 4);
        pace::run(disk.write(1, &[7; 1024])).unwrap();
        pace::run(disk.flush()).unwrap();
        let mut read = [0; 1024];
        pace::run(disk.read(2, &mut read)).unwrap();
        assert_eq!((read[511], read[512]), (7, 0));
        assert_eq!(
            pace::run(disk.read(3, &mut read)),
            Err(BlockError::OutOfRange { first: 3, count: 2, blocks: 4 })
        );
        assert_eq!(
            pace::run(disk.write(u64::MAX, &[0; 512])),
            Err(BlockError::OutOfRange { first: u64::MAX, count: 1, blocks: 4 })
        );
        assert_eq!(
            pace::run(disk.write(0, &[0; 100])),
            Err(BlockError::Unaligned { len_bytes: 100, block_bytes: 512 })
        );
        assert_eq!(pace::run(disk.read_only().write(0, &[0; 512])), Err(BlockError::ReadOnly));
    }
}
