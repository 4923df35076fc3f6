//! The controller as a whole: its registers (3.1) and its administration (5).

use crate::{
    identify::{ControllerIdentity, IDENTITY_BYTES, NamespaceIdentity},
    queue::{ENTRIES, QueuePair, Status, Words},
};
use alloc::vec::Vec;
use core::{fmt, task::Poll};
use system_platform::{DmaMemory, DmaRegion, Mmio, OutOfDmaMemory, Timer, poll_until};

// Registers.
const CAPABILITIES: usize = 0x00;
const CAPABILITIES_HIGH: usize = 0x04;
const VERSION: usize = 0x08;
const INTERRUPT_MASK_SET: usize = 0x0C;
const CONFIGURATION: usize = 0x14;
const STATUS: usize = 0x1C;
const ADMIN_QUEUE_LENGTHS: usize = 0x24;
const ADMIN_COMMANDS: usize = 0x28;
const ADMIN_ANSWERS: usize = 0x30;

/// Bit of the configuration: the controller works.
const ENABLE: u32 = 1 << 0;
/// The configuration otherwise: answers of 16 bytes and commands of 64, as powers of two, pages of
/// 4 KiB, the NVM commands.
const SETTINGS: u32 = 4 << 20 | 6 << 16;

// Bits of the status.
const READY: u32 = 1 << 0;
const FATAL: u32 = 1 << 1;
/// What a controller reads as that is not there any more.
const ABSENT: u32 = u32::MAX;

// Administrative commands.
const CREATE_COMMANDS: u32 = 0x01;
const CREATE_ANSWERS: u32 = 0x05;
const IDENTIFY: u32 = 0x06;
const SET_FEATURES: u32 = 0x09;

// What is identified (figure 244).
const NAMESPACE: u32 = 0;
const CONTROLLER: u32 = 1;
const NAMESPACES: u32 = 2;

/// The feature: how many queues.
const QUEUE_COUNTS: u32 = 0x07;
/// Bit of a new queue: it is in one piece.
const CONTIGUOUS: u32 = 1 << 0;
/// Queue number of the commands for data.
const DATA_QUEUE: u16 = 1;
/// The version from which on a controller lists its namespaces: 1.1.
const LISTS_NAMESPACES: u32 = 0x0001_0100;
/// No controller that people have has more.
const MAX_NAMESPACES: u32 = 16;

/// How long administrative commands may take.
const ADMIN_NS: u64 = 5_000_000_000;
/// The unit of the controller's own time-out (3.1.1).
const TIMEOUT_UNIT_NS: u64 = 500_000_000;

