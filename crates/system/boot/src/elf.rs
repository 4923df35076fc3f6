//! Kernel files: static 64-bit x86 ELF executables linked into the top 2 GiB, as Limine takes them.
//!
//! Fields: System V ABI, chapters 4 and 5 (ELF-64 object file format).

use crate::PAGE_BYTES;
use crate::bytes::{array_at, u16_at, u32_at, u64_at};
use core::{fmt, ops::Range};

/// The lowest address a kernel may be linked to.
const LOWEST_ADDRESS: u64 = 0xffff_ffff_8000_0000;
/// More memory than any kernel of ours spans: a nonsense size is caught before it is allocated.
const MAX_SPAN_BYTES: u64 = 256 << 20;
const MAX_SEGMENTS: usize = 8;
const PROGRAM_HEADER_BYTES: usize = 56;
const LOADABLE: u32 = 1;

/// A part of the kernel with one set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Bytes of the file; the rest of the segment is zero.
    pub file: Range<usize>,
    /// Virtual addresses.
    pub addresses: Range<u64>,
    /// May be written to.
    pub is_writable: bool,
    /// May be executed.
    pub is_executable: bool,
}

/// A file that can be loaded.
#[derive(Debug)]
pub struct KernelElf<'a> {
    file: &'a [u8],
    entry: u64,
    segments: [Option<Segment>; MAX_SEGMENTS],
}

/// Why a kernel file cannot be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElfError {
    /// No ELF magic.
    NotElf,
    /// 32-bit, big-endian, another machine, or position independent.
    WrongKind,
    /// A header or segment ends beyond the file.
    Truncated,
    /// More loadable segments than are taken.
    TooManySegments,
    /// Nothing to load.
    NoSegments,
    /// A segment outside the top 2 GiB, too long, or shorter in memory than in the file.
    BadSegment {
        /// Its address.
        address: u64,
    },
    /// Two segments in one page: their permissions could not differ.
    SegmentsSharePage {
        /// The address of the later one.
        address: u64,
    },
    /// The entry point is not in an executable segment.
    BadEntry {
        /// Its address.
        address: u64,
    },
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => write!(f, "it is not an ELF file"),
            Self::WrongKind => write!(f, "it is not a static x86-64 executable"),
            Self::Truncated => write!(f, "it is truncated"),
            Self::TooManySegments => write!(f, "it has more than {MAX_SEGMENTS} segments"),
            Self::NoSegments => write!(f, "it has nothing to load"),
            Self::BadSegment { address } => write!(f, "its segment at {address:#x} is invalid"),
            Self::SegmentsSharePage { address } => {
                write!(f, "its segment at {address:#x} shares a page with another one")
            }
            Self::BadEntry { address } => {
                write!(f, "its entry point {address:#x} is not in an executable segment")
            }
        }
    }
}

impl<'a> KernelElf<'a> {
    /// Checks all of `file` that loading needs.
    pub fn new_checked(file: &'a [u8]) -> Result<Self, ElfError> {
        if array_at(file, 0) != Some(*b"\x7fELF") {
            return Err(ElfError::NotElf);
        }
        let kind = (
            array_at::<2>(file, 4).ok_or(ElfError::Truncated)?,
            u16_at(file, 16).ok_or(ElfError::Truncated)?,
            u16_at(file, 18).ok_or(ElfError::Truncated)?,
        );
        // 64 bits, little endian; ET_EXEC; EM_X86_64.
        if kind != ([2, 1], 2, 62) {
            return Err(ElfError::WrongKind);
        }
        let entry = u64_at(file, 24).ok_or(ElfError::Truncated)?;
        let table = u64_at(file, 32).ok_or(ElfError::Truncated)?;
        let entry_len = usize::from(u16_at(file, 54).ok_or(ElfError::Truncated)?);
        let count = usize::from(u16_at(file, 56).ok_or(ElfError::Truncated)?);
        if entry_len < PROGRAM_HEADER_BYTES {
            return Err(ElfError::Truncated);
        }
        let headers = usize::try_from(table)
            .ok()
            .and_then(|start| file.get(start..start.checked_add(entry_len.checked_mul(count)?)?))
            .ok_or(ElfError::Truncated)?;

        let mut elf = Self { file, entry, segments: Default::default() };
        let mut loaded = 0;
        for header in headers.chunks_exact(entry_len) {
            if let Some(segment) = parse_segment(header, file.len())? {
                elf.check_pages(&segment)?;
                *elf.segments.get_mut(loaded).ok_or(ElfError::TooManySegments)? = Some(segment);
                loaded += 1;
            }
        }
        if loaded == 0 {
            return Err(ElfError::NoSegments);
        }
        let is_code =
            |segment: &Segment| segment.is_executable && segment.addresses.contains(&entry);
        if !elf.segments().any(is_code) {
            return Err(ElfError::BadEntry { address: entry });
        }
        Ok(elf)
    }

    /// Where execution begins.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// The loadable segments.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().flatten()
    }

    /// The bytes of `segment` that come from the file.
    pub fn contents(&self, segment: &Segment) -> &'a [u8] {
        &self.file[segment.file.clone()]
    }

    /// From the first to the last page of all segments.
    pub fn span(&self) -> Range<u64> {
        let pages = self.segments().map(pages_of);
        pages.reduce(|all, one| all.start.min(one.start)..all.end.max(one.end)).unwrap_or(0..0)
    }

    fn check_pages(&self, segment: &Segment) -> Result<(), ElfError> {
        let pages = pages_of(segment);
        let overlaps = |other: Range<u64>| pages.start < other.end && other.start < pages.end;
        match self.segments().map(pages_of).any(overlaps) {
            true => Err(ElfError::SegmentsSharePage { address: segment.addresses.start }),
            false => Ok(()),
        }
    }
}

