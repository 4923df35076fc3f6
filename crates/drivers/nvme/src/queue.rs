//! A pair of queues in memory: commands to the controller, answers from it (section 4).

use core::task::Poll;
use system_platform::{DmaMemory, DmaRegion, Mmio, OutOfDmaMemory};

/// Entries of a queue: one command at a time needs two, and a full queue has one free.
pub const ENTRIES: u16 = 4;
/// Bytes of a command, of which sixteen double words.
const COMMAND_BYTES: usize = 64;
/// Bytes of an answer.
const ANSWER_BYTES: usize = 16;
const PAGE_BYTES: usize = 4096;
/// Where the doorbells start (3.1.24).
const DOORBELLS: usize = 0x1000;

/// A command: sixteen double words, of which the first also gets its number.
pub type Words = [u32; 16];

/// The status field of an answer, without its lowest bit: 8 bits of code, 3 of type, and flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// The type in the upper byte and the code in the lower; 0 means success.
    pub const fn code(self) -> u16 {
        self.0 & 0x7FF
    }
}

/// The controller answers what it was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confused;

/// One pair of queues.
pub struct QueuePair<R> {
    commands: R,
    answers: R,
    /// Registers to tell the controller of new commands, and of answers taken.
    tail_doorbell: usize,
    head_doorbell: usize,
    tail: u16,
    head: u16,
    /// What the phase bit of a new answer is; it changes with every round (4.6.1).
    phase: bool,
    /// The number of the command under way.
    number: u16,
}

impl<R: DmaRegion> QueuePair<R> {
    /// Queues with number `id`; `stride_bytes` is the controller's distance between doorbells.
    ///
    /// # Errors
    /// There is no memory.
    pub fn allocate(
        memory: &impl DmaMemory<Region = R>,
        id: u16,
        stride_bytes: usize,
    ) -> Result<Self, OutOfDmaMemory> {
        let doorbell = |index: usize| DOORBELLS + index * stride_bytes;
        Ok(Self {
            commands: memory.allocate(PAGE_BYTES)?,
            answers: memory.allocate(PAGE_BYTES)?,
            tail_doorbell: doorbell(2 * usize::from(id)),
            head_doorbell: doorbell(2 * usize::from(id) + 1),
            tail: 0,
            head: 0,
            phase: true,
            number: 0,
        })
    }

    /// Where the commands are.
    pub fn commands_phys(&self) -> u64 {
        self.commands.phys()
    }

    /// Where the answers are.
    pub fn answers_phys(&self) -> u64 {
        self.answers.phys()
    }

    /// Bytes of registers that the doorbells need.
    pub const fn registers_end(&self) -> usize {
        self.head_doorbell + 4
    }

    /// Empties the queues; the controller must be disabled.
    pub fn reset(&mut self) {
        self.answers.clear(0, usize::from(ENTRIES) * ANSWER_BYTES);
        (self.tail, self.head, self.phase) = (0, 0, true);
    }

    /// Hands a command to the controller.
    pub fn submit(&mut self, registers: &impl Mmio, mut words: Words) {
        self.number = self.number.wrapping_add(1);
        words[0] = words[0] & 0xFFFF | u32::from(self.number) << 16;
        let mut bytes = [0; COMMAND_BYTES];
        for (target, word) in bytes.chunks_exact_mut(4).zip(words) {
            target.copy_from_slice(&word.to_le_bytes());
        }
        self.commands.write(usize::from(self.tail) * COMMAND_BYTES, &bytes);
        self.tail = (self.tail + 1) % ENTRIES;
        registers.write_u32(self.tail_doorbell, self.tail.into());
    }

    /// Whether the command is done.
    ///
    /// # Errors
    /// The answer is to another command. The controller must be reset.
    pub fn look(&mut self, registers: &impl Mmio) -> Poll<Result<Status, Confused>> {
        let at = usize::from(self.head) * ANSWER_BYTES;
        let last = self.answers.read_u32(at + 12);
        if (last >> 16 & 1 == 1) != self.phase {
            return Poll::Pending;
        }
        self.head = (self.head + 1) % ENTRIES;
        self.phase ^= self.head == 0;
        registers.write_u32(self.head_doorbell, self.head.into());
        Poll::Ready(match last as u16 == self.number {
            true => Ok(Status((last >> 17) as u16)),
            false => Err(Confused),
        })
    }
}
