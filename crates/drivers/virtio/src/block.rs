//! A virtio block device (5.2).

use crate::ring::{DATA_BYTES, Data, HEADER_BYTES, Ring};
use alloc::{format, string::String};
use core::{fmt, mem::ManuallyDrop, task::Poll};
use drivers_disk::{BlockError, BlockInfo, BlockOperation, Command, Drive, Fault, GaveUp};
use system_platform::{Timer, poll_until};
use virtio_drivers::{
    Error, Hal,
    transport::{DeviceStatus, Transport},
};

/// Requests count in sectors of so many bytes, whatever a block is.
const SECTOR_BYTES: u64 = 512;

// Features (5.2.3 and 6).
const SIZE_MAX: u64 = 1 << 1;
const READ_ONLY: u64 = 1 << 5;
const BLOCK_SIZE: u64 = 1 << 6;
const FLUSH: u64 = 1 << 9;
const VERSION_1: u64 = 1 << 32;

// Configuration registers (5.2.4).
const CAPACITY_LOW: usize = 0;
const CAPACITY_HIGH: usize = 4;
const LARGEST_SEGMENT: usize = 8;
const BLOCK_BYTES: usize = 20;

// Types of requests (5.2.6).
const READ: u32 = 0;
const WRITE: u32 = 1;
const MAKE_DURABLE: u32 = 4;
const TELL_SERIAL: u32 = 8;

// Status bytes (5.2.6).
const OK: u8 = 0;
const MEDIUM_FAILED: u8 = 1;

/// The code of an error that took a reset; others are status bytes. It is the bit of the device
/// status that asks for one (2.1).
const NEEDS_RESET: u32 = DeviceStatus::DEVICE_NEEDS_RESET.bits();

/// Bytes of a serial number.
const SERIAL_BYTES: usize = 20;
/// How often registers are read again until the device did not change them meanwhile.
const READINGS: usize = 10;
/// How long a reset may take, and the answer to the question for the serial number.
const PATIENCE_NS: u64 = 1_000_000_000;

/// Why a device cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeError {
    /// It does not reset.
    NoReset,
    /// It insists on what this driver does not know.
    Features,
    /// Its configuration registers cannot be read, or keep changing.
    Configuration,
    /// Its blocks have a length other than 512 and 4096 bytes.
    BlockBytes(u32),
    /// It takes less than a block at a time.
    SegmentBytes(u32),
    /// Its ring cannot be set up.
    Ring(Error),
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReset => f.write_str("it does not reset"),
            Self::Features => f.write_str("it does not accept the driver's features"),
            Self::Configuration => f.write_str("its registers cannot be read"),
            Self::BlockBytes(bytes) => write!(f, "its blocks have {bytes} bytes"),
            Self::SegmentBytes(bytes) => write!(f, "it takes only {bytes} bytes at a time"),
            Self::Ring(error) => write!(f, "its ring cannot be set up: {error}"),
        }
    }
}

impl core::error::Error for ProbeError {}

/// What the device was found to be; the same after every reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    features: u64,
    sectors: u64,
    block_bytes: u32,
    transfer_bytes: usize,
}

/// A virtio block device. When this value is dropped, the device and its memory stay as they are.
pub struct BlockDrive<H: Hal, T: Transport> {
    /// Dropping it would wait for a reset for ever.
    transport: ManuallyDrop<T>,
    ring: Ring<H>,
    layout: Layout,
    /// What is under way; `None` in a flush that needs nothing.
    command: Option<Command>,
}

impl<H: Hal, T: Transport> BlockDrive<H, T> {
    /// Resets the device behind `transport` and sets it up. `place` tells a person where it is.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn probe(
        transport: T,
        place: &str,
        timer: &impl Timer,
    ) -> Result<(Self, BlockInfo), ProbeError> {
        let mut transport = ManuallyDrop::new(transport);
        let layout = negotiate(&mut *transport, timer).await?;
        let ring = Ring::new(&mut *transport).map_err(ProbeError::Ring)?;
        transport.finish_init();
        let mut drive = Self { transport, ring, layout, command: None };
        let serial = drive.serial(timer).await;
        let name = match serial {
            Some(serial) => format!("virtio disk {serial} at {place}"),
            None => format!("virtio disk at {place}"),
        };
        let info = BlockInfo {
            name,
            block_bytes: layout.block_bytes,
            blocks: layout.sectors / (u64::from(layout.block_bytes) / SECTOR_BYTES),
            is_read_only: layout.features & READ_ONLY != 0,
        };
        Ok((drive, info))
    }

    /// The serial number, where there is one that can be shown.
    async fn serial(&mut self, timer: &impl Timer) -> Option<String> {
        let request = header(TELL_SERIAL, 0);
        let data = Data::FromDevice(SERIAL_BYTES);
        self.ring.submit(&mut *self.transport, request, data).ok()?;
        let look = || match self.ring.take_status() {
            Ok(None) => Poll::Pending,
            other => Poll::Ready(other),
        };
        let answer = poll_until(timer, PATIENCE_NS, look).await;
        if !matches!(answer, Some(Ok(Some(_)))) {
            // The first command would find the request under way.
            let _ = self.recover(timer).await;
        }
        let Some(Ok(Some(OK))) = answer else { return None };
        let mut serial = [0; SERIAL_BYTES];
        self.ring.unload(&mut serial);
        let len = serial.iter().position(|byte| *byte == 0).unwrap_or(SERIAL_BYTES);
        let text = core::str::from_utf8(&serial[..len]).ok()?.trim();
        let is_shown = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        is_shown.then(|| text.into())
    }

    /// Whether the device says that it failed. One that is not there any more reads as all ones.
    fn needs_reset(&self) -> bool {
        self.transport.get_status().contains(DeviceStatus::DEVICE_NEEDS_RESET)
    }
}

