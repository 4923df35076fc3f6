//! The list of capabilities (PCI 6.7).

use crate::{ConfigSpace, FunctionAddress};

/// Below are the registers that every function has.
const FIRST_OFFSET: u8 = 0x40;
/// As many as have room: a list that goes round ends there.
const MOST: u8 = 48;

/// A capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// What it is (PCI appendix H).
    pub id: u8,
    /// Where in configuration space its registers start.
    pub offset: u8,
}

impl Capability {
    /// A structure that the vendor defines; virtio's tell where its registers are.
    pub const VENDOR_SPECIFIC: u8 = 0x09;
    /// MSI-X.
    pub const MSI_X: u8 = 0x11;
}

/// The capabilities of a function.
#[derive(Clone, Debug)]
pub struct Capabilities<'a, C> {
    config: &'a C,
    address: FunctionAddress,
    next: u8,
    left: u8,
}

impl<'a, C: ConfigSpace> Capabilities<'a, C> {
    pub(crate) const fn new(config: &'a C, address: FunctionAddress, first: u8) -> Self {
        Self { config, address, next: first & 0xFC, left: MOST }
    }
}

impl<C: ConfigSpace> Iterator for Capabilities<'_, C> {
    type Item = Capability;

    fn next(&mut self) -> Option<Capability> {
        let offset = self.next;
        self.left = self.left.checked_sub(1)?;
        if offset < FIRST_OFFSET {
            return None;
        }
        let [id, next, _, _] = self.config.read(self.address, offset).to_le_bytes();
        self.next = next & 0xFC;
        Some(Capability { id, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Function, fake::FakeConfig};
    use alloc::vec::Vec;

    const PLACE: FunctionAddress = FunctionAddress { bus: 0, device: 4, function: 0 };

    fn listed(list: &[(u8, u32)], first: u32, status: u32) -> Vec<Capability> {
        let config = FakeConfig::default();
        config.add(PLACE, 1, 2, Class::NVME);
        config.set(PLACE, 4, status);
        config.set(PLACE, 0x34, first);
        for &(offset, value) in list {
            config.set(PLACE, offset, value);
        }
        Function::find(&config, PLACE).unwrap().capabilities(&config).collect()
    }

    #[test]
    fn follows_the_list_and_ends_where_it_ends_or_goes_round() {
        let list = [(0x98, 0x8411), (0x84, 0x4009), (0x40, 0x0009)];
        let [first, second, third] =
            [(0x11, 0x98), (9, 0x84), (9, 0x40)].map(|(id, offset)| Capability { id, offset });
        assert_eq!(listed(&list, 0x98, 1 << 20), [first, second, third]);
        assert_eq!(listed(&list, 0x98, 0), [], "the status says that there is none");
        assert_eq!(listed(&[(0x40, 0x4009)], 0x40, 1 << 20).len(), usize::from(MOST));
        assert_eq!(listed(&[(0x40, 0x2009)], 0x40, 1 << 20), [third], "0x20 is no place for one");
    }
}
