//! The way in: the RSDP, and the root table it points to (ACPI 6.5, 5.2.5 to 5.2.8).

use crate::{
    AcpiError, EcamRegion, Fadt, Madt, PowerOff,
    mcfg::ecam_regions,
    memory::{PhysicalMemory, checksum, read_array},
    sleep::{SleepTypes, find_s5},
    table::{HEADER_LEN, Signature, Table},
};

/// What the RSDP starts with.
const RSDP_SIGNATURE: [u8; 8] = *b"RSD PTR ";
/// Bytes of a revision 0 RSDP, and those that its first checksum covers in later ones.
const RSDP_V1_LEN: u64 = 20;
/// Bytes of a revision 2 RSDP at least.
const RSDP_V2_LEN: u32 = 36;
/// No RSDP is longer than a page.
const RSDP_MAX_LEN: u32 = 4096;
/// Where the BIOS data area keeps the segment of the extended BIOS data area.
const EBDA_SEGMENT: u64 = 0x40E;
/// The BIOS's read-only memory, where the RSDP may be.
const BIOS_ROM: core::ops::Range<u64> = 0xE_0000..0x10_0000;

/// The tables of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Acpi<M> {
    memory: M,
    root_phys: u64,
    root_signature: Signature,
    root_len_bytes: u32,
    oem: [u8; 6],
}

impl<M: PhysicalMemory> Acpi<M> {
    /// Starts from the RSDP at physical address `rsdp_phys`. The XSDT is taken where there is a
    /// sound one, else the RSDT.
    ///
    /// # Errors
    /// No RSDP at that address, or a root table that is damaged.
    pub fn from_rsdp(memory: M, rsdp_phys: u64) -> Result<Self, AcpiError> {
        let not_an_rsdp = AcpiError::NotAnRsdp { phys: rsdp_phys };
        let rsdp: [u8; RSDP_V1_LEN as usize] = read_array(&memory, rsdp_phys)?;
        if rsdp[..8] != RSDP_SIGNATURE || checksum(&memory, rsdp_phys, RSDP_V1_LEN)? != 0 {
            return Err(not_an_rsdp);
        }
        let mut oem = [0; 6];
        oem.copy_from_slice(&rsdp[9..15]);
        let rsdt_phys = u64::from(u32::from_le_bytes([rsdp[16], rsdp[17], rsdp[18], rsdp[19]]));
        let xsdt_phys = if rsdp[15] >= 2 { xsdt_pointer(&memory, rsdp_phys)? } else { 0 };

        let found = if xsdt_phys == 0 {
            Table::new_checked(&memory, rsdt_phys, Signature::RSDT)
        } else {
            // Some firmware leaves a broken XSDT beside a good RSDT.
            Table::new_checked(&memory, xsdt_phys, Signature::XSDT).or_else(|error| {
                Table::new_checked(&memory, rsdt_phys, Signature::RSDT).map_err(|_| error)
            })
        };
        let (root_phys, root_signature, root_len_bytes) =
            found.map(|table| (table.phys(), table.signature(), table.len_bytes()))?;
        Ok(Self { memory, root_phys, root_signature, root_len_bytes, oem })
    }

    /// Who made the firmware, as it says itself: six bytes, usually ASCII.
    pub fn oem(&self) -> [u8; 6] {
        self.oem
    }

