//! One function of a device: what it is, and its switches.

use crate::{Bar, Capabilities, ConfigSpace, bar};
use core::fmt;

// Registers of every function, PCI 6.1.
const IDS: u8 = 0x00;
const COMMAND: u8 = 0x04;
const CLASS: u8 = 0x08;
const HEADER: u8 = 0x0C;
const CAPABILITIES: u8 = 0x34;
/// Bridge 3.2.5.4: bus numbers.
const BUS_NUMBERS: u8 = 0x18;

// Bits of the command register, PCI 6.2.2.
pub(crate) const IO_SPACE: u32 = 1 << 0;
pub(crate) const MEMORY_SPACE: u32 = 1 << 1;
const BUS_MASTER: u32 = 1 << 2;
const INTERRUPT_DISABLE: u32 = 1 << 10;
/// Bit of the status register, in the upper half: there is a list of capabilities.
const HAS_CAPABILITIES: u32 = 1 << 20;
/// The status bits, which are cleared by writing ones.
const STATUS: u32 = 0xFFFF_0000;

/// Vendor number of a function that is not there.
const NO_VENDOR: u16 = 0xFFFF;

/// Where a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionAddress {
    /// The bus.
    pub bus: u8,
    /// The device on it, 0 to 31.
    pub device: u8,
    /// The device's function, 0 to 7.
    pub function: u8,
}

impl fmt::Display for FunctionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:{:02x}.{}", self.bus, self.device, self.function)
    }
}

/// What a function does (PCI appendix D).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The kind: 1 for storage, 2 for network, 6 for bridges.
    pub base: u8,
    /// The kind within the kind.
    pub sub: u8,
    /// How its registers are laid out.
    pub interface: u8,
}

impl Class {
    /// SATA controllers with AHCI registers.
    pub const AHCI: Self = Self { base: 1, sub: 6, interface: 1 };
    /// NVM Express I/O controllers.
    pub const NVME: Self = Self { base: 1, sub: 8, interface: 2 };
    /// PCI-to-PCI bridges, but for those that decode subtractively.
    pub const BRIDGE: Self = Self { base: 6, sub: 4, interface: 0 };
}

/// A function as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Where it is.
    pub address: FunctionAddress,
    /// Who made it.
    pub vendor: u16,
    /// What its maker calls it.
    pub device: u16,
    /// What it does.
    pub class: Class,
    /// Layout of its configuration registers: 0 for devices, 1 for bridges.
    pub header: u8,
    /// Whether its device has other functions.
    pub is_one_of_many: bool,
}

impl Function {
    /// Looks whether there is a function.
    pub fn find(config: &impl ConfigSpace, address: FunctionAddress) -> Option<Self> {
        let ids = config.read(address, IDS);
        let (vendor, device) = (ids as u16, (ids >> 16) as u16);
        if vendor == NO_VENDOR {
            return None;
        }
        let [_, interface, sub, base] = config.read(address, CLASS).to_le_bytes();
        let [_, _, header, _] = config.read(address, HEADER).to_le_bytes();
        Some(Self {
            address,
            vendor,
            device,
            class: Class { base, sub, interface },
            header: header & 0x7F,
            is_one_of_many: header & 0x80 != 0,
        })
    }

    /// Lets the device answer at its addresses and use memory by itself, and keeps it from raising
    /// its interrupt line, which drivers that look at registers have no use for.
    pub fn enable(&self, config: &impl ConfigSpace) {
        let command = config.read(self.address, COMMAND) & !STATUS;
        let command = command | MEMORY_SPACE | BUS_MASTER | INTERRUPT_DISABLE;
        config.write(self.address, COMMAND, command);
    }

    /// Stops the device from answering and from using memory by itself.
    pub fn disable(&self, config: &impl ConfigSpace) {
        let command = config.read(self.address, COMMAND) & !STATUS;
        let off = command & !(IO_SPACE | MEMORY_SPACE | BUS_MASTER);
        config.write(self.address, COMMAND, off);
    }

    /// The range behind base address register `index`; `None` where there is none, or no such
    /// register. The device does not answer while it is measured, so this comes before its use,
    /// best while it is disabled: an emulator takes a millisecond to switch the answers off and on.
    pub fn bar(&self, config: &impl ConfigSpace, index: u8) -> Option<Bar> {
        let registers = if self.header == 0 { 6 } else { 2 };
        (index < registers).then_some(())?;
        let command = config.read(self.address, COMMAND) & !STATUS;
        let silent = command & !(IO_SPACE | MEMORY_SPACE);
        if silent != command {
            config.write(self.address, COMMAND, silent);
        }
        let bar = bar::measure(config, self.address, index, index + 1 < registers);
        if silent != command {
            config.write(self.address, COMMAND, command);
        }
        bar
    }

    /// Its capabilities, in the order of their list.
    pub fn capabilities<'a, C: ConfigSpace>(&self, config: &'a C) -> Capabilities<'a, C> {
        let has_list = config.read(self.address, COMMAND) & HAS_CAPABILITIES != 0;
        let first = if has_list { config.read(self.address, CAPABILITIES) as u8 } else { 0 };
        Capabilities::new(config, self.address, first)
    }

    /// The bus behind a bridge; `None` for what is no bridge, or one that has no number yet.
    pub(crate) fn secondary_bus(&self, config: &impl ConfigSpace) -> Option<u8> {
        let is_bridge = self.header == 1
            && (self.class.base, self.class.sub) == (Class::BRIDGE.base, Class::BRIDGE.sub);
        let [_, secondary, _, _] = config.read(self.address, BUS_NUMBERS).to_le_bytes();
        (is_bridge && secondary != 0).then_some(secondary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeConfig;

    const PLACE: FunctionAddress = FunctionAddress { bus: 0, device: 4, function: 0 };

    #[test]
    fn reads_what_a_function_is() {
        let config = FakeConfig::default();
        config.add(PLACE, 0x8086, 0x2922, Class::AHCI);
        let function = Function::find(&config, PLACE).unwrap();
        assert_eq!((function.vendor, function.device), (0x8086, 0x2922));
        assert_eq!(function.class, Class::AHCI);
        assert!(!function.is_one_of_many);
        assert_eq!(Function::find(&config, FunctionAddress { function: 1, ..PLACE }), None);
        assert_eq!(alloc::format!("{PLACE}"), "00:04.0");
    }

    #[test]
    fn switches_keep_the_other_bits_and_clear_no_status() {
        let config = FakeConfig::default();
        config.add(PLACE, 1, 2, Class::NVME);
        config.set(PLACE, COMMAND, 0xFFFF_0001);
        let function = Function::find(&config, PLACE).unwrap();
        function.enable(&config);
        assert_eq!(config.get(PLACE, COMMAND), 0x0407);
        function.disable(&config);
        assert_eq!(config.get(PLACE, COMMAND), 0x0400);
    }
}
