//! The display of QEMU, Bochs and VirtualBox: `qemu -kernel` sets no graphics mode, so we do.
//!
//! Registers: "Bochs VBE Extensions" (DISPI interface).

use crate::port::Port;
use system_boot::{Framebuffer, VideoMode};

const INDEX: Port = Port(0x1ce);
const DATA: Port = Port(0x1cf);
const PCI_ADDRESS: Port = Port(0xcf8);
const PCI_DATA: Port = Port(0xcfc);
/// Vendor and device of QEMU's `VGA`, and of VirtualBox's.
const DISPLAYS: [u32; 2] = [0x1111_1234, 0xbeef_80ee];

const WIDTH: u16 = 1;
const HEIGHT: u16 = 2;
const BITS_PER_PIXEL: u16 = 3;
const ENABLE: u16 = 4;
const MEMORY_64_KIB: u16 = 10;
/// Enabled, with a linear framebuffer.
const ENABLED_LINEAR: u16 = 0x41;

/// Programs `mode`. `None` when there is no such display or it cannot show the mode; text mode stays.
pub fn set_mode(mode: VideoMode) -> Option<Framebuffer> {
    let device = (0..32).find(|device| DISPLAYS.contains(&pci_read(*device, 0)))?;
    let address = u64::from(pci_read(device, 0x10) & !0xf);
    let picture =
        Framebuffer::packed(address, mode.width.into(), mode.height.into(), mode.bits_per_pixel)
            .checked()?;
    if picture.len_bytes() > u64::from(read(MEMORY_64_KIB)) << 16 {
        return None;
    }
    write(ENABLE, 0);
    write(WIDTH, mode.width);
    write(HEIGHT, mode.height);
    write(BITS_PER_PIXEL, mode.bits_per_pixel.into());
    write(ENABLE, ENABLED_LINEAR);
    let is_set = read(WIDTH) == mode.width && read(HEIGHT) == mode.height;
    if !is_set {
        write(ENABLE, 0);
    }
    is_set.then_some(picture)
}

fn read(register: u16) -> u16 {
    INDEX.write_u16(register);
    DATA.read_u16()
}

fn write(register: u16, value: u16) {
    INDEX.write_u16(register);
    DATA.write_u16(value);
}

/// A configuration word of `device` on PCI bus 0.
fn pci_read(device: u32, offset: u32) -> u32 {
    PCI_ADDRESS.write_u32(1 << 31 | device << 11 | offset);
    PCI_DATA.read_u32()
}
