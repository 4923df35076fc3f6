//! The namespaces of a controller.

use crate::{
    controller::{Controller, ProbeError},
    identify::{ControllerIdentity, NamespaceIdentity},
    queue::{Status, Words},
};
use alloc::{format, vec::Vec};
use core::task::Poll;
use drivers_disk::{BlockError, BlockInfo, BlockOperation, Command, Drive, Fault, GaveUp};
use system_platform::{DmaMemory, DmaRegion, Mmio, Timer};

/// Bytes of data that one command can move.
const DATA_BYTES: usize = 128 * 1024;
const PAGE_BYTES: usize = 4096;

// NVM commands (6).
const FLUSH: u32 = 0x00;
const WRITE: u32 = 0x01;
const READ: u32 = 0x02;

// Statuses: type and code (figures 126 to 130).
const WRITE_PROTECTED: u16 = 0x020;
const READ_ONLY_RANGE: u16 = 0x182;
const MEDIUM_ERRORS: core::ops::RangeInclusive<u16> = 0x280..=0x284;

/// The code of an error that took a reset: the controller failed, or answered what it was not
/// asked. Others are statuses, type in the upper and code in the lower byte.
const FAILED: u32 = 0x1_0000;

/// A disk of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its number, which is the unit of the drive's commands.
    pub number: u32,
    /// What it is.
    pub info: BlockInfo,
}

/// A controller as a drive; its unit is the number of a namespace.
pub struct NvmeDrive<M, R> {
    controller: Controller<M, R>,
    identity: ControllerIdentity,
    /// What the disks were when they were found.
    namespaces: Vec<(u32, NamespaceIdentity)>,
    data: R,
    /// Addresses of the data's pages but the first (4.3).
    pages: R,
    transfer_bytes: usize,
    /// What is under way; `None` in a flush that needs nothing.
    command: Option<Command>,
}

impl<M: Mmio, R: DmaRegion> NvmeDrive<M, R> {
    /// Resets a controller and looks at its namespaces. `place` tells a person where it is.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn probe(
        registers: M,
        memory: &impl DmaMemory<Region = R>,
        timer: &impl Timer,
        place: &str,
    ) -> Result<(Self, Vec<Namespace>), ProbeError> {
        let mut controller = Controller::new(registers, memory)?;
        controller.start(timer).await?;
        let identity = controller.identity(timer).await?;
        let mut namespaces = Vec::new();
        let mut disks = Vec::new();
        for number in controller.namespaces(&identity, timer).await? {
            let namespace = controller.namespace(number, timer).await?;
            if !namespace.is_usable() {
                continue;
            }
            let ControllerIdentity { model, serial, .. } = &identity;
            let info = BlockInfo {
                name: format!("{model} {serial} at {place}, namespace {number}"),
                block_bytes: namespace.block_bytes as u32,
                blocks: namespace.blocks,
                is_read_only: namespace.is_read_only,
            };
            namespaces.push((number, namespace));
            disks.push(Namespace { number, info });
        }
        let data = memory.allocate(DATA_BYTES)?;
        let pages = memory.allocate(PAGE_BYTES)?;
        for page in 1..DATA_BYTES / PAGE_BYTES {
            let address = data.phys() + (page * PAGE_BYTES) as u64;
            pages.write((page - 1) * size_of::<u64>(), &address.to_le_bytes());
        }
        let most_pages = identity
            .transfer_pages_log2
            .map_or(usize::MAX, |log2| 1_usize.checked_shl(log2.into()).unwrap_or(usize::MAX));
        let transfer_bytes = DATA_BYTES.min(most_pages.saturating_mul(PAGE_BYTES));
        let drive =
            Self { controller, identity, namespaces, data, pages, transfer_bytes, command: None };
        Ok((drive, disks))
    }

    fn words(&self, namespace: u32, command: Command) -> Words {
        let mut words = [0; 16];
        words[1] = namespace;
        let (code, first, len_bytes) = match command {
            Command::Flush => {
                words[0] = FLUSH;
                return words;
            }
            Command::Read { first, len_bytes } => (READ, first, len_bytes),
            Command::Write { first, len_bytes } => (WRITE, first, len_bytes),
        };
        let found = self.namespaces.iter().find(|(number, _)| *number == namespace);
        let block_bytes = found.map_or(PAGE_BYTES, |(_, identity)| identity.block_bytes as usize);
        words[0] = code;
        let data = self.data.phys();
        let behind_first = match len_bytes.div_ceil(PAGE_BYTES) {
            0..=1 => 0,
            2 => data + PAGE_BYTES as u64,
            _ => self.pages.phys(),
        };
        for (at, value) in [(6, data), (8, behind_first), (10, first)] {
            (words[at], words[at + 1]) = (value as u32, (value >> 32) as u32);
        }
        // The count is one less, and so can never be 0.
        words[12] = (len_bytes / block_bytes - 1) as u32;
        words
    }
}

fn error(command: Command, status: Status) -> BlockError {
    let operation = command.operation();
    match status.code() {
        WRITE_PROTECTED | READ_ONLY_RANGE if operation == BlockOperation::Write => {
            BlockError::ReadOnly
        }
        code if MEDIUM_ERRORS.contains(&code) && operation != BlockOperation::Flush => {
            BlockError::Medium { operation, first: command.first() }
        }
        code => BlockError::Device { operation, code: code.into() },
    }
}

impl<M: Mmio, R: DmaRegion> Drive for NvmeDrive<M, R> {
    type Unit = u32;

    fn max_transfer_bytes(&self) -> usize {
        self.transfer_bytes
    }

    fn load(&mut self, bytes: &[u8]) {
        self.data.write(0, bytes);
    }

    fn unload(&self, buffer: &mut [u8]) {
        self.data.read(0, buffer);
    }

    fn start(&mut self, namespace: u32, command: Command) -> Result<(), Fault> {
        self.command = None;
        if !self.controller.is_sound() {
            return Err(Fault::Stopped(BlockError::Gone));
        }
        if command == Command::Flush && !self.identity.has_cache {
            return Ok(());
        }
        self.controller.submit(self.words(namespace, command));
        self.command = Some(command);
        Ok(())
    }

    fn poll(&mut self) -> Poll<Result<(), Fault>> {
        let Some(command) = self.command else { return Poll::Ready(Ok(())) };
        let operation = command.operation();
        let failed = || {
            let error = BlockError::Device { operation, code: FAILED };
            Poll::Ready(Err(Fault::Stopped(error)))
        };
        match self.controller.look() {
            Poll::Ready(Some(status)) if status.code() == 0 => Poll::Ready(Ok(())),
            Poll::Ready(Some(status)) => Poll::Ready(Err(Fault::Refused(error(command, status)))),
            Poll::Ready(None) => failed(),
            Poll::Pending if !self.controller.is_sound() => failed(),
            Poll::Pending => Poll::Pending,
        }
    }

    async fn recover(&mut self, timer: &impl Timer) -> Result<(), GaveUp> {
        self.command = None;
        let give_up = |_: ProbeError| GaveUp;
        self.controller.start(timer).await.map_err(give_up)?;
        // The controller and the disks that others know, or none.
        if self.controller.identity(timer).await.map_err(give_up)? != self.identity {
            return Err(GaveUp);
        }
        for (number, known) in &self.namespaces {
            let found = self.controller.namespace(*number, timer).await.map_err(give_up)?;
            if found != *known {
                return Err(GaveUp);
            }
        }
        Ok(())
    }
}
