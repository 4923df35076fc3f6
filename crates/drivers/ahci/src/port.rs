//! The registers of one port (AHCI 3.3), and the steps that they are made for.

use core::task::Poll;
use system_platform::{Mmio, Timer, poll_until};

// Registers, from the port's start.
const LIST: usize = 0x00;
const LIST_HIGH: usize = 0x04;
const RECEIVED: usize = 0x08;
const RECEIVED_HIGH: usize = 0x0C;
const INTERRUPTS: usize = 0x10;
const INTERRUPT_ENABLE: usize = 0x14;
const COMMAND: usize = 0x18;
const TASK_FILE: usize = 0x20;
const SIGNATURE: usize = 0x24;
const LINK_STATUS: usize = 0x28;
const LINK_CONTROL: usize = 0x2C;
const LINK_ERRORS: usize = 0x30;
const ISSUED: usize = 0x38;

// Bits of the command register (AHCI 3.3.7).
const START: u32 = 1 << 0;
const SPIN_UP: u32 = 1 << 1;
const POWER: u32 = 1 << 2;
const RECEIVE: u32 = 1 << 4;
const IS_RECEIVING: u32 = 1 << 14;
const IS_RUNNING: u32 = 1 << 15;
const ACTIVE: u32 = 1 << 28;

/// Interrupt bits that end a command badly: task file, host bus (fatal, data), interface (fatal).
pub const ERRORS: u32 = 1 << 30 | 1 << 29 | 1 << 28 | 1 << 27;

// Bits of the task file.
const BUSY: u32 = 1 << 7;
const WANTS_DATA: u32 = 1 << 3;

// Link control and status (AHCI 3.3.10 and 3.3.11): no power saving, which needs interrupts.
const NO_POWER_SAVING: u32 = 3 << 8;
const COMRESET: u32 = 1;
const DETECTION: u32 = 0xF;
const PRESENT: u32 = 1;
const CONNECTED: u32 = 3;
/// Bit of the link errors: the device was exchanged.
const EXCHANGED: u32 = 1 << 26;

/// The engines stop within 500 ms (AHCI 10.1.2).
const STOP_NS: u64 = 500_000_000;
/// A device answers to a reset of the link within 10 ms; some take longer.
const PRESENT_NS: u64 = 100_000_000;
/// One that was noticed connects.
const CONNECT_NS: u64 = 1_000_000_000;
/// A disk that spins up.
const READY_NS: u64 = 10_000_000_000;
/// A reset of the link lasts a millisecond (AHCI 10.4.2).
const COMRESET_NS: u64 = 1_000_000;

/// Where the registers of a port start; those of the port behind the last, where all end.
pub const fn offset(number: u8) -> usize {
    0x100 + 0x80 * number as usize
}

/// Powers a port's device on and lets it connect.
pub fn start_link(registers: &impl Mmio, number: u8) {
    let at = offset(number);
    registers.write_u32(at + INTERRUPT_ENABLE, 0);
    registers.write_u32(at + LINK_CONTROL, NO_POWER_SAVING);
    let command = registers.read_u32(at + COMMAND);
    registers.write_u32(at + COMMAND, command | SPIN_UP | POWER | ACTIVE);
}

/// A port.
pub struct Port<M> {
    registers: M,
    offset: usize,
}

/// The port does not do what it is told in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck;

impl<M: Mmio> Port<M> {
    /// Port `number` of a controller.
    pub const fn new(registers: M, number: u8) -> Self {
        Self { registers, offset: offset(number) }
    }

    fn read(&self, register: usize) -> u32 {
        self.registers.read_u32(self.offset + register)
    }

    fn write(&self, register: usize, value: u32) {
        self.registers.write_u32(self.offset + register, value);
    }

    /// Whether a device is connected.
    pub fn is_connected(&self) -> bool {
        self.read(LINK_STATUS) & DETECTION == CONNECTED
    }

    /// Whether another device may be there than at the last [`Self::reset_link`] or
    /// [`Self::start`].
    pub fn was_exchanged(&self) -> bool {
        self.read(LINK_ERRORS) & EXCHANGED != 0
    }

    /// Whether the device holds the task file.
    pub fn is_busy(&self) -> bool {
        self.task_file() & (BUSY | WANTS_DATA) != 0
    }

