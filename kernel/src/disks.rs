//! Finds the disks: controllers on PCI become drivers, and those become block devices.

use crate::{
    arch::port::Ports,
    platform::{
        executor::KernelTimer,
        registers::Registers,
        virtio::{self, KernelHal, TransportError},
    },
    tasks::event_log,
};
use alloc::{format, rc::Rc, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    fmt,
    future::poll_fn,
    task::{Poll, Waker},
};
use drivers_acpi::EcamRegion;
use drivers_disk::Disk;
use drivers_pci::{ConfigPorts, ConfigSpace, Ecam, Function, FunctionAddress, scan};
use drivers_virtio::{BlockDrive, ProbeError};
use system_core::executor::Executor;
use system_events::Event;
use system_platform::{BlockDevice, BlockInfo};

/// Who makes virtio devices, and what block devices are called: the transitional, the modern ones.
const VIRTIO_VENDOR: u16 = 0x1AF4;
const VIRTIO_BLOCK: [u16; 2] = [0x1001, 0x1042];

/// The disks of the machine. Controllers are asked side by side in tasks of their own, so one that
/// is dead holds nobody up.
pub struct Disks {
    found: RefCell<Vec<Found>>,
    /// Controllers that have not answered yet.
    pending: Cell<usize>,
    waiting: RefCell<Vec<Waker>>,
}

struct Found {
    /// Sorts them: the controller, and which of its disks.
    place: (FunctionAddress, u32),
    disk: Rc<dyn BlockDevice>,
}

impl Disks {
    /// Starts to look for disks; `ecam` is where PCI's configuration space is in memory, if the
    /// firmware tells.
    pub fn search(executor: &Executor, ecam: Option<EcamRegion>) -> Rc<Self> {
        let disks = Rc::new(Self {
            found: RefCell::default(),
            pending: Cell::new(0),
            waiting: RefCell::default(),
        });
        let (config, functions) = find_functions(ecam);
        for function in functions {
            let Some(kind) = Kind::of(&function) else { continue };
            disks.pending.set(disks.pending.get() + 1);
            let (config, disks) = (config.clone(), Rc::clone(&disks));
            let timer = KernelTimer::new(executor);
            executor.spawner().spawn(async move {
                if let Err(error) = disks.start(kind, &config, &function, timer).await {
                    function.disable(&config);
                    let message = format!("{} at {}: {error}", kind.name(), function.address);
                    event_log::write(&Event::Error { source: "disk", message: &message });
                }
                disks.pending.set(disks.pending.get() - 1);
                if disks.are_known() {
                    disks.waiting.take().into_iter().for_each(Waker::wake);
                }
            });
        }
        disks
    }

    /// Whether every controller has answered or was given up.
    pub fn are_known(&self) -> bool {
        self.pending.get() == 0
    }

    /// The disks found so far, in the order of their places.
    pub fn found(&self) -> Vec<Rc<dyn BlockDevice>> {
        self.found.borrow().iter().map(|found| Rc::clone(&found.disk)).collect()
    }

    /// All disks, when they are known.
    pub async fn all(&self) -> Vec<Rc<dyn BlockDevice>> {
        poll_fn(|context| {
            if self.are_known() {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
        self.found()
    }

    /// Makes drivers for the disks of a controller.
    async fn start(
        &self,
        kind: Kind,
        config: &Config,
        function: &Function,
        timer: KernelTimer,
    ) -> Result<(), StartError> {
        function.disable(config);
        let place = format!("{}", function.address);
        match kind {
            Kind::Virtio => {
                let transport = virtio::transport(config, function)?;
                function.enable(config);
                let probed = BlockDrive::<KernelHal, _>::probe(transport, &place, &timer).await;
                let (drive, info) = probed?;
                self.add(kind, (function.address, 0), Rc::new(Disk::alone(drive, timer, info)));
            }
        }
        Ok(())
    }

    fn add(&self, kind: Kind, place: (FunctionAddress, u32), disk: Rc<dyn BlockDevice>) {
        let BlockInfo { name, block_bytes, blocks, is_read_only } = disk.info();
        event_log::write(&Event::Disk {
            name,
            driver: kind.name(),
            blocks: *blocks,
            block_bytes: *block_bytes,
            read_only: *is_read_only,
        });
        let mut found = self.found.borrow_mut();
        let at = found.partition_point(|other| other.place < place);
        found.insert(at, Found { place, disk });
    }
}

/// Kinds of controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Virtio,
}

impl Kind {
    /// What kind of controller a function is; `None` for what is none.
    fn of(function: &Function) -> Option<Self> {
        match (function.vendor, function.class) {
            (VIRTIO_VENDOR, _) if VIRTIO_BLOCK.contains(&function.device) => Some(Self::Virtio),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Virtio => "virtio",
        }
    }
}

/// Why a controller is not used.
#[derive(Debug)]
enum StartError {
    Transport(TransportError),
    Virtio(ProbeError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => write!(f, "{error}"),
            Self::Virtio(error) => write!(f, "{error}"),
        }
    }
}

impl From<TransportError> for StartError {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<ProbeError> for StartError {
    fn from(error: ProbeError) -> Self {
        Self::Virtio(error)
    }
}

/// The configuration space of this machine.
#[derive(Clone)]
enum Config {
    Memory(Rc<Ecam<Registers>>),
    Ports(ConfigPorts<Ports>),
}

impl ConfigSpace for Config {
    fn read(&self, function: FunctionAddress, offset: u8) -> u32 {
        match self {
            Self::Memory(ecam) => ecam.read(function, offset),
            Self::Ports(ports) => ports.read(function, offset),
        }
    }

    fn write(&self, function: FunctionAddress, offset: u8, value: u32) {
        match self {
            Self::Memory(ecam) => ecam.write(function, offset, value),
            Self::Ports(ports) => ports.write(function, offset, value),
        }
    }
}

/// What is on PCI, and the way to it: memory where that shows anything, else ports.
fn find_functions(region: Option<EcamRegion>) -> (Config, Vec<Function>) {
    if let Some(region) = region {
        let buses = u64::from(region.last_bus - region.first_bus) + 1;
        let len_bytes = buses * Ecam::<Registers>::BUS_BYTES as u64;
        if let Ok(window) = Registers::map(region.phys, len_bytes) {
            let config = Config::Memory(Rc::new(Ecam::new(window, region.first_bus)));
            let functions = scan(&config, region.first_bus);
            if !functions.is_empty() {
                return (config, functions);
            }
        }
    }
    let config = Config::Ports(ConfigPorts(Ports));
    let functions = scan(&config, 0);
    (config, functions)
}
