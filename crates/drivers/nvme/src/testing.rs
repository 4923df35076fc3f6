//! A controller with two namespaces for the tests: registers with their side effects, and commands
//! read from memory as a real one does.

use alloc::{rc::Rc, vec, vec::Vec};
use core::cell::{Cell, RefCell};
use system_platform::{Mmio, dma::FakeDma};

const PAGE: u64 = 4096;

/// What the controller does with the next commands for data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// What is asked.
    Well,
    /// Nothing.
    Silent,
    /// It answers with this status, type and code.
    Fails(u16),
    /// It answers to another command.
    Confused,
    /// It says that it failed.
    Dies,
}

/// A namespace: the bytes of a block, what it holds, and the bytes of metadata with each block.
#[derive(Clone, Debug)]
pub struct Medium {
    pub block_bytes: usize,
    pub bytes: Vec<u8>,
    pub metadata_bytes: u16,
    pub is_read_only: bool,
}

impl Medium {
    pub fn new(block_bytes: usize, blocks: usize) -> Self {
        let bytes = vec![0; block_bytes * blocks];
        Self { block_bytes, bytes, metadata_bytes: 0, is_read_only: false }
    }
}

/// A pair of queues as the controller sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    commands: u64,
    answers: u64,
    entries: u32,
    head: u32,
    tail: u32,
    answer: u32,
    is_odd_round: bool,
}

#[derive(Debug)]
pub struct Controller {
    pub memory: FakeDma,
    pub media: RefCell<Vec<Medium>>,
    pub mood: Cell<Mood>,
    pub serial: Cell<&'static [u8; 20]>,
    pub version: Cell<u32>,
    pub transfer_pages_log2: Cell<u8>,
    pub has_cache: Cell<bool>,
    pub knows_nvm: Cell<bool>,
    pub is_there: Cell<bool>,
    /// Whether it gets ready when it is enabled, and whether it stops.
    pub starts: Cell<bool>,
    pub stops: Cell<bool>,
    /// Whether it answers to administration.
    pub administers: Cell<bool>,
    /// Whether it says that it failed.
    pub is_fatal: Cell<bool>,
    pub resets: Cell<u32>,
    /// What the next reset makes of it.
    pub mood_after_reset: Cell<Option<Mood>>,
    /// Command, namespace and count of blocks of the commands for data so far.
    pub log: RefCell<Vec<(u8, u32, u32)>>,
    configuration: Cell<u32>,
    lengths: Cell<u32>,
    pairs: RefCell<[Pair; 2]>,
}

/// Distance of the doorbells, as the controller has it.
const STRIDE: usize = 8;

impl Controller {
    pub fn new(media: &[Medium]) -> Rc<Self> {
        Rc::new(Self {
            memory: FakeDma::default(),
            media: RefCell::new(media.to_vec()),
            mood: Cell::new(Mood::Well),
            serial: Cell::new(b"SERIAL-1            "),
            version: Cell::new(0x0001_0400),
            transfer_pages_log2: Cell::new(0),
            has_cache: Cell::new(true),
            knows_nvm: Cell::new(true),
            is_there: Cell::new(true),
            starts: Cell::new(true),
            stops: Cell::new(true),
            administers: Cell::new(true),
            resets: Cell::new(0),
            mood_after_reset: Cell::new(None),
            log: RefCell::default(),
            configuration: Cell::new(1),
            is_fatal: Cell::new(false),
            lengths: Cell::new(0),
            pairs: RefCell::default(),
        })
    }

    fn is_enabled(&self) -> bool {
        self.configuration.get() & 1 != 0
    }

