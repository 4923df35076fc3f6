//! A disk whose power can be cut, as wicked as [`BlockDevice`] allows it to be.
//!
//! What was written stays in a cache until it is flushed. When power goes, each block of the cache
//! reaches the medium or not, in any version of it that was written since the last flush: writes are
//! lost, torn between blocks and reordered. The seed decides, so that a history can be repeated.

use super::{BlockDevice, BlockError, BlockFuture, BlockInfo};
use alloc::{borrow::ToOwned, boxed::Box, collections::BTreeMap, vec::Vec};
use core::{
    cell::RefCell,
    future::{Future, poll_fn, ready},
    task::Poll,
};

type Block = Box<[u8]>;

/// A disk whose power can be cut. Blocks that were never written are zeros and take no memory.
#[derive(Debug)]
pub struct PowerCutDisk {
    info: BlockInfo,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    medium: BTreeMap<u64, Block>,
    /// Versions of blocks since the last flush, oldest first.
    cache: BTreeMap<u64, Vec<Block>>,
    random: u64,
    /// Writes and flushes until power is cut.
    until_cut: Option<u64>,
    is_on: bool,
    /// Whether operations wait.
    waits: bool,
    operations: u64,
}

impl State {
    /// A number below `limit`: splitmix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    fn make_durable(&mut self) {
        for (block, mut versions) in core::mem::take(&mut self.cache) {
            self.medium.insert(block, versions.pop().expect("a version of each block"));
        }
    }

    /// Counts an operation that changes something; whether power goes during it.
    fn is_cut(&mut self) -> bool {
        self.operations += 1;
        let left = self.until_cut;
        self.until_cut = left.and_then(|left| left.checked_sub(1));
        left == Some(0)
    }

    /// Takes power away: some of the cache survives.
    fn cut(&mut self) {
        self.is_on = false;
        self.until_cut = None;
        // In eighths: none, few, half, most, all blocks. Both ends are what disks mostly do.
        let kept = [0, 1, 4, 7, 8][self.below(5) as usize];
        for (block, mut versions) in core::mem::take(&mut self.cache) {
            if self.below(8) >= kept {
                continue;
            }
            // Mostly the last version, sometimes one that it was to replace.
            let last = versions.len() - 1;
            let index =
                if self.below(4) == 0 { self.below(last as u64 + 1) as usize } else { last };
            self.medium.insert(block, versions.swap_remove(index));
        }
    }
}

impl PowerCutDisk {
    /// A disk of zeros with power on. The seed decides what survives cuts.
    pub fn new(block_bytes: u32, blocks: u64, seed: u64) -> Self {
        let info =
            BlockInfo { name: "power-cut".to_owned(), block_bytes, blocks, is_read_only: false };
        let state = State {
            medium: BTreeMap::new(),
            cache: BTreeMap::new(),
            random: seed,
            until_cut: None,
            is_on: true,
            waits: false,
            operations: 0,
        };
        Self { info, state: RefCell::new(state) }
    }

    /// The same disk with operations that wait before they end, as those of real disks do.
    pub fn waiting(self) -> Self {
        self.state.borrow_mut().waits = true;
        self
    }

    /// Lets `good` more writes and flushes pass; power goes during the one after them.
    pub fn cut_after(&self, good: u64) {
        self.state.borrow_mut().until_cut = Some(good);
    }

    /// Cuts power now.
    pub fn cut(&self) {
        self.state.borrow_mut().cut();
    }

    /// Gives power again; it is cut no more until somebody asks for it.
    pub fn power_on(&self) {
        let mut state = self.state.borrow_mut();
        state.is_on = true;
        state.until_cut = None;
    }

    /// Whether there is power.
    pub fn is_on(&self) -> bool {
        self.state.borrow().is_on
    }

    /// Writes and flushes so far.
    pub fn operations(&self) -> u64 {
        self.state.borrow().operations
    }

