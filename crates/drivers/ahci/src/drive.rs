//! A disk on a port.

use crate::{
    command::{DATA_BYTES, Memory, Request},
    identify::{Identity, Unsuitable},
    port::{ERRORS, Port, Stuck},
};
use alloc::format;
use core::{fmt, task::Poll};
use drivers_disk::{BlockError, BlockInfo, BlockOperation, Command, Drive, Fault, GaveUp};
use system_platform::{DmaMemory, DmaRegion, Mmio, OutOfDmaMemory, Timer, poll_until};

/// What the device is, in the signature register (Serial ATA 3.0, 11.4): a disk. Others are
/// drives for removable media and port multipliers.
const IS_DISK: u32 = 0x0000_0101;
/// How long a disk may take to tell what it is.
const IDENTIFY_NS: u64 = 5_000_000_000;

// Bits of the task file (ACS 6.2 and 6.3): the command failed, the device failed; and why: the
// place cannot be read, the place cannot be found.
const FAILED: u32 = 1 << 0;
const DEVICE_FAULT: u32 = 1 << 5;
const UNCORRECTABLE: u32 = 1 << 14;
const NOT_FOUND: u32 = 1 << 12;

/// Why the disk on a port cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError {
    /// The port or its disk does not do what it is told.
    Stuck,
    /// The disk does not tell what it is.
    NoIdentity,
    /// It cannot be used.
    Unsuitable(Unsuitable),
    /// There is no memory for it.
    Memory(OutOfDmaMemory),
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stuck => f.write_str("it does not get ready"),
            Self::NoIdentity => f.write_str("it does not tell what it is"),
            Self::Unsuitable(Unsuitable::Old) => f.write_str("it has no 48-bit addresses"),
            Self::Unsuitable(Unsuitable::BlockBytes(bytes)) => {
                write!(f, "its blocks have {bytes} bytes")
            }
            Self::Memory(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for PortError {}

impl From<Stuck> for PortError {
    fn from(Stuck: Stuck) -> Self {
        Self::Stuck
    }
}

impl From<OutOfDmaMemory> for PortError {
    fn from(error: OutOfDmaMemory) -> Self {
        Self::Memory(error)
    }
}

/// The disk on a port.
///
/// The code of [`BlockError::Device`] is the task file, status in the lowest byte and error in the
/// next, together with the interrupt bits 27 to 30 that ended the command.
pub struct PortDrive<M, R> {
    port: Port<M>,
    memory: Memory<R>,
    identity: Identity,
    /// What is under way.
    command: Command,
}

impl<M: Mmio, R: DmaRegion> PortDrive<M, R> {
    /// Looks what is on port `number` of a controller that was just reset; `None` if it is nothing,
    /// or no disk. `place` tells a person where the controller is.
    ///
    /// # Errors
    /// See [`PortError`].
    pub async fn probe(
        registers: M,
        number: u8,
        memory: &impl DmaMemory<Region = R>,
        timer: &impl Timer,
        place: &str,
    ) -> Result<Option<(Self, BlockInfo)>, PortError> {
        let port = Port::new(registers, number);
        if !port.wait_connected(timer).await {
            return Ok(None);
        }
        port.stop(timer).await?;
        port.stop_receiving(timer).await?;
        let memory = Memory::allocate(memory)?;
        port.set_memory(memory.list(), memory.received());
        port.wait_ready(timer).await?;
        if port.signature() != IS_DISK {
            // It is left alone from now on.
            port.stop_receiving(timer).await?;
            return Ok(None);
        }
        port.start();
        let identity = identify(&port, &memory, timer).await?;
        let Identity { model, serial, blocks, block_bytes } = &identity;
        let info = BlockInfo {
            name: format!("{model} {serial} at {place}, port {number}"),
            block_bytes: *block_bytes,
            blocks: *blocks,
            is_read_only: false,
        };
        Ok(Some((Self { port, memory, identity, command: Command::Flush }, info)))
    }

    fn error(&self, interrupts: u32) -> BlockError {
        let operation = self.command.operation();
        let task_file = self.port.task_file();
        let is_place = task_file & FAILED != 0 && task_file & (UNCORRECTABLE | NOT_FOUND) != 0;
        if is_place && operation != BlockOperation::Flush {
            return BlockError::Medium { operation, first: self.command.first() };
        }
        BlockError::Device { operation, code: interrupts & ERRORS | task_file }
    }
}

/// Looks at the command under way: how it ended, with the interrupts that tell it.
fn look<M: Mmio>(port: &Port<M>) -> Poll<Result<(), u32>> {
    let interrupts = port.interrupts();
    let has_failed = || port.task_file() & (FAILED | DEVICE_FAULT) != 0;
    if interrupts & ERRORS != 0 {
        return Poll::Ready(Err(interrupts));
    }
    match port.is_issued() {
        true => Poll::Pending,
        false if has_failed() => Poll::Ready(Err(interrupts)),
        false => Poll::Ready(Ok(())),
    }
}

async fn identify<M: Mmio, R: DmaRegion>(
    port: &Port<M>,
    memory: &Memory<R>,
    timer: &impl Timer,
) -> Result<Identity, PortError> {
    memory.prepare(Request::Identify);
    port.issue();
    let ended = poll_until(timer, IDENTIFY_NS, || look(port)).await;
    if ended != Some(Ok(())) {
        return Err(PortError::NoIdentity);
    }
    Identity::parse(&memory.identity()).map_err(PortError::Unsuitable)
}

impl<M: Mmio, R: DmaRegion> Drive for PortDrive<M, R> {
    type Unit = ();

    fn max_transfer_bytes(&self) -> usize {
        DATA_BYTES
    }

    fn load(&mut self, bytes: &[u8]) {
        self.memory.data().write(0, bytes);
    }

    fn unload(&self, buffer: &mut [u8]) {
        self.memory.data().read(0, buffer);
    }

    fn start(&mut self, (): (), command: Command) -> Result<(), Fault> {
        self.command = command;
        if !self.port.is_connected() || self.port.was_exchanged() {
            return Err(Fault::Stopped(BlockError::Gone));
        }
        let block_bytes = self.identity.block_bytes;
        self.memory.prepare(Request::Disk { command, block_bytes });
        self.port.issue();
        Ok(())
    }

    fn poll(&mut self) -> Poll<Result<(), Fault>> {
        if !self.port.is_connected() {
            return Poll::Ready(Err(Fault::Stopped(BlockError::Gone)));
        }
        look(&self.port).map_err(|interrupts| Fault::Stopped(self.error(interrupts)))
    }

    async fn recover(&mut self, timer: &impl Timer) -> Result<(), GaveUp> {
        let give_up = |_: Stuck| GaveUp;
        let is_sound = self.port.is_connected() && !self.port.was_exchanged();
        let has_stopped = self.port.stop(timer).await.is_ok();
        if is_sound && has_stopped && !self.port.is_busy() {
            // The command has failed, and that was all (AHCI 6.2.2.1).
            self.port.start();
            return Ok(());
        }
        self.port.reset_link(timer).await.map_err(give_up)?;
        // The reset of the link stops a port that did not stop by itself.
        self.port.stop(timer).await.map_err(give_up)?;
        self.port.start();
        match identify(&self.port, &self.memory, timer).await {
            Ok(identity) if identity == self.identity => Ok(()),
            _ => Err(GaveUp),
        }
    }
}
