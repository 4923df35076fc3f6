//! Memory for the tests: tables recorded from QEMU 7.2, and tables made to order.

use crate::{PhysicalMemory, memory::MemoryImage, table::Signature};
use alloc::{vec, vec::Vec};

/// Where the made-up and the recorded RSDP are.
pub const RSDP: u64 = 0xF_59E0;
/// Where QEMU puts the DSDT of a machine with 64 MiB.
pub const DSDT: u64 = 0x3FE_0040;

/// `_S5` as QEMU 7.2's DSDT defines it: `Name (_S5, Package (4) {0, 0, 0, 0})`.
pub const QEMU_S5: [u8; 12] =
    [0x08, b'_', b'S', b'5', b'_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00];

/// FADT, MADT, HPET, MCFG, WAET and RSDT of `-M q35 -smp 3 -m 64`, and the address of the RSDT.
pub fn q35() -> Pieces {
    recorded(include_bytes!("../fixtures/qemu-7.2-q35-0x3fe2171.bin"), 0x3FE_2171, 0x3FE_2389)
}

/// FADT, MADT, HPET, WAET and RSDT of `-M pc -smp 3 -m 64`: an FADT of ACPI 1.0.
pub fn pc() -> Pieces {
    recorded(include_bytes!("../fixtures/qemu-7.2-pc-0x3fe1a35.bin"), 0x3FE_1A35, 0x3FE_1B91)
}

/// Recorded tables with a revision 0 RSDP and a short DSDT where QEMU's long one was.
fn recorded(tables: &[u8], base: u64, rsdt_phys: u32) -> Pieces {
    let mut memory = Pieces::default();
    memory.add(base, tables.to_vec());
    memory.add(RSDP, rsdp_v1(rsdt_phys));
    memory.add(DSDT, table(Signature::DSDT, 1, &QEMU_S5));
    memory
}

/// Memory in pieces, with holes between them.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Pieces {
    pub fn add(&mut self, phys: u64, bytes: Vec<u8>) {
        self.pieces.push((phys, bytes));
    }

    /// The byte at `phys`, to be damaged.
    pub fn byte_mut(&mut self, phys: u64) -> &mut u8 {
        self.pieces
            .iter_mut()
            .find_map(|(base, bytes)| {
                bytes.get_mut(usize::try_from(phys.checked_sub(*base)?).ok()?)
            })
            .expect("an address inside a piece")
    }
}

impl PhysicalMemory for Pieces {
    fn read(&self, phys: u64, buffer: &mut [u8]) -> bool {
        self.pieces
            .iter()
            .any(|(base, bytes)| MemoryImage { base: *base, bytes }.read(phys, buffer))
    }
}

/// Makes the bytes add up to zero by changing the one at `at`.
pub fn seal(bytes: &mut [u8], at: usize) {
    let sum = bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    bytes[at] = bytes[at].wrapping_sub(sum);
}

/// A sound table with `body` after the header.
pub fn table(signature: Signature, revision: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 36];
    bytes[..4].copy_from_slice(&signature.0);
    bytes[4..8].copy_from_slice(&(36 + body.len() as u32).to_le_bytes());
    bytes[8] = revision;
    bytes.extend_from_slice(body);
    seal(&mut bytes, 9);
    bytes
}

/// A sound RSDP of ACPI 1.0.
pub fn rsdp_v1(rsdt_phys: u32) -> Vec<u8> {
    let mut bytes = b"RSD PTR \0BOCHS \0".to_vec();
    bytes.extend_from_slice(&rsdt_phys.to_le_bytes());
    seal(&mut bytes, 8);
    bytes
}

/// A sound RSDP of ACPI 2.0.
pub fn rsdp_v2(rsdt_phys: u32, xsdt_phys: u64) -> Vec<u8> {
    let mut bytes = b"RSD PTR \0TEST  \x02".to_vec();
    bytes.extend_from_slice(&rsdt_phys.to_le_bytes());
    seal(&mut bytes, 8);
    bytes.extend_from_slice(&36_u32.to_le_bytes());
    bytes.extend_from_slice(&xsdt_phys.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    seal(&mut bytes, 32);
    bytes
}