    /// Whether `bytes` stand anywhere on the medium.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let state = self.state.borrow();
        // The end of the block before, as far as `bytes` may go on from there.
        let mut run = Vec::new();
        let mut next = 0;
        for (number, block) in &state.medium {
            let kept =
                if *number == next { run.len().min(bytes.len().saturating_sub(1)) } else { 0 };
            run.drain(..run.len() - kept);
            run.extend_from_slice(block);
            if run.windows(bytes.len()).any(|window| window == bytes) {
                return true;
            }
            next = number + 1;
        }
        false
    }

    /// Waits once or twice, if the disk waits at all.
    fn delay(&self) -> impl Future<Output = ()> {
        let mut state = self.state.borrow_mut();
        let mut turns = if state.waits { 1 + state.below(2) } else { 0 };
        poll_fn(move |context| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

impl BlockDevice for PowerCutDisk {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        if let Err(error) = self.info.check(first, buffer.len()) {
            return Box::pin(ready(Err(error)));
        }
        Box::pin(async move {
            self.delay().await;
            let state = self.state.borrow();
            if !state.is_on {
                return Err(BlockError::Gone);
            }
            let blocks = buffer.chunks_exact_mut(self.info.block_bytes as usize);
            for (number, bytes) in (first..).zip(blocks) {
                let cached = state.cache.get(&number).and_then(|versions| versions.last());
                match cached.or_else(|| state.medium.get(&number)) {
                    Some(block) => bytes.copy_from_slice(block),
                    None => bytes.fill(0),
                }
            }
            Ok(())
        })
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if let Err(error) = self.info.check(first, bytes.len()) {
            return Box::pin(ready(Err(error)));
        }
        Box::pin(async move {
            self.delay().await;
            let mut state = self.state.borrow_mut();
            if !state.is_on {
                return Err(BlockError::Gone);
            }
            for (number, block) in (first..).zip(bytes.chunks_exact(self.info.block_bytes as usize))
            {
                state.cache.entry(number).or_default().push(block.into());
            }
            if state.is_cut() {
                state.cut();
                return Err(BlockError::Gone);
            }
            Ok(())
        })
    }

    fn flush(&self) -> BlockFuture<'_> {
        Box::pin(async move {
            self.delay().await;
            let mut state = self.state.borrow_mut();
            if !state.is_on {
                return Err(BlockError::Gone);
            }
            if state.is_cut() {
                state.cut();
                return Err(BlockError::Gone);
            }
            state.make_durable();
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace;

    /// What four blocks hold after a cut, when the first version was flushed and two were not.
    fn after_cut(seed: u64) -> [u8; 4] {
        let disk = PowerCutDisk::new(512, 4, seed);
        pace::run(disk.write(0, &[1; 2048])).unwrap();
        pace::run(disk.flush()).unwrap();
        pace::run(disk.write(0, &[2; 2048])).unwrap();
        disk.cut_after(0);
        assert_eq!(pace::run(disk.write(0, &[3; 2048])), Err(BlockError::Gone));
        assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone));
        disk.power_on();
        let mut bytes = [0; 2048];
        pace::run(disk.read(0, &mut bytes)).unwrap();
        [bytes[0], bytes[512], bytes[1024], bytes[1536]]
    }

    #[test]
    fn a_cut_loses_tears_and_reorders_what_was_not_flushed_and_nothing_else() {
        let all: Vec<_> = (0..300).map(after_cut).collect();
        assert!(all.iter().flatten().all(|version| (1..=3).contains(version)));
        assert!(all.contains(&[1; 4]) && all.contains(&[3; 4]));
        assert!(all.iter().any(|blocks| blocks.contains(&1) && blocks.contains(&3)), "torn");
        assert!(all.iter().any(|blocks| blocks.contains(&2)), "an older version");
        assert_eq!(after_cut(7), after_cut(7));
    }

    #[test]
    fn reads_see_the_cache_and_the_medium_only_what_was_flushed() {
        let disk = PowerCutDisk::new(512, 4, 1);
        pace::run(disk.write(1, &[9; 512])).unwrap();
        let mut bytes = [0; 1024];
        pace::run(disk.read(1, &mut bytes)).unwrap();
        assert_eq!((bytes[0], bytes[512]), (9, 0));
        assert!(!disk.holds(&[9, 9]));
        pace::run(disk.flush()).unwrap();
        assert!(disk.holds(&[9, 9]) && disk.operations() == 2);
        pace::run(disk.write(2, &[8; 512])).unwrap();
        pace::run(disk.flush()).unwrap();
        assert!(disk.holds(&[9, 9, 8]) && !disk.holds(&[8, 9]), "over the border of two blocks");
        disk.cut();
        assert!(!disk.is_on());
    }
}
