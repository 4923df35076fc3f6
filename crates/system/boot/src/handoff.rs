//! What a Multiboot loader left behind, in one form for both versions of the protocol.

use crate::{Framebuffer, MapFull, MemoryMap, PAGE_BYTES};
use core::{fmt, ops::Range};

/// How many modules are taken: the kernel and up to seven others.
pub const MAX_MODULES: usize = 8;
/// The four tables of Multiboot 1, and a string for each module.
const MAX_INFORMATION: usize = 4 + MAX_MODULES;
/// The longest command line that is looked at.
pub const MAX_STRING_BYTES: usize = 4096;

/// The firmware below the boot loader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Firmware {
    /// A PC BIOS.
    #[default]
    Bios,
    /// 32-bit UEFI.
    Uefi32,
    /// 64-bit UEFI.
    Uefi64,
}

impl Firmware {
    /// Limine's number of it.
    pub fn limine_code(self) -> u64 {
        match self {
            Self::Bios => 0,
            Self::Uefi32 => 1,
            Self::Uefi64 => 2,
        }
    }
}

/// A file that was loaded together with us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module<'a> {
    /// Physical addresses, page aligned at the start.
    pub range: Range<u64>,
    /// First word of its command line: the path.
    pub path: &'a [u8],
    /// The rest of its command line.
    pub string: &'a [u8],
}

impl<'a> Module<'a> {
    /// A module at `range` whose command line is `command_line`.
    pub fn new_checked(range: Range<u64>, command_line: &'a [u8]) -> Result<Self, HandoffError> {
        if range.start >= range.end {
            return Err(HandoffError::EmptyModule { address: range.start });
        }
        // Limine promises page-aligned modules, and both headers of ours ask for them.
        if !range.start.is_multiple_of(PAGE_BYTES) {
            return Err(HandoffError::UnalignedModule { address: range.start });
        }
        let command_line = command_line.trim_ascii();
        let path_len =
            command_line.iter().position(u8::is_ascii_whitespace).unwrap_or(command_line.len());
        let (path, string) = command_line.split_at(path_len);
        Ok(Self { range, path, string: string.trim_ascii() })
    }
}

/// Everything we were told.
#[derive(Clone, Default)]
pub struct Handoff<'a> {
    /// The firmware's memory map, not yet normalised.
    pub memory: MemoryMap,
    modules: [Option<Module<'a>>; MAX_MODULES],
    /// The picture, if a graphics mode is set.
    pub framebuffer: Option<Framebuffer>,
    /// Physical address of the ACPI root pointer, or of a copy.
    pub rsdp: Option<u64>,
    /// Our own command line.
    pub command_line: &'a [u8],
    /// The firmware.
    pub firmware: Firmware,
    information: [Range<u64>; MAX_INFORMATION],
}

impl<'a> Handoff<'a> {
    /// The modules, in order. The first is the kernel.
    pub fn modules(&self) -> impl Iterator<Item = &Module<'a>> + Clone {
        self.modules.iter().flatten()
    }

    /// Where the information itself lies: it must not be overwritten while it is in use.
    pub fn information(&self) -> impl Iterator<Item = Range<u64>> {
        self.information.iter().filter(|range| !range.is_empty()).cloned()
    }

    pub(crate) fn push_module(&mut self, module: Module<'a>) -> Result<(), HandoffError> {
        let free = self.modules.iter_mut().find(|module| module.is_none());
        *free.ok_or(HandoffError::TooManyModules)? = Some(module);
        Ok(())
    }

    /// Keeps `range` from being handed out.
    pub(crate) fn push_information(&mut self, range: Range<u64>) {
        let free = self.information.iter_mut().find(|slot| slot.is_empty());
        *free.expect("a slot for every table and every module's string") = range;
    }
}

/// Why the information of a boot loader cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoffError {
    /// We were not started by a Multiboot loader.
    UnknownMagic(u32),
    /// A table lies outside the memory that can be looked at, or ends too early.
    Truncated(&'static str),
    /// There is no memory map.
    NoMemoryMap,
    /// The memory map is too long.
    MapFull(MapFull),
    /// More than [`MAX_MODULES`] modules.
    TooManyModules,
    /// A module without bytes.
    EmptyModule {
        /// Physical address.
        address: u64,
    },
    /// A module that does not begin on a page.
    UnalignedModule {
        /// Physical address.
        address: u64,
    },
}

impl From<MapFull> for HandoffError {
    fn from(error: MapFull) -> Self {
        Self::MapFull(error)
    }
}

impl fmt::Display for HandoffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMagic(magic) => {
                write!(f, "not started by a Multiboot loader (eax was {magic:#x})")
            }
            Self::Truncated(what) => write!(f, "the boot loader's {what} cannot be read"),
            Self::NoMemoryMap => write!(f, "the boot loader gave no memory map"),
            Self::MapFull(error) => error.fmt(f),
            Self::TooManyModules => write!(f, "more than {MAX_MODULES} modules"),
            Self::EmptyModule { address } => write!(f, "the module at {address:#x} is empty"),
            Self::UnalignedModule { address } => {
                write!(f, "the module at {address:#x} does not begin on a page")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_line_is_a_path_and_the_rest() {
        let module = |line: &'static [u8]| Module::new_checked(0x1000..0x2000, line).unwrap();
        let full = module(b" /boot/model.gguf  model fast ");
        assert_eq!((full.path, full.string), (&b"/boot/model.gguf"[..], &b"model fast"[..]));
        let bare = module(b"kernel");
        assert_eq!((bare.path, bare.string), (&b"kernel"[..], &b""[..]));
        assert_eq!(module(b"").path, b"");
    }

    #[test]
    fn empty_and_unaligned_modules_are_refused() {
        let check = |range| Module::new_checked(range, b"x").unwrap_err();
        assert_eq!(check(0x1000..0x1000), HandoffError::EmptyModule { address: 0x1000 });
        assert_eq!(check(0x1010..0x2000), HandoffError::UnalignedModule { address: 0x1010 });
    }
}
