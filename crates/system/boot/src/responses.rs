//! Limine responses, written into an [`Arena`]. All pointers in them are HHDM addresses.
//!
//! Layouts: the Limine boot protocol, section "Features".

use crate::{Arena, Firmware, Framebuffer, HHDM_OFFSET, MemoryMap, Module, OutOfMemory};
use core::ops::Range;

const NAME: &[u8] = b"llm-os loader";
const VERSION: &[u8] = env!("CARGO_PKG_VERSION").as_bytes();
const RGB: u8 = 1;
const ENTRY_BYTES: u64 = 24;

/// Bytes of a CPU record: processor id, local APIC id, a word for the loader, entry point, argument.
pub const CPU_RECORD_BYTES: u64 = 32;

type Written = Result<u64, OutOfMemory>;

/// Name and version.
pub fn bootloader_info(arena: &mut Arena<'_>) -> Written {
    let name = arena.put_c_string(NAME)? + HHDM_OFFSET;
    let version = arena.put_c_string(VERSION)? + HHDM_OFFSET;
    arena.put_words(&[0, name, version])
}

/// A response that says no more than that the request was understood.
pub fn acknowledgement(arena: &mut Arena<'_>) -> Written {
    arena.put_words(&[0])
}

/// BIOS or UEFI.
pub fn firmware_type(arena: &mut Arena<'_>, firmware: Firmware) -> Written {
    arena.put_words(&[0, firmware.limine_code()])
}

/// Where physical memory is mapped.
pub fn hhdm(arena: &mut Arena<'_>) -> Written {
    arena.put_words(&[0, HHDM_OFFSET])
}

/// Four-level paging.
pub fn paging_mode(arena: &mut Arena<'_>) -> Written {
    arena.put_words(&[0, 0])
}

/// The ACPI root pointer at physical address `rsdp`.
pub fn rsdp(arena: &mut Arena<'_>, rsdp: u64) -> Written {
    arena.put_words(&[0, rsdp + HHDM_OFFSET])
}

/// Physical and virtual address of the kernel's first page.
pub fn executable_address(arena: &mut Arena<'_>, physical: u64, virtual_address: u64) -> Written {
    arena.put_words(&[0, physical, virtual_address])
}

/// The kernel's own file.
pub fn executable_file(arena: &mut Arena<'_>, kernel: &Module<'_>) -> Written {
    let file = file(arena, kernel)? + HHDM_OFFSET;
    arena.put_words(&[0, file])
}

/// The kernel's command line.
pub fn executable_command_line(arena: &mut Arena<'_>, kernel: &Module<'_>) -> Written {
    let line = arena.put_c_string(kernel.string)? + HHDM_OFFSET;
    arena.put_words(&[0, line])
}

/// Files other than the kernel.
pub fn modules<'a>(
    arena: &mut Arena<'_>,
    modules: impl Iterator<Item = &'a Module<'a>> + Clone,
) -> Written {
    let count = modules.clone().count() as u64;
    let list = arena.allocate(count * 8, 8)?;
    for (slot, module) in (list..).step_by(8).zip(modules) {
        let file = file(arena, module)?;
        arena.set_word(slot, file + HHDM_OFFSET);
    }
    arena.put_words(&[0, count, list + HHDM_OFFSET])
}

/// One file: revision, address, size, path, string; the rest (media, network, partitions) is zero.
fn file(arena: &mut Arena<'_>, module: &Module<'_>) -> Written {
    let path = arena.put_c_string(module.path)? + HHDM_OFFSET;
    let string = arena.put_c_string(module.string)? + HHDM_OFFSET;
    let Range { start, end } = module.range;
    let mut words = [0; 14];
    words[1..5].copy_from_slice(&[start + HHDM_OFFSET, end - start, path, string]);
    arena.put_words(&words)
}

/// One picture with one mode.
pub fn framebuffer(arena: &mut Arena<'_>, picture: &Framebuffer) -> Written {
    let (width, height) = (u64::from(picture.width), u64::from(picture.height));
    let pitch = u64::from(picture.pitch_bytes);
    let (red, green, blue) = (picture.red, picture.green, picture.blue);
    // Bits per pixel (16 bits), memory model and six channel bytes, padded to two words.
    let mut pixel = [0; 16];
    pixel[..9].copy_from_slice(&[
        picture.bits_per_pixel,
        0,
        RGB,
        red.size,
        red.shift,
        green.size,
        green.shift,
        blue.size,
        blue.shift,
    ]);
    let pixel = u128::from_le_bytes(pixel);
    let (pixel_low, pixel_high) = (pixel as u64, (pixel >> 64) as u64);

    let mode = arena.put_words(&[pitch, width, height, pixel_low, pixel_high])?;
    let modes = arena.put_words(&[mode + HHDM_OFFSET])?;
    let address = picture.address + HHDM_OFFSET;
    // The two zeros: no EDID.
    let words =
        [address, width, height, pitch, pixel_low, pixel_high, 0, 0, 1, modes + HHDM_OFFSET];
    let record = arena.put_words(&words)?;
    let list = arena.put_words(&[record + HHDM_OFFSET])?;
    arena.put_words(&[1, 1, list + HHDM_OFFSET])
}

