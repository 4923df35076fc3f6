//! The machine as the crates above see it.

pub mod clock;
pub mod display;
pub mod dma;
pub mod entropy;
pub mod executor;
pub mod machine;
pub mod memory;
pub mod model;
pub mod pool;
pub mod registers;
pub mod serial;
pub mod virtio;
