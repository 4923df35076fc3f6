//! Page frames: which 4 KiB pieces of physical memory are free.
//!
//! One bit per frame, in words that the caller provides; set means free. Single frames are taken
//! from the lowest free address, so that long runs survive higher up, and blocks of 2 MiB are found
//! eight words at a time. Two hints keep repeated searches from walking over what is known to be
//! taken. A buddy system would answer the same requests; a bitmap needs no links inside free
//! memory, so nothing here touches the memory it manages.
//!
//! Neighbours: `paging` takes its tables from here through the kernel's lock.

use crate::address::{PAGE_BYTES, PhysAddr};

/// Frames in a block of 2 MiB.
pub const FRAMES_PER_LARGE_PAGE: u64 = 512;

const BITS: u64 = u64::BITS as u64;
const WORDS_PER_LARGE_PAGE: usize = (FRAMES_PER_LARGE_PAGE / BITS) as usize;

/// A page frame, by number: the frame at physical address `number * 4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame(pub u64);

impl Frame {
    /// The frame that contains `address`.
    pub const fn containing(address: PhysAddr) -> Self {
        Self(address.0 / PAGE_BYTES)
    }

    /// The frame's first address.
    pub const fn address(self) -> PhysAddr {
        PhysAddr(self.0 * PAGE_BYTES)
    }
}

/// Counts of a [`FrameAllocator`], in frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Frames ever handed over to the allocator.
    pub total: u64,
    /// Frames free now.
    pub free: u64,
    /// Longest run of free frames.
    pub largest_free_run: u64,
    /// Allocations since the start (a large block counts as one).
    pub allocations: u64,
    /// Deallocations since the start.
    pub deallocations: u64,
}

/// Hands out page frames and takes them back.
#[derive(Debug)]
pub struct FrameAllocator<'a> {
    /// Bit `n % 64` of word `n / 64` is set while frame `n` is free.
    free: &'a mut [u64],
    total_frames: u64,
    free_frames: u64,
    /// All words below are zero.
    first_word_hint: usize,
    /// No block of 2 MiB below is wholly free.
    first_large_hint: usize,
    allocations: u64,
    deallocations: u64,
}

impl<'a> FrameAllocator<'a> {
    /// Words of bitmap needed for the frames `0..frames`.
    pub const fn bitmap_words(frames: u64) -> usize {
        frames.div_ceil(BITS) as usize
    }

    /// An allocator over the frames that `bitmap` has bits for, all of them taken.
    pub fn new(bitmap: &'a mut [u64]) -> Self {
        bitmap.fill(0);
        let words = bitmap.len();
        Self {
            free: bitmap,
            total_frames: 0,
            free_frames: 0,
            first_word_hint: words,
            first_large_hint: words / WORDS_PER_LARGE_PAGE,
            allocations: 0,
            deallocations: 0,
        }
    }

    /// Brings `count` frames from `first` on under management, free.
    ///
    /// # Panics
    /// When one of them is free already or lies beyond the bitmap: the memory map was read wrongly.
    pub fn add(&mut self, first: Frame, count: u64) {
        self.set_free(first, count);
        self.total_frames += count;
    }

    /// Takes the lowest free frame; `None` when there is none.
    pub fn allocate(&mut self) -> Option<Frame> {
        let word = (self.first_word_hint..self.free.len()).find(|&word| self.free[word] != 0)?;
        self.first_word_hint = word;
        let frame = Frame(word as u64 * BITS + u64::from(self.free[word].trailing_zeros()));
        self.set_taken(frame, 1);
        self.allocations += 1;
        Some(frame)
    }

    /// Takes [`FRAMES_PER_LARGE_PAGE`] adjacent frames that start at a multiple of 2 MiB; `None`
    /// when there is no such block.
    pub fn allocate_large(&mut self) -> Option<Frame> {
        let (blocks, _) = self.free.as_chunks::<WORDS_PER_LARGE_PAGE>();
        let block = (self.first_large_hint..blocks.len())
            .find(|&block| blocks[block].iter().all(|&word| word == u64::MAX));
        self.first_large_hint = block.map_or(blocks.len(), |block| block + 1);
        let frame = Frame(block? as u64 * FRAMES_PER_LARGE_PAGE);
        self.set_taken(frame, FRAMES_PER_LARGE_PAGE);
        self.allocations += 1;
        Some(frame)
    }