/// Room for a memory map of `capacity` entries, which [`fill_memory_map`] fills once everything else
/// has been allocated.
pub fn memory_map(arena: &mut Arena<'_>, capacity: usize) -> Written {
    let entries = arena.allocate(capacity as u64 * ENTRY_BYTES, 8)?;
    let list = arena.allocate(capacity as u64 * 8, 8)?;
    for index in 0..capacity as u64 {
        arena.set_word(list + index * 8, entries + index * ENTRY_BYTES + HHDM_OFFSET);
    }
    arena.put_words(&[0, 0, list + HHDM_OFFSET])
}

/// Writes `map` into the `response` that [`memory_map`] made for at least as many entries.
pub fn fill_memory_map(arena: &mut Arena<'_>, response: u64, map: &MemoryMap) {
    let list = arena.word(response + 16) - HHDM_OFFSET;
    for (slot, region) in (list..).step_by(8).zip(map.regions()) {
        let entry = arena.word(slot) - HHDM_OFFSET;
        arena.set_word(entry, region.start);
        arena.set_word(entry + 8, region.len_bytes());
        arena.set_word(entry + 16, region.kind as u64);
    }
    arena.set_word(response + 8, map.regions().len() as u64);
}

/// The CPUs whose records lie at the physical addresses in `records`.
pub fn cpus(
    arena: &mut Arena<'_>,
    records: impl Iterator<Item = u64> + Clone,
    boot_apic_id: u32,
    is_x2apic: bool,
) -> Written {
    let count = records.clone().count() as u64;
    let list = arena.allocate(count * 8, 8)?;
    for (slot, record) in (list..).step_by(8).zip(records) {
        arena.set_word(slot, record + HHDM_OFFSET);
    }
    let flags = u64::from(is_x2apic) | u64::from(boot_apic_id) << 32;
    arena.put_words(&[0, flags, count, list + HHDM_OFFSET])
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{Region, RegionKind};
    use std::vec;
    use std::vec::Vec;

    fn words(arena: &Arena<'_>, address: u64, count: u64) -> Vec<u64> {
        (0..count).map(|index| arena.word(address + index * 8)).collect()
    }

    #[test]
    fn modules_name_their_address_path_and_string() {
        let mut memory = vec![0; 4096];
        let mut arena = Arena::new(0x1000, &mut memory);
        let model = Module::new_checked(0x20_0000..0x20_0123, b"/boot/model.gguf model").unwrap();
        let response = modules(&mut arena, [&model].into_iter()).unwrap();
        let [revision, count, list] = words(&arena, response, 3)[..] else { panic!() };
        assert_eq!((revision, count), (0, 1));
        let file = words(&arena, arena.word(list - HHDM_OFFSET) - HHDM_OFFSET, 14);
        assert_eq!(file[..3], [0, HHDM_OFFSET + 0x20_0000, 0x123]);
        assert_eq!(arena.slice(file[3] - HHDM_OFFSET, 17), b"/boot/model.gguf\0");
        assert_eq!(arena.slice(file[4] - HHDM_OFFSET, 6), b"model\0");
        assert_eq!(file[5..], [0; 9]);
    }

    #[test]
    fn a_framebuffer_record_has_the_layout_of_the_protocol() {
        let mut memory = vec![0; 4096];
        let mut arena = Arena::new(0x1000, &mut memory);
        let picture = Framebuffer::packed(0xfd00_0000, 1280, 800, 24);
        let response = framebuffer(&mut arena, &picture).unwrap();
        let list = arena.word(response + 16) - HHDM_OFFSET;
        let record = arena.word(list) - HHDM_OFFSET;
        assert_eq!(
            words(&arena, record, 4),
            [HHDM_OFFSET + 0xfd00_0000, 1280, 800, 3840],
            "address, width, height, pitch"
        );
        assert_eq!(arena.slice(record + 32, 9), [24, 0, RGB, 8, 16, 8, 8, 8, 0]);
        assert_eq!(arena.word(record + 64), 1, "one mode");
    }

    #[test]
    fn the_memory_map_is_filled_in_after_its_room_was_made() {
        let mut memory = vec![0; 4096];
        let mut arena = Arena::new(0x1000, &mut memory);
        let response = memory_map(&mut arena, 8).unwrap();
        let mut map = MemoryMap::default();
        for (start, kind) in [(0x1000, RegionKind::Usable), (0x9000, RegionKind::Framebuffer)] {
            map.push(Region { start, end: start + 0x2000, kind }).unwrap();
        }
        fill_memory_map(&mut arena, response, &map);
        assert_eq!(arena.word(response + 8), 2);
        let list = arena.word(response + 16) - HHDM_OFFSET;
        let second = arena.word(list + 8) - HHDM_OFFSET;
        assert_eq!(words(&arena, second, 3), [0x9000, 0x2000, 7]);
    }

    #[test]
    fn cpus_are_listed_with_the_boot_cpu_named() {
        let mut memory = vec![0; 4096];
        let mut arena = Arena::new(0x1000, &mut memory);
        let response = cpus(&mut arena, [0x5000, 0x5020].into_iter(), 3, false).unwrap();
        assert_eq!(words(&arena, response, 3), [0, 3 << 32, 2]);
        let list = arena.word(response + 24) - HHDM_OFFSET;
        assert_eq!(words(&arena, list, 2), [HHDM_OFFSET + 0x5000, HHDM_OFFSET + 0x5020]);
    }
}
