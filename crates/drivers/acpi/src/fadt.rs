//! The FADT: where power, reset and the remains of the PC are (ACPI 6.5, 5.2.9).

use crate::{AcpiError, memory::PhysicalMemory, table::Table};

/// Flag: the reset register works.
const RESET_REG_SUP: u32 = 1 << 10;
/// Flag: none of the fixed hardware exists.
const HW_REDUCED_ACPI: u32 = 1 << 20;
/// Boot architecture flag: there is an 8042 keyboard controller.
const BOOT_ARCH_8042: u16 = 1 << 1;
/// Boot architecture flag: VGA memory must not be touched.
const BOOT_ARCH_NO_VGA: u16 = 1 << 2;
/// Boot architecture flag: there is no CMOS real-time clock.
const BOOT_ARCH_NO_CMOS_RTC: u16 = 1 << 5;
/// First revision in which the boot architecture flags and the reset register mean something.
const REVISION_2_0: u8 = 2;

/// A hardware register, from a "generic address structure" (ACPI 6.5, 5.2.3.2) or an old-style port
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// An I/O port.
    Io(u16),
    /// A physical address.
    Memory(u64),
    /// A register in the configuration space of a device on PCI bus 0.
    PciConfig {
        /// Device number.
        device: u8,
        /// Function number.
        function: u8,
        /// Offset in the configuration space.
        offset: u16,
    },
}

impl Register {
    /// A generic address structure; `None` where it is empty or names a space not used here.
    fn from_generic(bytes: [u8; 12]) -> Option<Self> {
        let [space, _, _, _, address @ ..] = bytes;
        let address = u64::from_le_bytes(address);
        match space {
            _ if address == 0 => None,
            0 => Some(Self::Memory(address)),
            1 => u16::try_from(address).ok().map(Self::Io),
            2 => Some(Self::PciConfig {
                device: (address >> 32) as u8,
                function: (address >> 16) as u8,
                offset: address as u16,
            }),
            _ => None,
        }
    }

    /// A port number of ACPI 1.0; 0 for none.
    fn from_port(port: u32) -> Option<Self> {
        u16::try_from(port).ok().filter(|&port| port != 0).map(Self::Io)
    }
}

/// What the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fadt {
    /// Physical address of the DSDT.
    pub dsdt_phys: u64,
    /// Port that hands the hardware from firmware to system; `None` where the system has it anyway.
    pub smi_command: Option<u16>,
    /// What to write to [`Self::smi_command`] for that.
    pub acpi_enable: u8,
    /// PM1a control register.
    pub pm1a_control: Option<Register>,
    /// PM1b control register.
    pub pm1b_control: Option<Register>,
    /// Power-management timer: a counter of 3.579545 MHz, 24 or 32 bits wide.
    pub pm_timer: Option<Register>,
    /// The register and the value that reset the machine.
    pub reset: Option<(Register, u8)>,
    /// CMOS index of the century, if the clock keeps one.
    pub century_register: Option<u8>,
    /// Whether there is an 8042 keyboard controller; `None` where the firmware is too old to say.
    pub has_8042: Option<bool>,
    /// Whether VGA memory may be probed.
    pub has_vga: bool,
    /// Whether there is a CMOS clock.
    pub has_cmos_rtc: bool,
    /// Whether the fixed hardware (PM1 registers, timer) is missing altogether.
    pub is_hardware_reduced: bool,
}

