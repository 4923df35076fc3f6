//! Finds all functions, bus by bus.

use crate::{ConfigSpace, Function, FunctionAddress};
use alloc::vec::Vec;

/// Devices on a bus.
const DEVICES: u8 = 32;
/// Functions of a device.
const FUNCTIONS: u8 = 8;

/// All functions on bus `first_bus` and, through bridges, behind it, in the order of their
/// addresses. Buses have the numbers that the firmware gave them; one that two bridges claim is
/// looked at once.
pub fn scan(config: &impl ConfigSpace, first_bus: u8) -> Vec<Function> {
    let mut found = Vec::new();
    let mut is_seen = [false; 256];
    let mut pending = Vec::from([first_bus]);
    while let Some(bus) = pending.pop() {
        if core::mem::replace(&mut is_seen[usize::from(bus)], true) {
            continue;
        }
        for device in 0..DEVICES {
            let functions = scan_device(config, bus, device);
            pending.extend(functions.iter().filter_map(|function| function.secondary_bus(config)));
            found.extend(functions);
        }
    }
    found.sort_unstable_by_key(|function| function.address);
    found
}

fn scan_device(config: &impl ConfigSpace, bus: u8, device: u8) -> Vec<Function> {
    let find = |function| Function::find(config, FunctionAddress { bus, device, function });
    // Function 0 is always there; some devices answer for all eight with the same one.
    let Some(first) = find(0) else { return Vec::new() };
    let last = if first.is_one_of_many { FUNCTIONS } else { 1 };
    core::iter::once(first).chain((1..last).filter_map(find)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, fake::FakeConfig};

    const HOST_BRIDGE: Class = Class { base: 6, sub: 0, interface: 0 };

    fn at(bus: u8, device: u8, function: u8) -> FunctionAddress {
        FunctionAddress { bus, device, function }
    }

    #[test]
    fn finds_functions_and_what_is_behind_bridges() {
        let config = FakeConfig::default();
        config.add(at(0, 0, 0), 0x8086, 0x29C0, HOST_BRIDGE);
        config.add(at(0, 31, 0), 0x8086, 0x2918, HOST_BRIDGE);
        config.set(at(0, 31, 0), 0x0C, 0x80 << 16);
        config.add(at(0, 31, 2), 0x8086, 0x2922, Class::AHCI);
        // A device that answers for functions which it does not have.
        config.add(at(0, 3, 0), 1, 2, Class::NVME);
        config.add(at(0, 3, 1), 1, 2, Class::NVME);
        config.add_bridge(at(0, 5, 0), 2);
        config.add(at(2, 0, 0), 0x1B36, 0x0010, Class::NVME);
        config.add(at(1, 0, 0), 9, 9, Class::NVME);
        let places: Vec<_> = scan(&config, 0).iter().map(|function| function.address).collect();
        let expected =
            [at(0, 0, 0), at(0, 3, 0), at(0, 5, 0), at(0, 31, 0), at(0, 31, 2), at(2, 0, 0)];
        assert_eq!(places, expected);
    }

    #[test]
    fn bridges_that_lead_in_a_circle_or_nowhere_end() {
        let config = FakeConfig::default();
        config.add_bridge(at(0, 1, 0), 1);
        config.add_bridge(at(0, 2, 0), 0);
        config.add_bridge(at(1, 0, 0), 1);
        config.add_bridge(at(1, 1, 0), 255);
        assert_eq!(scan(&config, 0).len(), 4);
        assert_eq!(scan(&FakeConfig::default(), 0), []);
    }
}
