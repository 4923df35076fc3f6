//! Memory that the loader hands out and never takes back: kernel image, page tables, responses,
//! stacks. The kernel finds it in the memory map and reclaims what it does not need.

use core::fmt;

/// A piece of physical memory, filled from the bottom.
pub struct Arena<'a> {
    base: u64,
    bytes: &'a mut [u8],
    used_bytes: usize,
}

/// The arena cannot hold what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How much was asked for.
    pub wanted_bytes: u64,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too little memory below 4 GiB: no room for {} KiB", self.wanted_bytes / 1024)
    }
}

impl<'a> Arena<'a> {
    /// An arena over `bytes`, which begin at physical address `base`.
    pub fn new(base: u64, bytes: &'a mut [u8]) -> Self {
        Self { base, bytes, used_bytes: 0 }
    }

    /// Physical address of the first byte.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Physical address after the last byte handed out.
    pub fn used_end(&self) -> u64 {
        self.base + self.used_bytes as u64
    }

    /// Hands out `len_bytes` zeroed bytes at a multiple of `align`, and returns their physical address.
    pub fn allocate(&mut self, len_bytes: u64, align: u64) -> Result<u64, OutOfMemory> {
        let full = OutOfMemory { wanted_bytes: len_bytes };
        let address = self.used_end().checked_next_multiple_of(align).ok_or(full)?;
        let start = usize::try_from(address - self.base).map_err(|_| full)?;
        let len = usize::try_from(len_bytes).map_err(|_| full)?;
        let end = start.checked_add(len).filter(|end| *end <= self.bytes.len()).ok_or(full)?;
        self.bytes[start..end].fill(0);
        self.used_bytes = end;
        Ok(address)
    }

    /// Stores `bytes` and returns their physical address.
    pub fn put(&mut self, bytes: &[u8], align: u64) -> Result<u64, OutOfMemory> {
        let address = self.allocate(bytes.len() as u64, align)?;
        self.slice_mut(address, bytes.len()).copy_from_slice(bytes);
        Ok(address)
    }

    /// Stores 64-bit words and returns their physical address.
    pub fn put_words(&mut self, words: &[u64]) -> Result<u64, OutOfMemory> {
        let address = self.allocate(words.len() as u64 * 8, 8)?;
        for (index, word) in words.iter().enumerate() {
            self.set_word(address + index as u64 * 8, *word);
        }
        Ok(address)
    }

    /// Stores `text` and a NUL, and returns their physical address.
    pub fn put_c_string(&mut self, text: &[u8]) -> Result<u64, OutOfMemory> {
        let address = self.allocate(text.len() as u64 + 1, 1)?;
        self.slice_mut(address, text.len()).copy_from_slice(text);
        Ok(address)
    }

    /// The 64-bit word at `address`, which must have been handed out.
    pub fn word(&self, address: u64) -> u64 {
        let start = self.offset_of(address, 8);
        u64::from_le_bytes(self.bytes[start..start + 8].try_into().expect("eight bytes"))
    }

    /// Replaces the 64-bit word at `address`, which must have been handed out.
    pub fn set_word(&mut self, address: u64, word: u64) {
        self.slice_mut(address, 8).copy_from_slice(&word.to_le_bytes());
    }

    /// `len_bytes` bytes at `address`, which must have been handed out.
    pub fn slice(&self, address: u64, len_bytes: usize) -> &[u8] {
        let start = self.offset_of(address, len_bytes);
        &self.bytes[start..start + len_bytes]
    }

    /// `len_bytes` bytes at `address` for writing, which must have been handed out.
    pub fn slice_mut(&mut self, address: u64, len_bytes: usize) -> &mut [u8] {
        let start = self.offset_of(address, len_bytes);
        &mut self.bytes[start..start + len_bytes]
    }

    /// Where `address` lies in `bytes`. Callers hold addresses that this arena returned, so anything
    /// else is a bug of ours.
    fn offset_of(&self, address: u64, len_bytes: usize) -> usize {
        let offset = address.checked_sub(self.base).expect("address below the arena") as usize;
        assert!(offset + len_bytes <= self.used_bytes, "address {address:#x} was not handed out");
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_zeroed_aligned_pieces_one_after_the_other() {
        let mut memory = [0xaa; 64];
        let mut arena = Arena::new(0x1001, &mut memory);
        let first = arena.allocate(3, 1).unwrap();
        let second = arena.allocate(8, 16).unwrap();
        assert_eq!((first, second), (0x1001, 0x1010));
        assert_eq!(arena.slice(second, 8), [0; 8]);
        assert_eq!(arena.used_end(), 0x1018);
    }

    #[test]
    fn refuses_what_does_not_fit_and_stays_usable() {
        let mut memory = [0; 16];
        let mut arena = Arena::new(0x1000, &mut memory);
        assert_eq!(arena.allocate(17, 1), Err(OutOfMemory { wanted_bytes: 17 }));
        assert_eq!(arena.allocate(u64::MAX, 4096), Err(OutOfMemory { wanted_bytes: u64::MAX }));
        assert_eq!(arena.allocate(16, 1), Ok(0x1000));
    }

    #[test]
    fn keeps_words_and_strings() {
        let mut memory = [0xff; 64];
        let mut arena = Arena::new(0, &mut memory);
        let words = arena.put_words(&[1, u64::MAX]).unwrap();
        let text = arena.put_c_string(b"model").unwrap();
        assert_eq!((arena.word(words), arena.word(words + 8)), (1, u64::MAX));
        assert_eq!(arena.slice(text, 6), b"model\0");
    }
}
