//! Physical and virtual addresses as types of their own, and rounding to pages.

use core::fmt;

/// Size of the smallest page and of a page frame, in bytes.
pub const PAGE_BYTES: u64 = 4096;

/// An address on the memory bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhysAddr(pub u64);

/// An address as instructions use it, before translation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtAddr(pub u64);

impl VirtAddr {
    /// Whether bits 63 to 47 are equal, as four-level paging demands (Intel SDM volume 1, 3.3.7.1).
    pub const fn is_canonical(self) -> bool {
        let top = self.0 >> 47;
        top == 0 || top == 0x1_ffff
    }
}

impl fmt::Display for PhysAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "physical {:#x}", self.0)
    }
}

impl fmt::Display for VirtAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

/// `address` rounded down to a multiple of `align`, a power of two.
pub const fn align_down(address: u64, align: u64) -> u64 {
    address & !(align - 1)
}

/// `address` rounded up to a multiple of `align`, a power of two; saturates at the last multiple.
pub const fn align_up(address: u64, align: u64) -> u64 {
    align_down(address.saturating_add(align - 1), align)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_pages_and_saturates_at_the_top() {
        assert_eq!(align_down(4097, PAGE_BYTES), 4096);
        assert_eq!(align_up(4097, PAGE_BYTES), 8192);
        assert_eq!(align_up(8192, PAGE_BYTES), 8192);
        assert_eq!(align_up(u64::MAX - 1, PAGE_BYTES), u64::MAX - 4095);
    }

    #[test]
    fn tells_canonical_addresses_from_the_hole_between_the_halves() {
        for address in [0, 0x7fff_ffff_ffff, 0xffff_8000_0000_0000, u64::MAX] {
            assert!(VirtAddr(address).is_canonical());
        }
        for address in [0x8000_0000_0000, 0xffff_7fff_ffff_ffff, 1 << 63] {
            assert!(!VirtAddr(address).is_canonical());
        }
    }
}
