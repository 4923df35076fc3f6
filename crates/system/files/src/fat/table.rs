//! The allocation table: which cluster follows which.

use super::{
    ChainFault, FatError, Kind,
    disk::Disk,
    free::{FreeMap, push},
};
use crate::bytes::{put, u16_at, u32_at};
use alloc::{string::String, vec::Vec};
use system_platform::BlockError;

/// Bytes of the table that are read and kept at a time. The whole of FAT12's fits in.
const WINDOW_BYTES: u32 = 32 << 10;
/// Ends a chain.
const END: u32 = 0x0fff_ffff;

/// Clusters side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub first: u32,
    pub count: u32,
}

impl Run {
    /// Their numbers.
    pub fn clusters(self) -> impl Iterator<Item = u32> + Clone {
        self.first..self.first + self.count
    }
}

/// How many clusters runs have.
pub(super) fn total(runs: &[Run]) -> u32 {
    runs.iter().map(|run| run.count).sum()
}

/// A part of the table in memory, as it is on the disk.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Its first sector, counted from the table's; nothing while it is not known.
    first: Option<u32>,
    bytes: Vec<u8>,
}

/// What the table says of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Free,
    Next(u32),
    End,
    Bad,
    /// A number that no cluster has.
    Nowhere(u32),
}

/// A chain, or why there is none.
pub(super) type Chain = Result<Vec<Run>, ChainFault>;

impl Disk {
    fn entry_bytes(&self) -> u64 {
        if self.geometry.kind == Kind::Fat32 { 4 } else { 2 }
    }

    /// Where a cluster's entry begins in the table.
    fn entry_at(&self, cluster: u32) -> u64 {
        match self.geometry.kind {
            Kind::Fat12 => u64::from(cluster) * 3 / 2,
            _ => u64::from(cluster) * self.entry_bytes(),
        }
    }

    /// Has the window at a cluster's entry, whose place in it is the result.
    async fn look_at(&mut self, cluster: u32) -> Result<usize, BlockError> {
        let geometry = &self.geometry;
        let sector_bytes = geometry.sector_bytes;
        let sectors = WINDOW_BYTES / sector_bytes;
        let at = self.entry_at(cluster);
        let first = (at / u64::from(WINDOW_BYTES)) as u32 * sectors;
        if self.window.first != Some(first) {
            self.window.first = None;
            let len = sectors.min(geometry.table_sectors - first) * sector_bytes;
            let table = geometry.active_table.unwrap_or(0);
            let sector = u64::from(geometry.table)
                + u64::from(table) * u64::from(geometry.table_sectors)
                + u64::from(first);
            let mut bytes = core::mem::take(&mut self.window.bytes);
            bytes.resize(len as usize, 0);
            self.read_sectors(sector, &mut bytes).await?;
            self.window = Window { first: Some(first), bytes };
        }
        Ok((at % u64::from(WINDOW_BYTES)) as usize)
    }

    /// What the window says at a place.
    fn link_in_window(&self, cluster: u32, at: usize) -> Link {
        let bytes = &self.window.bytes;
        let (value, top) = match self.geometry.kind {
            Kind::Fat12 => {
                let both = u16_at(bytes, at);
                (u32::from(if cluster.is_multiple_of(2) { both & 0xfff } else { both >> 4 }), 0xfff)
            }
            Kind::Fat16 => (u32::from(u16_at(bytes, at)), 0xffff),
            Kind::Fat32 => (u32_at(bytes, at) & 0x0fff_ffff, 0x0fff_ffff),
        };
        match value {
            0 => Link::Free,
            value if self.geometry.has_cluster(value) => Link::Next(value),
            value if value >= top - 7 => Link::End,
            value if value == top - 8 => Link::Bad,
            value => Link::Nowhere(value),
        }
    }

    /// What the table says of a cluster that there is.
    pub async fn link_of(&mut self, cluster: u32) -> Result<Link, BlockError> {
        let at = self.look_at(cluster).await?;
        Ok(self.link_in_window(cluster, at))
    }

