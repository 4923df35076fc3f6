//! The two ways to configuration registers.

use crate::FunctionAddress;
use system_platform::{Mmio, PortIo32};

/// Access to the configuration registers of all functions behind one host bridge.
pub trait ConfigSpace {
    /// Reads the double word at `offset`, a multiple of 4 below 256. All bits are set where there
    /// is no such function.
    fn read(&self, function: FunctionAddress, offset: u8) -> u32;
    /// Writes the double word at `offset`, a multiple of 4 below 256.
    fn write(&self, function: FunctionAddress, offset: u8, value: u32);
}

impl<C: ConfigSpace + ?Sized> ConfigSpace for &C {
    fn read(&self, function: FunctionAddress, offset: u8) -> u32 {
        (**self).read(function, offset)
    }

    fn write(&self, function: FunctionAddress, offset: u8, value: u32) {
        (**self).write(function, offset, value);
    }
}

/// Port of the address, PCI 3.2.2.3.2.
const ADDRESS_PORT: u16 = 0xCF8;
/// Port of the data behind it.
const DATA_PORT: u16 = 0xCFC;
/// Bit of the address port: the data port leads to configuration space.
const ENABLE: u32 = 1 << 31;

/// Configuration mechanism #1: an address port and a data port. Nobody else may use them, and one
/// CPU at a time.
#[derive(Clone, Copy, Debug)]
pub struct ConfigPorts<P>(pub P);

impl<P: PortIo32> ConfigPorts<P> {
    fn select(&self, function: FunctionAddress, offset: u8) {
        let place = u32::from(function.bus) << 16
            | u32::from(function.device & 0x1F) << 11
            | u32::from(function.function & 7) << 8;
        self.0.write_u32(ADDRESS_PORT, ENABLE | place | u32::from(offset & 0xFC));
    }
}

impl<P: PortIo32> ConfigSpace for ConfigPorts<P> {
    fn read(&self, function: FunctionAddress, offset: u8) -> u32 {
        self.select(function, offset);
        self.0.read_u32(DATA_PORT)
    }

    fn write(&self, function: FunctionAddress, offset: u8, value: u32) {
        self.select(function, offset);
        self.0.write_u32(DATA_PORT, value);
    }
}

/// The enhanced mechanism of PCI Express (PCI Express Base 7.2.2): 4 KiB for each function, in
/// memory. A function beyond the window reads as missing.
#[derive(Clone, Copy, Debug)]
pub struct Ecam<M> {
    window: M,
    first_bus: u8,
}

impl<M: Mmio> Ecam<M> {
    /// Bytes of the window for one bus.
    pub const BUS_BYTES: usize = 1 << 20;

    /// A space whose window starts with the registers of bus `first_bus`.
    pub const fn new(window: M, first_bus: u8) -> Self {
        Self { window, first_bus }
    }

    fn offset(&self, function: FunctionAddress, offset: u8) -> Option<usize> {
        let bus = usize::from(function.bus.checked_sub(self.first_bus)?);
        let place = usize::from(function.device & 0x1F) << 15
            | usize::from(function.function & 7) << 12
            | usize::from(offset & 0xFC);
        Some(bus * Self::BUS_BYTES + place).filter(|at| at + 4 <= self.window.len_bytes())
    }
}

impl<M: Mmio> ConfigSpace for Ecam<M> {
    fn read(&self, function: FunctionAddress, offset: u8) -> u32 {
        self.offset(function, offset).map_or(u32::MAX, |at| self.window.read_u32(at))
    }

    fn write(&self, function: FunctionAddress, offset: u8, value: u32) {
        if let Some(at) = self.offset(function, offset) {
            self.window.write_u32(at, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use core::cell::RefCell;

    /// Ports or a window: notes what is done to it.
    #[derive(Default)]
    struct Recorder(RefCell<Vec<(usize, Option<u32>)>>);

    impl PortIo32 for Recorder {
        fn read_u32(&self, port: u16) -> u32 {
            self.0.borrow_mut().push((port.into(), None));
            7
        }

        fn write_u32(&self, port: u16, value: u32) {
            self.0.borrow_mut().push((port.into(), Some(value)));
        }
    }

    impl Mmio for Recorder {
        fn len_bytes(&self) -> usize {
            2 << 20
        }

        fn read_u32(&self, offset: usize) -> u32 {
            self.0.borrow_mut().push((offset, None));
            7
        }

        fn write_u32(&self, offset: usize, value: u32) {
            self.0.borrow_mut().push((offset, Some(value)));
        }
    }

    const PLACE: FunctionAddress = FunctionAddress { bus: 2, device: 31, function: 7 };

    #[test]
    fn ports_get_address_then_data() {
        let ports = ConfigPorts(Recorder::default());
        assert_eq!(ports.read(PLACE, 0x3C), 7);
        ports.write(PLACE, 4, 9);
        let expected = [
            (0xCF8, Some(0x8002_FF3C)),
            (0xCFC, None),
            (0xCF8, Some(0x8002_FF04)),
            (0xCFC, Some(9)),
        ];
        assert_eq!(*ports.0.0.borrow(), expected);
    }

    #[test]
    fn the_window_ends_with_its_last_bus_and_starts_with_its_first() {
        let ecam = Ecam::new(Recorder::default(), 1);
        assert_eq!(ecam.read(PLACE, 0x3C), 7);
        assert_eq!(*ecam.window.0.borrow(), [(0x1F_F03C, None)]);
        for bus in [0, 3] {
            let place = FunctionAddress { bus, ..PLACE };
            assert_eq!(ecam.read(place, 0), u32::MAX);
            ecam.write(place, 0, 1);
        }
        assert_eq!(ecam.window.0.borrow().len(), 1, "nothing outside of the window is touched");
    }
}
