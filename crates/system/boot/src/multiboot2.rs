//! Multiboot 2, as GRUB speaks it on BIOS and UEFI machines.
//!
//! Tags: Multiboot2 Specification 2.0, section 3.6.

use crate::bytes::{u8_at, u32_at, u64_at, until_nul};
use crate::framebuffer::Channel;
use crate::handoff::{Firmware, Handoff, HandoffError, Module};
use crate::{Framebuffer, PhysicalMemory, Region, RegionKind};

/// What `eax` holds when a Multiboot 2 loader enters us.
pub const MAGIC: u32 = 0x36d7_6289;

const MAX_INFO_BYTES: usize = 1 << 20;
const HEADER_BYTES: usize = 8;
const DIRECT_COLOUR: u8 = 1;

/// Reads the tags at physical address `info`.
pub fn parse<M: PhysicalMemory>(memory: &M, info: u64) -> Result<Handoff<'_>, HandoffError> {
    let truncated = HandoffError::Truncated("Multiboot2 information");
    let header = memory.bytes(info, HEADER_BYTES).ok_or(truncated)?;
    let total = u32_at(header, 0).ok_or(truncated)? as usize;
    if total > MAX_INFO_BYTES {
        return Err(truncated);
    }
    let table = memory.bytes(info, total).ok_or(truncated)?;
    let mut handoff = Handoff::default();
    handoff.push_information(info..info + total as u64);

    let mut offset = HEADER_BYTES;
    let mut is_rsdp_new = false;
    loop {
        let code = u32_at(table, offset).ok_or(truncated)?;
        let len = u32_at(table, offset + 4).ok_or(truncated)? as usize;
        let tag =
            offset.checked_add(len).and_then(|end| table.get(offset..end)).ok_or(truncated)?;
        if tag.len() < HEADER_BYTES {
            return Err(truncated);
        }
        match code {
            0 => break,
            1 => handoff.command_line = until_nul(&tag[HEADER_BYTES..]),
            3 => handoff.push_module(parse_module(tag).ok_or(truncated)??)?,
            6 => parse_memory_map(tag, &mut handoff)?,
            8 => handoff.framebuffer = parse_framebuffer(tag),
            // The old and the new root pointer, as copies inside the tag; the new one wins.
            14 if !is_rsdp_new => handoff.rsdp = Some(info + (offset + HEADER_BYTES) as u64),
            15 => {
                handoff.rsdp = Some(info + (offset + HEADER_BYTES) as u64);
                is_rsdp_new = true;
            }
            11 => handoff.firmware = Firmware::Uefi32,
            12 => handoff.firmware = Firmware::Uefi64,
            _ => {}
        }
        offset = (offset + len).next_multiple_of(8);
    }
    if handoff.memory.regions().is_empty() {
        return Err(HandoffError::NoMemoryMap);
    }
    Ok(handoff)
}

fn parse_module(tag: &[u8]) -> Option<Result<Module<'_>, HandoffError>> {
    let range = u32_at(tag, 8)?.into()..u32_at(tag, 12)?.into();
    Some(Module::new_checked(range, until_nul(tag.get(16..)?)))
}

fn parse_memory_map(tag: &[u8], handoff: &mut Handoff<'_>) -> Result<(), HandoffError> {
    let truncated = HandoffError::Truncated("memory map");
    let entry_len = u32_at(tag, 8).ok_or(truncated)? as usize;
    let entries = tag.get(16..).ok_or(truncated)?;
    if entry_len < 20 {
        return Err(truncated);
    }
    for entry in entries.chunks_exact(entry_len) {
        let start = u64_at(entry, 0).ok_or(truncated)?;
        let length = u64_at(entry, 8).ok_or(truncated)?;
        let code = u32_at(entry, 16).ok_or(truncated)?;
        let end = start.saturating_add(length);
        handoff.memory.push(Region { start, end, kind: RegionKind::from_multiboot(code) })?;
    }
    Ok(())
}

