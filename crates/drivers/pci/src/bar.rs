//! Base address registers (PCI 6.2.5.1).

use crate::{ConfigSpace, FunctionAddress};

/// The first of the registers.
const FIRST: u8 = 0x10;

// Bits of a register.
const IS_IO: u32 = 1 << 0;
const TYPE: u32 = 0b110;
const TYPE_64_BIT: u32 = 0b100;
const IS_PREFETCHABLE: u32 = 1 << 3;
const IO_FLAGS: u32 = 0b11;
const MEMORY_FLAGS: u32 = 0b1111;

/// A range of addresses at which a device answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Which kind of address.
    pub kind: BarKind,
    /// The first one; 0 where the firmware has given none.
    pub start: u64,
    /// How many.
    pub len_bytes: u64,
}

/// Kinds of ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    /// Memory.
    Memory {
        /// Whether reading has no effect but that.
        is_prefetchable: bool,
        /// Whether its address takes two registers.
        is_wide: bool,
    },
    /// I/O ports.
    Ports,
}

/// Reads register `index` and finds out how long its range is: the bits that cannot be set tell.
/// The device must not answer meanwhile. `has_next` says whether there is a register behind it.
pub fn measure(
    config: &impl ConfigSpace,
    address: FunctionAddress,
    index: u8,
    has_next: bool,
) -> Option<Bar> {
    let register = FIRST + 4 * index;
    let exchange = |register: u8| {
        let value = config.read(address, register);
        config.write(address, register, u32::MAX);
        let settable = config.read(address, register);
        config.write(address, register, value);
        (value, settable)
    };
    let (low, low_settable) = exchange(register);
    if low_settable == 0 {
        return None;
    }
    if low & IS_IO != 0 {
        // Bridges of old decode 16 bits and leave the others 0.
        let settable = low_settable & !IO_FLAGS;
        let len_bytes = u64::from(settable & settable.wrapping_neg());
        let start = u64::from(low & !IO_FLAGS);
        return Some(Bar { kind: BarKind::Ports, start, len_bytes });
    }
    let is_wide = low & TYPE == TYPE_64_BIT;
    if is_wide && !has_next {
        return None;
    }
    let (high, high_settable) = if is_wide { exchange(register + 4) } else { (0, u32::MAX) };
    let settable = u64::from(high_settable) << 32 | u64::from(low_settable & !MEMORY_FLAGS);
    let kind = BarKind::Memory { is_prefetchable: low & IS_PREFETCHABLE != 0, is_wide };
    let start = u64::from(high) << 32 | u64::from(low & !MEMORY_FLAGS);
    // The lowest bit that can be set is the length.
    Some(Bar { kind, start, len_bytes: settable & settable.wrapping_neg() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Function, fake::FakeConfig};

    const PLACE: FunctionAddress = FunctionAddress { bus: 0, device: 4, function: 0 };
    const MEMORY: BarKind = BarKind::Memory { is_prefetchable: false, is_wide: false };

    fn device(bars: &[(u8, u32, u32)]) -> (FakeConfig, Function) {
        let config = FakeConfig::default();
        config.add(PLACE, 1, 2, Class::NVME);
        for &(index, value, read_only) in bars {
            config.set_with_mask(PLACE, FIRST + 4 * index, value, read_only);
        }
        config.set(PLACE, 4, 0x0003);
        let function = Function::find(&config, PLACE).unwrap();
        (config, function)
    }

    #[test]
    fn measures_and_restores_every_kind() {
        let (config, function) = device(&[
            (0, 0xFEBD_1000, 0xFFF),
            (1, 0xC041, 0xFFFF_0000 | 0x1F),
            (2, 0x0000_000C, 0x3FFF),
            (3, 0x0000_00C0, 0),
            (5, 0, u32::MAX),
        ]);
        let bar = |index| function.bar(&config, index);
        assert_eq!(bar(0), Some(Bar { kind: MEMORY, start: 0xFEBD_1000, len_bytes: 0x1000 }));
        assert_eq!(bar(1), Some(Bar { kind: BarKind::Ports, start: 0xC040, len_bytes: 0x20 }));
        let wide = BarKind::Memory { is_prefetchable: true, is_wide: true };
        assert_eq!(bar(2), Some(Bar { kind: wide, start: 0xC0_0000_0000, len_bytes: 0x4000 }));
        assert_eq!((bar(5), bar(6)), (None, None));
        assert_eq!(config.get(PLACE, FIRST), 0xFEBD_1000);
        assert_eq!(config.get(PLACE, FIRST + 12), 0xC0);
        assert_eq!(config.get(PLACE, 4), 0x0003, "the device answers again");
        assert!(config.was_silent_while_measured());
    }

    #[test]
    fn a_wide_register_without_its_other_half_is_none() {
        let (config, function) = device(&[(5, 0x4, 0xFFF)]);
        assert_eq!(function.bar(&config, 5), None);
    }

    #[test]
    fn a_range_beyond_four_gib_has_its_length() {
        let (config, function) = device(&[(0, 0x4, u32::MAX), (1, 0x10, 0x3)]);
        let bar = function.bar(&config, 0).unwrap();
        assert_eq!((bar.start, bar.len_bytes), (0x10_0000_0000, 0x4_0000_0000));
    }
}