    fn configure(&self, value: u32) {
        if self.is_enabled() && value & 1 == 0 {
            self.resets.set(self.resets.get() + 1);
            self.is_fatal.set(false);
            if let Some(mood) = self.mood_after_reset.take() {
                self.mood.set(mood);
            }
        }
        if !self.is_enabled() && value & 1 != 0 {
            assert_eq!(value, 0x0046_0001, "64-byte commands, 16-byte answers, 4 KiB pages");
            let mut pairs = self.pairs.borrow_mut();
            let Pair { commands, answers, .. } = pairs[0];
            assert!(commands % PAGE == 0 && answers % PAGE == 0, "queues are aligned");
            let entries = (self.lengths.get() & 0xFFF) + 1;
            *pairs = [Pair { commands, answers, entries, ..Pair::default() }, Pair::default()];
        }
        self.configuration.set(value);
    }

    fn serve(&self, index: usize) {
        loop {
            let pair = self.pairs.borrow()[index];
            if pair.head == pair.tail {
                return;
            }
            let at = pair.commands + 64 * u64::from(pair.head);
            let words: [u32; 16] =
                core::array::from_fn(|word| self.memory.device_read_u32(at + 4 * word as u64));
            self.pairs.borrow_mut()[index].head = (pair.head + 1) % pair.entries;
            let mut number = words[0] >> 16;
            let status = if index == 0 {
                if !self.administers.get() {
                    continue;
                }
                self.administer(&words)
            } else {
                match self.mood.get() {
                    Mood::Silent => continue,
                    Mood::Dies => {
                        self.is_fatal.set(true);
                        continue;
                    }
                    Mood::Fails(status) => status,
                    Mood::Confused => {
                        number += 1;
                        0
                    }
                    Mood::Well => self.execute(&words),
                }
            };
            // "Do not retry" is set with every failure, as real ones do.
            let status = if status == 0 { 0 } else { u32::from(status) | 1 << 14 };
            self.answer(index, number, status);
        }
    }

    fn answer(&self, index: usize, number: u32, status: u32) {
        let pair = &mut self.pairs.borrow_mut()[index];
        let phase = u32::from(!pair.is_odd_round);
        let last = status << 17 | phase << 16 | number & 0xFFFF;
        let mut answer = [0xEE; 16];
        answer[12..].copy_from_slice(&last.to_le_bytes());
        self.memory.device_write(pair.answers + 16 * u64::from(pair.answer), &answer);
        pair.answer = (pair.answer + 1) % pair.entries;
        pair.is_odd_round ^= pair.answer == 0;
    }

    fn administer(&self, words: &[u32; 16]) -> u16 {
        let target = u64::from(words[6]) | u64::from(words[7]) << 32;
        let entries = (words[10] >> 16) + 1;
        let mut pairs = self.pairs.borrow_mut();
        match words[0] & 0xFF {
            0x09 => {
                assert_eq!((words[10], words[11]), (7, 0), "one queue of each kind");
            }
            0x05 => {
                assert_eq!((words[10] & 0xFFFF, words[11]), (1, 1), "without interrupts");
                pairs[1].answers = target;
                pairs[1].entries = entries;
            }
            0x01 => {
                assert_eq!((words[10] & 0xFFFF, words[11]), (1, 0x1_0001));
                assert_eq!(pairs[1].entries, entries, "its answers have a queue already");
                pairs[1].commands = target;
            }
            0x06 => self.memory.device_write(target, &self.identity(words[10], words[1])),
            other => panic!("administration {other:#x}"),
        }
        0
    }

    fn identity(&self, what: u32, namespace: u32) -> [u8; 4096] {
        let mut answer = [0; 4096];
        let media = self.media.borrow();
        match what {
            0 => {
                let Some(medium) = media.get(namespace as usize - 1) else { return answer };
                let blocks = (medium.bytes.len() / medium.block_bytes) as u64;
                answer[..8].copy_from_slice(&blocks.to_le_bytes());
                // The third format is in use, the others are something else.
                answer[25] = 3;
                answer[26] = 2;
                answer[99] = u8::from(medium.is_read_only);
                let [low, high] = medium.metadata_bytes.to_le_bytes();
                let log2 = medium.block_bytes.ilog2() as u8;
                answer[128..144].fill(7);
                answer[136..140].copy_from_slice(&[low, high, log2, 0]);
            }
            1 => {
                answer[4..24].copy_from_slice(self.serial.get());
                answer[24..64].copy_from_slice(b"FAKE NVME                               ");
                answer[77] = self.transfer_pages_log2.get();
                answer[516] = 2;
                answer[525] = u8::from(self.has_cache.get());
            }
            2 => {
                assert!(self.version.get() >= 0x0001_0100, "it has no list of namespaces");
                for number in 1..=media.len() {
                    answer[4 * (number - 1)] = number as u8;
                }
            }
            other => panic!("what is {other}?"),
        }
        answer
    }

