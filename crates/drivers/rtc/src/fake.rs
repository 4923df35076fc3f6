//! A clock chip for the tests, which can change its mind between two reads.

use crate::{
    DATA_PORT, DAY_OF_MONTH, HOURS, HOURS_24, INDEX_PORT, MONTH, STATUS_A, STATUS_B,
    UPDATE_IN_PROGRESS, YEAR,
};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use system_platform::PortIo;

/// A change of registers that happens by itself.
struct Update {
    /// Reads before it.
    after_reads: usize,
    /// Registers and their new values.
    values: Vec<(u8, u8)>,
    /// Reads of status A that find it under way.
    busy_polls: usize,
}

pub struct FakeCmos {
    registers: RefCell<[u8; 128]>,
    index: Cell<u8>,
    reads: Cell<usize>,
    update: RefCell<Option<Update>>,
    counting: Cell<Option<u8>>,
}

impl FakeCmos {
    pub fn new() -> Self {
        Self {
            registers: RefCell::new([0; 128]),
            index: Cell::new(0),
            reads: Cell::new(0),
            update: RefCell::new(None),
            counting: Cell::new(None),
        }
    }

    /// A chip at 2026-11-23 00:00:00, BCD, 24 hours.
    pub fn at_2026_11_23() -> Self {
        let cmos = Self::new();
        cmos.set(&[(YEAR, 0x26), (MONTH, 0x11), (DAY_OF_MONTH, 0x23), (HOURS, 0)]);
        cmos.set(&[(STATUS_B, HOURS_24)]);
        cmos
    }

    pub fn set(&self, values: &[(u8, u8)]) {
        for &(register, value) in values {
            self.registers.borrow_mut()[usize::from(register)] = value;
        }
    }

    pub fn set_all(&self, value: u8) {
        self.registers.borrow_mut().fill(value);
    }

    /// Changes `values` after so many reads; status A then shows the update for some polls, as if
    /// the reader had come in its middle.
    pub fn change_after(&self, after_reads: usize, values: &[(u8, u8)], busy_polls: usize) {
        let values = values.to_vec();
        *self.update.borrow_mut() = Some(Update { after_reads, values, busy_polls });
    }

    /// Makes a register count up with every read.
    pub fn count_in(&self, register: u8) {
        self.counting.set(Some(register));
    }

    pub fn reads(&self) -> usize {
        self.reads.get()
    }
}

impl PortIo for FakeCmos {
    fn read_u8(&self, port: u16) -> u8 {
        assert_eq!(port, DATA_PORT, "the driver reads only the data port");
        let index = self.index.get();
        let mut registers = self.registers.borrow_mut();
        if let Some(update) = &mut *self.update.borrow_mut()
            && self.reads.get() >= update.after_reads
        {
            for &(register, value) in &update.values {
                registers[usize::from(register)] = value;
            }
            if index == STATUS_A && update.busy_polls > 0 {
                update.busy_polls -= 1;
                return registers[usize::from(STATUS_A)] | UPDATE_IN_PROGRESS;
            }
        }
        self.reads.set(self.reads.get() + 1);
        if self.counting.get() == Some(index) {
            registers[usize::from(index)] = (registers[usize::from(index)] + 1) % 10;
        }
        registers[usize::from(index)]
    }

    fn write_u8(&self, port: u16, value: u8) {
        assert_eq!(port, INDEX_PORT, "the driver changes no register");
        assert!(value < 0x80, "the driver masks no interrupts");
        self.index.set(value);
    }
}
