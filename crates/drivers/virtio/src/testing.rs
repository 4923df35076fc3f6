//! A virtio block device for the tests: it reads the ring from memory as a real one does.

use alloc::{
    alloc::{alloc_zeroed, dealloc},
    rc::Rc,
    vec,
    vec::Vec,
};
use core::{
    alloc::Layout,
    cell::{Cell, RefCell},
    ptr::NonNull,
};
use virtio_drivers::{
    BufferDirection, Error, Hal, PAGE_SIZE,
    transport::{DeviceStatus, DeviceType, InterruptStatus, Transport},
};
use zerocopy::{FromBytes, Immutable, IntoBytes};

pub const SECTOR: usize = 512;

/// Memory of the host, at addresses that are the same for driver and device.
pub struct FakeHal;

// SAFETY: `dma_alloc` gives zeroed pages of the host's allocator; sharing needs nothing, because
// both sides use the same addresses.
unsafe impl Hal for FakeHal {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (u64, NonNull<u8>) {
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc_zeroed(layout(pages)) };
        (memory as u64, NonNull::new(memory).expect("the host has memory"))
    }

    unsafe fn dma_dealloc(_: u64, memory: NonNull<u8>, pages: usize) -> i32 {
        // SAFETY: it comes from `dma_alloc` with as many pages.
        unsafe { dealloc(memory.as_ptr(), layout(pages)) };
        0
    }

    unsafe fn mmio_phys_to_virt(_: u64, _: usize) -> NonNull<u8> {
        unreachable!("the fake has no registers in memory")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> u64 {
        buffer.cast::<u8>().as_ptr() as u64
    }

    unsafe fn unshare(_: u64, _: NonNull<[u8]>, _: BufferDirection) {}
}

fn layout(pages: usize) -> Layout {
    Layout::from_size_align(pages * PAGE_SIZE, PAGE_SIZE).expect("a few pages")
}

/// What the device does with the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// What is asked.
    Well,
    /// Nothing.
    Silent,
    /// It ends it with this status.
    Fails(u8),
    /// It says that it is done with another request.
    Confused,
    /// It needs a reset.
    Breaks,
}

#[derive(Debug)]
pub struct Device {
    pub medium: RefCell<Vec<u8>>,
    pub mood: Cell<Mood>,
    pub features: Cell<u64>,
    pub block_bytes: Cell<u32>,
    pub largest_segment: Cell<u32>,
    pub serial: RefCell<Vec<u8>>,
    pub resets: Cell<u32>,
    /// Whether it is there; if not, every register is all ones.
    pub is_there: Cell<bool>,
    /// Whether a reset ends.
    pub resets_well: Cell<bool>,
    /// Types and lengths of the requests so far.
    pub log: RefCell<Vec<(u32, usize)>>,
    status: Cell<u32>,
    accepted: Cell<u64>,
    rings: Cell<[u64; 3]>,
    queue_len: Cell<u16>,
    seen: Cell<u16>,
}

impl Device {
    pub fn new(sectors: usize) -> Rc<Self> {
        Rc::new(Self {
            medium: RefCell::new(vec![0; sectors * SECTOR]),
            mood: Cell::new(Mood::Well),
            // The ring features of QEMU are offered too; the driver must not take them.
            features: Cell::new(1 << 32 | 1 << 29 | 1 << 28 | 1 << 9 | 1 << 6),
            block_bytes: Cell::new(512),
            largest_segment: Cell::new(0),
            serial: RefCell::new(b"fake-1".to_vec()),
            resets: Cell::new(0),
            is_there: Cell::new(true),
            resets_well: Cell::new(true),
            log: RefCell::default(),
            status: Cell::new(0x0F),
            accepted: Cell::new(0),
            rings: Cell::new([0; 3]),
            queue_len: Cell::new(0),
            seen: Cell::new(0),
        })
    }

    /// Serves what is new on the ring (2.7).
    fn serve(&self) {
        let [descriptors, available, used] = self.rings.get();
        let len = u64::from(self.queue_len.get());
        while self.seen.get() != read::<u16>(available + 2) {
            let slot = u64::from(self.seen.get()) % len;
            let head = read::<u16>(available + 4 + 2 * slot);
            self.seen.set(self.seen.get().wrapping_add(1));
            let mut chain = Vec::new();
            let mut next = Some(head);
            while let Some(index) = next {
                let place = descriptors + 16 * u64::from(index);
                let flags = read::<u16>(place + 12);
                chain.push((read::<u64>(place), read::<u32>(place + 8) as usize, flags & 2 != 0));
                next = (flags & 1 != 0).then(|| read::<u16>(place + 14));
            }
            let mood = self.mood.get();
            match mood {
                Mood::Silent => continue,
                Mood::Breaks => {
                    self.status.set(self.status.get() | DeviceStatus::DEVICE_NEEDS_RESET.bits());
                    continue;
                }
                Mood::Well | Mood::Fails(_) | Mood::Confused => {}
            }
            let [header, data @ .., status] = &chain[..] else { panic!("a chain of two at least") };
            assert_eq!((header.1, header.2), (16, false));
            assert_eq!((status.1, status.2), (1, true));
            let code =
                if let Mood::Fails(code) = mood { code } else { self.execute(header.0, data) };
            write(status.0, code);
            let done = read::<u16>(used + 2);
            let head = if mood == Mood::Confused { head + 1 } else { head };
            write(used + 4 + 8 * (u64::from(done) % len), u32::from(head));
            write(used + 8 + 8 * (u64::from(done) % len), 1_u32);
            write(used + 2, done.wrapping_add(1));
        }
    }

