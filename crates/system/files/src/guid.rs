//! Globally unique identifiers, which name kinds of partitions and single ones.

use core::fmt;

/// An identifier, in the order of bytes that disks have it in: the first three groups are
/// little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Guid([u8; 16]);

impl Guid {
    /// The identifier of unused entries.
    pub const NIL: Self = Self([0; 16]);

    /// The identifier whose usual text is these groups: `ebd0a0a2-b9e5-4433-87c0-68b6b72699c7`
    /// is `new(0xebd0a0a2, 0xb9e5, 0x4433, 0x87c0, 0x68b6b72699c7)`.
    pub const fn new(first: u32, second: u16, third: u16, fourth: u16, last: u64) -> Self {
        let (a, b, c) = (first.to_le_bytes(), second.to_le_bytes(), third.to_le_bytes());
        let (d, e) = (fourth.to_be_bytes(), last.to_be_bytes());
        Self([
            a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], e[2], e[3], e[4], e[5],
            e[6], e[7],
        ])
    }

    /// As it stands on a disk.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh identifier of random bytes (RFC 9562, version 4).
    pub const fn from_random(mut bytes: [u8; 16]) -> Self {
        // The version is in the third group, which is little-endian.
        bytes[7] = bytes[7] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// As it goes onto a disk.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        for (place, index) in ORDER.into_iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[index])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_text_has_the_usual_groups_and_the_bytes_the_order_of_disks() {
        let basic_data = Guid::new(0xebd0_a0a2, 0xb9e5, 0x4433, 0x87c0, 0x68b6_b726_99c7);
        assert_eq!(basic_data.to_string(), "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
        assert_eq!(basic_data.to_bytes()[..6], [0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9]);
        let random = Guid::from_random([0xff; 16]).to_string();
        assert_eq!(random, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
