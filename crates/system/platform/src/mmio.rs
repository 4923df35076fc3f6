//! Registers of devices in memory.
//!
//! Neighbours: the kernel maps a device's window uncached and implements [`Mmio`] on it; tests play
//! the device behind the same trait.

use alloc::rc::Rc;

/// A window on a device's registers, little-endian, at offsets in bytes from its start. Every call
/// is one access of that width on the bus, in the order of the calls.
///
/// Registers of 64 bits are read and written as two of 32, which AHCI and NVMe allow.
///
/// # Panics
/// An access outside of the window or at an offset that is no multiple of its width is a mistake of
/// the driver, which checks the window's length once.
pub trait Mmio {
    /// Bytes of the window.
    fn len_bytes(&self) -> usize;
    /// Reads a register.
    fn read_u32(&self, offset: usize) -> u32;
    /// Writes a register.
    fn write_u32(&self, offset: usize, value: u32);
}

impl<M: Mmio + ?Sized> Mmio for Rc<M> {
    fn len_bytes(&self) -> usize {
        (**self).len_bytes()
    }

    fn read_u32(&self, offset: usize) -> u32 {
        (**self).read_u32(offset)
    }

    fn write_u32(&self, offset: usize, value: u32) {
        (**self).write_u32(offset, value);
    }
}