impl Fadt {
    /// Reads the fields that the table is long enough to have.
    ///
    /// # Errors
    /// [`AcpiError::OutOfBounds`] where not even the fields of ACPI 1.0 are there.
    pub fn from_table<M: PhysicalMemory>(table: &Table<'_, M>) -> Result<Self, AcpiError> {
        let flags = table.u32_at(112)?;
        let generic = |offset| table.bytes_at(offset).ok().and_then(Register::from_generic);
        let port = |offset| table.u32_at(offset).map(Register::from_port);
        let boot_arch = table.u16_at(109)?;
        let is_modern = table.revision() >= REVISION_2_0;

        let dsdt_phys = match table.u64_at(140) {
            Ok(phys) if phys != 0 => phys,
            _ => u64::from(table.u32_at(40)?),
        };
        let reset = match (generic(116), table.u8_at(128)) {
            (Some(register), Ok(value)) if flags & RESET_REG_SUP != 0 => Some((register, value)),
            _ => None,
        };
        Ok(Self {
            dsdt_phys,
            smi_command: u16::try_from(table.u32_at(48)?).ok().filter(|&port| port != 0),
            acpi_enable: table.u8_at(52)?,
            // The extended fields win where they are filled in (5.2.9, X_PM1a_CNT_BLK).
            pm1a_control: generic(172).or(port(64)?),
            pm1b_control: generic(184).or(port(68)?),
            pm_timer: generic(208).or(port(76)?),
            reset,
            century_register: Some(table.u8_at(108)?).filter(|&index| index != 0),
            has_8042: is_modern.then_some(boot_arch & BOOT_ARCH_8042 != 0),
            has_vga: !is_modern || boot_arch & BOOT_ARCH_NO_VGA == 0,
            has_cmos_rtc: !is_modern || boot_arch & BOOT_ARCH_NO_CMOS_RTC == 0,
            is_hardware_reduced: flags & HW_REDUCED_ACPI != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Acpi, Signature, testing, testing::Pieces};
    use alloc::vec;

    #[test]
    fn reads_what_qemu_wrote_for_q35() {
        let acpi = Acpi::from_rsdp(testing::q35(), testing::RSDP).unwrap();
        let fadt = acpi.fadt().unwrap();
        assert_eq!(fadt.dsdt_phys, testing::DSDT);
        assert_eq!(fadt.smi_command, Some(0xB2));
        assert_eq!(fadt.acpi_enable, 2);
        assert_eq!(fadt.pm1a_control, Some(Register::Io(0x604)));
        assert_eq!(fadt.pm1b_control, None);
        assert_eq!(fadt.pm_timer, Some(Register::Io(0x608)));
        assert_eq!(fadt.reset, Some((Register::Io(0xCF9), 0x0F)));
        assert_eq!(fadt.century_register, Some(0x32));
        assert_eq!(fadt.has_8042, Some(true));
        assert!(fadt.has_vga && fadt.has_cmos_rtc && !fadt.is_hardware_reduced);
    }

    #[test]
    fn leaves_open_what_acpi_1_0_could_not_say() {
        let acpi = Acpi::from_rsdp(testing::pc(), testing::RSDP).unwrap();
        let fadt = acpi.fadt().unwrap();
        assert_eq!(fadt.pm1a_control, Some(Register::Io(0x604)));
        assert_eq!(fadt.has_8042, None);
        assert_eq!(fadt.reset, None);
        assert!(fadt.has_vga && fadt.has_cmos_rtc);
    }

    /// A FADT of revision 6 whose fields are those given as (offset, bytes).
    fn fadt_with(fields: &[(usize, &[u8])]) -> Fadt {
        let mut body = vec![0_u8; 276 - 36];
        for (offset, bytes) in fields {
            body[offset - 36..offset - 36 + bytes.len()].copy_from_slice(bytes);
        }
        let mut memory = Pieces::default();
        memory.add(0x1000, testing::table(Signature::FADT, 6, &body));
        let table = Table::new_checked(&memory, 0x1000, Signature::FADT).unwrap();
        Fadt::from_table(&table).unwrap()
    }

    #[test]
    fn prefers_the_extended_fields() {
        let fadt = fadt_with(&[
            (40, &[0x00, 0x10, 0, 0]),
            (140, &[0x00, 0x20, 0, 0, 1, 0, 0, 0]),
            (64, &[0x04, 0x06]),
            (172, &[1, 16, 0, 2, 0x04, 0x18, 0, 0, 0, 0, 0, 0]),
            (68, &[0x44, 0x06]),
        ]);
        assert_eq!(fadt.dsdt_phys, 0x1_0000_2000);
        assert_eq!(fadt.pm1a_control, Some(Register::Io(0x1804)));
        assert_eq!(fadt.pm1b_control, Some(Register::Io(0x644)));
        assert_eq!(fadt.smi_command, None);
    }

    #[test]
    fn reads_reset_registers_outside_io_space() {
        let supported = RESET_REG_SUP.to_le_bytes();
        let pci = fadt_with(&[
            (112, &supported),
            (116, &[2, 8, 0, 1, 0x78, 0, 3, 0, 0x1F, 0, 0, 0]),
            (128, &[6]),
        ]);
        let register = Register::PciConfig { device: 0x1F, function: 3, offset: 0x78 };
        assert_eq!(pci.reset, Some((register, 6)));
        assert_eq!(pci.has_8042, Some(false));
        let unsupported =
            fadt_with(&[(116, &[0, 8, 0, 1, 0, 0, 0, 0xFE, 0, 0, 0, 0]), (128, &[6])]);
        assert_eq!(unsupported.reset, None, "the flag says that it does not work");
    }

    #[test]
    fn refuses_a_table_without_the_fields_of_acpi_1_0() {
        let mut memory = Pieces::default();
        memory.add(0, testing::table(Signature::FADT, 1, &[0; 70]));
        let table = Table::new_checked(&memory, 0, Signature::FADT).unwrap();
        let error = Fadt::from_table(&table).unwrap_err();
        assert_eq!(error, AcpiError::OutOfBounds { signature: Signature::FADT, offset: 112 });
    }
}
