//! A disk as others see it.

use crate::{BlockDevice, BlockError, BlockInfo, Drive, Queue};
use alloc::{boxed::Box, rc::Rc};
use system_platform::{BlockFuture, Timer};

/// A disk behind a queue.
pub struct Disk<D: Drive, T> {
    queue: Rc<Queue<D, T>>,
    unit: D::Unit,
    info: BlockInfo,
}

impl<D: Drive, T: Timer> Disk<D, T> {
    /// The disk `unit` of the device behind `queue`.
    pub const fn new(queue: Rc<Queue<D, T>>, unit: D::Unit, info: BlockInfo) -> Self {
        Self { queue, unit, info }
    }

    /// The only disk of a device.
    pub fn alone(drive: D, timer: T, info: BlockInfo) -> Self
    where
        D: Drive<Unit = ()>,
    {
        Self::new(Rc::new(Queue::new(drive, timer)), (), info)
    }

    fn blocks(&self, len_bytes: usize) -> u64 {
        len_bytes as u64 / u64::from(self.info.block_bytes)
    }
}

impl<D: Drive, T: Timer> BlockDevice for Disk<D, T> {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        Box::pin(async move {
            self.info.check(first, buffer.len())?;
            let mut done = 0;
            while done < buffer.len() {
                let block = first + self.blocks(done);
                done += self.queue.read(self.unit, block, &mut buffer[done..]).await?;
            }
            Ok(())
        })
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        Box::pin(async move {
            if self.info.is_read_only {
                return Err(BlockError::ReadOnly);
            }
            self.info.check(first, bytes.len())?;
            let mut done = 0;
            while done < bytes.len() {
                let block = first + self.blocks(done);
                done += self.queue.write(self.unit, block, &bytes[done..]).await?;
            }
            Ok(())
        })
    }

    fn flush(&self) -> BlockFuture<'_> {
        Box::pin(self.queue.flush(self.unit))
    }
}