    /// Takes the lowest `count` adjacent frames that all lie below `end`; `None` when there is no
    /// such run. Walks the bitmap frame by frame: for the few pieces that devices need.
    pub fn allocate_run(&mut self, count: u64, end: Frame) -> Option<Frame> {
        let end = end.0.min(self.free.len() as u64 * BITS);
        let mut run = 0;
        for frame in self.first_word_hint as u64 * BITS..end {
            let is_free = self.free[(frame / BITS) as usize] >> (frame % BITS) & 1 == 1;
            run = if is_free { run + 1 } else { 0 };
            if run == count {
                let first = Frame(frame + 1 - count);
                self.set_taken(first, count);
                self.allocations += 1;
                return Some(first);
            }
        }
        None
    }

    /// Gives `count` frames from `first` on back.
    ///
    /// # Panics
    /// When one of them is free already: somebody else holds it by now.
    pub fn deallocate(&mut self, first: Frame, count: u64) {
        self.set_free(first, count);
        self.deallocations += 1;
    }

    /// Frames free now.
    pub const fn free_frames(&self) -> u64 {
        self.free_frames
    }

    /// All counts; walks the whole bitmap for the longest run.
    pub fn counts(&self) -> FrameCounts {
        FrameCounts {
            total: self.total_frames,
            free: self.free_frames,
            largest_free_run: self.largest_free_run(),
            allocations: self.allocations,
            deallocations: self.deallocations,
        }
    }

    fn largest_free_run(&self) -> u64 {
        let (mut longest, mut run) = (0, 0);
        for &word in self.free.iter() {
            if word == u64::MAX {
                run += BITS;
            } else {
                for bit in 0..BITS {
                    run = if word >> bit & 1 == 1 { run + 1 } else { 0 };
                    longest = longest.max(run);
                }
            }
            longest = longest.max(run);
        }
        longest
    }

    fn set_free(&mut self, first: Frame, count: u64) {
        for (word, mask) in word_masks(first, count) {
            assert_eq!(self.free[word] & mask, 0, "frame freed twice near {}", first.address());
            self.free[word] |= mask;
            self.first_word_hint = self.first_word_hint.min(word);
            self.first_large_hint = self.first_large_hint.min(word / WORDS_PER_LARGE_PAGE);
        }
        self.free_frames += count;
    }

    fn set_taken(&mut self, first: Frame, count: u64) {
        for (word, mask) in word_masks(first, count) {
            self.free[word] &= !mask;
        }
        self.free_frames -= count;
    }
}

