//! The MCFG: where PCI configuration space is mapped in memory (PCI Firmware Specification 3.3,
//! 4.1.2).

use crate::{memory::PhysicalMemory, table::Table};

/// Offset of the first entry; eight reserved bytes follow the header.
const ENTRIES: u32 = 44;
/// Bytes of an entry.
const ENTRY_LEN: u32 = 16;

/// Memory-mapped configuration space of some PCI buses: 1 MiB for each bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcamRegion {
    /// Physical address of bus 0's space, whether or not bus 0 is in the region.
    pub phys: u64,
    /// PCI segment group.
    pub segment: u16,
    /// First bus in the region.
    pub first_bus: u8,
    /// Last bus in the region.
    pub last_bus: u8,
}

/// The entries of a MCFG. Impossible ones (no address, buses in the wrong order) are left out.
pub(crate) fn ecam_regions<'m, M: PhysicalMemory>(
    table: Table<'m, M>,
) -> impl Iterator<Item = EcamRegion> + use<'m, M> {
    let last_start = table.len_bytes().saturating_sub(ENTRY_LEN);
    (ENTRIES..=last_start)
        .step_by(ENTRY_LEN as usize)
        .filter_map(move |offset| {
            Some(EcamRegion {
                phys: table.u64_at(offset).ok()?,
                segment: table.u16_at(offset + 8).ok()?,
                first_bus: table.u8_at(offset + 10).ok()?,
                last_bus: table.u8_at(offset + 11).ok()?,
            })
        })
        .filter(|region| region.phys != 0 && region.first_bus <= region.last_bus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Acpi, Signature, testing, testing::Pieces};
    use alloc::vec::Vec;

    #[test]
    fn reads_what_qemu_wrote() {
        let q35 = Acpi::from_rsdp(testing::q35(), testing::RSDP).unwrap();
        let regions: Vec<_> = q35.ecam_regions().collect();
        let expected = EcamRegion { phys: 0xB000_0000, segment: 0, first_bus: 0, last_bus: 255 };
        assert_eq!(regions, [expected]);

        let pc = Acpi::from_rsdp(testing::pc(), testing::RSDP).unwrap();
        assert_eq!(pc.ecam_regions().count(), 0);
    }

    #[test]
    fn leaves_out_entries_that_cannot_be() {
        let mut body = [0_u8; 8 + 16 * 3 + 15];
        body[8..20].copy_from_slice(&[0, 0, 0, 0xC0, 0, 0, 0, 0, 7, 0, 1, 9]);
        body[24..36].copy_from_slice(&[0, 0, 0, 0xD0, 0, 0, 0, 0, 0, 0, 9, 1]); // buses reversed
        body[40..52].copy_from_slice(&[0; 12]); // nowhere
        body[56..68].copy_from_slice(&[0, 0, 0, 0xE0, 0, 0, 0, 0, 0, 0, 0, 1]); // cut off
        let mut memory = Pieces::default();
        memory.add(0, testing::table(Signature::MCFG, 1, &body));
        let table = Table::new_checked(&memory, 0, Signature::MCFG).unwrap();
        let regions: Vec<_> = ecam_regions(table).collect();
        let expected = EcamRegion { phys: 0xC000_0000, segment: 7, first_bus: 1, last_bus: 9 };
        assert_eq!(regions, [expected]);
    }
}