    fn execute(&self, words: &[u32; 16]) -> u16 {
        let command = (words[0] & 0xFF) as u8;
        let namespace = words[1];
        let mut media = self.media.borrow_mut();
        let medium = &mut media[namespace as usize - 1];
        let count = if command == 0 { 0 } else { (words[12] & 0xFFFF) + 1 };
        self.log.borrow_mut().push((command, namespace, count));
        if command == 0 {
            return 0;
        }
        let double = |at: usize| u64::from(words[at]) | u64::from(words[at + 1]) << 32;
        let len = count as usize * medium.block_bytes;
        let start = double(10) as usize * medium.block_bytes;
        let bytes = &mut medium.bytes[start..start + len];
        let pages = len.div_ceil(PAGE as usize);
        let limit = self.transfer_pages_log2.get();
        assert!(limit == 0 || pages <= 1 << limit, "more than the controller can move");
        for (page, part) in bytes.chunks_mut(PAGE as usize).enumerate() {
            let at = match page {
                0 => double(6),
                1 if pages == 2 => double(8),
                _ => self.memory.device_read_u64(double(8) + 8 * (page as u64 - 1)),
            };
            assert_eq!(at % PAGE, 0);
            match command {
                1 => self.memory.device_read(at, part),
                2 => self.memory.device_write(at, part),
                other => panic!("command {other:#x}"),
            }
        }
        0
    }
}

impl Mmio for Controller {
    fn len_bytes(&self) -> usize {
        0x2000
    }

    fn read_u32(&self, offset: usize) -> u32 {
        if !self.is_there.get() {
            return u32::MAX;
        }
        match offset {
            // Time-outs after 2 s; queues of 64 entries at most.
            0x00 => 4 << 24 | 63,
            0x04 => u32::from(self.knows_nvm.get()) << 5 | (STRIDE.ilog2() - 2),
            0x08 => self.version.get(),
            0x14 => self.configuration.get(),
            0x1C => {
                let is_ready = match self.is_enabled() {
                    true => self.starts.get(),
                    false => !self.stops.get(),
                };
                u32::from(is_ready) | u32::from(self.is_fatal.get()) << 1
            }
            other => panic!("register {other:#x}"),
        }
    }

    fn write_u32(&self, offset: usize, value: u32) {
        if !self.is_there.get() {
            return;
        }
        let set = |old: u64, is_high: bool| match is_high {
            false => old & !0xFFFF_FFFF | u64::from(value),
            true => old & 0xFFFF_FFFF | u64::from(value) << 32,
        };
        match offset {
            0x0C => assert_eq!(value, u32::MAX, "nobody takes interrupts"),
            0x14 => self.configure(value),
            0x24..0x38 => {
                assert!(!self.is_enabled(), "queues are set while the controller is off");
                let admin = &mut self.pairs.borrow_mut()[0];
                match offset {
                    0x24 => self.lengths.set(value),
                    0x28 | 0x2C => admin.commands = set(admin.commands, offset == 0x2C),
                    _ => admin.answers = set(admin.answers, offset == 0x34),
                }
            }
            0x1000.. => {
                assert!(self.is_enabled(), "the controller is on");
                let doorbell = (offset - 0x1000) / STRIDE;
                let (index, is_head) = (doorbell / 2, doorbell % 2 == 1);
                assert!(value < self.pairs.borrow()[index].entries);
                if !is_head {
                    self.pairs.borrow_mut()[index].tail = value;
                    self.serve(index);
                }
            }
            other => panic!("register {other:#x}"),
        }
    }
}
