//! DMA memory for tests.

use super::{DmaMemory, DmaRegion, OutOfDmaMemory};
use alloc::{rc::Rc, vec, vec::Vec};
use core::cell::RefCell;

/// Where the first region lies. Between two regions are addresses that belong to nobody.
const FIRST_PHYS: u64 = 0x10_0000;
const PAGE_BYTES: usize = 4096;

/// Memory that a driver and a device model share; clones are the same memory.
///
/// The model's side is strict: an address that was never given to the driver is a bug of the
/// driver, and panics.
#[derive(Clone, Debug, Default)]
pub struct FakeDma {
    allocated: Rc<RefCell<Vec<Allocated>>>,
    refuses: bool,
}

/// The memory of one region.
#[derive(Debug)]
struct Allocated {
    phys: u64,
    bytes: Vec<u8>,
}

impl FakeDma {
    /// A machine without free memory.
    pub fn exhausted() -> Self {
        Self { refuses: true, ..Self::default() }
    }

    /// The device reads.
    ///
    /// # Panics
    /// A range that is not within one region.
    pub fn device_read(&self, phys: u64, buffer: &mut [u8]) {
        self.with(phys, buffer.len(), |bytes| buffer.copy_from_slice(bytes));
    }

    /// The device writes.
    ///
    /// # Panics
    /// A range that is not within one region.
    pub fn device_write(&self, phys: u64, bytes: &[u8]) {
        self.with(phys, bytes.len(), |target| target.copy_from_slice(bytes));
    }

    /// The device reads a little-endian word.
    ///
    /// # Panics
    /// A range that is not within one region.
    pub fn device_read_u32(&self, phys: u64) -> u32 {
        let mut word = [0; 4];
        self.device_read(phys, &mut word);
        u32::from_le_bytes(word)
    }

    /// The device reads a little-endian double word.
    ///
    /// # Panics
    /// A range that is not within one region.
    pub fn device_read_u64(&self, phys: u64) -> u64 {
        u64::from(self.device_read_u32(phys)) | u64::from(self.device_read_u32(phys + 4)) << 32
    }

    fn with(&self, phys: u64, len_bytes: usize, action: impl FnOnce(&mut [u8])) {
        let mut allocated = self.allocated.borrow_mut();
        let range = allocated.iter_mut().find_map(|region| {
            let at = usize::try_from(phys.checked_sub(region.phys)?).ok()?;
            region.bytes.get_mut(at..at.checked_add(len_bytes)?)
        });
        action(range.unwrap_or_else(|| panic!("the device was led to {phys:#x}, {len_bytes}")));
    }
}

impl DmaMemory for FakeDma {
    type Region = FakeRegion;

    fn allocate(&self, len_bytes: usize) -> Result<FakeRegion, OutOfDmaMemory> {
        if self.refuses {
            return Err(OutOfDmaMemory { len_bytes });
        }
        let mut allocated = self.allocated.borrow_mut();
        let len = len_bytes.next_multiple_of(PAGE_BYTES);
        let behind = |last: &Allocated| last.phys + (last.bytes.len() + PAGE_BYTES) as u64;
        let phys = allocated.last().map_or(FIRST_PHYS, behind);
        allocated.push(Allocated { phys, bytes: vec![0; len] });
        Ok(FakeRegion { memory: self.clone(), phys, len_bytes: len })
    }
}

/// A region of [`FakeDma`].
#[derive(Debug)]
pub struct FakeRegion {
    memory: FakeDma,
    phys: u64,
    len_bytes: usize,
}

impl DmaRegion for FakeRegion {
    fn phys(&self) -> u64 {
        self.phys
    }

    fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) {
        self.memory.device_read(self.phys + offset as u64, buffer);
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        self.memory.device_write(self.phys + offset as u64, bytes);
    }

    fn read_u32(&self, offset: usize) -> u32 {
        assert!(offset.is_multiple_of(4), "words are aligned");
        self.memory.device_read_u32(self.phys + offset as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn driver_and_device_see_the_same_bytes() {
        let memory = FakeDma::default();
        let first = memory.allocate(10).unwrap();
        let second = memory.allocate(5000).unwrap();
        assert_eq!((first.len_bytes(), second.len_bytes()), (4096, 8192));
        second.write(4096, &[1, 2, 3, 4]);
        assert_eq!(memory.device_read_u32(second.phys() + 4096), 0x0403_0201);
        memory.device_write(first.phys(), &[9; 8]);
        assert_eq!(first.read_u32(4), 0x0909_0909);
        first.clear(1, 7);
        assert_eq!(memory.device_read_u64(first.phys()), 9);
        assert!(FakeDma::exhausted().allocate(1).is_err());
    }

    #[test]
    #[should_panic(expected = "the device was led to")]
    fn a_device_that_is_led_behind_a_region_panics() {
        let memory = FakeDma::default();
        let region = memory.allocate(4096).unwrap();
        memory.device_read(region.phys() + 4095, &mut [0; 2]);
    }
}
