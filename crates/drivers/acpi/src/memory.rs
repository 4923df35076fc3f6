//! How tables are reached: physical memory as the caller has it mapped.

use crate::AcpiError;

/// Physical memory that can be read. The kernel reads through its direct map, the loader through
/// the identity map, tests from a recording.
pub trait PhysicalMemory {
    /// Fills `buffer` from physical address `phys`; `false` where part of it is no memory, and then
    /// the buffer's content means nothing.
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool;
}

impl<M: PhysicalMemory + ?Sized> PhysicalMemory for &M {
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool {
        (**self).read(phys, buffer)
    }
}

/// A run of physical memory given as bytes.
#[derive(Clone, Copy, Debug)]
pub struct MemoryImage<'a> {
    /// Physical address of the first byte.
    pub base: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl PhysicalMemory for MemoryImage<'_> {
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool {
        let range = phys
            .checked_sub(self.base)
            .and_then(|start| usize::try_from(start).ok())
            .and_then(|start| Some(start..start.checked_add(buffer.len())?));
        match range.and_then(|range| self.bytes.get(range)) {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }
}

/// The `N` bytes at `phys`.
pub(crate) fn read_array<const N: usize>(
    memory: &impl PhysicalMemory,
    phys: u64,
) -> Result<[u8; N], AcpiError> {
    let mut bytes = [0; N];
    if memory.read(phys, &mut bytes) {
        Ok(bytes)
    } else {
        Err(AcpiError::Unreadable { phys, len_bytes: N })
    }
}

/// The sum of `len` bytes from `phys`, modulo 256: zero for a sound table (ACPI 6.5, 5.2.6).
pub(crate) fn checksum(memory: &impl PhysicalMemory, phys: u64, len: u64) -> Result<u8, AcpiError> {
    let mut chunk = [0_u8; 256];
    let mut sum = 0_u8;
    let mut done = 0;
    while done < len {
        let take = (len - done).min(chunk.len() as u64) as usize;
        let at = phys.wrapping_add(done);
        if !memory.read(at, &mut chunk[..take]) {
            return Err(AcpiError::Unreadable { phys: at, len_bytes: take });
        }
        sum = chunk[..take].iter().fold(sum, |sum, &byte| sum.wrapping_add(byte));
        done += take as u64;
    }
    Ok(sum)
}
