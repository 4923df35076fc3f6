//! The MADT: CPUs by their local APICs, and the I/O APICs (ACPI 6.5, 5.2.12).

use crate::{AcpiError, memory::PhysicalMemory, table::Table};

/// Offset of the first entry.
const ENTRIES: u32 = 44;
/// Flag of the table: there is a pair of 8259 PICs besides.
const PCAT_COMPAT: u32 = 1;
/// Flag of a CPU: it works.
const ENABLED: u32 = 1;
/// Flag of a CPU: it does not work yet, but the system may bring it up.
const ONLINE_CAPABLE: u32 = 2;

/// One entry, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadtEntry {
    /// A CPU with its local APIC (type 0) or x2APIC (type 9).
    Cpu(Cpu),
    /// An I/O APIC (type 1).
    IoApic {
        /// Its id.
        id: u8,
        /// Physical address of its registers.
        phys: u32,
        /// First global interrupt it serves.
        first_interrupt: u32,
    },
    /// An ISA interrupt that is wired elsewhere (type 2).
    InterruptOverride {
        /// The ISA interrupt number.
        isa_interrupt: u8,
        /// The global interrupt it arrives as.
        global_interrupt: u32,
        /// Polarity (bits 0-1) and trigger mode (bits 2-3).
        flags: u16,
    },
    /// Where the local APICs really are (type 5).
    LocalApicAddress(
        /// Physical address.
        u64,
    ),
    /// Anything else.
    Other {
        /// Its type number.
        kind: u8,
    },
}

/// One CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// Id of its local APIC.
    pub apic_id: u32,
    /// The id that the definition blocks know it by.
    pub processor_uid: u32,
    /// Whether it works. A CPU that does not must not be started.
    pub is_enabled: bool,
    /// Whether it could be plugged in later.
    pub is_online_capable: bool,
    /// Whether it was listed as an x2APIC.
    pub is_x2apic: bool,
}

/// The table.
#[derive(Clone, Copy, Debug)]
pub struct Madt<'m, M> {
    table: Table<'m, M>,
    local_apic_phys: u64,
    has_8259: bool,
}

impl<'m, M: PhysicalMemory> Madt<'m, M> {
    /// Checks the fixed part and that the entries fill the table exactly.
    ///
    /// # Errors
    /// A table too short for its fixed part, or [`AcpiError::BadEntry`].
    pub fn new_checked(table: Table<'m, M>) -> Result<Self, AcpiError> {
        let mut local_apic_phys = u64::from(table.u32_at(36)?);
        let has_8259 = table.u32_at(40)? & PCAT_COMPAT != 0;
        let mut offset = ENTRIES;
        while offset < table.len_bytes() {
            let (entry, len) = read_entry(&table, offset)?;
            if let MadtEntry::LocalApicAddress(phys) = entry {
                local_apic_phys = phys;
            }
            offset += len;
        }
        Ok(Self { table, local_apic_phys, has_8259 })
    }

    /// Physical address of the local APICs.
    pub fn local_apic_phys(&self) -> u64 {
        self.local_apic_phys
    }

    /// Whether the machine has 8259 PICs too.
    pub fn has_8259(&self) -> bool {
        self.has_8259
    }

    /// All entries in the order of the table.
    pub fn entries(&self) -> impl Iterator<Item = MadtEntry> + '_ {
        let mut offset = ENTRIES;
        core::iter::from_fn(move || {
            // The lengths were checked; memory that has gone since ends the list.
            let (entry, len) = read_entry(&self.table, offset).ok()?;
            offset += len;
            Some(entry)
        })
    }

    /// All CPUs, each once: firmware may list one CPU as an APIC and as an x2APIC.
    pub fn cpus(&self) -> impl Iterator<Item = Cpu> + '_ {
        self.listed_cpus().filter(move |cpu| {
            !cpu.is_x2apic
                || !self.listed_cpus().any(|other| !other.is_x2apic && other.apic_id == cpu.apic_id)
        })
    }

    fn listed_cpus(&self) -> impl Iterator<Item = Cpu> + '_ {
        self.entries().filter_map(|entry| match entry {
            // All ones is no id but the broadcast address, with which firmware fills unused slots.
            MadtEntry::Cpu(cpu) if cpu.apic_id != if cpu.is_x2apic { u32::MAX } else { 0xFF } => {
                Some(cpu)
            }
            _ => None,
        })
    }
}

