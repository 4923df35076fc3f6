//! What is known of the store as a whole: two superblocks, of which the newer one holds. They are
//! written in turn, so that one of them is always whole.

use crate::{
    bytes::{MAX_COUNT, PAGE_BYTES, checksum, is_blank, u32_at, u64_at},
    error::OpenError,
};
use alloc::vec::Vec;

/// The version of the format that is written.
pub const FORMAT_VERSION: u32 = 1;

/// Pages of the two superblocks, apart from each other: scratches are local.
pub(crate) const SUPERBLOCK_PAGES: [u64; 2] = [0, 8];
/// Pages before the first segment.
const HEAD_PAGES: u64 = 16;
/// Pages of the smallest segment, and of the largest: 1 GiB.
const SEGMENT_PAGES: core::ops::RangeInclusive<u32> = 8..=1 << 18;
/// The fewest segments: what compaction and deletions have in reserve, and as many again.
const LEAST_SEGMENTS: u32 = 8;

const MAGIC: [u8; 8] = *b"LLMSTORE";

/// How the device is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub segment_pages: u32,
    pub segments: u32,
}

impl Geometry {
    /// The division of a device of `len_bytes`. Without a wish, some thousands of segments of 1 to
    /// 256 MiB: opening reads something of each, compaction works on one at a time. Small devices
    /// have smaller ones, at least 64.
    pub(crate) fn of(len_bytes: u64, segment_bytes: Option<u32>) -> Result<Self, OpenError> {
        let usual = (len_bytes / 4096).next_power_of_two().clamp(1 << 20, 256 << 20);
        let small = ((len_bytes / 64).max(1) + 1).next_power_of_two() / 2;
        let wish = segment_bytes.map_or(usual.min(small), u64::from);
        let wish_pages = u32::try_from(wish / PAGE_BYTES as u64).unwrap_or(u32::MAX);
        let segment_pages = wish_pages.clamp(*SEGMENT_PAGES.start(), *SEGMENT_PAGES.end());
        let pages = (len_bytes / PAGE_BYTES as u64).saturating_sub(HEAD_PAGES);
        let segments = u32::try_from(pages / u64::from(segment_pages)).unwrap_or(u32::MAX);
        let geometry = Self { segment_pages, segments };
        if geometry.is_sound() {
            return Ok(geometry);
        }
        let least = Self { segments: LEAST_SEGMENTS, ..geometry };
        Err(OpenError::TooSmall { found_bytes: len_bytes, needed_bytes: least.len_bytes() })
    }

    fn is_sound(self) -> bool {
        SEGMENT_PAGES.contains(&self.segment_pages) && self.segments >= LEAST_SEGMENTS
    }

    /// Bytes of the device that the store takes.
    pub(crate) const fn len_bytes(self) -> u64 {
        (HEAD_PAGES + self.segments as u64 * self.segment_pages as u64) * PAGE_BYTES as u64
    }

    /// Bytes of a segment.
    pub(crate) const fn segment_bytes(self) -> usize {
        self.segment_pages as usize * PAGE_BYTES
    }

    /// The device's page with which a segment begins.
    pub(crate) const fn first_page(self, segment: u32) -> u64 {
        HEAD_PAGES + segment as u64 * self.segment_pages as u64
    }

    /// Bytes of a piece: payloads are cut at multiples of it, so that they can be larger than a
    /// segment, and so that what is left at the end of one is never much.
    pub(crate) const fn piece_bytes(self) -> usize {
        let eighth = self.segment_bytes() / 8;
        if eighth < 1 << 20 { eighth } else { 1 << 20 }
    }

    /// Pieces of a payload; the empty payload is one empty piece.
    pub(crate) const fn pieces(self, len_bytes: usize) -> u32 {
        let pieces = len_bytes.div_ceil(self.piece_bytes());
        if pieces == 0 { 1 } else { pieces as u32 }
    }

    /// Bytes of one of them.
    pub(crate) fn piece_len(self, len_bytes: usize, piece: u32) -> usize {
        let before = piece as usize * self.piece_bytes();
        len_bytes.saturating_sub(before).min(self.piece_bytes())
    }
}

/// A superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Superblock {
    pub geometry: Geometry,
    /// Counts the writings; the higher one holds.
    pub generation: u64,
    /// Tells this store from others that were in the same place.
    pub store: u64,
    /// A group that was durable when this was written: a store that ends earlier is damaged.
    pub last_group: u64,
}

/// What was found in the place of a superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Zeros.
    Blank,
    /// Something else.
    Foreign,
    /// A superblock that is not as it was written.
    Damaged,
    /// One of a later version, which this one may read or not.
    Newer { version: u32, readable: Option<Superblock> },
    /// A good one.
    Good(Superblock),
}

impl Superblock {
    /// The page that holds it.
    pub(crate) fn to_page(self) -> Vec<u8> {
        let mut page = Vec::with_capacity(PAGE_BYTES);
        page.extend_from_slice(&MAGIC);
        page.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        // The least version of a program that can read it.
        page.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        page.extend_from_slice(&self.geometry.segment_pages.to_le_bytes());
        page.extend_from_slice(&self.geometry.segments.to_le_bytes());
        page.extend_from_slice(&self.generation.to_le_bytes());
        page.extend_from_slice(&self.store.to_le_bytes());
        page.extend_from_slice(&self.last_group.to_le_bytes());
        let crc = checksum(&page);
        page.extend_from_slice(&crc.to_le_bytes());
        page.resize(PAGE_BYTES, 0);
        page
    }

