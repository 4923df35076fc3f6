//! Configuration space for the tests.

use crate::{Class, ConfigSpace, FunctionAddress};
use alloc::collections::BTreeMap;
use core::cell::{Cell, RefCell};

/// Value, and the bits that writing does not change.
type Register = (u32, u32);

#[derive(Default)]
pub struct FakeConfig {
    registers: RefCell<BTreeMap<(FunctionAddress, u8), Register>>,
    was_disturbed: Cell<bool>,
}

impl FakeConfig {
    pub fn add(&self, place: FunctionAddress, vendor: u16, device: u16, class: Class) {
        self.set(place, 0, u32::from(device) << 16 | u32::from(vendor));
        self.set(place, 8, u32::from_le_bytes([0, class.interface, class.sub, class.base]));
    }

    pub fn add_bridge(&self, place: FunctionAddress, secondary: u8) {
        self.add(place, 1, 1, Class::BRIDGE);
        self.set(place, 0x0C, 1 << 16);
        self.set(place, 0x18, u32::from(secondary) << 8);
    }

    pub fn set(&self, place: FunctionAddress, offset: u8, value: u32) {
        self.set_with_mask(place, offset, value, 0);
    }

    pub fn set_with_mask(&self, place: FunctionAddress, offset: u8, value: u32, read_only: u32) {
        self.registers.borrow_mut().insert((place, offset), (value, read_only));
    }

    pub fn get(&self, place: FunctionAddress, offset: u8) -> u32 {
        self.registers.borrow().get(&(place, offset)).map_or(0, |register| register.0)
    }

    /// Whether no base address was changed while the device answered at it.
    pub fn was_silent_while_measured(&self) -> bool {
        !self.was_disturbed.get()
    }
}

impl ConfigSpace for FakeConfig {
    fn read(&self, function: FunctionAddress, offset: u8) -> u32 {
        assert!(offset.is_multiple_of(4), "registers are read whole");
        let is_there = self.registers.borrow().contains_key(&(function, 0));
        if is_there { self.get(function, offset) } else { u32::MAX }
    }

    fn write(&self, function: FunctionAddress, offset: u8, value: u32) {
        assert!(offset.is_multiple_of(4), "registers are written whole");
        if (0x10..0x28).contains(&offset) && self.get(function, 4) & 3 != 0 {
            self.was_disturbed.set(true);
        }
        let mut registers = self.registers.borrow_mut();
        let (old, read_only) = registers.entry((function, offset)).or_default();
        *old = *old & *read_only | value & !*read_only;
    }
}