/// The entry at `offset` and its length.
fn read_entry<M: PhysicalMemory>(
    table: &Table<'_, M>,
    offset: u32,
) -> Result<(MadtEntry, u32), AcpiError> {
    let bad = AcpiError::BadEntry { signature: table.signature(), offset };
    let [kind, len] = table.bytes_at(offset).map_err(|_| bad)?;
    let len = u32::from(len);
    let shortest = match kind {
        0 => 8,
        1 | 5 => 12,
        2 => 10,
        9 => 16,
        _ => 2,
    };
    if len < shortest || offset.checked_add(len).is_none_or(|end| end > table.len_bytes()) {
        return Err(bad);
    }
    let cpu = |apic_id, processor_uid, flags: u32| {
        MadtEntry::Cpu(Cpu {
            apic_id,
            processor_uid,
            is_enabled: flags & ENABLED != 0,
            is_online_capable: flags & ONLINE_CAPABLE != 0,
            is_x2apic: kind == 9,
        })
    };
    let entry = match kind {
        0 => {
            let [uid, apic_id] = table.bytes_at(offset + 2)?;
            cpu(u32::from(apic_id), u32::from(uid), table.u32_at(offset + 4)?)
        }
        1 => MadtEntry::IoApic {
            id: table.u8_at(offset + 2)?,
            phys: table.u32_at(offset + 4)?,
            first_interrupt: table.u32_at(offset + 8)?,
        },
        2 => MadtEntry::InterruptOverride {
            isa_interrupt: table.u8_at(offset + 3)?,
            global_interrupt: table.u32_at(offset + 4)?,
            flags: table.u16_at(offset + 8)?,
        },
        5 => MadtEntry::LocalApicAddress(table.u64_at(offset + 4)?),
        9 => cpu(table.u32_at(offset + 4)?, table.u32_at(offset + 12)?, table.u32_at(offset + 8)?),
        _ => MadtEntry::Other { kind },
    };
    Ok((entry, len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Acpi,
        table::Signature,
        testing::{self, Pieces},
    };
    use alloc::vec::Vec;

    fn madt_memory(entries: &[u8]) -> Pieces {
        let mut body = 0xFEE0_0000_u32.to_le_bytes().to_vec();
        body.extend_from_slice(&1_u32.to_le_bytes());
        body.extend_from_slice(entries);
        let mut memory = Pieces::default();
        memory.add(0, testing::table(Signature::MADT, 4, &body));
        memory
    }

    fn parse(memory: &Pieces) -> Result<Madt<'_, Pieces>, AcpiError> {
        Madt::new_checked(Table::new_checked(memory, 0, Signature::MADT).unwrap())
    }

    #[test]
    fn reads_what_qemu_wrote() {
        let acpi = Acpi::from_rsdp(testing::q35(), testing::RSDP).unwrap();
        let madt = acpi.madt().unwrap();
        assert_eq!(madt.local_apic_phys(), 0xFEE0_0000);
        assert!(madt.has_8259());
        let cpus: Vec<_> = madt.cpus().collect();
        assert_eq!(cpus.iter().map(|cpu| cpu.apic_id).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(cpus.iter().all(|cpu| cpu.is_enabled && !cpu.is_x2apic));
        let entries: Vec<_> = madt.entries().collect();
        assert!(entries.contains(&MadtEntry::IoApic {
            id: 0,
            phys: 0xFEC0_0000,
            first_interrupt: 0
        }));
        assert!(entries.contains(&MadtEntry::InterruptOverride {
            isa_interrupt: 0,
            global_interrupt: 2,
            flags: 0
        }));
    }

    #[test]
    fn lists_x2apic_cpus_once_and_tells_disabled_ones() {
        let mut entries = Vec::new();
        entries.extend_from_slice(&[0, 8, 0, 4, 1, 0, 0, 0]); // uid 0, id 4, enabled
        entries.extend_from_slice(&[0, 8, 1, 5, 2, 0, 0, 0]); // id 5, could be plugged in
        entries.extend_from_slice(&[0, 8, 2, 0xFF, 0, 0, 0, 0]); // unused slot
        entries.extend_from_slice(&[9, 16, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]); // id 4 again
        entries.extend_from_slice(&[9, 16, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0]); // id 512
        entries.extend_from_slice(&[5, 12, 0, 0, 0, 0, 0xE0, 0xFE, 1, 0, 0, 0]);
        let memory = madt_memory(&entries);
        let madt = parse(&memory).unwrap();
        assert_eq!(madt.local_apic_phys(), 0x1_FEE0_0000);
        let cpus: Vec<_> =
            madt.cpus().map(|cpu| (cpu.apic_id, cpu.is_enabled, cpu.is_online_capable)).collect();
        assert_eq!(cpus, [(4, true, false), (5, false, true), (512, true, false)]);
    }

    #[test]
    fn refuses_entries_that_cannot_be() {
        for (entries, at) in [
            (&[0, 0, 0, 0][..], 44),          // a length of zero would never end
            (&[0, 7, 0, 0, 0, 0, 0][..], 44), // too short for its type
            (&[0, 8, 0, 0, 1, 0, 0, 0, 4, 6, 0][..], 52), // sticks out of the table
            (&[0, 8, 0, 0, 1, 0, 0, 0, 4][..], 52), // half a header
        ] {
            let error = parse(&madt_memory(entries)).err();
            let signature = Signature::MADT;
            assert_eq!(error, Some(AcpiError::BadEntry { signature, offset: at }));
        }
    }
}