/// Resets the device and agrees on features with it (3.1.1).
async fn negotiate(
    transport: &mut impl Transport,
    timer: &impl Timer,
) -> Result<Layout, ProbeError> {
    transport.set_status(DeviceStatus::empty());
    let is_reset = || match transport.get_status() == DeviceStatus::empty() {
        true => Poll::Ready(()),
        false => Poll::Pending,
    };
    poll_until(timer, PATIENCE_NS, is_reset).await.ok_or(ProbeError::NoReset)?;
    transport.set_status(DeviceStatus::ACKNOWLEDGE);
    transport.set_status(DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER);
    let wanted = SIZE_MAX | READ_ONLY | BLOCK_SIZE | FLUSH | VERSION_1;
    let features = transport.read_device_features() & wanted;
    transport.write_driver_features(features);
    transport
        .set_status(DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER | DeviceStatus::FEATURES_OK);
    let has_agreed = transport.get_status().contains(DeviceStatus::FEATURES_OK);
    if features & VERSION_1 == 0 || !has_agreed {
        return Err(ProbeError::Features);
    }
    layout(transport, features)
}

fn layout(transport: &impl Transport, features: u64) -> Result<Layout, ProbeError> {
    let [low, high, largest_segment, block_bytes] = (0..READINGS)
        .find_map(|_| {
            let generation = transport.read_config_generation();
            let read = |offset| transport.read_config_space::<u32>(offset);
            let registers = [CAPACITY_LOW, CAPACITY_HIGH, LARGEST_SEGMENT, BLOCK_BYTES].map(read);
            (transport.read_config_generation() == generation).then_some(registers)
        })
        .ok_or(ProbeError::Configuration)?;
    let [Ok(low), Ok(high)] = [low, high] else { return Err(ProbeError::Configuration) };
    let block_bytes = match features & BLOCK_SIZE {
        0 => SECTOR_BYTES as u32,
        _ => block_bytes.map_err(|_| ProbeError::Configuration)?,
    };
    if ![512, 4096].contains(&block_bytes) {
        return Err(ProbeError::BlockBytes(block_bytes));
    }
    let mut transfer_bytes = DATA_BYTES;
    if features & SIZE_MAX != 0 {
        let largest = largest_segment.map_err(|_| ProbeError::Configuration)?;
        transfer_bytes = transfer_bytes.min((largest - largest % block_bytes) as usize);
        if transfer_bytes == 0 {
            return Err(ProbeError::SegmentBytes(largest));
        }
    }
    let sectors = u64::from(high) << 32 | u64::from(low);
    Ok(Layout { features, sectors, block_bytes, transfer_bytes })
}

fn header(kind: u32, sector: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&kind.to_le_bytes());
    header[8..].copy_from_slice(&sector.to_le_bytes());
    header
}

impl<H: Hal, T: Transport> Drive for BlockDrive<H, T> {
    type Unit = ();

    fn max_transfer_bytes(&self) -> usize {
        self.layout.transfer_bytes
    }

    fn load(&mut self, bytes: &[u8]) {
        self.ring.load(bytes);
    }

    fn unload(&self, buffer: &mut [u8]) {
        self.ring.unload(buffer);
    }

    fn start(&mut self, (): (), command: Command) -> Result<(), Fault> {
        self.command = None;
        if self.needs_reset() {
            return Err(Fault::Stopped(BlockError::Gone));
        }
        let sector = command.first() * (u64::from(self.layout.block_bytes) / SECTOR_BYTES);
        let (kind, data) = match command {
            Command::Read { len_bytes, .. } => (READ, Data::FromDevice(len_bytes)),
            Command::Write { len_bytes, .. } => (WRITE, Data::ToDevice(len_bytes)),
            // Such a device writes through (5.2.6.2).
            Command::Flush if self.layout.features & FLUSH == 0 => return Ok(()),
            Command::Flush => (MAKE_DURABLE, Data::None),
        };
        let submitted = self.ring.submit(&mut *self.transport, header(kind, sector), data);
        submitted.map_err(|_| Fault::Stopped(BlockError::Gone))?;
        self.command = Some(command);
        Ok(())
    }

    fn poll(&mut self) -> Poll<Result<(), Fault>> {
        let Some(command) = self.command else { return Poll::Ready(Ok(())) };
        let operation = command.operation();
        let status = match self.ring.take_status() {
            Ok(Some(status)) => status,
            Ok(None) if !self.needs_reset() => return Poll::Pending,
            Ok(None) | Err(_) => {
                let error = BlockError::Device { operation, code: NEEDS_RESET };
                return Poll::Ready(Err(Fault::Stopped(error)));
            }
        };
        self.command = None;
        let error = match status {
            OK => return Poll::Ready(Ok(())),
            MEDIUM_FAILED if operation != BlockOperation::Flush => {
                BlockError::Medium { operation, first: command.first() }
            }
            code => BlockError::Device { operation, code: code.into() },
        };
        Poll::Ready(Err(Fault::Refused(error)))
    }

    async fn recover(&mut self, timer: &impl Timer) -> Result<(), GaveUp> {
        self.command = None;
        let layout = negotiate(&mut *self.transport, timer).await.map_err(|_| GaveUp)?;
        // The disk that others know, or none.
        if layout != self.layout {
            return Err(GaveUp);
        }
        self.ring.restart(&mut *self.transport).map_err(|_| GaveUp)?;
        self.transport.finish_init();
        Ok(())
    }
}