    fn execute(&self, header: u64, data: &[(u64, usize, bool)]) -> u8 {
        let (kind, sector) = (read::<u32>(header), read::<u64>(header + 8) as usize);
        self.log.borrow_mut().push((kind, data.iter().map(|part| part.1).sum()));
        let mut medium = self.medium.borrow_mut();
        let mut at = sector * SECTOR;
        for &(address, len, is_written) in data {
            for byte in address..address + len as u64 {
                match kind {
                    0 => write(byte, medium[at]),
                    1 => medium[at] = read(byte),
                    8 => write(byte, self.serial.borrow().get(at).copied().unwrap_or(0)),
                    _ => panic!("a request without data"),
                }
                at += 1;
            }
            assert_eq!(is_written, kind != 1, "who writes the data");
        }
        u8::from(![0, 1, 4, 8].contains(&kind)) * 2
    }
}

fn read<T: Copy>(address: u64) -> T {
    // SAFETY: the driver gave the address; it is memory of the host that this thread alone uses.
    unsafe { (address as *const T).read_unaligned() }
}

fn write<T>(address: u64, value: T) {
    // SAFETY: as for `read`.
    unsafe { (address as *mut T).write_unaligned(value) }
}

/// The device's registers.
pub struct FakeTransport(pub Rc<Device>);

impl Transport for FakeTransport {
    fn device_type(&self) -> DeviceType {
        DeviceType::Block
    }

    fn read_device_features(&mut self) -> u64 {
        self.0.features.get()
    }

    fn write_driver_features(&mut self, features: u64) {
        assert_eq!(features & !self.0.features.get(), 0, "only what is offered is accepted");
        self.0.accepted.set(features);
    }

    fn max_queue_size(&mut self, _: u16) -> u32 {
        128
    }

    fn notify(&mut self, queue: u16) {
        assert_eq!(queue, 0);
        assert!(self.get_status().contains(DeviceStatus::DRIVER_OK), "the device was set up");
        self.0.serve();
    }

    fn get_status(&self) -> DeviceStatus {
        let bits = if self.0.is_there.get() { self.0.status.get() } else { 0xFF };
        DeviceStatus::from_bits_truncate(bits)
    }

    fn set_status(&mut self, status: DeviceStatus) {
        if status.is_empty() {
            self.0.resets.set(self.0.resets.get() + 1);
            self.0.rings.set([0; 3]);
            self.0.seen.set(0);
            if !self.0.resets_well.get() {
                return;
            }
        }
        let mut bits = status.bits();
        if self.0.accepted.get() & (1 << 29 | 1 << 28) != 0 {
            bits &= !DeviceStatus::FEATURES_OK.bits();
        }
        self.0.status.set(bits);
    }

    fn set_guest_page_size(&mut self, _: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(&mut self, _: u16, len: u32, descriptors: u64, available: u64, used: u64) {
        self.0.queue_len.set(len as u16);
        self.0.rings.set([descriptors, available, used]);
    }

    fn queue_unset(&mut self, _: u16) {}

    fn queue_used(&mut self, _: u16) -> bool {
        self.0.rings.get() != [0; 3]
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        InterruptStatus::empty()
    }

    fn read_config_generation(&self) -> u32 {
        0
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> Result<T, Error> {
        let mut registers = [0; 24];
        let sectors = (self.0.medium.borrow().len() / SECTOR) as u64;
        registers[..8].copy_from_slice(&sectors.to_le_bytes());
        registers[8..12].copy_from_slice(&self.0.largest_segment.get().to_le_bytes());
        registers[20..].copy_from_slice(&self.0.block_bytes.get().to_le_bytes());
        Ok(T::read_from_bytes(&registers[offset..offset + size_of::<T>()]).expect("as long"))
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        _: usize,
        _: T,
    ) -> Result<(), Error> {
        unreachable!("the driver changes no configuration")
    }
}
