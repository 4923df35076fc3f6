//! Memory that devices read and write by themselves.
//!
//! Drivers reach it only by copying through [`DmaRegion`], so they need no unsafe code, and nothing
//! of theirs can be written to by a device. The kernel implements it on page frames; [`FakeDma`]
//! stands in for tests, where a device model reads and writes by physical address.

mod fake;

use core::fmt;

pub use fake::{FakeDma, FakeRegion};

/// A piece of physically contiguous memory, zeroed at first, that starts at a multiple of 4 KiB.
///
/// A device that was told of it may write there long after its driver is gone, so it is never used
/// for anything else: drivers allocate when they start, and keep what they have.
///
/// # Panics
/// An access outside of it is a mistake of the driver.
pub trait DmaRegion {
    /// Where devices find it.
    fn phys(&self) -> u64;
    /// How long it is.
    fn len_bytes(&self) -> usize;
    /// Copies bytes from it. What a device wrote before it said that it was done is seen.
    fn read(&self, offset: usize, buffer: &mut [u8]);
    /// Copies bytes into it. A device that is told afterwards sees them.
    fn write(&self, offset: usize, bytes: &[u8]);
    /// Reads a little-endian word at a multiple of 4 in one access.
    fn read_u32(&self, offset: usize) -> u32;

    /// Fills a range with zeros.
    fn clear(&self, offset: usize, len_bytes: usize) {
        const ZEROS: [u8; 64] = [0; 64];
        for at in (0..len_bytes).step_by(ZEROS.len()) {
            self.write(offset + at, &ZEROS[..ZEROS.len().min(len_bytes - at)]);
        }
    }
}

/// Where DMA memory comes from.
pub trait DmaMemory {
    /// What it gives.
    type Region: DmaRegion;

    /// A new region of at least `len_bytes`, below 4 GiB: not every device reaches more.
    ///
    /// # Errors
    /// No such piece is free.
    fn allocate(&self, len_bytes: usize) -> Result<Self::Region, OutOfDmaMemory>;
}

/// No contiguous piece of memory of this length is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfDmaMemory {
    /// What was asked for.
    pub len_bytes: usize,
}

impl fmt::Display for OutOfDmaMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} bytes of contiguous memory are free below 4 GiB", self.len_bytes)
    }
}

impl core::error::Error for OutOfDmaMemory {}
