//! What the boot loader told, as plain data.
//!
//! [`requests`] is the only module that knows the Limine protocol; no type of it gets out. Two
//! steps, because the second needs a heap and the heap needs the first: [`EarlyInfo`] borrows the
//! boot loader's memory, [`BootInfo`] owns a copy of everything that is needed later, so that the
//! boot loader's memory can be reclaimed.

mod requests;

pub use requests::{boot_lapic_id, parked_cpus};

use alloc::{string::String, vec::Vec};
use system_core::address::{PhysAddr, VirtAddr};

/// What a part of the physical address space is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// Free memory.
    Usable,
    /// Held by the boot loader; free once its data and tables are no longer used.
    BootloaderReclaimable,
    /// The kernel's image, its file, and the boot modules.
    KernelAndModules,
    /// ACPI tables.
    AcpiTables,
    /// The firmware's, across sleep states.
    AcpiNonVolatile,
    /// Faulty.
    Bad,
    /// Pixels.
    Framebuffer,
    /// Anything else that is not free.
    Reserved,
}

impl RegionKind {
    /// In words, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::BootloaderReclaimable => "boot loader, reclaimed",
            Self::KernelAndModules => "kernel and modules",
            Self::AcpiTables => "ACPI tables",
            Self::AcpiNonVolatile => "ACPI non-volatile",
            Self::Bad => "bad memory",
            Self::Framebuffer => "framebuffer",
            Self::Reserved => "reserved",
        }
    }

    /// Whether it is working memory that the kernel may read and write.
    pub const fn is_memory(self) -> bool {
        matches!(self, Self::Usable | Self::BootloaderReclaimable | Self::KernelAndModules)
    }
}

/// One entry of the memory map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRegion {
    /// First address.
    pub start: PhysAddr,
    /// Length in bytes.
    pub len_bytes: u64,
    /// What it is used for.
    pub kind: RegionKind,
}

impl MemoryRegion {
    /// First address behind it.
    pub const fn end(&self) -> PhysAddr {
        PhysAddr(self.start.0.saturating_add(self.len_bytes))
    }
}

/// Which firmware started the boot loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firmware {
    /// A PC BIOS; VGA text memory exists.
    Bios,
    /// UEFI, 32 or 64 bits.
    Uefi,
}

/// Where a colour lies in a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorMask {
    /// Number of bits.
    pub size: u8,
    /// Position of the lowest.
    pub shift: u8,
}

/// A linear frame buffer of direct colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramebufferInfo {
    /// Address of the first pixel.
    pub address: PhysAddr,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes from one row to the next.
    pub pitch_bytes: usize,
    /// Bits of a pixel.
    pub bits_per_pixel: u16,
    /// Red.
    pub red: ColorMask,
    /// Green.
    pub green: ColorMask,
    /// Blue.
    pub blue: ColorMask,
}

/// A file that the boot loader brought along.
#[derive(Clone, Debug)]
pub struct BootModule {
    /// Its path on the boot medium.
    pub path: String,
    /// The words that the boot entry gives it: `model`, `embedding`.
    pub string: String,
    /// Its bytes; never moved and never freed.
    pub bytes: &'static [u8],
}

impl BootModule {
    /// Whether `name` is among the words that the boot entry gives it.
    fn is_called(&self, name: &str) -> bool {
        self.string.split_ascii_whitespace().any(|word| word == name)
    }
}

/// What memory management needs before there is a heap.
#[derive(Clone, Copy, Debug)]
pub struct EarlyInfo {
    /// Virtual address of physical address 0.
    pub hhdm_offset: u64,
    /// Where the kernel image was loaded.
    pub kernel_physical_base: PhysAddr,
    /// Where the image was linked for.
    pub kernel_virtual_base: VirtAddr,
}

/// Why the kernel cannot start at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootError {
    /// The boot loader does not know this revision of the protocol.
    UnsupportedProtocol,
    /// It left this answer out.
    MissingAnswer(&'static str),
}

impl core::fmt::Display for BootError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::UnsupportedProtocol => {
                write!(f, "the boot loader does not support base revision 2 of the Limine protocol")
            }
            Self::MissingAnswer(what) => write!(f, "the boot loader does not tell the {what}"),
        }
    }
}

impl core::error::Error for BootError {}

impl EarlyInfo {
    /// Reads the answers that nothing works without.
    ///
    /// # Errors
    /// See [`BootError`].
    pub fn read() -> Result<Self, BootError> {
        requests::early_info()
    }

    /// The memory map, read from the boot loader's memory.
    pub fn memory_map(&self) -> impl Iterator<Item = MemoryRegion> + Clone + use<> {
        requests::memory_map()
    }
}

/// Everything the boot loader told, in memory of our own. Whatever it may leave out is optional.
#[derive(Clone, Debug)]
pub struct BootInfo {
    /// Name of the boot loader.
    pub bootloader_name: String,
    /// Its version.
    pub bootloader_version: String,
    /// What started it.
    pub firmware: Option<Firmware>,
    /// The kernel's command line.
    pub command_line: String,
    /// Where to draw.
    pub framebuffer: Option<FramebufferInfo>,
    /// The ACPI root pointer.
    pub rsdp: Option<PhysAddr>,
    /// The kernel's own ELF file, for its symbols.
    pub kernel_file: Option<&'static [u8]>,
    /// Files that came along.
    pub modules: Vec<BootModule>,
    /// The memory map as it was at the start.
    pub memory_map: Vec<MemoryRegion>,
    /// Seconds since 1970-01-01 at the start, by the boot loader.
    pub boot_unix_seconds: Option<i64>,
}

/// What the embedding model's module is called.
const EMBEDDING: &str = "embedding";

/// The first bytes of every model file.
const GGUF_MAGIC: &[u8] = b"GGUF";

impl BootInfo {
    /// Copies the answers; needs the heap and the direct map.
    pub fn collect(early: &EarlyInfo) -> Self {
        requests::boot_info(early)
    }

    /// Whether the command line contains this word.
    pub fn has_option(&self, option: &str) -> bool {
        self.command_line.split_ascii_whitespace().any(|word| word == option)
    }

    /// What stands behind `name=` on the command line.
    pub fn option_value(&self, name: &str) -> Option<&str> {
        self.command_line
            .split_ascii_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// The language model: the module that is called `model`, else the first that has no other role
    /// and whose content is a model.
    pub fn model(&self) -> Option<&BootModule> {
        let is_some_model = |module: &&BootModule| {
            !module.is_called(EMBEDDING) && module.bytes.starts_with(GGUF_MAGIC)
        };
        let named = self.modules.iter().find(|module| module.is_called("model"));
        named.or_else(|| self.modules.iter().find(is_some_model))
    }

    /// The embedding model: the module that is called `embedding`.
    pub fn embedding(&self) -> Option<&BootModule> {
        self.modules.iter().find(|module| module.is_called(EMBEDDING))
    }
}
