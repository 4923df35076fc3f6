//! Answers the Limine boot protocol where Limine is not: under GRUB (Multiboot 2; BIOS, UEFI, text
//! mode) and under `qemu -kernel` (Multiboot 1). The kernel cannot tell the difference.
//!
//! `entry` holds the assembly at both ends, [`prepare`] is the order of steps, and what can be decided
//! without the machine is in `system-boot`.
#![no_std]
#![no_main]

mod apic;
mod bochs;
mod console;
mod entry;
mod error;
mod launch;
mod physical;
mod port;
mod smp;

use crate::console::log;
use crate::error::BootError;
use crate::launch::Launch;
use crate::physical::IdentityMapped;
use core::ops::Range;
use system_boot::limine::{self, Feature, Requests};
use system_boot::paging::PageTables;
use system_boot::{
    Arena, Firmware, Framebuffer, HHDM_OFFSET, Handoff, HandoffError, KernelElf, MapFull,
    MemoryMap, Module, Options, OutOfMemory, PAGE_BYTES, PhysicalMemory, Region, RegionKind,
    memory_map, multiboot1, multiboot2, responses,
};

/// The kernel begins at a multiple of this, so that it could use large pages.
const KERNEL_ALIGN_BYTES: u64 = 2 << 20;
/// Where other CPUs can start: below 640 KiB, above what a BIOS keeps for itself.
const CONVENTIONAL_MEMORY: Range<u64> = 0x1000..0xa_0000;
/// The arena lies above conventional memory and below the end of what `entry.s` maps.
const ARENA_BOUNDS: Range<u64> = 0x10_0000..0x1_0000_0000;