    /// What the first bytes of a page hold.
    pub(crate) fn read(page: &[u8]) -> Found {
        if page.len() < 52 || page[..8] != MAGIC {
            return if is_blank(page) { Found::Blank } else { Found::Foreign };
        }
        if checksum(&page[..48]) != u32_at(page, 48) {
            return Found::Damaged;
        }
        let geometry = Geometry { segment_pages: u32_at(page, 16), segments: u32_at(page, 20) };
        let superblock = Self {
            geometry,
            generation: u64_at(page, 24),
            store: u64_at(page, 32),
            last_group: u64_at(page, 40),
        };
        if superblock.generation > MAX_COUNT || superblock.last_group > MAX_COUNT {
            return Found::Damaged;
        }
        let (version, least_reader) = (u32_at(page, 8), u32_at(page, 12));
        if version > FORMAT_VERSION {
            let is_readable = least_reader <= FORMAT_VERSION && geometry.is_sound();
            return Found::Newer { version, readable: is_readable.then_some(superblock) };
        }
        if geometry.is_sound() { Found::Good(superblock) } else { Found::Damaged }
    }

    /// The page in which this one belongs.
    pub(crate) const fn page(&self) -> u64 {
        SUPERBLOCK_PAGES[(self.generation % 2) as usize]
    }

    /// The one that holds, of the two that were found; for a writer also that none is newer.
    pub(crate) fn choose(found: [Found; 2], for_writing: bool) -> Result<Self, OpenError> {
        let mut best: Option<Self> = None;
        let mut newer = None;
        for one in found {
            let candidate = match one {
                Found::Good(superblock) => Some(superblock),
                Found::Newer { version, readable } => {
                    newer = newer.max(Some(version));
                    readable
                }
                Found::Blank | Found::Foreign | Found::Damaged => None,
            };
            let is_better = |new: &Self| best.is_none_or(|old| new.generation > old.generation);
            best = candidate.filter(is_better).or(best);
        }
        match (newer, best) {
            (Some(version), _) if for_writing => Err(OpenError::Newer { version }),
            (_, Some(superblock)) => Ok(superblock),
            (Some(version), None) => Err(OpenError::Newer { version }),
            (None, None) if found.contains(&Found::Damaged) => Err(OpenError::NoSuperblock),
            (None, None) if found == [Found::Blank; 2] => Err(OpenError::Unformatted),
            (None, None) => Err(OpenError::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn superblock(generation: u64) -> Superblock {
        let geometry = Geometry { segment_pages: 8, segments: 9 };
        Superblock { geometry, generation, store: 77, last_group: 5 }
    }

    #[test]
    fn the_newer_one_holds_and_a_damaged_one_is_passed_over() {
        let [old, new] = [superblock(4), superblock(5)];
        let found = |one: Superblock| Superblock::read(&one.to_page());
        assert_eq!(found(old), Found::Good(old));
        assert_eq!(Superblock::choose([found(old), found(new)], true), Ok(new));
        let mut bad = new.to_page();
        bad[41] ^= 1;
        assert_eq!(Superblock::read(&bad), Found::Damaged);
        assert_eq!(Superblock::choose([found(old), Found::Damaged], true), Ok(old));
        assert_eq!(
            Superblock::choose([Found::Damaged, Found::Blank], true),
            Err(OpenError::NoSuperblock)
        );
        assert_ne!(old.page(), new.page());
    }

    #[test]
    fn a_later_version_is_not_written_and_only_read_where_it_allows_that() {
        let with = |version: u32, least_reader: u32| {
            let mut page = superblock(6).to_page();
            page[8..12].copy_from_slice(&version.to_le_bytes());
            page[12..16].copy_from_slice(&least_reader.to_le_bytes());
            let crc = checksum(&page[..48]);
            page[48..52].copy_from_slice(&crc.to_le_bytes());
            Superblock::read(&page)
        };
        let newer = Err(OpenError::Newer { version: 2 });
        let good = Superblock::read(&superblock(5).to_page());
        assert_eq!(Superblock::choose([with(2, 1), good], true), newer);
        assert_eq!(Superblock::choose([with(2, 1), good], false), Ok(superblock(6)));
        assert_eq!(Superblock::choose([with(2, 2), Found::Blank], false), newer);
    }

    #[test]
    fn devices_of_all_sizes_are_divided_sensibly() {
        let of =
            |len_bytes: u64| Geometry::of(len_bytes, None).map(|g| (g.segment_bytes(), g.segments));
        assert_eq!(of(1 << 20), Ok((32 << 10, 30)));
        assert_eq!(of(64 << 20), Ok((1 << 20, 63)));
        assert_eq!(of(1 << 30), Ok((1 << 20, 1023)));
        assert_eq!(of(64 << 30), Ok((16 << 20, 4095)));
        assert_eq!(of(1 << 40), Ok((256 << 20, 4095)));
        assert!(of(u64::MAX).is_ok());
        assert_eq!(
            of(100 << 10),
            Err(OpenError::TooSmall { found_bytes: 100 << 10, needed_bytes: 80 * 4096 })
        );
    }
}
