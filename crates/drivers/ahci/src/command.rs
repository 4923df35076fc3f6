//! Commands as they lie in memory (AHCI 4.2): a list, of which slot 0 is used, and its table.

use drivers_disk::Command;
use system_platform::{DmaMemory, DmaRegion, OutOfDmaMemory};

/// Bytes of data that one command can move. One entry of a table describes up to 4 MiB.
pub const DATA_BYTES: usize = 128 * 1024;

// Places in a port's page.
const LIST: usize = 0;
const RECEIVED: usize = 0x400;
const TABLE: usize = 0x800;
/// Beside the data: a recovery asks for it while data waits to be written.
const IDENTITY: usize = 0xA00;
/// Where in the table the descriptions of memory start.
const REGIONS: usize = 0x80;
const PAGE_BYTES: usize = 4096;

/// Double words of the message to the device.
const MESSAGE_WORDS: u32 = 5;
/// Bit of a slot: the device reads memory.
const TO_DEVICE: u32 = 1 << 6;

/// Type of a message from host to device, and its bit for a command (Serial ATA 3.0, 10.3.4).
const HOST_TO_DEVICE: u8 = 0x27;
const IS_COMMAND: u8 = 1 << 7;
/// Bit of the device register: addresses are block numbers.
const BLOCK_ADDRESS: u8 = 1 << 6;

// Commands (ACS 7).
const IDENTIFY: u8 = 0xEC;
const READ: u8 = 0x25;
const WRITE: u8 = 0x35;
const FLUSH: u8 = 0xEA;

/// What the device is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Tell what you are.
    Identify,
    /// Move blocks, or make them durable.
    Disk {
        /// The command.
        command: Command,
        /// Bytes of one block.
        block_bytes: u32,
    },
}

/// Bytes that the device tells about itself.
pub const IDENTITY_BYTES: usize = 512;

/// The memory of a port.
pub struct Memory<R> {
    page: R,
    data: R,
}

impl<R: DmaRegion> Memory<R> {
    /// Memory for one port.
    ///
    /// # Errors
    /// There is none.
    pub fn allocate(memory: &impl DmaMemory<Region = R>) -> Result<Self, OutOfDmaMemory> {
        Ok(Self { page: memory.allocate(PAGE_BYTES)?, data: memory.allocate(DATA_BYTES)? })
    }

    /// Where the list of commands is.
    pub fn list(&self) -> u64 {
        self.page.phys() + LIST as u64
    }

    /// Where the device's messages go.
    pub fn received(&self) -> u64 {
        self.page.phys() + RECEIVED as u64
    }

    /// What the device has told about itself.
    pub fn identity(&self) -> [u8; IDENTITY_BYTES] {
        let mut answer = [0; IDENTITY_BYTES];
        self.page.read(IDENTITY, &mut answer);
        answer
    }

    /// What the data of a command goes through.
    pub const fn data(&self) -> &R {
        &self.data
    }

    /// Fills slot 0.
    pub fn prepare(&self, request: Request) {
        let (message, len_bytes, is_write) = match request {
            Request::Identify => (message(IDENTIFY, 0, 0), IDENTITY_BYTES, false),
            Request::Disk { command, block_bytes } => {
                let blocks = |len_bytes: usize| (len_bytes / block_bytes as usize) as u16;
                match command {
                    Command::Read { first, len_bytes } => {
                        (message(READ, first, blocks(len_bytes)), len_bytes, false)
                    }
                    Command::Write { first, len_bytes } => {
                        (message(WRITE, first, blocks(len_bytes)), len_bytes, true)
                    }
                    Command::Flush => (message(FLUSH, 0, 0), 0, false),
                }
            }
        };
        let has_data = len_bytes > 0;
        if has_data {
            let at = match request {
                Request::Identify => self.page.phys() + IDENTITY as u64,
                Request::Disk { .. } => self.data.phys(),
            };
            // The length is one less, and so can never be 0.
            let region = [at as u32, (at >> 32) as u32, 0, (len_bytes - 1) as u32];
            self.page.write(TABLE + REGIONS, &bytes(region));
        }
        self.page.write(TABLE, &message);
        let table = self.page.phys() + TABLE as u64;
        let direction = if is_write { TO_DEVICE } else { 0 };
        let first = MESSAGE_WORDS | direction | u32::from(has_data) << 16;
        self.page.write(LIST, &bytes([first, 0, table as u32, (table >> 32) as u32]));
    }
}

fn bytes(words: [u32; 4]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (target, word) in bytes.chunks_exact_mut(4).zip(words) {
        target.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// A message with a command of 48-bit addresses.
fn message(command: u8, first: u64, count: u16) -> [u8; 20] {
    let [a, b, c, d, e, f, _, _] = first.to_le_bytes();
    let [count_low, count_high] = count.to_le_bytes();
    let mut message = [0; 20];
    message[..14].copy_from_slice(&[
        HOST_TO_DEVICE,
        IS_COMMAND,
        command,
        0,
        a,
        b,
        c,
        BLOCK_ADDRESS,
        d,
        e,
        f,
        0,
        count_low,
        count_high,
    ]);
    message
}
