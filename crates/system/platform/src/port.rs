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

/// Access to I/O ports by double words, which PCI's configuration mechanism insists on.
pub trait PortIo32 {
    /// Reads a double word.
    fn read_u32(&self, port: u16) -> u32;
    /// Writes a double word.
    fn write_u32(&self, port: u16, value: u32);
}

impl<P: PortIo32> PortIo32 for &P {
    fn read_u32(&self, port: u16) -> u32 {
        (**self).read_u32(port)
    }

    fn write_u32(&self, port: u16, value: u32) {
        (**self).write_u32(port, value);
    }
}
