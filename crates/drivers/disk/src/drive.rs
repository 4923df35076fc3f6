//! What a driver has to know.

use core::{future::Future, task::Poll};
use system_platform::{BlockError, BlockOperation, Timer};

/// One command to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Reads into the driver's memory.
    Read {
        /// First block.
        first: u64,
        /// How many bytes; whole blocks, no more than [`Drive::max_transfer_bytes`], not 0.
        len_bytes: usize,
    },
    /// Writes from the driver's memory.
    Write {
        /// First block.
        first: u64,
        /// How many bytes, as for reading.
        len_bytes: usize,
    },
    /// Makes durable what was written.
    Flush,
}

impl Command {
    /// What kind it is.
    pub const fn operation(&self) -> BlockOperation {
        match self {
            Self::Read { .. } => BlockOperation::Read,
            Self::Write { .. } => BlockOperation::Write,
            Self::Flush => BlockOperation::Flush,
        }
    }

    /// The block at which it starts; 0 for a flush.
    pub const fn first(&self) -> u64 {
        match self {
            Self::Read { first, .. } | Self::Write { first, .. } => *first,
            Self::Flush => 0,
        }
    }
}

/// Why a command has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device refused it, and takes the next.
    Refused(BlockError),
    /// The device takes no more commands until it is recovered.
    Stopped(BlockError),
}

/// The device could not be brought back: it is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveUp;

/// A device that takes one command at a time, and has memory for its data.
///
/// The calls come in this order: `load` before a write, `start`, `poll` until it is ready, `unload`
/// after a read; `recover` after a stop or when `poll` was not ready for too long. None of them
/// waits but `recover`.
pub trait Drive {
    /// Which of several disks behind the device: `()` where there is one.
    type Unit: Copy;

    /// Bytes that one command can move: a multiple of every block length.
    fn max_transfer_bytes(&self) -> usize;

    /// Copies data for a write into the driver's memory.
    fn load(&mut self, bytes: &[u8]);

    /// Copies what was read out of the driver's memory.
    fn unload(&self, buffer: &mut [u8]);

    /// Hands a command to the device.
    ///
    /// # Errors
    /// The device is stopped or gone.
    fn start(&mut self, unit: Self::Unit, command: Command) -> Result<(), Fault>;

    /// Whether the command is done.
    fn poll(&mut self) -> Poll<Result<(), Fault>>;

    /// Brings the device back into a state in which it takes commands and has forgotten the one
    /// under way; loaded data stays as it is. It may be dropped in the middle and is called again
    /// then.
    ///
    /// # Errors
    /// The device does not come back, or another one is in its place.
    fn recover(&mut self, timer: &impl Timer) -> impl Future<Output = Result<(), GaveUp>>;
}
