//! Why the system cannot start.

use core::fmt;
use system_boot::{ElfError, HandoffError, MapFull, OutOfMemory, limine};

/// Why the system cannot start.
pub enum BootError {
    /// What the boot loader left is unusable.
    Handoff(HandoffError),
    /// The memory map is too long.
    MapFull(MapFull),
    /// No room for what must be loaded.
    OutOfMemory(OutOfMemory),
    /// There are no modules at all.
    NoKernel,
    /// The kernel lies where the loader cannot read.
    UnreadableKernel,
    /// The kernel is no ELF file that could be loaded.
    BadKernel(ElfError),
    /// The kernel has no tag of the protocol.
    NoBaseRevision,
    /// The kernel needs a newer boot loader.
    NewerBaseRevision(u64),
}

impl From<HandoffError> for BootError {
    fn from(error: HandoffError) -> Self {
        Self::Handoff(error)
    }
}

impl From<MapFull> for BootError {
    fn from(error: MapFull) -> Self {
        Self::MapFull(error)
    }
}

impl From<OutOfMemory> for BootError {
    fn from(error: OutOfMemory) -> Self {
        Self::OutOfMemory(error)
    }
}

impl fmt::Display for BootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handoff(error) => error.fmt(f),
            Self::MapFull(error) => error.fmt(f),
            Self::OutOfMemory(error) => error.fmt(f),
            Self::NoKernel => {
                write!(f, "no kernel: the first module must be the kernel's ELF file")
            }
            Self::UnreadableKernel => write!(f, "the kernel lies above 4 GiB"),
            Self::BadKernel(error) => write!(f, "the kernel cannot be loaded: {error}"),
            Self::NoBaseRevision => write!(f, "the kernel does not speak the Limine boot protocol"),
            Self::NewerBaseRevision(revision) => write!(
                f,
                "the kernel wants base revision {revision} of the Limine boot protocol, and {} is \
                 the newest known here",
                limine::BASE_REVISION
            ),
        }
    }
}
