//! x86 I/O ports.

use system_platform::{PortIo, PortIo32};
use x86_64::instructions::port::{PortReadOnly, PortWriteOnly};

/// The machine's own ports. Drivers get it as [`PortIo`]; whoever names a port in this kernel owns
/// the device behind it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports;

impl Ports {
    /// Reads a 16-bit word.
    pub fn read_u16(self, port: u16) -> u16 {
        // SAFETY: reading a port touches no memory; what a device makes of it is its driver's
        // concern, and this kernel has no ports that start a transfer into memory.
        unsafe { PortReadOnly::new(port).read() }
    }

    /// Writes a 16-bit word.
    pub fn write_u16(self, port: u16, value: u16) {
        // SAFETY: as for `read_u16`.
        unsafe { PortWriteOnly::new(port).write(value) }
    }
}

impl PortIo32 for Ports {
    fn read_u32(&self, port: u16) -> u32 {
        // SAFETY: as for `read_u16`.
        unsafe { PortReadOnly::new(port).read() }
    }

    fn write_u32(&self, port: u16, value: u32) {
        // SAFETY: as for `read_u16`.
        unsafe { PortWriteOnly::new(port).write(value) }
    }
}

impl PortIo for Ports {
    fn read_u8(&self, port: u16) -> u8 {
        // SAFETY: as for `read_u16`.
        unsafe { PortReadOnly::new(port).read() }
    }

    fn write_u8(&self, port: u16, value: u8) {
        // SAFETY: as for `read_u16`.
        unsafe { PortWriteOnly::new(port).write(value) }
    }
}
