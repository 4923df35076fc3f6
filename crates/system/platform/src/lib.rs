//! What the crates of this system expect from the machine below them: traits, the plain data they
//! speak in, and strict fakes for tests on the host. The kernel implements the traits; the crates
//! above know nothing else of it.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod block;
pub mod clock;
pub mod compute;
pub mod dma;
pub mod input;
pub mod machine;
pub mod mmio;
pub mod pace;
pub mod port;
pub mod time;
pub mod wait;

pub use block::{
    BlockDevice, BlockError, BlockFuture, BlockInfo, BlockOperation, FaultyDisk, MemoryDisk,
    Partition, PowerCutDisk,
};
pub use clock::Clock;
pub use compute::ComputePool;
pub use dma::{DmaMemory, DmaRegion, OutOfDmaMemory};
pub use input::{Key, KeyEvent, Modifiers};
pub use machine::Machine;
pub use mmio::Mmio;
pub use pace::Pacer;
pub use port::{PortIo, PortIo32};
pub use time::DateTime;
pub use wait::{Timer, poll_until};
