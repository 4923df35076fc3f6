//! Switching off: the sleep types of `\_S5` and the register writes they go into.
//!
//! The values live in AML byte code. This is no interpreter: `\_S5` is a package of constants in
//! practice, so its bytes are looked for and checked, as small systems do. A definition block that
//! computes it is refused, not guessed at.

use crate::{AcpiError, Fadt, Register, memory::PhysicalMemory, table::Table};

/// AML (ACPI 6.5, 20.2): `Name (…)`.
const NAME_OP: u8 = 0x08;
/// AML: `Package () {…}`.
const PACKAGE_OP: u8 = 0x12;
/// AML: root character of an absolute path.
const ROOT_CHAR: u8 = b'\\';
/// The name looked for.
const S5_NAME: [u8; 4] = *b"_S5_";
/// Bytes of byte code looked at together: a few more than the longest form of the package's start
/// (name, operator, length of up to four bytes, count, two integers of up to nine bytes).
const WINDOW: usize = 32;
/// Bytes read at once.
const CHUNK: usize = 512;

/// `SLP_EN` of the PM1 control register (ACPI 6.5, table 4.13).
const SLP_EN: u16 = 1 << 13;
/// Position of `SLP_TYP` in the PM1 control register.
const SLP_TYP_SHIFT: u32 = 10;

/// The values of `SLP_TYP` that mean one sleep state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SleepTypes {
    /// For PM1a, 0 to 7.
    pub a: u8,
    /// For PM1b, 0 to 7.
    pub b: u8,
}

/// Looks for `Name (_S5, Package () {…})` in a definition block.
///
/// # Errors
/// [`AcpiError::NoSleepTypes`].
pub(crate) fn find_s5<M: PhysicalMemory>(table: &Table<'_, M>) -> Result<SleepTypes, AcpiError> {
    let mut chunk = [0_u8; CHUNK];
    let mut offset = crate::table::HEADER_LEN;
    while offset < table.len_bytes() {
        let filled = table.copy_at(offset, &mut chunk)?;
        let code = &chunk[..filled];
        let found = (0..code.len()).find_map(|start| parse_s5(&code[start..]));
        if let Some(types) = found {
            return Ok(types);
        }
        // Chunks overlap by a window, so that a package across the border is seen whole once.
        offset += (CHUNK - WINDOW) as u32;
    }
    Err(AcpiError::NoSleepTypes)
}

/// The sleep types, if `code` starts with the definition of `_S5`.
fn parse_s5(code: &[u8]) -> Option<SleepTypes> {
    let code = code.strip_prefix(&[NAME_OP])?;
    let code = code.strip_prefix(&[ROOT_CHAR]).unwrap_or(code);
    let code = code.strip_prefix(&S5_NAME)?;
    let code = code.strip_prefix(&[PACKAGE_OP])?;
    // PkgLength (20.2.4): the top two bits of the first byte say how many more bytes it has.
    let extra_bytes = usize::from(code.first()? >> 6);
    let (&count, code) = code.get(1 + extra_bytes..)?.split_first()?;
    let (first, code) = parse_integer(code)?;
    // One packed integer, as some old firmware has it and ACPICA takes it: PM1b in the next byte.
    let (a, b) = match count {
        0 => return None,
        1 => (first & 0xFF, first >> 8 & 0xFF),
        _ => (first, parse_integer(code)?.0),
    };
    (a <= 7 && b <= 7).then_some(SleepTypes { a: a as u8, b: b as u8 })
}

/// A constant integer (20.2.3, `ComputationalData`) and the code after it.
fn parse_integer(code: &[u8]) -> Option<(u64, &[u8])> {
    let (&op, rest) = code.split_first()?;
    let len = match op {
        0x00 => return Some((0, rest)),
        0x01 => return Some((1, rest)),
        0xFF => return Some((u64::MAX, rest)),
        0x0A => 1,
        0x0B => 2,
        0x0C => 4,
        0x0E => 8,
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(len)?;
    Some((digits.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)), rest))
}

/// The writes that switch the machine off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerOff {
    /// If bit 0 (`SCI_EN`) of [`Self::pm1a_port`] is clear: port and value that hand the hardware
    /// over first; wait until the bit is set, some milliseconds.
    pub enable: Option<(u16, u8)>,
    /// PM1a control port.
    pub pm1a_port: u16,
    /// The 16-bit value for it.
    pub pm1a_value: u16,
    /// PM1b control port and its 16-bit value, on machines that have it.
    pub pm1b: Option<(u16, u16)>,
}