/// The whole pages that `segment` touches.
pub fn pages_of(segment: &Segment) -> Range<u64> {
    segment.addresses.start & !(PAGE_BYTES - 1)..segment.addresses.end.next_multiple_of(PAGE_BYTES)
}

/// The segment that `header` describes, or `None` when it is not to be loaded.
fn parse_segment(header: &[u8], file_len: usize) -> Result<Option<Segment>, ElfError> {
    let field = |offset| u64_at(header, offset).ok_or(ElfError::Truncated);
    let flags = u32_at(header, 4).ok_or(ElfError::Truncated)?;
    let address = field(16)?;
    let (file_start, in_file, in_memory) = (field(8)?, field(32)?, field(40)?);
    if u32_at(header, 0) != Some(LOADABLE) || in_memory == 0 {
        return Ok(None);
    }
    let bad = ElfError::BadSegment { address };
    if address < LOWEST_ADDRESS
        || in_file > in_memory
        || in_memory > MAX_SPAN_BYTES
        || address - LOWEST_ADDRESS > MAX_SPAN_BYTES
    {
        return Err(bad);
    }
    let start = usize::try_from(file_start).map_err(|_| ElfError::Truncated)?;
    let end = start.checked_add(in_file as usize).filter(|end| *end <= file_len);
    Ok(Some(Segment {
        file: start..end.ok_or(ElfError::Truncated)?,
        addresses: address..address.checked_add(in_memory).ok_or(bad)?,
        is_writable: flags & 2 != 0,
        is_executable: flags & 1 != 0,
    }))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec;
    use std::vec::Vec;

    const BASE: u64 = LOWEST_ADDRESS;

    /// `(flags, file offset, address, bytes in file, bytes in memory)` of each segment.
    fn file(entry: u64, segments: &[(u32, u64, u64, u64, u64)]) -> Vec<u8> {
        let mut file = vec![0; 0x1000];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[16] = 2;
        file[18] = 62;
        file[24..32].copy_from_slice(&entry.to_le_bytes());
        file[32..40].copy_from_slice(&64u64.to_le_bytes());
        file[54] = 56;
        file[56] = segments.len() as u8;
        for (index, &(flags, offset, address, in_file, in_memory)) in segments.iter().enumerate() {
            let at = 64 + 56 * index;
            file[at] = 1;
            file[at + 4..at + 8].copy_from_slice(&flags.to_le_bytes());
            for (field, value) in [(8, offset), (16, address), (32, in_file), (40, in_memory)] {
                file[at + field..at + field + 8].copy_from_slice(&value.to_le_bytes());
            }
        }
        file
    }

    fn good() -> Vec<u8> {
        file(
            BASE + 0x10,
            &[(5, 0x200, BASE, 0x100, 0x100), (6, 0x300, BASE + 0x1000, 0x20, 0x3000)],
        )
    }

    #[test]
    fn reads_entry_segments_and_span() {
        let file = good();
        let elf = KernelElf::new_checked(&file).unwrap();
        assert_eq!(elf.entry(), BASE + 0x10);
        assert_eq!(elf.span(), BASE..BASE + 0x4000);
        let data = elf.segments().nth(1).unwrap();
        assert!(data.is_writable && !data.is_executable);
        assert_eq!(elf.contents(data).len(), 0x20);
    }

    #[test]
    fn headers_cut_anywhere_are_an_error() {
        let file = good();
        for len in 0..0x320 {
            assert!(KernelElf::new_checked(&file[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn other_files_are_named_for_what_they_are() {
        let error = |file: &[u8]| KernelElf::new_checked(file).unwrap_err();
        assert_eq!(error(b"GGUF"), ElfError::NotElf);
        let mut arm = good();
        arm[18] = 183;
        assert_eq!(error(&arm), ElfError::WrongKind);
        assert_eq!(error(&file(BASE, &[])), ElfError::NoSegments);
    }

    #[test]
    fn senseless_segments_are_refused() {
        let error = |segments: &[_]| KernelElf::new_checked(&file(BASE, segments)).unwrap_err();
        let bad = |address| ElfError::BadSegment { address };
        assert_eq!(error(&[(5, 0, 0x10_0000, 1, 1)]), bad(0x10_0000));
        assert_eq!(error(&[(5, 0, BASE, 2, 1)]), bad(BASE));
        assert_eq!(error(&[(5, 0, BASE, 0, u64::MAX)]), bad(BASE));
        assert_eq!(error(&[(5, u64::MAX, BASE, 1, 1)]), ElfError::Truncated);
        assert_eq!(error(&[(5, 0xfff, BASE, 2, 2)]), ElfError::Truncated);
        assert_eq!(
            error(&[(5, 0, BASE, 1, 1), (6, 0, BASE + 0x800, 1, 1)]),
            ElfError::SegmentsSharePage { address: BASE + 0x800 }
        );
    }

    #[test]
    fn the_entry_must_be_code() {
        let file = file(BASE + 0x1000, &[(5, 0, BASE, 16, 16), (6, 0, BASE + 0x1000, 16, 16)]);
        let error = KernelElf::new_checked(&file).unwrap_err();
        assert_eq!(error, ElfError::BadEntry { address: BASE + 0x1000 });
    }
}
