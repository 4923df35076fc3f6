//! What a boot loader decides, without the machine: Multiboot information and kernel ELF files read
//! from bytes, the memory map cut into what is used and what is free, page tables and Limine
//! responses written into an [`Arena`].
//!
//! Whatever comes from GRUB, QEMU, the firmware or a file passes a checked constructor here. `loader`
//! adds the parts that touch hardware; the tests of this crate run on the host.
#![no_std]
#![forbid(unsafe_code)]

pub mod arena;
mod bytes;
pub mod elf;
pub mod framebuffer;
pub mod handoff;
pub mod limine;
pub mod memory_map;
pub mod multiboot1;
pub mod multiboot2;
pub mod options;
pub mod paging;
pub mod physical;
pub mod responses;

pub use arena::{Arena, OutOfMemory};
pub use elf::{ElfError, KernelElf, Segment};
pub use framebuffer::Framebuffer;
pub use handoff::{Firmware, Handoff, HandoffError, Module};
pub use memory_map::{MapFull, MemoryMap, Region, RegionKind};
pub use options::{Options, VideoMode};
pub use physical::PhysicalMemory;

/// Size of a page and of a frame, in bytes.
pub const PAGE_BYTES: u64 = 4096;

/// Where all physical memory appears in the address space that the kernel is entered with.
pub const HHDM_OFFSET: u64 = 0xffff_8000_0000_0000;