impl PowerOff {
    /// Puts the registers and the values together.
    ///
    /// # Errors
    /// [`AcpiError::NoPowerRegister`] where PM1a is not an I/O port.
    pub fn new(fadt: &Fadt, types: SleepTypes) -> Result<Self, AcpiError> {
        let value = |sleep_type: u8| u16::from(sleep_type) << SLP_TYP_SHIFT | SLP_EN;
        let Some(Register::Io(pm1a_port)) = fadt.pm1a_control else {
            return Err(AcpiError::NoPowerRegister);
        };
        let pm1b = match fadt.pm1b_control {
            Some(Register::Io(port)) => Some((port, value(types.b))),
            _ => None,
        };
        let enable = fadt.smi_command.filter(|_| fadt.acpi_enable != 0);
        Ok(Self {
            enable: enable.map(|port| (port, fadt.acpi_enable)),
            pm1a_port,
            pm1a_value: value(types.a),
            pm1b,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Acpi, Signature,
        testing::{self, Pieces},
    };
    use alloc::{vec, vec::Vec};

    fn s5_of(code: &[u8]) -> Result<SleepTypes, AcpiError> {
        let mut memory = Pieces::default();
        memory.add(0, testing::table(Signature::DSDT, 2, code));
        find_s5(&Table::new_checked(&memory, 0, Signature::DSDT).unwrap())
    }

    #[test]
    fn knows_how_to_switch_qemu_off() {
        for memory in [testing::q35(), testing::pc()] {
            let power_off = Acpi::from_rsdp(memory, testing::RSDP).unwrap().power_off().unwrap();
            assert_eq!(power_off.pm1a_port, 0x604);
            assert_eq!(power_off.pm1a_value, 0x2000);
            assert_eq!(power_off.pm1b, None);
            assert!(power_off.enable.is_some_and(|(port, _)| port == 0xB2));
        }
    }

    #[test]
    fn reads_every_way_to_write_the_package() {
        let name = *b"\x08_S5_\x12";
        for (package, expected) in [
            (&[0x0A, 0x04, 0x0A, 5, 0x0A, 6, 0x00, 0x00][..], (5, 6)),
            (&[0x06, 0x02, 0x01, 0x00][..], (1, 0)),
            (&[0x46, 0x00, 0x02, 0x0B, 7, 0, 0x0C, 3, 0, 0, 0][..], (7, 3)), // two-byte length
            (&[0x05, 0x01, 0x0B, 0x05, 0x02][..], (5, 2)),                   // packed in one
        ] {
            let code = [&name[..], package].concat();
            let (a, b) = expected;
            assert_eq!(s5_of(&code), Ok(SleepTypes { a, b }), "{package:x?}");
        }
        let absolute = b"\x08\\_S5_\x12\x06\x02\x0A\x05\x00";
        assert_eq!(s5_of(absolute), Ok(SleepTypes { a: 5, b: 0 }));
    }

    #[test]
    fn finds_the_package_wherever_a_chunk_ends() {
        for before in (0..1100).chain([5000]) {
            let code =
                [&vec![0xA3; before][..], b"\x08_S5_\x12\x08\x04\x0A\x05\x0A\x03\0\0"].concat();
            assert_eq!(s5_of(&code), Ok(SleepTypes { a: 5, b: 3 }), "after {before} bytes");
        }
    }

    #[test]
    fn does_not_guess() {
        for code in [
            &b"_S5_\x12\x06\x02\x0A\x05\x00"[..], // a use, not a definition
            b"\x08_S5_\x0A\x05",                  // no package
            b"\x08_S5_\x12\x06\x00",              // an empty one
            b"\x08_S5_\x12\x06\x02\x68\x00",      // a method's argument
            b"\x08_S5_\x12\x06\x02\x0A\x08\x00",  // does not fit three bits
            b"\x08_S5_\x12\x06\x02\x0A",          // cut off
            b"\x08_S4_\x12\x06\x02\x0A\x05\x00",  // another state
        ] {
            assert_eq!(s5_of(code), Err(AcpiError::NoSleepTypes), "{code:x?}");
        }
    }

    #[test]
    fn looks_into_secondary_blocks_too() {
        let mut memory = testing::q35();
        *memory.byte_mut(testing::DSDT + 38) = b'X';
        *memory.byte_mut(testing::DSDT + 9) =
            memory.byte_mut(testing::DSDT + 9).wrapping_sub(b'X' - b'S');
        let acpi = Acpi::from_rsdp(memory.clone(), testing::RSDP).unwrap();
        assert_eq!(acpi.power_off(), Err(AcpiError::NoSleepTypes));

        let fadt_phys: Vec<u64> = acpi.table_addresses().take(1).collect();
        let mut pointers = (fadt_phys[0] as u32).to_le_bytes().to_vec();
        pointers.extend_from_slice(&0x1000_u32.to_le_bytes());
        memory.add(0x1000, testing::table(Signature::SSDT, 2, b"\x08_S5_\x12\x06\x02\x0A\x05\x00"));
        memory.add(0x2000, testing::table(Signature::RSDT, 1, &pointers));
        memory.add(0x3000, testing::rsdp_v1(0x2000));
        let power_off = Acpi::from_rsdp(memory, 0x3000).unwrap().power_off().unwrap();
        assert_eq!(power_off.pm1a_value, 0x3400);
    }
}
