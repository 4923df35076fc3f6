//! A hash that notices accidents. It is no protection against malice.

/// FNV-1a over 64-bit words rather than bytes: one multiplication for eight bytes, since the
/// header of a model with a large vocabulary has megabytes.
pub(crate) struct Fnv(u64);

impl Fnv {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
        self.mix(bytes.len() as u64);
    }

    const fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        // Words, unlike bytes, reach the upper bits only: fold them back down.
        self.0 ^= self.0 >> 32;
    }

    pub(crate) const fn finish(self) -> u64 {
        self.0
    }
}
