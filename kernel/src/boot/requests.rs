//! The Limine protocol, base revision 2: our requests, and its answers as plain data.
//!
//! Under revision 2 all addresses in answers are in the direct map (the RSDP's too), and the direct
//! map covers the low 4 GiB and every entry of the memory map.

use super::{
    BootError, BootInfo, BootModule, ColorMask, EarlyInfo, Firmware, FramebufferInfo, MemoryRegion,
    RegionKind,
};
use crate::arch::entry;
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{arch::naked_asm, ffi::CStr, mem::offset_of, slice, sync::atomic::Ordering};
use limine::{
    BaseRevision,
    firmware_type::FirmwareType,
    framebuffer::MemoryModel,
    memory_map::{Entry, EntryType},
    mp::Cpu,
    request::{
        BootloaderInfoRequest, DateAtBootRequest, ExecutableAddressRequest, ExecutableFileRequest,
        FirmwareTypeRequest, FramebufferRequest, HhdmRequest, MemoryMapRequest, ModuleRequest,
        MpRequest, RequestsEndMarker, RequestsStartMarker, RsdpRequest, StackSizeRequest,
    },
};
use system_core::address::{PhysAddr, VirtAddr};

/// The boot loader's stack carries us until memory management works.
const EARLY_STACK_BYTES: u64 = 64 * 1024;

/// Declares a request where the boot loader looks for it.
macro_rules! request {
    ($name:ident: $type:ty = $value:expr, $section:literal) => {
        #[used]
        #[unsafe(link_section = $section)]
        static $name: $type = $value;
    };
    ($name:ident: $type:ty = $value:expr) => {
        request!($name: $type = $value, ".limine_requests");
    };
}

request!(START: RequestsStartMarker = RequestsStartMarker::new(), ".limine_requests_start");
request!(BASE_REVISION: BaseRevision = BaseRevision::with_revision(2));
request!(BOOTLOADER: BootloaderInfoRequest = BootloaderInfoRequest::new());
request!(DATE: DateAtBootRequest = DateAtBootRequest::new());
request!(FIRMWARE: FirmwareTypeRequest = FirmwareTypeRequest::new());
request!(FRAMEBUFFER: FramebufferRequest = FramebufferRequest::new());
request!(HHDM: HhdmRequest = HhdmRequest::new());
request!(KERNEL_ADDRESS: ExecutableAddressRequest = ExecutableAddressRequest::new());
request!(KERNEL_FILE: ExecutableFileRequest = ExecutableFileRequest::new());
request!(MEMORY_MAP: MemoryMapRequest = MemoryMapRequest::new());
request!(MODULES: ModuleRequest = ModuleRequest::new());
request!(MP: MpRequest = MpRequest::new());
request!(RSDP: RsdpRequest = RsdpRequest::new());
request!(STACK: StackSizeRequest = StackSizeRequest::new().with_size(EARLY_STACK_BYTES));
request!(END: RequestsEndMarker = RequestsEndMarker::new(), ".limine_requests_end");

/// See [`EarlyInfo::read`].
pub fn early_info() -> Result<EarlyInfo, BootError> {
    if !BASE_REVISION.is_supported() {
        return Err(BootError::UnsupportedProtocol);
    }
    let missing = BootError::MissingAnswer;
    MEMORY_MAP.get_response().ok_or(missing("memory map"))?;
    let address = KERNEL_ADDRESS.get_response().ok_or(missing("address of the kernel"))?;
    Ok(EarlyInfo {
        hhdm_offset: HHDM.get_response().ok_or(missing("direct map"))?.offset(),
        kernel_physical_base: PhysAddr(address.physical_base()),
        kernel_virtual_base: VirtAddr(address.virtual_base()),
    })
}

/// See [`EarlyInfo::memory_map`]; empty without an answer.
pub fn memory_map() -> impl Iterator<Item = MemoryRegion> + Clone {
    MEMORY_MAP.get_response().map_or(&[][..], |map| map.entries()).iter().map(|entry| region(entry))
}

fn region(entry: &Entry) -> MemoryRegion {
    let kind = match entry.entry_type {
        EntryType::USABLE => RegionKind::Usable,
        EntryType::BOOTLOADER_RECLAIMABLE => RegionKind::BootloaderReclaimable,
        EntryType::EXECUTABLE_AND_MODULES => RegionKind::KernelAndModules,
        EntryType::ACPI_RECLAIMABLE => RegionKind::AcpiTables,
        EntryType::ACPI_NVS => RegionKind::AcpiNonVolatile,
        EntryType::BAD_MEMORY => RegionKind::Bad,
        EntryType::FRAMEBUFFER => RegionKind::Framebuffer,
        _ => RegionKind::Reserved,
    };
    MemoryRegion { start: PhysAddr(entry.base), len_bytes: entry.length, kind }
}