    /// Physical addresses of all tables that the root table lists, unchecked. Entries that cannot
    /// be read or are zero are left out.
    pub fn table_addresses(&self) -> impl Iterator<Item = u64> + '_ {
        let is_wide = self.root_signature == Signature::XSDT;
        let step = if is_wide { 8 } else { 4 };
        (HEADER_LEN..self.root_len_bytes)
            .step_by(step as usize)
            .filter(move |offset| offset + step <= self.root_len_bytes)
            .filter_map(move |offset| {
                let phys = self.root_phys.wrapping_add(u64::from(offset));
                if is_wide {
                    read_array(&self.memory, phys).map(u64::from_le_bytes).ok()
                } else {
                    read_array(&self.memory, phys).map(|b| u64::from(u32::from_le_bytes(b))).ok()
                }
            })
            .filter(|&phys| phys != 0)
    }

    /// All tables with one signature, each checked or with what is wrong with it.
    pub fn tables(
        &self,
        signature: Signature,
    ) -> impl Iterator<Item = Result<Table<'_, M>, AcpiError>> + '_ {
        self.table_addresses()
            .filter(move |&phys| Table::signature_at(&self.memory, phys) == Ok(signature))
            .map(move |phys| Table::new_checked(&self.memory, phys, signature))
    }

    /// The first sound table with a signature.
    ///
    /// # Errors
    /// [`AcpiError::Missing`], or what is wrong with the only one there is.
    pub fn table(&self, signature: Signature) -> Result<Table<'_, M>, AcpiError> {
        let mut first_error = AcpiError::Missing(signature);
        for table in self.tables(signature) {
            match table {
                Ok(table) => return Ok(table),
                Err(error) if matches!(first_error, AcpiError::Missing(_)) => first_error = error,
                Err(_) => {}
            }
        }
        Err(first_error)
    }

    /// CPUs and interrupt controllers.
    ///
    /// # Errors
    /// No sound MADT.
    pub fn madt(&self) -> Result<Madt<'_, M>, AcpiError> {
        Madt::new_checked(self.table(Signature::MADT)?)
    }

    /// Fixed hardware: power, reset, what a PC has of old.
    ///
    /// # Errors
    /// No sound FADT.
    pub fn fadt(&self) -> Result<Fadt, AcpiError> {
        Fadt::from_table(&self.table(Signature::FADT)?)
    }

    /// The memory-mapped PCI configuration spaces; none where the machine has no sound MCFG.
    pub fn ecam_regions(&self) -> impl Iterator<Item = EcamRegion> + '_ {
        self.table(Signature::MCFG).into_iter().flat_map(ecam_regions)
    }

    /// The sleep types of state S5 (soft off), from the DSDT or else from an SSDT.
    ///
    /// # Errors
    /// [`AcpiError::NoSleepTypes`], or what is wrong with the DSDT.
    pub fn soft_off_types(&self, fadt: &Fadt) -> Result<SleepTypes, AcpiError> {
        let dsdt = Table::new_checked(&self.memory, fadt.dsdt_phys, Signature::DSDT);
        let in_dsdt = dsdt.and_then(|table| find_s5(&table));
        in_dsdt.or_else(|error| {
            self.tables(Signature::SSDT)
                .flatten()
                .find_map(|table| find_s5(&table).ok())
                .ok_or(error)
        })
    }

    /// Which registers to write, and what, to switch the machine off.
    ///
    /// # Errors
    /// A table that is missing or damaged, or no register that `out` reaches.
    pub fn power_off(&self) -> Result<PowerOff, AcpiError> {
        let fadt = self.fadt()?;
        PowerOff::new(&fadt, self.soft_off_types(&fadt)?)
    }
}

/// The XSDT's address in a revision 2 RSDP; 0 where its extended part is damaged.
fn xsdt_pointer(memory: &impl PhysicalMemory, rsdp_phys: u64) -> Result<u64, AcpiError> {
    let len_bytes = u32::from_le_bytes(read_array(memory, rsdp_phys.wrapping_add(20))?);
    if !(RSDP_V2_LEN..=RSDP_MAX_LEN).contains(&len_bytes)
        || checksum(memory, rsdp_phys, u64::from(len_bytes))? != 0
    {
        return Ok(0);
    }
    Ok(u64::from_le_bytes(read_array(memory, rsdp_phys.wrapping_add(24))?))
}

