//! The kernel's memory: frames, page tables, heap, stacks and device windows.
//!
//! | region of the address space | what is there |
//! |---|---|
//! | from the direct-map offset on | all working memory: read, write |
//! | [`layout::HEAP`] | the heap, growing upwards from frames |
//! | [`layout::STACKS`] | stacks, an unmapped page below each |
//! | [`layout::DEVICES`] | frame buffer and device registers |
//! | the top 2 GiB | the kernel image: code, constants, data, each with its own rights |
//!
//! Regions only grow and nothing is unmapped, so no CPU ever has to be told to forget a
//! translation. Locks are taken in the order heap, address space, frames.

pub mod address_space;
pub mod devices;
pub mod frames;
pub mod heap;
pub mod layout;
pub mod stacks;

pub use address_space::init;