/// Where `entry.s` leads: `magic` tells the protocol, `information` is a physical address.
extern "C" fn boot(magic: u32, information: u32) -> ! {
    console::init_serial();
    port::mask_interrupts();
    // SAFETY: `entry.s` mapped the first 4 GiB, no other CPU runs, and all writes of the loader go to
    // its image (locals, statics), to the arena, and to the trampoline's page, which nobody uses.
    let memory = unsafe { IdentityMapped::new() };
    match prepare(&memory, magic, information.into()) {
        // SAFETY: `prepare` mapped image, memory and kernel, and made a stack of at least
        // `limine::MIN_STACK_BYTES`.
        Ok(launch) => unsafe { launch.go() },
        Err(error) => console::fatal(error),
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    console::fatal(format_args!("bug in the loader: {info}"))
}

/// Everything up to the jump, in order.
fn prepare(memory: &IdentityMapped, magic: u32, information: u64) -> Result<Launch, BootError> {
    let mut handoff = match magic {
        multiboot1::MAGIC => multiboot1::parse(memory, information)?,
        multiboot2::MAGIC => multiboot2::parse(memory, information)?,
        _ => return Err(HandoffError::UnknownMagic(magic).into()),
    };
    if handoff.firmware == Firmware::Bios {
        handoff.rsdp = handoff.rsdp.or_else(|| drivers_acpi::find_rsdp_in_bios_area(memory));
    }
    let handoff = handoff;
    let kernel = handoff.modules().next().ok_or(BootError::NoKernel)?;
    let file_len = (kernel.range.end - kernel.range.start) as usize;
    let file = memory.bytes(kernel.range.start, file_len).ok_or(BootError::UnreadableKernel)?;
    let elf = KernelElf::new_checked(file).map_err(BootError::BadKernel)?;

    let mut map = claimed_map(&handoff)?;
    let trampoline = claim_trampoline(&mut map)?;
    let free = map.largest_usable(ARENA_BOUNDS).ok_or(OutOfMemory { wanted_bytes: 1 << 20 })?;
    // SAFETY: usable memory according to the map, which no longer holds our image, the modules and
    // the information as usable: those are all that was looked at so far, besides BIOS areas below
    // 1 MiB.
    let bytes = unsafe { memory.take_arena(free.clone()) };
    let bytes = bytes.ok_or(OutOfMemory { wanted_bytes: 1 << 20 })?;
    let mut arena = Arena::new(free.start, bytes);

    let image = load(&mut arena, &elf)?;
    let arena_start = arena.used_end();
    let picture = handoff
        .framebuffer
        .or_else(|| Options::parse(handoff.command_line).video.and_then(bochs::set_mode));
    if let Some(picture) = picture {
        let end = (picture.address + picture.len_bytes()).next_multiple_of(PAGE_BYTES);
        map.push(Region { start: picture.address, end, kind: RegionKind::Framebuffer })?;
    }
    let facts = Facts { handoff: &handoff, kernel, elf: &elf, image: image.clone(), picture };
    let tables = PageTables::new(&mut arena)?;
    tables.map_kernel(&mut arena, &elf, image.start)?;
    tables.map_physical_memory(&mut arena, &map)?;
    tables.map_identity(&mut arena, 0..entry::image().end)?;

    let image_bytes = arena.slice_mut(image.start, (image.end - image.start) as usize);
    match limine::acknowledge_base_revision(image_bytes) {
        None => return Err(BootError::NoBaseRevision),
        Some(revision) if revision > limine::BASE_REVISION => {
            return Err(BootError::NewerBaseRevision(revision));
        }
        Some(_) => {}
    }
    let requests = Requests::find(image_bytes);
    let stack_bytes = requests.stack_bytes();
    let stack = arena.allocate(stack_bytes, PAGE_BYTES)?;
    let mut memory_map_response = None;
    for request in requests.iter() {
        let response = match request.feature {
            Feature::MemoryMap => {
                let response = responses::memory_map(&mut arena, memory_map::CAPACITY)?;
                memory_map_response = Some(response);
                Some(response)
            }
            Feature::Cpus => {
                let setup = smp::CpuSetup { page_map: tables.root(), stack_bytes, trampoline };
                Some(smp::start_cpus(&mut arena, memory, handoff.rsdp, &setup)?)
            }
            feature => answer(&mut arena, feature, &facts)?,
        };
        if let Some(response) = response {
            arena.set_word(image.start + request.response_offset as u64, response + HHDM_OFFSET);
        }
    }

    map.claim(image.clone(), RegionKind::ExecutableAndModules)?;
    map.claim(arena_start..arena.used_end(), RegionKind::BootloaderReclaimable)?;
    map.sort_and_merge();
    if let Some(response) = memory_map_response {
        responses::fill_memory_map(&mut arena, response, &map);
    }
    let entry = requests.entry().unwrap_or(elf.entry());
    log!("loader: kernel at {:#x}, entry {entry:#x}", image.start);
    Ok(Launch { page_map: tables.root(), entry, stack_end: stack + stack_bytes })
}

/// The memory map without what is in use already.
fn claimed_map(handoff: &Handoff<'_>) -> Result<MemoryMap, MapFull> {
    let mut map = handoff.memory.clone();
    map.normalise()?;
    // Page 0 holds the BIOS's data; and a frame at address 0 looks like a null pointer.
    map.claim(0..PAGE_BYTES, RegionKind::Reserved)?;
    map.claim(entry::image(), RegionKind::BootloaderReclaimable)?;
    for module in handoff.modules() {
        map.claim(module.range.clone(), RegionKind::ExecutableAndModules)?;
    }
    for range in handoff.information() {
        map.claim(range, RegionKind::BootloaderReclaimable)?;
    }
    map.sort_and_merge();
    Ok(map)
}

/// Takes a page where other CPUs can start, if there is any.
fn claim_trampoline(map: &mut MemoryMap) -> Result<Option<u32>, MapFull> {
    let Some(free) = map.largest_usable(CONVENTIONAL_MEMORY) else { return Ok(None) };
    map.claim(free.start..free.start + PAGE_BYTES, RegionKind::BootloaderReclaimable)?;
    map.sort_and_merge();
    Ok(u32::try_from(free.start).ok())
}

/// Copies the kernel's segments into place and returns its physical addresses.
fn load(arena: &mut Arena<'_>, elf: &KernelElf<'_>) -> Result<Range<u64>, OutOfMemory> {
    let span = elf.span();
    let base = arena.allocate(span.end - span.start, KERNEL_ALIGN_BYTES)?;
    for segment in elf.segments() {
        let contents = elf.contents(segment);
        let address = base + (segment.addresses.start - span.start);
        arena.slice_mut(address, contents.len()).copy_from_slice(contents);
    }
    Ok(base..base + (span.end - span.start))
}

/// What the responses tell the kernel.
struct Facts<'a> {
    handoff: &'a Handoff<'a>,
    kernel: &'a Module<'a>,
    elf: &'a KernelElf<'a>,
    /// Physical addresses of the loaded kernel.
    image: Range<u64>,
    picture: Option<Framebuffer>,
}

/// The response for `feature`, or `None` when this machine has nothing to say about it.
fn answer(
    arena: &mut Arena<'_>,
    feature: Feature,
    facts: &Facts<'_>,
) -> Result<Option<u64>, OutOfMemory> {
    let response = match feature {
        Feature::BootloaderInfo => responses::bootloader_info(arena),
        Feature::FirmwareType => responses::firmware_type(arena, facts.handoff.firmware),
        Feature::StackSize(_) | Feature::EntryPoint(_) => responses::acknowledgement(arena),
        Feature::Hhdm => responses::hhdm(arena),
        Feature::PagingMode => responses::paging_mode(arena),
        Feature::ExecutableFile => responses::executable_file(arena, facts.kernel),
        Feature::ExecutableCommandLine => responses::executable_command_line(arena, facts.kernel),
        Feature::ExecutableAddress => {
            responses::executable_address(arena, facts.image.start, facts.elf.span().start)
        }
        // The first module is the kernel.
        Feature::Modules => responses::modules(arena, facts.handoff.modules().skip(1)),
        Feature::Framebuffer => match &facts.picture {
            Some(picture) => responses::framebuffer(arena, picture),
            None => return Ok(None),
        },
        Feature::Rsdp => match facts.handoff.rsdp {
            Some(rsdp) => responses::rsdp(arena, rsdp),
            None => return Ok(None),
        },
        // `prepare` answers these itself.
        Feature::MemoryMap | Feature::Cpus => return Ok(None),
    };
    response.map(Some)
}
