//! A controller with one disk for the tests: registers with their side effects, and commands read
//! from memory as a real one does.

use alloc::{rc::Rc, vec, vec::Vec};
use core::cell::{Cell, RefCell};
use system_platform::{Mmio, dma::FakeDma};

/// The port that has the disk, of two.
pub const PORT: u8 = 1;
const AT: usize = 0x100 + 0x80 * PORT as usize;

/// What the disk does with the next commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// What is asked, after so many looks.
    Well(u32),
    /// Nothing.
    Silent,
    /// It fails with this task file, and these interrupt bits.
    Fails(u32, u32),
}

#[derive(Debug)]
pub struct Controller {
    pub memory: FakeDma,
    pub medium: RefCell<Vec<u8>>,
    pub block_bytes: Cell<usize>,
    pub mood: Cell<Mood>,
    pub signature: Cell<u32>,
    pub serial: Cell<&'static [u8; 20]>,
    pub has_48_bits: Cell<bool>,
    /// Whether the disk is connected.
    pub is_there: Cell<bool>,
    /// Whether the disk gets ready after a reset.
    pub gets_ready: Cell<bool>,
    /// Whether the controller comes out of a reset.
    pub resets: Cell<bool>,
    /// Whether the port stops when it is told to.
    pub stops: Cell<bool>,
    /// Whether the firmware lets go.
    pub firmware_lets_go: Cell<bool>,
    pub link_resets: Cell<u32>,
    /// What the next reset of the link makes of the disk.
    pub mood_after_reset: Cell<Option<Mood>>,
    /// Commands and their counts of blocks so far.
    pub log: RefCell<Vec<(u8, u16)>>,
    control: Cell<u32>,
    handoff: Cell<u32>,
    list: Cell<u64>,
    received: Cell<u64>,
    interrupts: Cell<u32>,
    command: Cell<u32>,
    task_file: Cell<u32>,
    link_control: Cell<u32>,
    link_errors: Cell<u32>,
    issued: Cell<u32>,
    looks_left: Cell<u32>,
}

const ST: u32 = 1;
const FRE: u32 = 1 << 4;

impl Controller {
    pub fn new(block_bytes: usize, blocks: usize) -> Rc<Self> {
        Rc::new(Self {
            memory: FakeDma::default(),
            medium: RefCell::new(vec![0; block_bytes * blocks]),
            block_bytes: Cell::new(block_bytes),
            mood: Cell::new(Mood::Well(2)),
            signature: Cell::new(0x101),
            serial: Cell::new(b"SERIAL-1            "),
            has_48_bits: Cell::new(true),
            is_there: Cell::new(true),
            gets_ready: Cell::new(true),
            resets: Cell::new(true),
            stops: Cell::new(true),
            firmware_lets_go: Cell::new(true),
            link_resets: Cell::new(0),
            mood_after_reset: Cell::new(None),
            log: RefCell::default(),
            control: Cell::new(0),
            handoff: Cell::new(1),
            list: Cell::new(0),
            received: Cell::new(0),
            interrupts: Cell::new(0),
            command: Cell::new(0),
            task_file: Cell::new(0x7F),
            link_control: Cell::new(0),
            link_errors: Cell::new(0),
            issued: Cell::new(0),
            looks_left: Cell::new(0),
        })
    }

    /// The disk is pulled out and one is put in.
    pub fn exchange(&self) {
        self.is_there.set(true);
        self.link_errors.set(self.link_errors.get() | 1 << 26);
        self.greet();
    }

    /// The disk's first message after a reset, if it can be received.
    fn greet(&self) {
        let is_received = self.command.get() & FRE != 0 && self.gets_ready.get();
        self.task_file.set(if is_received { 0x50 } else { 0x80 });
    }

