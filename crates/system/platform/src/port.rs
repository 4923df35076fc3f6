//! x86 I/O ports.

/// Access to I/O ports. The kernel's implementation executes `in` and `out`; tests play the device.
pub trait PortIo {
    /// Reads a byte.
    fn read_u8(&self, port: u16) -> u8;
    /// Writes a byte.
    fn write_u8(&self, port: u16, value: u8);
}

impl<P: PortIo> PortIo for &P {
    fn read_u8(&self, port: u16) -> u8 {
        (**self).read_u8(port)
    }

    fn write_u8(&self, port: u16, value: u8) {
        (**self).write_u8(port, value);
    }
}