/// The framebuffer, unless it is text or a palette, or cannot be drawn on.
fn parse_framebuffer(tag: &[u8]) -> Option<Framebuffer> {
    if u8_at(tag, 29)? != DIRECT_COLOUR {
        return None;
    }
    let channel =
        |offset| Some(Channel { shift: u8_at(tag, offset)?, size: u8_at(tag, offset + 1)? });
    Framebuffer {
        address: u64_at(tag, 8)?,
        pitch_bytes: u32_at(tag, 16)?,
        width: u32_at(tag, 20)?,
        height: u32_at(tag, 24)?,
        bits_per_pixel: u8_at(tag, 28)?,
        red: channel(32)?,
        green: channel(34)?,
        blue: channel(36)?,
    }
    .checked()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::physical::fake::Pieces;
    use std::vec;
    use std::vec::Vec;

    const INFO: u64 = 0x9000;

    fn tag(code: u32, body: &[u8]) -> Vec<u8> {
        let mut tag = Vec::new();
        tag.extend(code.to_le_bytes());
        tag.extend((8 + body.len() as u32).to_le_bytes());
        tag.extend(body);
        tag.resize(tag.len().next_multiple_of(8), 0);
        tag
    }

    fn words(values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn information(tags: &[Vec<u8>]) -> Pieces {
        let mut bytes = vec![0; 8];
        for one in tags {
            bytes.extend(one);
        }
        bytes.extend(tag(0, &[]));
        let total = bytes.len() as u32;
        bytes[..4].copy_from_slice(&total.to_le_bytes());
        Pieces(vec![(INFO, bytes)])
    }

    fn memory_tag() -> Vec<u8> {
        tag(6, &words(&[24, 0, 0x10_0000, 0, 0x700_0000, 0, 1, 0]))
    }

    fn module_tag() -> Vec<u8> {
        let mut body = words(&[0x40_0000, 0x50_0000]);
        body.extend(b"/boot/model.gguf model\0");
        tag(3, &body)
    }

    fn framebuffer_tag(kind: u8) -> Vec<u8> {
        let mut body = words(&[0x8000_0000, 0, 4096, 1024, 768]);
        body.extend([32, kind, 0, 0, 16, 8, 8, 8, 0, 8]);
        tag(8, &body)
    }

    #[test]
    fn reads_all_tags() {
        let memory = information(&[
            tag(1, b"fb\0"),
            module_tag(),
            memory_tag(),
            framebuffer_tag(1),
            tag(12, &[0; 8]),
            tag(15, b"RSD PTR new"),
            tag(14, b"RSD PTR old"),
        ]);
        let handoff = parse(&memory, INFO).unwrap();
        assert_eq!(handoff.command_line, b"fb");
        let module = handoff.modules().next().unwrap();
        assert_eq!((module.path, module.string), (&b"/boot/model.gguf"[..], &b"model"[..]));
        assert_eq!(handoff.memory.regions()[0].end, 0x710_0000);
        assert_eq!(handoff.framebuffer, Some(Framebuffer::packed(0x8000_0000, 1024, 768, 32)));
        assert_eq!(handoff.firmware, Firmware::Uefi64);
        assert_eq!(memory.bytes(handoff.rsdp.unwrap(), 11), Some(&b"RSD PTR new"[..]));
    }

    #[test]
    fn a_text_screen_is_no_framebuffer() {
        let memory = information(&[memory_tag(), framebuffer_tag(2)]);
        assert_eq!(parse(&memory, INFO).unwrap().framebuffer, None);
    }

    #[test]
    fn information_cut_anywhere_is_an_error() {
        let whole = information(&[memory_tag(), module_tag(), framebuffer_tag(1)]);
        for len in 0..whole.0[0].1.len() {
            let mut cut = whole.0[0].1[..len].to_vec();
            if len >= 4 {
                cut[..4].copy_from_slice(&(len as u32).to_le_bytes());
            }
            assert!(parse(&Pieces(vec![(INFO, cut)]), INFO).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn no_memory_map_is_an_error() {
        let memory = information(&[module_tag()]);
        assert_eq!(parse(&memory, INFO).err(), Some(HandoffError::NoMemoryMap));
    }
}
