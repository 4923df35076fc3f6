//! Registers of devices, mapped uncached.

use super::memory::devices::map_device;
use core::{fmt, ptr::NonNull};
use system_core::{
    address::PhysAddr,
    paging::{Caching, MapError},
};
use system_platform::Mmio;

/// CPUs have at least so many bits of physical address: firmware puts no device beyond.
const MAX_PHYS: u64 = 1 << 46;
/// No controller has more registers than this; the largest window is that of all PCI buses.
const MAX_BYTES: u64 = 256 << 20;

/// Why registers cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// The firmware has given the device no address, or one that cannot be.
    NoAddress {
        /// The address.
        start: u64,
        /// How many bytes it should have.
        len_bytes: u64,
    },
    /// They cannot be mapped.
    Map(MapError),
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress { start, len_bytes } => {
                write!(f, "{len_bytes} bytes of registers cannot be at {start:#x}")
            }
            Self::Map(error) => write!(f, "registers cannot be mapped: {error}"),
        }
    }
}

impl core::error::Error for RegisterError {}

/// Whether a device's registers can be where its configuration says.
///
/// # Errors
/// [`RegisterError::NoAddress`].
pub fn check_place(start: u64, len_bytes: u64) -> Result<(), RegisterError> {
    let end = start.checked_add(len_bytes);
    let is_possible = start != 0
        && start.is_multiple_of(4)
        && len_bytes != 0
        && len_bytes <= MAX_BYTES
        && end.is_some_and(|end| end <= MAX_PHYS);
    if is_possible { Ok(()) } else { Err(RegisterError::NoAddress { start, len_bytes }) }
}

/// A window on registers, for good.
#[derive(Debug)]
pub struct Registers {
    start: NonNull<u8>,
    len_bytes: usize,
}

impl Registers {
    /// Maps the registers at a physical address.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub fn map(start: u64, len_bytes: u64) -> Result<Self, RegisterError> {
        check_place(start, len_bytes)?;
        let window = map_device(PhysAddr(start), len_bytes, Caching::Uncached);
        let window = window.map_err(RegisterError::Map)?;
        Ok(Self { start: window, len_bytes: len_bytes as usize })
    }

    /// The address of a register.
    ///
    /// # Panics
    /// It is not within the window, or not aligned.
    fn register(&self, offset: usize) -> *mut u32 {
        let is_within = offset.checked_add(4).is_some_and(|end| end <= self.len_bytes);
        assert!(is_within && offset.is_multiple_of(4), "register {offset:#x}");
        self.start.as_ptr().wrapping_add(offset).cast()
    }
}

impl Mmio for Registers {
    fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    fn read_u32(&self, offset: usize) -> u32 {
        // SAFETY: within the window, which stays mapped, and aligned: `check_place` has seen that
        // windows start with a multiple of 4.
        unsafe { self.register(offset).read_volatile() }
    }

    fn write_u32(&self, offset: usize, value: u32) {
        // SAFETY: as for reading. What a device does then is its driver's concern; it uses memory
        // only where it was told to, with addresses from `DmaMemory`.
        unsafe { self.register(offset).write_volatile(value) };
    }
}