/// Looks for the RSDP where a BIOS leaves it: the first KiB of the extended BIOS data area, then
/// the BIOS's read-only memory (ACPI 6.5, 5.2.5.1). For boots that pass no pointer; never on UEFI.
pub fn find_rsdp_in_bios_area(memory: &impl PhysicalMemory) -> Option<u64> {
    let segment: [u8; 2] = read_array(memory, EBDA_SEGMENT).ok()?;
    let ebda = u64::from(u16::from_le_bytes(segment)) << 4;
    // A segment of 0 or below 0x400 paragraphs is no EBDA but a BIOS that keeps none.
    let ebda_area = if ebda >= 0x4000 { ebda..ebda + 1024 } else { 0..0 };
    ebda_area.step_by(16).chain(BIOS_ROM.step_by(16)).find(|&phys| {
        read_array::<8>(memory, phys) == Ok(RSDP_SIGNATURE)
            && checksum(memory, phys, RSDP_V1_LEN) == Ok(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, Pieces};
    use alloc::{format, vec, vec::Vec};

    /// A machine with an XSDT at 0x3000, an RSDT at 0x2000, and one MADT, named in both.
    fn modern() -> Pieces {
        let mut memory = Pieces::default();
        memory.add(testing::RSDP, testing::rsdp_v2(0x2000, 0x3000));
        memory.add(0x2000, testing::table(Signature::RSDT, 1, &0x5000_u32.to_le_bytes()));
        let mut pointers = Vec::new();
        for phys in [0x4000_u64, 0, 0x5000] {
            pointers.extend_from_slice(&phys.to_le_bytes());
        }
        memory.add(0x3000, testing::table(Signature::XSDT, 1, &pointers));
        memory.add(0x4000, testing::table(Signature::SSDT, 2, &[0; 40]));
        memory.add(0x5000, testing::table(Signature::MADT, 3, &[0; 8]));
        memory
    }

    #[test]
    fn finds_the_tables_qemu_made() {
        let acpi = Acpi::from_rsdp(testing::q35(), testing::RSDP).unwrap();
        assert_eq!(&acpi.oem(), b"BOCHS ");
        let signatures: Vec<_> = acpi
            .table_addresses()
            .map(|phys| format!("{}", Table::signature_at(&acpi.memory, phys).unwrap()))
            .collect();
        assert_eq!(signatures, ["FACP", "APIC", "HPET", "MCFG", "WAET"]);
        assert_eq!(acpi.table(Signature::SSDT).unwrap_err(), AcpiError::Missing(Signature::SSDT));
    }

    #[test]
    fn finds_the_rsdp_in_the_bios_area() {
        let mut memory = Pieces::default();
        assert_eq!(find_rsdp_in_bios_area(&memory), None, "there is nothing to read");
        memory.add(EBDA_SEGMENT, vec![0xC0, 0x9F]);
        assert_eq!(find_rsdp_in_bios_area(&memory), None, "the areas cannot be read");

        let mut rom = vec![0_u8; 0x2_0000];
        rom[0x9E0..0x9F4].copy_from_slice(&testing::rsdp_v1(0));
        // The same signature without a checksum stands before it.
        rom[0x100..0x108].copy_from_slice(&RSDP_SIGNATURE);
        memory.add(0xE_0000, rom);
        assert_eq!(find_rsdp_in_bios_area(&memory), Some(0xE_09E0));

        let mut ebda = vec![0_u8; 1024];
        ebda[512..532].copy_from_slice(&testing::rsdp_v1(0));
        memory.add(0x9_FC00, ebda);
        assert_eq!(find_rsdp_in_bios_area(&memory), Some(0x9_FE00), "the ebda comes first");
    }

    #[test]
    fn prefers_the_xsdt_and_skips_empty_pointers() {
        let acpi = Acpi::from_rsdp(modern(), testing::RSDP).unwrap();
        assert_eq!(acpi.root_signature, Signature::XSDT);
        assert_eq!(acpi.table_addresses().collect::<Vec<_>>(), [0x4000, 0x5000]);
        assert!(acpi.table(Signature::MADT).is_ok());
    }

    #[test]
    fn falls_back_to_the_rsdt_where_the_xsdt_is_damaged() {
        for damaged in [0x3000 + 40, 0x3000, testing::RSDP + 33] {
            let mut memory = modern();
            *memory.byte_mut(damaged) ^= 0x10;
            let acpi = Acpi::from_rsdp(memory, testing::RSDP).unwrap();
            assert_eq!(acpi.table_addresses().collect::<Vec<_>>(), [0x5000], "{damaged:#x}");
        }
    }

    #[test]
    fn names_the_damage() {
        let mut memory = modern();
        *memory.byte_mut(testing::RSDP + 3) = b'x';
        let error = Acpi::from_rsdp(memory, testing::RSDP).err();
        assert_eq!(error, Some(AcpiError::NotAnRsdp { phys: testing::RSDP }));

        let error = Acpi::from_rsdp(modern(), 0x77_0000).err();
        assert_eq!(error, Some(AcpiError::Unreadable { phys: 0x77_0000, len_bytes: 20 }));

        let mut memory = modern();
        *memory.byte_mut(0x5000 + 40) ^= 1;
        let acpi = Acpi::from_rsdp(memory, testing::RSDP).unwrap();
        let error = acpi.madt().err().unwrap();
        assert_eq!(error, AcpiError::BadChecksum { signature: Signature::MADT, phys: 0x5000 });
        assert_eq!(format!("{error}"), "acpi: checksum of APIC at 0x5000 is wrong");

        let mut memory = modern();
        *memory.byte_mut(0x5007) = 0xFF;
        let acpi = Acpi::from_rsdp(memory, testing::RSDP).unwrap();
        assert_eq!(
            acpi.madt().err(),
            Some(AcpiError::BadLength { signature: Signature::MADT, len_bytes: 0xFF00_002C })
        );
    }

    #[test]
    fn takes_the_sound_one_of_two_tables_with_the_same_name() {
        let mut memory = modern();
        let mut pointers = 0x5000_u64.to_le_bytes().to_vec();
        pointers.extend_from_slice(&0x6000_u64.to_le_bytes());
        memory.add(0x7000, testing::table(Signature::XSDT, 1, &pointers));
        memory.add(0x6000, testing::table(Signature::MADT, 3, &[0; 8]));
        memory.add(0x8000, testing::rsdp_v2(0x2000, 0x7000));
        *memory.byte_mut(0x5020) ^= 1;
        let acpi = Acpi::from_rsdp(memory, 0x8000).unwrap();
        assert_eq!(acpi.table(Signature::MADT).unwrap().phys(), 0x6000);
    }
}
