//! Where things are in the upper half of the address space.

use system_core::address::VirtAddr;

const TIB: u64 = 1 << 40;

/// A reserved range of virtual addresses.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// First address.
    pub start: VirtAddr,
    /// Length in bytes.
    pub len_bytes: u64,
}

impl Region {
    /// Whether `address` lies in it.
    pub const fn contains(&self, address: VirtAddr) -> bool {
        address.0 >= self.start.0 && address.0 - self.start.0 < self.len_bytes
    }

    /// First address behind it.
    pub const fn end(&self) -> VirtAddr {
        VirtAddr(self.start.0 + self.len_bytes)
    }
}

/// The heap. Everything from the direct map's offset up to here is left to the direct map.
pub const HEAP: Region = Region { start: VirtAddr(0xffff_c000_0000_0000), len_bytes: 16 * TIB };
/// Files in memory of their own.
pub const FILES: Region = Region { start: VirtAddr(0xffff_d000_0000_0000), len_bytes: 16 * TIB };
/// Stacks with their guard pages.
pub const STACKS: Region = Region { start: VirtAddr(0xffff_e000_0000_0000), len_bytes: TIB };
/// Memory of devices.
pub const DEVICES: Region = Region { start: VirtAddr(0xffff_f000_0000_0000), len_bytes: TIB };
