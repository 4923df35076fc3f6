//! The one seam between parsing and the machine: bytes at physical addresses.

/// Physical memory that can be looked at. Addresses come from firmware and boot loaders, so every
/// look may be refused.
pub trait PhysicalMemory {
    /// `len_bytes` bytes at `address`, or `None` when any of them is out of reach.
    fn bytes(&self, address: u64, len_bytes: usize) -> Option<&[u8]>;

    /// The C string at `address` without its NUL, at most `max_len_bytes` long.
    fn c_string(&self, address: u64, max_len_bytes: usize) -> Option<&[u8]> {
        let mut len = 0;
        while len < max_len_bytes && self.bytes(address.checked_add(len as u64)?, 1)? != [0] {
            len += 1;
        }
        self.bytes(address, len)
    }
}

#[cfg(test)]
pub(crate) mod fake {
    //! Memory made of a few pieces.

    extern crate std;
    use super::PhysicalMemory;
    use std::vec::Vec;

    /// Pieces of memory at chosen addresses; everything between them is out of reach.
    #[derive(Default)]
    pub(crate) struct Pieces(pub(crate) Vec<(u64, Vec<u8>)>);

    impl PhysicalMemory for Pieces {
        fn bytes(&self, address: u64, len_bytes: usize) -> Option<&[u8]> {
            self.0.iter().find_map(|(start, piece)| {
                let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
                piece.get(offset..offset.checked_add(len_bytes)?)
            })
        }
    }
}
