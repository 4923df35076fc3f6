//! The kernel's memory: frames, page tables, heap, stacks and device windows.
//!
//! | region of the address space | what is there |
//! |---|---|
//! | from the direct-map offset on | all working memory: read, write |
//! | [`layout::HEAP`] | the heap, growing upwards from frames |
//! | [`layout::FILES`] | models that were read from a disk |
//! | [`layout::STACKS`] | stacks, an unmapped page below each |
//! | [`layout::DEVICES`] | frame buffer and device registers |
//! | the top 2 GiB | the kernel image: code, constants, data, each with its own rights |
//!
//! Regions only grow, but for files: where one is unmapped, other CPUs forget its translations before
//! their next job ([`address_space::forget_unmapped`]), and no other work of theirs reads files. Locks are taken in the order heap, address space, frames.

pub mod address_space;
pub mod devices;
pub mod file;
pub mod frames;
pub mod heap;
pub mod layout;
pub mod stacks;

pub use address_space::init;