/// See [`BootInfo::collect`].
pub fn boot_info(early: &EarlyInfo) -> BootInfo {
    let bootloader = BOOTLOADER.get_response();
    let kernel_file = KERNEL_FILE.get_response().map(|response| response.file());
    BootInfo {
        bootloader_name: bootloader.map_or("unknown", |info| info.name()).to_owned(),
        bootloader_version: bootloader.map_or("", |info| info.version()).to_owned(),
        firmware: FIRMWARE.get_response().and_then(|response| match response.firmware_type() {
            FirmwareType::X86_BIOS => Some(Firmware::Bios),
            FirmwareType::UEFI_32 | FirmwareType::UEFI_64 => Some(Firmware::Uefi),
            _ => None,
        }),
        command_line: kernel_file.map_or_else(String::new, |file| text(file.string())),
        framebuffer: framebuffer(early),
        rsdp: RSDP
            .get_response()
            .map(|response| PhysAddr(physical(early, response.address() as u64))),
        kernel_file: kernel_file.map(contents),
        modules: MODULES.get_response().map_or_else(Vec::new, |response| {
            response
                .modules()
                .iter()
                .map(|file| BootModule {
                    path: text(file.path()),
                    string: text(file.string()),
                    bytes: contents(file),
                })
                .collect()
        }),
        memory_map: early.memory_map().collect(),
        boot_unix_seconds: DATE
            .get_response()
            .and_then(|response| i64::try_from(response.timestamp().as_secs()).ok()),
    }
}

/// The first frame buffer with direct colours.
fn framebuffer(early: &EarlyInfo) -> Option<FramebufferInfo> {
    let buffers = FRAMEBUFFER.get_response()?.framebuffers();
    buffers.filter(|buffer| buffer.memory_model() == MemoryModel::RGB).find_map(|buffer| {
        Some(FramebufferInfo {
            address: PhysAddr(physical(early, buffer.addr() as u64)),
            width: usize::try_from(buffer.width()).ok()?,
            height: usize::try_from(buffer.height()).ok()?,
            pitch_bytes: usize::try_from(buffer.pitch()).ok()?,
            bits_per_pixel: buffer.bpp(),
            red: ColorMask { size: buffer.red_mask_size(), shift: buffer.red_mask_shift() },
            green: ColorMask { size: buffer.green_mask_size(), shift: buffer.green_mask_shift() },
            blue: ColorMask { size: buffer.blue_mask_size(), shift: buffer.blue_mask_shift() },
        })
    })
}

/// Takes the direct map off an address that may or may not be in it.
fn physical(early: &EarlyInfo, address: u64) -> u64 {
    address.checked_sub(early.hhdm_offset).unwrap_or(address)
}

fn text(string: &CStr) -> String {
    string.to_string_lossy().into_owned()
}

fn contents(file: &limine::file::File) -> &'static [u8] {
    // SAFETY: the protocol keeps the file's bytes in memory of the kind "kernel and modules", which
    // the kernel maps at the same address and never hands out or writes to.
    unsafe { slice::from_raw_parts(file.addr(), file.size() as usize) }
}

/// A CPU that waits in the boot loader's memory for an address to jump to.
#[derive(Clone, Copy)]
pub struct ParkedCpu {
    cpu: &'static Cpu,
}

/// All CPUs but the one that runs this; empty without an answer.
pub fn parked_cpus() -> impl Iterator<Item = ParkedCpu> {
    MP.get_response().into_iter().flat_map(|response| {
        let boot_cpu = response.bsp_lapic_id();
        let cpus = response.cpus().iter().copied();
        cpus.filter(move |cpu| cpu.lapic_id != boot_cpu).map(|cpu| ParkedCpu { cpu })
    })
}

/// Id of the boot CPU's local APIC; 0 without an answer.
pub fn boot_lapic_id() -> u32 {
    MP.get_response().map_or(0, |response| response.bsp_lapic_id())
}

impl ParkedCpu {
    /// Id of its local APIC.
    pub fn lapic_id(&self) -> u32 {
        self.cpu.lapic_id
    }

    /// Lets it run [`entry::secondary_start`] with `argument`.
    ///
    /// # Safety
    /// 1. The duties of `secondary_start` hold for `argument`.
    /// 2. Called once for each CPU.
    pub unsafe fn start(&self, argument: u64) {
        self.cpu.extra.store(argument, Ordering::SeqCst);
        self.cpu.goto_address.write(leave_boot_loader);
    }
}

/// Fetches the argument of [`ParkedCpu::start`] and leaves the protocol behind.
#[unsafe(naked)]
unsafe extern "C" fn leave_boot_loader(_cpu: &Cpu) -> ! {
    naked_asm!(
        "mov rdi, [rdi + {argument}]",
        "jmp {start}",
        argument = const offset_of!(Cpu, extra),
        start = sym entry::secondary_start,
    )
}