/// Why a controller cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeError {
    /// Its registers do not fit their range.
    TooFewRegisters {
        /// Bytes of the range.
        len_bytes: usize,
    },
    /// It is not there, or does not know the NVM commands or pages of 4 KiB.
    Unsuitable,
    /// It does not stop or start in time.
    NotReady,
    /// It says that it failed.
    Fatal,
    /// It does not answer to a command of administration, or not to the one that was given.
    NoAnswer,
    /// It refuses a command of administration with this status.
    Refused(u16),
    /// There is no memory for it.
    Memory(OutOfDmaMemory),
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRegisters { len_bytes } => {
                write!(f, "it has only {len_bytes} bytes of registers")
            }
            Self::Unsuitable => f.write_str("it does not work with 4 KiB pages and NVM commands"),
            Self::NotReady => f.write_str("it does not get ready"),
            Self::Fatal => f.write_str("it says that it failed"),
            Self::NoAnswer => f.write_str("it does not answer"),
            Self::Refused(status) => write!(f, "it refuses to be set up, status {status:#x}"),
            Self::Memory(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for ProbeError {}

impl From<OutOfDmaMemory> for ProbeError {
    fn from(error: OutOfDmaMemory) -> Self {
        Self::Memory(error)
    }
}

/// A controller with its two pairs of queues.
pub struct Controller<M, R> {
    registers: M,
    admin: QueuePair<R>,
    data: QueuePair<R>,
    /// What the controller tells about itself and its namespaces.
    identity: R,
    timeout_ns: u64,
}

impl<M: Mmio, R: DmaRegion> Controller<M, R> {
    /// A controller, not started yet.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub fn new(registers: M, memory: &impl DmaMemory<Region = R>) -> Result<Self, ProbeError> {
        let len_bytes = registers.len_bytes();
        let too_few = ProbeError::TooFewRegisters { len_bytes };
        if len_bytes < ADMIN_ANSWERS + 8 {
            return Err(too_few);
        }
        let (low, high) = (registers.read_u32(CAPABILITIES), registers.read_u32(CAPABILITIES_HIGH));
        let (has_nvm, smallest_page) = (high >> 5 & 1 == 1, high >> 16 & 0xF);
        let most_entries = (low & 0xFFFF) + 1;
        if low == ABSENT || !has_nvm || smallest_page != 0 || most_entries < ENTRIES.into() {
            return Err(ProbeError::Unsuitable);
        }
        let stride_bytes = 4 << (high & 0xF);
        let admin = QueuePair::allocate(memory, 0, stride_bytes)?;
        let data = QueuePair::allocate(memory, DATA_QUEUE, stride_bytes)?;
        if data.registers_end() > len_bytes {
            return Err(too_few);
        }
        let identity = memory.allocate(IDENTITY_BYTES)?;
        let timeout_ns = u64::from((low >> 24).max(1)) * TIMEOUT_UNIT_NS;
        Ok(Self { registers, admin, data, identity, timeout_ns })
    }

    /// Whether the controller is there and has not failed.
    pub fn is_sound(&self) -> bool {
        let status = self.registers.read_u32(STATUS);
        status != ABSENT && status & FATAL == 0
    }

    /// Resets the controller and makes its queues anew; what was under way is forgotten.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn start(&mut self, timer: &impl Timer) -> Result<(), ProbeError> {
        self.registers.write_u32(CONFIGURATION, 0);
        self.wait_ready(false, timer).await?;
        self.admin.reset();
        self.data.reset();
        let last = u32::from(ENTRIES - 1);
        self.registers.write_u32(ADMIN_QUEUE_LENGTHS, last << 16 | last);
        for (register, phys) in [
            (ADMIN_COMMANDS, self.admin.commands_phys()),
            (ADMIN_ANSWERS, self.admin.answers_phys()),
        ] {
            self.registers.write_u32(register, phys as u32);
            self.registers.write_u32(register + 4, (phys >> 32) as u32);
        }
        self.registers.write_u32(INTERRUPT_MASK_SET, u32::MAX);
        self.registers.write_u32(CONFIGURATION, SETTINGS | ENABLE);
        self.wait_ready(true, timer).await?;

        // One queue of each kind; counts are one less.
        self.administer(command(SET_FEATURES, 0, 0, [QUEUE_COUNTS, 0]), timer).await?;
        let size_and_id = last << 16 | u32::from(DATA_QUEUE);
        let answers = self.data.answers_phys();
        let create = command(CREATE_ANSWERS, 0, answers, [size_and_id, CONTIGUOUS]);
        self.administer(create, timer).await?;
        let commands = self.data.commands_phys();
        let with_answers = u32::from(DATA_QUEUE) << 16 | CONTIGUOUS;
        let create = command(CREATE_COMMANDS, 0, commands, [size_and_id, with_answers]);
        self.administer(create, timer).await
    }

    /// Waits until the controller has started or stopped.
    async fn wait_ready(&self, is_wanted: bool, timer: &impl Timer) -> Result<(), ProbeError> {
        let look = || match self.registers.read_u32(STATUS) {
            ABSENT => Poll::Ready(Err(ProbeError::Unsuitable)),
            // A failure is what a reset ends.
            status if is_wanted && status & FATAL != 0 => Poll::Ready(Err(ProbeError::Fatal)),
            status if (status & READY != 0) == is_wanted => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        };
        poll_until(timer, self.timeout_ns, look).await.unwrap_or(Err(ProbeError::NotReady))
    }

    async fn administer(&mut self, words: Words, timer: &impl Timer) -> Result<(), ProbeError> {
        let (admin, registers) = (&mut self.admin, &self.registers);
        admin.submit(registers, words);
        match poll_until(timer, ADMIN_NS, || admin.look(registers)).await {
            Some(Ok(status)) if status.code() == 0 => Ok(()),
            Some(Ok(status)) => Err(ProbeError::Refused(status.code())),
            Some(Err(_)) | None => Err(ProbeError::NoAnswer),
        }
    }

    async fn identify(
        &mut self,
        what: u32,
        namespace: u32,
        timer: &impl Timer,
    ) -> Result<[u8; IDENTITY_BYTES], ProbeError> {
        self.identity.clear(0, IDENTITY_BYTES);
        let target = self.identity.phys();
        self.administer(command(IDENTIFY, namespace, target, [what, 0]), timer).await?;
        let mut answer = [0; IDENTITY_BYTES];
        self.identity.read(0, &mut answer);
        Ok(answer)
    }

    /// What the controller is.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn identity(&mut self, timer: &impl Timer) -> Result<ControllerIdentity, ProbeError> {
        Ok(ControllerIdentity::parse(&self.identify(CONTROLLER, 0, timer).await?))
    }

    /// Numbers of the namespaces, of which some may be inactive.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn namespaces(
        &mut self,
        identity: &ControllerIdentity,
        timer: &impl Timer,
    ) -> Result<Vec<u32>, ProbeError> {
        if self.registers.read_u32(VERSION) < LISTS_NAMESPACES {
            return Ok((1..=identity.namespaces.min(MAX_NAMESPACES)).collect());
        }
        let list = self.identify(NAMESPACES, 0, timer).await?;
        let (words, _) = list.as_chunks::<4>();
        let numbers = words.iter().map(|word| u32::from_le_bytes(*word));
        Ok(numbers.take_while(|number| *number != 0).take(MAX_NAMESPACES as usize).collect())
    }

    /// What a namespace is.
    ///
    /// # Errors
    /// See [`ProbeError`].
    pub async fn namespace(
        &mut self,
        number: u32,
        timer: &impl Timer,
    ) -> Result<NamespaceIdentity, ProbeError> {
        Ok(NamespaceIdentity::parse(&self.identify(NAMESPACE, number, timer).await?))
    }

    /// Hands a command for data to the controller.
    pub fn submit(&mut self, words: Words) {
        self.data.submit(&self.registers, words);
    }

    /// Whether that command is done; `None` in the place of an answer that is not to it.
    pub fn look(&mut self) -> Poll<Option<Status>> {
        self.data.look(&self.registers).map(Result::ok)
    }
}

/// A command that moves one piece of memory, or none; `last` are its words 10 and 11.
fn command(code: u32, namespace: u32, target: u64, last: [u32; 2]) -> Words {
    let mut words = [0; 16];
    (words[0], words[1]) = (code, namespace);
    (words[6], words[7]) = (target as u32, (target >> 32) as u32);
    (words[10], words[11]) = (last[0], last[1]);
    words
}
