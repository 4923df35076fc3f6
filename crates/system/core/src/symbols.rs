//! Function names from the symbol table of an ELF64 image.
//!
//! The image comes from the boot loader and is read after a crash: every offset is checked, nothing
//! is allocated, and a lookup scans the table (a few thousand entries, some microseconds).

use core::fmt;
use rustc_demangle::{Demangle, demangle};

const HEADER_BYTES: usize = 64;
const SECTION_HEADER_BYTES: usize = 64;
const SYMBOL_BYTES: usize = 24;
/// ELF-64, `sh_type`: a symbol table.
const SHT_SYMTAB: u32 = 2;
/// ELF-64, `st_info & 15`: code.
const STT_FUNC: u8 = 2;

/// Why an image has no usable symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolError {
    /// Not a little-endian ELF64 image.
    NotElf64,
    /// The section headers lie outside of the image or have an unknown size.
    BadSectionHeaders,
    /// There is no symbol table: the image is stripped.
    NoSymbolTable,
    /// The symbol table or its strings lie outside of the image.
    BadSymbolTable,
}

impl fmt::Display for SymbolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotElf64 => "not an elf64 image",
            Self::BadSectionHeaders => "section headers outside of the image",
            Self::NoSymbolTable => "no symbol table",
            Self::BadSymbolTable => "symbol table outside of the image",
        })
    }
}

impl core::error::Error for SymbolError {}

/// A view of an image's symbol table.
#[derive(Clone, Copy, Debug)]
pub struct SymbolTable<'a> {
    symbols: &'a [u8],
    strings: &'a [u8],
}

/// A function, and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// The linker's name.
    pub mangled_name: &'a str,
    /// The distance from the function's first instruction, in bytes.
    pub offset: u64,
}

impl<'a> Symbol<'a> {
    /// The name as in the source, without the hash when formatted with `{:#}`.
    pub fn name(&self) -> Demangle<'a> {
        demangle(self.mangled_name)
    }
}

impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}+{:#x}", self.name(), self.offset)
    }
}

fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<usize> {
    bytes_at(bytes, offset).map(|b| usize::from(u16::from_le_bytes(b)))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes_at(bytes, offset).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    bytes_at(bytes, offset).map(u64::from_le_bytes)
}

/// The image's bytes of a section (`sh_offset`, `sh_size`).
fn section_data<'a>(image: &'a [u8], header: &[u8]) -> Option<&'a [u8]> {
    let start = usize::try_from(u64_at(header, 24)?).ok()?;
    let len = usize::try_from(u64_at(header, 32)?).ok()?;
    image.get(start..start.checked_add(len)?)
}

impl<'a> SymbolTable<'a> {
    /// Finds `.symtab` and its strings.
    ///
    /// # Errors
    /// The image is no ELF64 file, is stripped, or points outside of itself.
    pub fn parse(image: &'a [u8]) -> Result<Self, SymbolError> {
        let header = image.get(..HEADER_BYTES).ok_or(SymbolError::NotElf64)?;
        // Magic, then ELFCLASS64 and ELFDATA2LSB.
        if !header.starts_with(b"\x7fELF\x02\x01") {
            return Err(SymbolError::NotElf64);
        }
        let sections = Self::section_headers(image).ok_or(SymbolError::BadSectionHeaders)?;
        let symbol_section = sections
            .clone()
            .find(|section| u32_at(section, 4) == Some(SHT_SYMTAB))
            .ok_or(SymbolError::NoSymbolTable)?;
        Self::of_section(image, sections, symbol_section).ok_or(SymbolError::BadSymbolTable)
    }

