//! The volume below its folders: sectors, clusters and what was learned of them.

use super::{
    FatError,
    free::FreeMap,
    geometry::Geometry,
    table::{Run, Window},
};
use crate::bytes::put;
use alloc::{rc::Rc, vec, vec::Vec};
use system_platform::{BlockDevice, BlockError, DateTime};

/// A mounted volume. Operations are in the modules for tables, folders and changes.
pub(super) struct Disk {
    pub device: Rc<dyn BlockDevice>,
    pub geometry: Geometry,
    pub is_read_only: bool,
    pub window: Window,
    /// Learned when it is first needed.
    pub free: Option<FreeMap>,
    /// Grows with every change that may concern an open file.
    pub generation: u64,
    /// Whether the disk says that it is being changed.
    pub is_marked: bool,
    pub now: alloc::boxed::Box<dyn Fn() -> Option<DateTime>>,
}

/// In the boot sector of FAT32: bit 0 says that the volume was not put away.
const STATE: usize = 65;

impl Disk {
    /// Blocks of the device in a sector.
    fn sector_blocks(&self) -> u64 {
        u64::from(self.geometry.sector_bytes / self.device.info().block_bytes)
    }

    /// Reads whole sectors.
    pub async fn read_sectors(&self, first: u64, buffer: &mut [u8]) -> Result<(), BlockError> {
        self.device.read(first * self.sector_blocks(), buffer).await
    }

    /// Writes whole sectors.
    pub async fn write_sectors(&self, first: u64, bytes: &[u8]) -> Result<(), BlockError> {
        self.device.write(first * self.sector_blocks(), bytes).await
    }

    /// Makes durable what was written.
    pub async fn flush(&self) -> Result<(), BlockError> {
        self.device.flush().await
    }

    /// Reads from byte `offset` of the chain that `runs` are, which has as many bytes. Clusters
    /// side by side are read in one transfer, straight into `buffer` but for its ends.
    pub async fn read_runs(
        &self,
        runs: &[Run],
        mut offset: u64,
        mut buffer: &mut [u8],
    ) -> Result<(), BlockError> {
        let sector_bytes = self.geometry.sector_bytes as usize;
        while !buffer.is_empty() {
            let (sector, within, piece_bytes) = self.locate(runs, offset);
            let len = buffer.len().min(piece_bytes);
            let is_whole = within == 0 && len >= sector_bytes;
            let len =
                if is_whole { len - len % sector_bytes } else { len.min(sector_bytes - within) };
            let (here, rest) = core::mem::take(&mut buffer).split_at_mut(len);
            if is_whole {
                self.read_sectors(sector, here).await?;
            } else {
                self.read_part(sector, within, here).await?;
            }
            offset += len as u64;
            buffer = rest;
        }
        Ok(())
    }

    async fn read_part(&self, sector: u64, at: usize, part: &mut [u8]) -> Result<(), BlockError> {
        let mut whole = vec![0; self.geometry.sector_bytes as usize];
        self.read_sectors(sector, &mut whole).await?;
        part.copy_from_slice(&whole[at..at + part.len()]);
        Ok(())
    }

    /// Writes to the chain that `runs` are from byte `offset` on. What the last sector holds
    /// behind the end becomes zeros, what the first holds before `offset` stays.
    pub async fn write_runs(
        &self,
        runs: &[Run],
        mut offset: u64,
        mut bytes: &[u8],
    ) -> Result<(), BlockError> {
        let sector_bytes = self.geometry.sector_bytes as usize;
        while !bytes.is_empty() {
            let (sector, within, piece_bytes) = self.locate(runs, offset);
            let len = bytes.len().min(piece_bytes);
            let len = if within == 0 && len >= sector_bytes {
                let len = len - len % sector_bytes;
                self.write_sectors(sector, &bytes[..len]).await?;
                len
            } else {
                let len = len.min(sector_bytes - within);
                let mut whole = vec![0; sector_bytes];
                if within > 0 {
                    self.read_sectors(sector, &mut whole).await?;
                    whole[within..].fill(0);
                }
                put(&mut whole, within, &bytes[..len]);
                self.write_sectors(sector, &whole).await?;
                len
            };
            offset += len as u64;
            bytes = &bytes[len..];
        }
        Ok(())
    }

