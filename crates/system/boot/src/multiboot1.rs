//! Multiboot 1, as `qemu -kernel` speaks it.
//!
//! Fields and flags: Multiboot Specification 0.6.96, section 3.3.

use crate::bytes::{u32_at, u64_at};
use crate::handoff::{Handoff, HandoffError, MAX_STRING_BYTES, Module};
use crate::{PhysicalMemory, Region, RegionKind};

/// What `eax` holds when a Multiboot 1 loader enters us.
pub const MAGIC: u32 = 0x2bad_b002;

const INFO_BYTES: usize = 116;
const HAS_COMMAND_LINE: u32 = 1 << 2;
const HAS_MODULES: u32 = 1 << 3;
const HAS_MEMORY_MAP: u32 = 1 << 6;
const MODULE_BYTES: usize = 16;

/// Reads the information structure at physical address `info` and what it points at. This protocol
/// has no field for the ACPI root pointer; it exists on BIOS machines only, where it can be searched.
pub fn parse<M: PhysicalMemory>(memory: &M, info: u64) -> Result<Handoff<'_>, HandoffError> {
    let truncated = HandoffError::Truncated("Multiboot information");
    let table = memory.bytes(info, INFO_BYTES).ok_or(truncated)?;
    let field = |offset| u32_at(table, offset).ok_or(truncated);
    let flags = field(0)?;
    let mut handoff = Handoff::default();
    handoff.push_information(info..info + INFO_BYTES as u64);

    if flags & HAS_COMMAND_LINE != 0 {
        let address = u64::from(field(16)?);
        handoff.command_line = memory
            .c_string(address, MAX_STRING_BYTES)
            .ok_or(HandoffError::Truncated("command line"))?;
        handoff.push_information(address..address + handoff.command_line.len() as u64 + 1);
    }
    if flags & HAS_MODULES != 0 {
        parse_modules(memory, field(20)? as usize, field(24)?.into(), &mut handoff)?;
    }
    if flags & HAS_MEMORY_MAP == 0 {
        return Err(HandoffError::NoMemoryMap);
    }
    parse_memory_map(memory, field(44)? as usize, field(48)?.into(), &mut handoff)?;
    Ok(handoff)
}

fn parse_modules<'a, M: PhysicalMemory>(
    memory: &'a M,
    count: usize,
    address: u64,
    handoff: &mut Handoff<'a>,
) -> Result<(), HandoffError> {
    let truncated = HandoffError::Truncated("module list");
    let len_bytes = count.checked_mul(MODULE_BYTES).ok_or(truncated)?;
    let list = memory.bytes(address, len_bytes).ok_or(truncated)?;
    for entry in list.chunks_exact(MODULE_BYTES) {
        let field = |offset| u32_at(entry, offset).map(u64::from).ok_or(truncated);
        let line = match field(8)? {
            0 => &[][..],
            string => memory.c_string(string, MAX_STRING_BYTES).ok_or(truncated)?,
        };
        handoff.push_module(Module::new_checked(field(0)?..field(4)?, line)?)?;
        handoff.push_information(field(8)?..field(8)? + line.len() as u64 + 1);
    }
    handoff.push_information(address..address + len_bytes as u64);
    Ok(())
}

fn parse_memory_map<M: PhysicalMemory>(
    memory: &M,
    len_bytes: usize,
    address: u64,
    handoff: &mut Handoff<'_>,
) -> Result<(), HandoffError> {
    let truncated = HandoffError::Truncated("memory map");
    let map = memory.bytes(address, len_bytes).ok_or(truncated)?;
    let mut offset = 0;
    while offset < map.len() {
        // The size field does not count itself.
        let entry_len = u32_at(map, offset).ok_or(truncated)? as usize;
        let start = u64_at(map, offset + 4).ok_or(truncated)?;
        let length = u64_at(map, offset + 12).ok_or(truncated)?;
        let code = u32_at(map, offset + 20).ok_or(truncated)?;
        let end = start.saturating_add(length);
        handoff.memory.push(Region { start, end, kind: RegionKind::from_multiboot(code) })?;
        offset =
            offset.checked_add(entry_len).and_then(|next| next.checked_add(4)).ok_or(truncated)?;
    }
    handoff.push_information(address..address + len_bytes as u64);
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::physical::fake::Pieces;
    use std::vec;
    use std::vec::Vec;

    fn words(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// Information as QEMU leaves it: a command line, one module, two memory regions.
    fn information() -> Pieces {
        let mut info = vec![0u32; INFO_BYTES / 4];
        info[0] = HAS_COMMAND_LINE | HAS_MODULES | HAS_MEMORY_MAP;
        info[4] = 0x5000;
        info[5] = 1;
        info[6] = 0x6000;
        info[11] = 48;
        info[12] = 0x7000;
        Pieces(vec![
            (0x4000, words(&info)),
            (0x5000, b"loader fb\0".to_vec()),
            (0x6000, words(&[0x20_0000, 0x30_0000, 0x6100, 0])),
            (0x6100, b"kernel quiet\0".to_vec()),
            (0x7000, words(&[20, 0, 0, 0x9_fc00, 0, 1, 20, 0xf000_0000, 1, 0x1000_0000, 2, 2])),
        ])
    }

    #[test]
    fn reads_command_line_modules_and_memory_map() {
        let memory = information();
        let handoff = parse(&memory, 0x4000).unwrap();
        assert_eq!(handoff.command_line, b"loader fb");
        let modules: Vec<_> = handoff.modules().collect();
        assert_eq!(modules.len(), 1);
        assert_eq!(modules[0].range, 0x20_0000..0x30_0000);
        assert_eq!((modules[0].path, modules[0].string), (&b"kernel"[..], &b"quiet"[..]));
        assert_eq!(
            handoff.memory.regions(),
            [
                Region { start: 0, end: 0x9_fc00, kind: RegionKind::Usable },
                Region { start: 0x1_f000_0000, end: 0x4_0000_0000, kind: RegionKind::Reserved },
            ]
        );
        assert!(handoff.information().any(|range| range.contains(&0x6105)));
    }

    #[test]
    fn every_piece_that_is_out_of_reach_is_an_error() {
        for missing in 0..5 {
            let mut memory = information();
            memory.0.remove(missing);
            assert!(
                matches!(parse(&memory, 0x4000), Err(HandoffError::Truncated(_))),
                "piece {missing}"
            );
        }
    }

    #[test]
    fn a_memory_map_that_ends_early_or_loops_is_an_error() {
        let mut memory = information();
        memory.0[4].1.truncate(40);
        memory.0[0].1[44] = 40;
        let result = parse(&memory, 0x4000);
        assert_eq!(result.err(), Some(HandoffError::Truncated("memory map")));
    }

    #[test]
    fn no_memory_map_is_an_error() {
        let mut memory = information();
        memory.0[0].1[0] = HAS_COMMAND_LINE as u8;
        assert_eq!(parse(&memory, 0x4000).err(), Some(HandoffError::NoMemoryMap));
    }
}