    fn section_headers(image: &'a [u8]) -> Option<core::slice::ChunksExact<'a, u8>> {
        let start = usize::try_from(u64_at(image, 40)?).ok()?;
        let entry_bytes = u16_at(image, 58)?;
        let count = u16_at(image, 60)?;
        if entry_bytes != SECTION_HEADER_BYTES {
            return None;
        }
        let end = start.checked_add(count.checked_mul(SECTION_HEADER_BYTES)?)?;
        Some(image.get(start..end)?.chunks_exact(SECTION_HEADER_BYTES))
    }

    fn of_section(
        image: &'a [u8],
        mut sections: core::slice::ChunksExact<'a, u8>,
        symbol_section: &[u8],
    ) -> Option<Self> {
        let symbols = section_data(image, symbol_section)?;
        let strings_index = usize::try_from(u32_at(symbol_section, 40)?).ok()?;
        let strings = section_data(image, sections.nth(strings_index)?)?;
        Some(Self { symbols, strings })
    }

    /// The function that contains `address`; where a symbol has no size, the nearest one below.
    pub fn lookup(&self, address: u64) -> Option<Symbol<'a>> {
        let mut best: Option<(u64, usize)> = None;
        for symbol in self.symbols.chunks_exact(SYMBOL_BYTES) {
            let (Some(name), Some(value), Some(size)) =
                (u32_at(symbol, 0), u64_at(symbol, 8), u64_at(symbol, 16))
            else {
                continue;
            };
            let contains = value <= address && (size == 0 || address - value < size);
            let is_nearer = best.is_none_or(|(best_value, _)| value >= best_value);
            if symbol[4] & 15 == STT_FUNC && contains && is_nearer {
                best = Some((value, name as usize));
            }
        }
        let (value, name) = best?;
        let name = self.strings.get(name..)?;
        let name = &name[..name.iter().position(|byte| *byte == 0)?];
        Some(Symbol { mangled_name: core::str::from_utf8(name).ok()?, offset: address - value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec, vec::Vec};

    /// An ELF64 image with nothing but a symbol table: (name, address, size, type).
    fn image(symbols: &[(&str, u64, u64, u8)]) -> Vec<u8> {
        let mut strings = vec![0];
        let mut table = vec![0; SYMBOL_BYTES];
        for (name, value, size, kind) in symbols {
            table.extend((strings.len() as u32).to_le_bytes());
            table.extend([*kind, 0, 1, 0]);
            table.extend(value.to_le_bytes());
            table.extend(size.to_le_bytes());
            strings.extend(name.as_bytes());
            strings.push(0);
        }
        let section = |kind: u32, offset: usize, len: usize, link: u32| {
            let mut header = vec![0; SECTION_HEADER_BYTES];
            header[4..8].copy_from_slice(&kind.to_le_bytes());
            header[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(len as u64).to_le_bytes());
            header[40..44].copy_from_slice(&link.to_le_bytes());
            header
        };
        let strings_at = HEADER_BYTES + table.len();
        let headers_at = strings_at + strings.len();
        let mut image = vec![0; HEADER_BYTES];
        image[..6].copy_from_slice(b"\x7fELF\x02\x01");
        image[40..48].copy_from_slice(&(headers_at as u64).to_le_bytes());
        image[58..60].copy_from_slice(&(SECTION_HEADER_BYTES as u16).to_le_bytes());
        image[60..62].copy_from_slice(&3_u16.to_le_bytes());
        image.extend(&table);
        image.extend(&strings);
        image.extend(section(0, 0, 0, 0));
        image.extend(section(SHT_SYMTAB, HEADER_BYTES, table.len(), 2));
        image.extend(section(3, strings_at, strings.len(), 0));
        image
    }

    #[test]
    fn finds_the_function_around_an_address() {
        let image = image(&[
            ("second", 0x2000, 0x100, STT_FUNC),
            ("_ZN6kernel5panic5start17h0123456789abcdefE", 0x1000, 0x40, STT_FUNC),
            ("data", 0x1000, 0x1000, 1),
            ("open_ended", 0x5000, 0, STT_FUNC),
        ]);
        let table = SymbolTable::parse(&image).expect("the image is sound");
        let text = |address| table.lookup(address).map(|symbol| symbol.to_string());
        assert_eq!(text(0x1012).as_deref(), Some("kernel::panic::start+0x12"));
        assert_eq!(text(0x1040), None, "one past the end");
        assert_eq!(text(0x2000).as_deref(), Some("second+0x0"));
        assert_eq!(text(0x20ff).as_deref(), Some("second+0xff"));
        assert_eq!(text(0x5abc).as_deref(), Some("open_ended+0xabc"));
        assert_eq!(text(0xfff), None);
    }

    #[test]
    fn tells_what_is_wrong_with_an_image() {
        let error = |image: &[u8]| SymbolTable::parse(image).expect_err("the image is broken");
        let sound = image(&[("f", 1, 1, STT_FUNC)]);
        assert_eq!(error(b"MZ"), SymbolError::NotElf64);
        assert_eq!(error(&sound[..HEADER_BYTES - 1]), SymbolError::NotElf64);
        assert_eq!(error(&sound[..sound.len() - 1]), SymbolError::BadSectionHeaders);
        let mut stripped = sound.clone();
        stripped[60..62].copy_from_slice(&1_u16.to_le_bytes());
        assert_eq!(error(&stripped), SymbolError::NoSymbolTable);
        let mut outside = sound.clone();
        let headers_at = outside.len() - 3 * SECTION_HEADER_BYTES;
        outside[headers_at + SECTION_HEADER_BYTES + 24..][..8].fill(0xff);
        assert_eq!(error(&outside), SymbolError::BadSymbolTable);
    }

    #[test]
    fn no_single_broken_byte_makes_it_panic() {
        let sound = image(&[("f", 0x1000, 0x10, STT_FUNC), ("g", 0x1010, 0, STT_FUNC)]);
        let values = if cfg!(miri) { vec![0xff] } else { (0..=255).collect::<Vec<u8>>() };
        for position in 0..sound.len() {
            for value in &values {
                let mut broken = sound.clone();
                broken[position] = *value;
                if let Ok(table) = SymbolTable::parse(&broken) {
                    table.lookup(0x1008);
                }
            }
        }
    }

    #[test]
    fn reads_the_symbols_of_a_linked_program() {
        let program = std::env::current_exe().expect("the test has a path");
        let image = std::fs::read(program).expect("the test can read itself");
        let table = SymbolTable::parse(&image).expect("a test program has symbols");
        let (value, name) = table
            .symbols
            .chunks_exact(SYMBOL_BYTES)
            .filter(|symbol| symbol[4] & 15 == STT_FUNC && u64_at(symbol, 16) > Some(16))
            .filter_map(|symbol| table.lookup(u64_at(symbol, 8)? + 3))
            .map(|symbol| (symbol.offset, symbol.to_string()))
            .find(|(_, name)| name.contains("reads_the_symbols_of_a_linked_program"))
            .expect("this test's own name is in the table");
        assert_eq!(value, 3);
        assert!(name.ends_with("+0x3"), "{name}");
    }
}
