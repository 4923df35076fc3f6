//! Memory for devices: runs of page frames, reached through the direct map.

use super::memory::{address_space::direct, frames};
use core::{
    ptr::NonNull,
    sync::atomic::{Ordering, fence},
};
use system_core::address::{PAGE_BYTES, PhysAddr};
use system_platform::{DmaMemory, DmaRegion, OutOfDmaMemory};

/// First address that some devices cannot reach.
const END: PhysAddr = PhysAddr(1 << 32);

/// The frame allocator as the drivers see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct KernelDma;

impl DmaMemory for KernelDma {
    type Region = KernelRegion;

    fn allocate(&self, len_bytes: usize) -> Result<KernelRegion, OutOfDmaMemory> {
        let count = (len_bytes as u64).div_ceil(PAGE_BYTES).max(1);
        let out_of_memory = OutOfDmaMemory { len_bytes };
        let first = frames::allocate_run(count, END).ok_or(out_of_memory)?.address();
        let start = NonNull::new(direct(first).0 as *mut u8).ok_or(out_of_memory)?;
        let len_bytes = (count * PAGE_BYTES) as usize;
        // SAFETY: the frames were free, so they are ours alone, and the direct map covers them.
        unsafe { start.write_bytes(0, len_bytes) };
        Ok(KernelRegion { start, phys: first, len_bytes })
    }
}

/// Frames that belong to a driver and its device for ever: dropping it gives nothing back, because
/// nobody can know whether the device is done with them.
#[derive(Debug)]
pub struct KernelRegion {
    start: NonNull<u8>,
    phys: PhysAddr,
    len_bytes: usize,
}

impl KernelRegion {
    /// The first byte, for ever.
    pub const fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// The address of a range.
    ///
    /// # Panics
    /// It is not within the region.
    fn range(&self, offset: usize, len_bytes: usize) -> *mut u8 {
        let is_within = offset.checked_add(len_bytes).is_some_and(|end| end <= self.len_bytes);
        assert!(is_within, "{len_bytes} bytes at {offset} of a DMA region of {}", self.len_bytes);
        self.start.as_ptr().wrapping_add(offset)
    }
}

impl DmaRegion for KernelRegion {
    fn phys(&self) -> u64 {
        self.phys.0
    }

    fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) {
        let source = self.range(offset, buffer.len());
        // Nothing is read before the look at the device that said that it is there.
        fence(Ordering::Acquire);
        // SAFETY: within the region, of which no references exist. A device that writes meanwhile,
        // against the rules, spoils bytes that any value is valid for.
        unsafe { source.copy_to_nonoverlapping(buffer.as_mut_ptr(), buffer.len()) };
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        let target = self.range(offset, bytes.len());
        // SAFETY: as for reading.
        unsafe { target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        // All is written before the device is told. (x86 keeps stores in order, and the direct map
        // is coherent with devices; this keeps the compiler to it.)
        fence(Ordering::Release);
    }

    fn read_u32(&self, offset: usize) -> u32 {
        assert!(offset.is_multiple_of(4), "words are aligned");
        let source = self.range(offset, 4).cast::<u32>();
        // SAFETY: within the region and aligned, because the region starts with a page.
        let value = unsafe { source.read_volatile() };
        fence(Ordering::Acquire);
        value
    }
}
