//! Numbers and checksums in bytes. All numbers are little endian.
//!
//! The checksum is CRC-32C (Castagnoli): every burst of up to 32 bits and every odd number of flipped
//! bits is found, tables make it fast without `unsafe`, and it is what iSCSI, ext4 and Btrfs trust.
//! It guards against accidents, not against people who write to the disk; nothing here does.

use crc::{CRC_32_ISCSI, Crc, Table};

/// What is written at once, and never again while it is in use: so a torn write cannot touch what
/// was acknowledged before, also on disks that rewrite 4 KiB for a block of 512 bytes.
pub const PAGE_BYTES: usize = 4096;

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The checksum of some bytes.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// The checksum of two parts, as if they were one.
pub(crate) fn checksum_of_two(first: &[u8], second: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(first);
    digest.update(second);
    digest.finalize()
}

/// The number at `at`, which the caller knows to be within the bytes.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

/// The number at `at`, which the caller knows to be within the bytes.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The number at `at`, which the caller knows to be within the bytes.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// The largest number that anything is counted to. What claims to be beyond is no work of ours, and
/// counting on from there would overflow.
pub(crate) const MAX_COUNT: u64 = 1 << 62;

/// How many pages so many bytes take.
pub(crate) const fn pages(len_bytes: usize) -> u32 {
    len_bytes.div_ceil(PAGE_BYTES) as u32
}

/// Whether there are only zeros.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        // The check value of CRC-32C (RFC 3720).
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum_of_two(b"1234", b"56789"), 0xe306_9283);
        assert_eq!((pages(0), pages(1), pages(4096), pages(4097)), (0, 1, 1, 2));
    }
}
