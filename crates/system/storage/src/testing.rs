//! A disk whose power can be cut at any operation.

use alloc::{boxed::Box, rc::Rc, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    future::ready,
};
use system_platform::{BlockDevice, BlockError, BlockFuture, BlockInfo, MemoryDisk, pace};

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
pub struct Random(
    /// The seed.
    pub u64,
);

impl Random {
    /// A number below `bound`, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// A disk that keeps what was written since the last flush in a cache of its own, and loses some of it
/// when the power is cut: each block of each write is kept or not, in any order.
pub struct PowerCutDisk {
    durable: Rc<MemoryDisk>,
    cached: RefCell<Vec<(u64, Vec<u8>)>>,
    /// Operations until the power is cut.
    left: Cell<u64>,
    random: RefCell<Random>,
}

impl PowerCutDisk {
    /// A disk on top of what survives, whose power is cut at operation `cut_after`, counted from 0.
    pub fn new(durable: Rc<MemoryDisk>, cut_after: u64, seed: u64) -> Self {
        Self {
            durable,
            cached: RefCell::default(),
            left: Cell::new(cut_after),
            random: RefCell::new(Random(seed)),
        }
    }

    /// Whether the power was cut.
    pub fn is_cut(&self) -> bool {
        self.left.get() == 0
    }

    /// Counts an operation; the one at which the power is cut is not carried out, or in part.
    fn tick(&self) -> bool {
        match self.left.get() {
            0 => false,
            1 => {
                self.left.set(0);
                false
            }
            left => {
                self.left.set(left - 1);
                true
            }
        }
    }

    fn random(&self, below: u64) -> u64 {
        self.random.borrow_mut().below(below)
    }

    /// What the cut leaves of the cache: nothing, everything, or any of its blocks in any order.
    fn lose(&self) {
        let block = self.durable.info().block_bytes as usize;
        let mut blocks: Vec<(u64, Vec<u8>)> = Vec::new();
        for (first, bytes) in self.cached.borrow_mut().drain(..) {
            let parts = bytes.chunks_exact(block).zip(first..);
            blocks.extend(parts.map(|(part, at)| (at, part.to_vec())));
        }
        let kept = match self.random(4) {
            0 => 0,
            1 => 100,
            _ => self.random(101),
        };
        // Of two writes of one block either may come last.
        if self.random(2) == 0 {
            for at in (1..blocks.len()).rev() {
                blocks.swap(at, self.random(at as u64 + 1) as usize);
            }
        }
        for (at, bytes) in blocks {
            if self.random(100) < kept {
                pace::run(self.durable.write(at, &bytes)).expect("it was in range");
            }
        }
    }

    fn gone(&self) -> BlockFuture<'_> {
        if !self.cached.borrow().is_empty() {
            self.lose();
        }
        Box::pin(ready(Err(BlockError::Gone)))
    }
}

impl BlockDevice for PowerCutDisk {
    fn info(&self) -> &BlockInfo {
        self.durable.info()
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        if self.is_cut() {
            return self.gone();
        }
        let block = self.info().block_bytes as usize;
        let read = pace::run(self.durable.read(first, buffer));
        for (at, bytes) in self.cached.borrow().iter() {
            for (part, at) in bytes.chunks_exact(block).zip(*at..) {
                if let Some(offset) = at.checked_sub(first)
                    && let Some(into) = buffer.chunks_exact_mut(block).nth(offset as usize)
                {
                    into.copy_from_slice(part);
                }
            }
        }
        Box::pin(ready(read))
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if let Err(error) = self.info().check(first, bytes.len()) {
            return Box::pin(ready(Err(error)));
        }
        if self.is_cut() {
            return self.gone();
        }
        // The write at which the power goes is on its way too.
        self.cached.borrow_mut().push((first, bytes.to_vec()));
        if self.tick() { Box::pin(ready(Ok(()))) } else { self.gone() }
    }

    fn flush(&self) -> BlockFuture<'_> {
        if self.is_cut() || !self.tick() {
            return self.gone();
        }
        for (first, bytes) in self.cached.borrow_mut().drain(..) {
            pace::run(self.durable.write(first, &bytes)).expect("it was in range");
        }
        Box::pin(ready(Ok(())))
    }
}