    /// Status in the lowest byte, error in the next.
    pub fn task_file(&self) -> u32 {
        self.read(TASK_FILE) & 0xFFFF
    }

    /// What kind of device it is.
    pub fn signature(&self) -> u32 {
        self.read(SIGNATURE)
    }

    /// What has happened since the last [`Self::issue`].
    pub fn interrupts(&self) -> u32 {
        self.read(INTERRUPTS)
    }

    /// Whether the command in slot 0 is under way.
    pub fn is_issued(&self) -> bool {
        self.read(ISSUED) & 1 != 0
    }

    /// Hands slot 0 to the device.
    pub fn issue(&self) {
        self.write(INTERRUPTS, u32::MAX);
        self.write(ISSUED, 1);
    }

    /// Waits for a device to connect; whether one does.
    pub async fn wait_connected(&self, timer: &impl Timer) -> bool {
        let detection = || self.read(LINK_STATUS) & DETECTION;
        let is_noticed = || match detection() {
            PRESENT | CONNECTED => Poll::Ready(()),
            _ => Poll::Pending,
        };
        let is_connected = || match detection() {
            CONNECTED => Poll::Ready(()),
            _ => Poll::Pending,
        };
        poll_until(timer, PRESENT_NS, is_noticed).await.is_some()
            && poll_until(timer, CONNECT_NS, is_connected).await.is_some()
    }

    /// Lets the port receive from the device, into memory at `received`, and take commands from
    /// the list at `list`. The port must be stopped.
    pub fn set_memory(&self, list: u64, received: u64) {
        self.write(LIST, list as u32);
        self.write(LIST_HIGH, (list >> 32) as u32);
        self.write(RECEIVED, received as u32);
        self.write(RECEIVED_HIGH, (received >> 32) as u32);
        self.write(LINK_ERRORS, u32::MAX);
        self.write(COMMAND, self.read(COMMAND) | RECEIVE);
    }

    /// Waits until the device lets go of the task file; it has then told what it is.
    ///
    /// # Errors
    /// It does not within 10 seconds.
    pub async fn wait_ready(&self, timer: &impl Timer) -> Result<(), Stuck> {
        let look = || match self.is_busy() {
            false => Poll::Ready(()),
            true => Poll::Pending,
        };
        poll_until(timer, READY_NS, look).await.ok_or(Stuck)
    }

    /// Lets the port take commands.
    pub fn start(&self) {
        self.write(LINK_ERRORS, u32::MAX);
        self.write(INTERRUPTS, u32::MAX);
        self.write(COMMAND, self.read(COMMAND) | START);
    }

    /// Keeps the port from taking commands; it forgets those under way.
    ///
    /// # Errors
    /// It goes on.
    pub async fn stop(&self, timer: &impl Timer) -> Result<(), Stuck> {
        self.write(COMMAND, self.read(COMMAND) & !START);
        self.wait_command_clear(IS_RUNNING, timer).await
    }

    /// Keeps the port from writing into memory too.
    ///
    /// # Errors
    /// It goes on.
    pub async fn stop_receiving(&self, timer: &impl Timer) -> Result<(), Stuck> {
        self.write(COMMAND, self.read(COMMAND) & !RECEIVE);
        self.wait_command_clear(IS_RECEIVING, timer).await
    }

    /// Resets the link and the device behind it. The port must be stopped.
    ///
    /// # Errors
    /// No device connects, or it does not get ready.
    pub async fn reset_link(&self, timer: &impl Timer) -> Result<(), Stuck> {
        self.write(LINK_CONTROL, NO_POWER_SAVING | COMRESET);
        timer.sleep(COMRESET_NS).await;
        self.write(LINK_CONTROL, NO_POWER_SAVING);
        if !self.wait_connected(timer).await {
            return Err(Stuck);
        }
        self.write(LINK_ERRORS, u32::MAX);
        self.wait_ready(timer).await
    }

    async fn wait_command_clear(&self, bit: u32, timer: &impl Timer) -> Result<(), Stuck> {
        let look = || match self.read(COMMAND) & bit {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        };
        poll_until(timer, STOP_NS, look).await.ok_or(Stuck)
    }
}