    /// Where a byte of a chain is: its sector, its place in there, and how many bytes from there on
    /// lie side by side.
    fn locate(&self, runs: &[Run], offset: u64) -> (u64, usize, usize) {
        let cluster_bytes = u64::from(self.geometry.cluster_bytes());
        let mut begin = 0;
        for run in runs {
            let len = u64::from(run.count) * cluster_bytes;
            if offset < begin + len {
                let within = offset - begin;
                let sector_bytes = u64::from(self.geometry.sector_bytes);
                let sector = self.geometry.sector_of(run.first) + within / sector_bytes;
                let left = usize::try_from(len - within).unwrap_or(usize::MAX);
                return (sector, (within % sector_bytes) as usize, left);
            }
            begin += len;
        }
        unreachable!("callers stay within the chain")
    }

    /// Zeros in whole clusters.
    pub async fn clear(&self, runs: &[Run]) -> Result<(), BlockError> {
        let zeros = vec![0; self.geometry.cluster_bytes() as usize];
        for cluster in runs.iter().flat_map(|run| run.clusters()) {
            self.write_sectors(self.geometry.sector_of(cluster), &zeros).await?;
        }
        Ok(())
    }

    /// Says on the disk that it is being changed, before the first change. The count of free
    /// clusters is void until [`put_away`](Self::put_away).
    pub async fn mark(&mut self) -> Result<(), FatError> {
        if self.is_read_only {
            return Err(FatError::ReadOnly);
        }
        if !self.is_marked {
            self.write_info(u32::MAX, u32::MAX).await?;
            self.write_state(1).await?;
            self.flush().await?;
            self.is_marked = true;
        }
        Ok(())
    }

    /// Says on the disk that nothing is being changed, with the count of free clusters.
    pub async fn put_away(&mut self) -> Result<(), FatError> {
        if !self.is_marked {
            return Ok(());
        }
        let map = self.free_map().await?;
        let (free, next) = (map.count(), map.next());
        self.flush().await?;
        self.write_info(free, next).await?;
        self.write_state(0).await?;
        self.flush().await?;
        self.is_marked = false;
        Ok(())
    }

    async fn write_state(&self, state: u8) -> Result<(), BlockError> {
        let mut sector = vec![0; self.geometry.sector_bytes as usize];
        self.read_sectors(0, &mut sector).await?;
        sector[STATE] = sector[STATE] & !1 | state;
        self.write_sectors(0, &sector).await
    }

    async fn write_info(&self, free: u32, next: u32) -> Result<(), BlockError> {
        let Some(info) = self.geometry.info else { return Ok(()) };
        let mut sector = vec![0; self.geometry.sector_bytes as usize];
        self.read_sectors(info.into(), &mut sector).await?;
        // A sector without the marks is not for us to change.
        if sector.starts_with(b"RRaA") && sector[484..488] == *b"rrAa" {
            put(&mut sector, 488, &free.to_le_bytes());
            put(&mut sector, 492, &next.to_le_bytes());
            self.write_sectors(info.into(), &sector).await?;
        }
        Ok(())
    }

    /// Takes clusters; the table does not say so yet.
    pub async fn take(
        &mut self,
        count: u32,
        near: Option<u32>,
    ) -> Result<super::free::Reservation, FatError> {
        let cluster_bytes = u64::from(self.geometry.cluster_bytes());
        let map = self.free_map().await?;
        let needed_bytes = u64::from(count) * cluster_bytes;
        map.take(count, near).ok_or_else(|| FatError::Full {
            needed_bytes,
            free_bytes: u64::from(map.count()) * cluster_bytes,
        })
    }

    /// Makes a chain of clusters whose contents were written, behind `after` where it goes on
    /// there. Contents are durable before the table names them, the chain before anything leads
    /// to it.
    pub async fn link(&mut self, runs: &[Run], after: Option<u32>) -> Result<(), FatError> {
        let Some(first) = runs.first().map(|run| run.first) else { return Ok(()) };
        self.flush().await?;
        self.write_chain(runs).await?;
        self.flush().await?;
        if let Some(after) = after {
            self.write_links(core::iter::once((after, first))).await?;
            self.flush().await?;
        }
        Ok(())
    }

    /// Gives the clusters of a chain back, which no durable entry leads to any more.
    pub async fn release(&mut self, runs: Vec<Run>) -> Result<(), FatError> {
        let clusters = runs.iter().flat_map(|run| run.clusters());
        self.write_links(clusters.map(|cluster| (cluster, 0))).await?;
        let map = self.free_map().await?;
        runs.into_iter().for_each(|run| map.set_free(run));
        Ok(())
    }
}
