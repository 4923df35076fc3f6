//! What was found becomes something to work with: the screen, and what the ACPI tables tell.

use crate::{
    boot::{BootInfo, Firmware},
    panic::Screen,
    platform::memory::devices::{firmware_bytes, map_device},
    power::PowerControls,
};
use drivers_acpi::{Acpi, EcamRegion, PhysicalMemory, find_rsdp_in_bios_area};
use system_core::{address::PhysAddr, paging::Caching};

/// VGA text memory: 25 rows of 80 cells of two bytes.
const VGA_TEXT: PhysAddr = PhysAddr(0xb_8000);
const VGA_TEXT_BYTES: u64 = 80 * 25 * 2;

/// Makes the screen's memory accessible: pixels where the boot loader set a mode, else the text
/// memory that every BIOS leaves behind.
pub fn find_screen(boot: &BootInfo) -> Screen {
    if let Some(info) = boot.framebuffer {
        let len_bytes = (info.pitch_bytes * info.height) as u64;
        return map_device(info.address, len_bytes, Caching::WriteCombining)
            .map_or(Screen::None, |address| Screen::Pixels(info, address));
    }
    if boot.firmware == Some(Firmware::Bios) {
        return map_device(VGA_TEXT, VGA_TEXT_BYTES, Caching::Uncached)
            .map_or(Screen::None, |address| Screen::Text(address.cast()));
    }
    Screen::None
}

/// What the kernel uses of the ACPI tables; the defaults where there are none.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirmwareFacts {
    /// How to switch off and start anew.
    pub power: PowerControls,
    /// Index of the century in the real-time clock.
    pub century_register: Option<u8>,
    /// Where the configuration space of PCI is in memory, for the buses from number 0 on.
    pub ecam: Option<EcamRegion>,
}

/// Reads the ACPI tables.
pub fn read_firmware_tables(boot: &BootInfo) -> FirmwareFacts {
    let search = || match boot.firmware {
        Some(Firmware::Bios) => find_rsdp_in_bios_area(&FirmwareMemory),
        _ => None,
    };
    let Some(rsdp) = boot.rsdp.map(|address| address.0).or_else(search) else {
        return FirmwareFacts::default();
    };
    let Ok(acpi) = Acpi::from_rsdp(FirmwareMemory, rsdp) else {
        return FirmwareFacts::default();
    };
    let fadt = acpi.fadt().ok();
    FirmwareFacts {
        power: PowerControls {
            power_off: acpi.power_off().ok(),
            reset: fadt.and_then(|fadt| fadt.reset),
        },
        century_register: fadt.and_then(|fadt| fadt.century_register),
        ecam: acpi.ecam_regions().find(|region| region.segment == 0 && region.first_bus == 0),
    }
}

/// The firmware's tables, mapped as they are read.
struct FirmwareMemory;

impl PhysicalMemory for FirmwareMemory {
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool {
        match firmware_bytes(PhysAddr(phys), buffer.len()) {
            Ok(bytes) => {
                buffer.copy_from_slice(bytes);
                true
            }
            Err(_) => false,
        }
    }
}