    fn serve(&self) {
        if self.issued.get() == 0 || self.command.get() & ST == 0 || !self.is_there.get() {
            return;
        }
        match self.mood.get() {
            Mood::Silent => self.task_file.set(0xD0),
            Mood::Fails(task_file, interrupts) => {
                self.task_file.set(task_file);
                self.interrupts.set(self.interrupts.get() | interrupts);
            }
            Mood::Well(_) if self.looks_left.get() > 0 => {
                self.looks_left.set(self.looks_left.get() - 1);
            }
            Mood::Well(_) => {
                self.execute();
                self.task_file.set(0x50);
                self.interrupts.set(self.interrupts.get() | 1);
                self.issued.set(0);
            }
        }
    }

    fn execute(&self) {
        let slot = self.memory.device_read_u32(self.list.get());
        let table = self.memory.device_read_u64(self.list.get() + 8);
        assert_eq!(table % 128, 0);
        assert_eq!(slot & 0x1F, 5, "five words of message");
        let mut message = [0; 20];
        self.memory.device_read(table, &mut message);
        assert_eq!((message[0], message[1]), (0x27, 0x80), "a command");
        let [_, _, command, _, a, b, c, device, d, e, f, ..] = message;
        let first = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) as usize;
        let count = u16::from_le_bytes([message[12], message[13]]);
        self.log.borrow_mut().push((command, count));
        let regions: Vec<_> = (0..u64::from(slot >> 16))
            .map(|i| table + 0x80 + 16 * i)
            .map(|at| {
                let len = self.memory.device_read_u32(at + 12) & 0x3F_FFFF;
                (self.memory.device_read_u64(at), len as usize + 1)
            })
            .collect();
        let moved: usize = regions.iter().map(|region| region.1).sum();
        let is_to_device = slot & 1 << 6 != 0;
        let at = first * self.block_bytes.get();
        let len = usize::from(count) * self.block_bytes.get();
        match command {
            0xEC => {
                assert_eq!((moved, is_to_device), (512, false));
                self.memory.device_write(regions[0].0, &self.identity());
            }
            0x25 | 0x35 => {
                assert_eq!(device, 0x40, "block addresses");
                assert_eq!((moved, is_to_device), (len, command == 0x35));
                let medium = &mut self.medium.borrow_mut()[at..at + len];
                match command {
                    0x25 => self.memory.device_write(regions[0].0, medium),
                    _ => self.memory.device_read(regions[0].0, medium),
                }
            }
            0xEA => assert_eq!((moved, count), (0, 0)),
            other => panic!("command {other:#x}"),
        }
    }

    fn identity(&self) -> [u8; 512] {
        let mut words = [0_u16; 256];
        let mut text = |at: usize, text: &[u8]| {
            for (word, pair) in words[at..].iter_mut().zip(text.chunks(2)) {
                *word = u16::from_be_bytes([pair[0], pair[1]]);
            }
        };
        text(10, self.serial.get());
        text(27, b"FAKE DISK                               ");
        words[83] = if self.has_48_bits.get() { 1 << 10 | 1 << 14 } else { 1 << 14 };
        let blocks = (self.medium.borrow().len() / self.block_bytes.get()) as u64;
        for i in 0..4 {
            words[100 + i] = (blocks >> (16 * i)) as u16;
        }
        if self.block_bytes.get() != 512 {
            words[106] = 1 << 14 | 1 << 12;
            words[117] = (self.block_bytes.get() / 2) as u16;
        }
        let mut bytes = [0; 512];
        for (target, word) in bytes.chunks_exact_mut(2).zip(words) {
            target.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn write_command(&self, value: u32) {
        let old = self.command.get();
        if old & ST != 0 && value & ST == 0 {
            self.issued.set(0);
        }
        if value & ST != 0 && old & ST == 0 {
            assert!(old & FRE != 0, "messages are received before commands are taken");
            assert_eq!(
                self.task_file.get() & 0x88,
                0,
                "the disk is ready before commands are taken"
            );
        }
        // Whether the engines run cannot be written.
        self.command.set(value & !(0b11 << 14));
        if value & FRE != 0 && old & FRE == 0 {
            assert_ne!(self.received.get(), 0);
            self.greet();
        }
    }

    fn write_link_control(&self, value: u32) {
        let was_resetting = self.link_control.get() & 0xF == 1;
        if value & 0xF == 1 {
            assert!(self.command.get() & ST == 0, "the port is stopped before a reset");
            self.task_file.set(0x80);
        } else if was_resetting {
            self.link_resets.set(self.link_resets.get() + 1);
            self.link_errors.set(self.link_errors.get() | 1 << 26);
            if let Some(mood) = self.mood_after_reset.take() {
                self.mood.set(mood);
            }
            // A port that hung comes free.
            self.stops.set(true);
            self.greet();
        }
        self.link_control.set(value);
    }

    fn read_port(&self, register: usize) -> u32 {
        match register {
            0x10 => {
                self.serve();
                self.interrupts.get()
            }
            0x18 => {
                let command = self.command.get();
                let running = command & ST != 0 || !self.stops.get();
                command | u32::from(running) << 15 | (command & FRE) << 10
            }
            0x20 => self.task_file.get(),
            0x24 => self.signature.get(),
            0x28 if self.link_control.get() & 0xF == 1 => 0,
            0x28 => u32::from(self.is_there.get()) * 0x123,
            0x2C => self.link_control.get(),
            0x30 => self.link_errors.get(),
            0x38 => self.issued.get(),
            other => panic!("port register {other:#x}"),
        }
    }

    fn write_port(&self, register: usize, value: u32) {
        let is_stopped = self.command.get() & ST == 0;
        let low = |old: u64| old & !0xFFFF_FFFF | u64::from(value);
        let high = |old: u64| old & 0xFFFF_FFFF | u64::from(value) << 32;
        match register {
            0x00..0x10 => assert!(is_stopped, "memory is set while the port is stopped"),
            0x14 => assert_eq!(value, 0, "nobody takes interrupts"),
            _ => {}
        }
        match register {
            0x00 => self.list.set(low(self.list.get())),
            0x04 => self.list.set(high(self.list.get())),
            0x08 => self.received.set(low(self.received.get())),
            0x0C => self.received.set(high(self.received.get())),
            0x10 => self.interrupts.set(self.interrupts.get() & !value),
            0x14 => {}
            0x18 => self.write_command(value),
            0x2C => self.write_link_control(value),
            0x30 => self.link_errors.set(self.link_errors.get() & !value),
            0x38 => {
                assert!(!is_stopped, "commands are issued to a port that takes them");
                assert_eq!((value, self.issued.get()), (1, 0), "slot 0, and nothing under way");
                self.issued.set(1);
                let Mood::Well(looks) = self.mood.get() else { return };
                self.looks_left.set(looks);
            }
            other => panic!("port register {other:#x}"),
        }
    }
}

impl Mmio for Controller {
    fn len_bytes(&self) -> usize {
        0x1000
    }

    fn read_u32(&self, offset: usize) -> u32 {
        match offset {
            0x04 => self.control.get(),
            0x0C => 0b11,
            0x24 => 1,
            0x28 => self.handoff.get(),
            // The other port is empty.
            0x100..0x180 => 0,
            _ => self.read_port(offset - AT),
        }
    }

    fn write_u32(&self, offset: usize, value: u32) {
        match offset {
            0x04 => {
                assert_ne!(value & 1 << 31, 0, "AHCI mode");
                let is_done = value & 1 == 0 || self.resets.get();
                self.control.set(if is_done { value & !1 } else { value });
            }
            0x28 => {
                let firmware = u32::from(!self.firmware_lets_go.get());
                self.handoff.set(value & !1 | firmware);
            }
            0x100..0x180 => {}
            _ => self.write_port(offset - AT, value),
        }
    }
}