/// The bitmap words that `count` frames from `first` on touch, each with its bits.
fn word_masks(first: Frame, count: u64) -> impl Iterator<Item = (usize, u64)> {
    let end = first.0 + count;
    let mut next = first.0;
    core::iter::from_fn(move || {
        (next < end).then(|| {
            let word = next / BITS;
            let from = next % BITS;
            let until = (end - word * BITS).min(BITS);
            next = word * BITS + until;
            let mask = (u64::MAX << from) & (u64::MAX >> (BITS - until));
            (word as usize, mask)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{collections::BTreeSet, vec, vec::Vec};

    const FRAMES: u64 = 3 * FRAMES_PER_LARGE_PAGE + 70;

    #[test]
    fn knows_no_frame_before_one_is_added() {
        let mut bitmap = vec![u64::MAX; 4];
        let mut frames = FrameAllocator::new(&mut bitmap);
        assert_eq!(frames.allocate(), None);
        assert_eq!(frames.allocate_large(), None);
    }

    #[test]
    fn hands_out_every_frame_once_and_then_none() {
        let mut bitmap = vec![0; FrameAllocator::bitmap_words(FRAMES)];
        let mut frames = FrameAllocator::new(&mut bitmap);
        frames.add(Frame(3), 200);
        let taken: Vec<_> = core::iter::from_fn(|| frames.allocate()).collect();
        assert_eq!(taken, (3..203).map(Frame).collect::<Vec<_>>());
        assert_eq!(frames.free_frames(), 0);
    }

    #[test]
    fn finds_a_large_block_again_after_it_came_back_in_pieces() {
        let mut bitmap = vec![0; FrameAllocator::bitmap_words(FRAMES)];
        let mut frames = FrameAllocator::new(&mut bitmap);
        frames.add(Frame(1), 3 * FRAMES_PER_LARGE_PAGE - 2);
        assert_eq!(frames.allocate_large(), Some(Frame(512)));
        assert_eq!(frames.allocate_large(), None);
        for frame in 512..1024 {
            frames.deallocate(Frame(frame), 1);
        }
        assert_eq!(frames.allocate_large(), Some(Frame(512)));
    }

    #[test]
    #[should_panic(expected = "freed twice")]
    fn refuses_a_frame_that_is_free_already() {
        let mut bitmap = vec![0; 1];
        let mut frames = FrameAllocator::new(&mut bitmap);
        frames.add(Frame(0), 2);
        frames.deallocate(Frame(1), 1);
    }

    #[derive(Clone, Debug)]
    enum Step {
        One,
        Run(u64, u64),
        Large,
        Free(prop::sample::Index),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => Just(Step::One),
            1 => Just(Step::Large),
            1 => (1_u64..140, 0..FRAMES + 10).prop_map(|(count, end)| Step::Run(count, end)),
            3 => any::<prop::sample::Index>().prop_map(Step::Free),
        ];
        prop::collection::vec(step, 1..200)
    }

    fn longest_run(free: &BTreeSet<u64>) -> u64 {
        let (mut longest, mut run, mut last) = (0, 0, None);
        for &frame in free {
            run = if last.is_some_and(|last| last + 1 == frame) { run + 1 } else { 1 };
            longest = longest.max(run);
            last = Some(frame);
        }
        longest
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Compares with a plain set of free frame numbers.
        #[test]
        fn behaves_like_a_set_of_free_frames(
            start in 0_u64..600,
            count in 1_u64..900,
            steps in steps(),
        ) {
            let mut bitmap = vec![0; FrameAllocator::bitmap_words(FRAMES)];
            let mut frames = FrameAllocator::new(&mut bitmap);
            let mut free: BTreeSet<u64> = (start..start + count).collect();
            let mut held: Vec<(Frame, u64)> = Vec::new();
            frames.add(Frame(start), count);
            for step in steps {
                match step {
                    Step::One => {
                        let frame = frames.allocate();
                        prop_assert_eq!(frame, free.pop_first().map(Frame));
                        held.extend(frame.map(|frame| (frame, 1)));
                    }
                    Step::Large => {
                        let expected = (0..FRAMES / 512)
                            .map(|block| block * 512)
                            .find(|first| (*first..first + 512).all(|frame| free.contains(&frame)));
                        prop_assert_eq!(frames.allocate_large(), expected.map(Frame));
                        if let Some(first) = expected {
                            free.retain(|frame| !(first..first + 512).contains(frame));
                            held.push((Frame(first), 512));
                        }
                    }
                    Step::Run(run, end) => {
                        let expected = (0..end.saturating_sub(run - 1)).find(|first| {
                            (*first..first + run).all(|frame| free.contains(&frame))
                        });
                        prop_assert_eq!(frames.allocate_run(run, Frame(end)), expected.map(Frame));
                        if let Some(first) = expected {
                            free.retain(|frame| !(first..first + run).contains(frame));
                            held.push((Frame(first), run));
                        }
                    }
                    Step::Free(index) if !held.is_empty() => {
                        let (first, count) = held.swap_remove(index.index(held.len()));
                        frames.deallocate(first, count);
                        free.extend(first.0..first.0 + count);
                    }
                    Step::Free(_) => {}
                }
                prop_assert_eq!(frames.free_frames(), free.len() as u64);
            }
            let counts = frames.counts();
            prop_assert_eq!(counts.total, count);
            prop_assert_eq!(counts.largest_free_run, longest_run(&free));
            prop_assert_eq!(counts.allocations - counts.deallocations, held.len() as u64);
        }
    }
}
