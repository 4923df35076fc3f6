//! What the crate `virtio-drivers` asks of the system.

use super::{
    dma::KernelDma,
    memory::{address_space, devices::map_device},
    registers::{RegisterError, check_place},
};
use core::{fmt, ptr::NonNull};
use drivers_pci::{BarKind, ConfigSpace, Function, FunctionAddress};
use system_core::{
    address::{PAGE_BYTES, PhysAddr, VirtAddr, align_down},
    paging::Caching,
};
use system_platform::{DmaMemory, DmaRegion};
use virtio_drivers::{
    BufferDirection, Hal,
    transport::pci::{
        PciTransport, VirtioPciError,
        bus::{ConfigurationAccess, DeviceFunction, PciRoot},
    },
};

/// Base address registers of a device.
const BARS: u8 = 6;

/// Memory and registers for virtio devices.
#[derive(Clone, Copy, Debug)]
pub struct KernelHal;

// SAFETY: `dma_alloc` gives frames that were free, zeroed, for ever; `mmio_phys_to_virt` makes a
// new mapping each time; `share` gives the address at which the device finds the buffer's bytes.
unsafe impl Hal for KernelHal {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (u64, NonNull<u8>) {
        match KernelDma.allocate(pages * PAGE_BYTES as usize) {
            Ok(region) => (region.phys(), region.start()),
            // How this interface tells of a failure.
            Err(_) => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_phys: u64, _memory: NonNull<u8>, _pages: usize) -> i32 {
        // The frames stay the device's, see `KernelRegion`. This happens after a reset, rarely.
        0
    }

    unsafe fn mmio_phys_to_virt(phys: u64, len_bytes: usize) -> NonNull<u8> {
        map_device(PhysAddr(phys), len_bytes as u64, Caching::Uncached)
            .expect("registers within a range that `transport` has checked, and frames for tables")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> u64 {
        // Only memory from `dma_alloc` is ever shared: in one piece, and coherent.
        let start = buffer.cast::<u8>().as_ptr() as u64;
        let page = VirtAddr(align_down(start, PAGE_BYTES));
        let translation = address_space::translate(page).expect("memory of a driver is mapped");
        translation.address.0 + (start - page.0)
    }

    unsafe fn unshare(_phys: u64, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}

/// Why a virtio device cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// One of its ranges cannot be where it is.
    Registers(RegisterError),
    /// It is no virtio 1.0 device.
    Pci(VirtioPciError),
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registers(error) => write!(f, "{error}"),
            Self::Pci(error) => write!(f, "it does not speak virtio 1.0: {error}"),
        }
    }
}

impl core::error::Error for TransportError {}

/// The registers of a virtio device. It must be enabled before they are used.
///
/// # Errors
/// See [`TransportError`].
pub fn transport<C: ConfigSpace + Clone>(
    config: &C,
    function: &Function,
) -> Result<PciTransport, TransportError> {
    // A range that the device does not use may be anywhere, so those without an address pass: the
    // crate refuses them where they are needed.
    let bars = (0..BARS).filter_map(|index| function.bar(config, index));
    for bar in bars.filter(|bar| matches!(bar.kind, BarKind::Memory { .. }) && bar.start != 0) {
        check_place(bar.start, bar.len_bytes).map_err(TransportError::Registers)?;
    }
    let FunctionAddress { bus, device, function } = function.address;
    let place = DeviceFunction { bus, device, function };
    let mut root = PciRoot::new(Adapter(config.clone()));
    PciTransport::new::<KernelHal, _>(&mut root, place).map_err(TransportError::Pci)
}

/// Our configuration space under the name that the crate has for it.
struct Adapter<C>(C);

const fn ours(place: DeviceFunction) -> FunctionAddress {
    FunctionAddress { bus: place.bus, device: place.device, function: place.function }
}

impl<C: ConfigSpace + Clone> ConfigurationAccess for Adapter<C> {
    fn read_word(&self, place: DeviceFunction, offset: u8) -> u32 {
        self.0.read(ours(place), offset)
    }

    fn write_word(&mut self, place: DeviceFunction, offset: u8, value: u32) {
        self.0.write(ours(place), offset, value);
    }

    unsafe fn unsafe_clone(&self) -> Self {
        Self(self.0.clone())
    }
}