    /// The whole chain that begins at `first`, or what is wrong with it.
    pub async fn chain(&mut self, first: u32) -> Result<Chain, BlockError> {
        if !self.geometry.has_cluster(first) {
            return Ok(Err(ChainFault::OutOfRange { from: 0, to: first }));
        }
        let (mut runs, mut cluster) = (Vec::new(), first);
        // Brent's: a chain that meets the cluster of its last power of two goes round.
        let (mut mark, mut steps, mut power) = (first, 0_u64, 1_u64);
        loop {
            push(&mut runs, Run { first: cluster, count: 1 });
            let next = match self.link_of(cluster).await? {
                Link::End => return Ok(Ok(runs)),
                Link::Free => return Ok(Err(ChainFault::Free { cluster })),
                Link::Bad => return Ok(Err(ChainFault::Bad { cluster })),
                Link::Nowhere(to) => return Ok(Err(ChainFault::OutOfRange { from: cluster, to })),
                Link::Next(next) => next,
            };
            if next == mark {
                return Ok(Err(ChainFault::Loop { cluster: next }));
            }
            steps += 1;
            if steps == power {
                (mark, steps, power) = (next, 0, power * 2);
            }
            cluster = next;
        }
    }

    /// The chain of a file or folder, whose name errors give.
    pub async fn chain_of(&mut self, first: u32, path: &str) -> Result<Vec<Run>, FatError> {
        let fault = |fault| FatError::Corrupt { path: String::from(path), fault };
        self.chain(first).await?.map_err(fault)
    }

    /// Which clusters are free; read from the whole table the first time.
    pub async fn free_map(&mut self) -> Result<&mut FreeMap, FatError> {
        if self.free.is_none() {
            let mut map = FreeMap::new(self.geometry.clusters);
            let end = self.geometry.clusters + 2;
            let mut cluster = 2;
            while cluster < end {
                self.look_at(cluster).await?;
                let window = self.window.first;
                // As far as the window goes.
                while cluster < end {
                    let at = self.entry_at(cluster);
                    let sector = (at / u64::from(WINDOW_BYTES)) as u32
                        * (WINDOW_BYTES / self.geometry.sector_bytes);
                    if window != Some(sector) {
                        break;
                    }
                    let at = (at % u64::from(WINDOW_BYTES)) as usize;
                    if self.link_in_window(cluster, at) != Link::Free {
                        map.set_used(cluster);
                    }
                    cluster += 1;
                }
            }
            self.free = Some(map);
        }
        Ok(self.free.as_mut().expect("set above"))
    }

    /// Writes the links of a chain, from its first cluster to its end.
    pub async fn write_chain(&mut self, runs: &[Run]) -> Result<(), FatError> {
        let next_runs = runs.iter().skip(1).map(|run| run.first).chain([END]);
        let links = runs.iter().zip(next_runs).flat_map(|(run, behind)| {
            let last = run.first + run.count - 1;
            run.clusters().map(move |c| (c, if c == last { behind } else { c + 1 }))
        });
        self.write_links(links).await
    }

    /// Writes entries of a FAT32 table, to all of its copies; the four bits on top stay.
    pub async fn write_links(
        &mut self,
        links: impl Iterator<Item = (u32, u32)>,
    ) -> Result<(), FatError> {
        let mut links = links.peekable();
        let sector_bytes = self.geometry.sector_bytes as usize;
        while let Some((cluster, _)) = links.peek().copied() {
            self.look_at(cluster).await?;
            // What is in memory is not what is on the disk until it was written.
            let Window { first, mut bytes } = core::mem::take(&mut self.window);
            let first = first.expect("looked at above");
            let begin = u64::from(first) * sector_bytes as u64;
            let (mut low, mut high) = (usize::MAX, 0);
            while let Some((cluster, value)) = links.peek().copied() {
                let Some(at) =
                    u64::from(cluster).checked_mul(4).and_then(|at| at.checked_sub(begin))
                else {
                    break;
                };
                let at = at as usize;
                if at + 4 > bytes.len() {
                    break;
                }
                let old = u32_at(&bytes, at);
                put(&mut bytes, at, &(old & !END | value & END).to_le_bytes());
                (low, high) = (low.min(at), high.max(at));
                links.next();
            }
            let sectors = low / sector_bytes..high / sector_bytes + 1;
            let part = &bytes[sectors.start * sector_bytes..sectors.end * sector_bytes];
            let geometry = &self.geometry;
            let copies = match geometry.active_table {
                Some(active) => active..active + 1,
                None => 0..geometry.tables,
            };
            for copy in copies {
                let sector = u64::from(geometry.table)
                    + u64::from(copy) * u64::from(geometry.table_sectors)
                    + u64::from(first)
                    + sectors.start as u64;
                self.write_sectors(sector, part).await?;
            }
            self.window = Window { first: Some(first), bytes };
        }
        Ok(())
    }
}
