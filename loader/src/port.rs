//! Port I/O.

use core::arch::asm;

/// An I/O port of this machine that the loader may use.
///
/// The loader runs alone, before any driver, on ports whose reads and writes move no memory.
#[derive(Clone, Copy)]
pub struct Port(pub u16);

impl Port {
    /// Reads a byte.
    pub fn read_u8(self) -> u8 {
        let value;
        // SAFETY: ring 0, and no port that the loader names touches memory.
        unsafe {
            asm!("in al, dx", in("dx") self.0, out("al") value, options(nomem, nostack, preserves_flags));
        }
        value
    }

    /// Writes a byte.
    pub fn write_u8(self, value: u8) {
        // SAFETY: as in `read_u8`.
        unsafe {
            asm!("out dx, al", in("dx") self.0, in("al") value, options(nomem, nostack, preserves_flags));
        }
    }

    /// Reads 16 bits.
    pub fn read_u16(self) -> u16 {
        let value;
        // SAFETY: as in `read_u8`.
        unsafe {
            asm!("in ax, dx", in("dx") self.0, out("ax") value, options(nomem, nostack, preserves_flags));
        }
        value
    }

    /// Writes 16 bits.
    pub fn write_u16(self, value: u16) {
        // SAFETY: as in `read_u8`.
        unsafe {
            asm!("out dx, ax", in("dx") self.0, in("ax") value, options(nomem, nostack, preserves_flags));
        }
    }

    /// Reads 32 bits.
    pub fn read_u32(self) -> u32 {
        let value;
        // SAFETY: as in `read_u8`.
        unsafe {
            asm!("in eax, dx", in("dx") self.0, out("eax") value, options(nomem, nostack, preserves_flags));
        }
        value
    }

    /// Writes 32 bits.
    pub fn write_u32(self, value: u32) {
        // SAFETY: as in `read_u8`.
        unsafe {
            asm!("out dx, eax", in("dx") self.0, in("eax") value, options(nomem, nostack, preserves_flags));
        }
    }
}

/// Waits about `us` microseconds: a read of the diagnostics port takes about one on the ISA bus and
/// whatever stands in for it.
pub fn delay_us(us: u32) {
    for _ in 0..us {
        Port(0x80).read_u8();
    }
}

/// Masks all lines of both interrupt controllers: the kernel is entered with none of them open.
pub fn mask_interrupts() {
    Port(0x21).write_u8(0xff);
    Port(0xa1).write_u8(0xff);
}
