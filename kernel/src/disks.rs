//! Finds the disks: controllers on PCI become drivers, and those become block devices.

use crate::{
    arch::port::Ports,
    platform::{
        dma::KernelDma,
        executor::KernelTimer,
        registers::{RegisterError, Registers},
        virtio::{self, KernelHal, TransportError},
    },
    tasks::event_log,
};
use alloc::{format, rc::Rc, string::String, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    fmt,
    future::{Future, poll_fn},
    task::{Poll, Waker},
};
use drivers_acpi::EcamRegion;
use drivers_ahci::{PortDrive, PortError, ResetError};
use drivers_disk::{Disk, Queue};
use drivers_nvme::{Namespace, NvmeDrive};
use drivers_pci::{
    Bar, BarKind, Class, ConfigPorts, ConfigSpace, Ecam, Function, FunctionAddress, scan,
};
use drivers_virtio::{BlockDrive, ProbeError};
use system_core::executor::{Executor, Spawner};
use system_events::Event;
use system_platform::{BlockDevice, BlockInfo};

/// Who makes virtio devices, and what block devices are called: the transitional, the modern ones.
const VIRTIO_VENDOR: u16 = 0x1AF4;
const VIRTIO_BLOCK: [u16; 2] = [0x1001, 0x1042];

/// The base address registers of AHCI and NVMe controllers.
const AHCI_BAR: u8 = 5;
const NVME_BAR: u8 = 0;

/// The disks of the machine. Controllers are asked side by side in tasks of their own, so one that
/// is dead holds nobody up.
pub struct Disks {
    found: RefCell<Vec<Found>>,
    /// Controllers that have not answered yet.
    pending: Cell<usize>,
    waiting: RefCell<Vec<Waker>>,
    problems: RefCell<Vec<String>>,
}

/// A controller, and which of its disks.
type Place = (FunctionAddress, u32);

struct Found {
    place: Place,
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
            problems: RefCell::default(),
        });
        let (config, functions) = find_functions(ecam);
        let search = Search {
            disks: Rc::clone(&disks),
            config,
            spawner: executor.spawner(),
            timer: KernelTimer::new(executor),
        };
        for function in functions {
            if let Some(kind) = Kind::of(&function) {
                search.start(kind, function);
            }
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

    /// What is wrong with the controllers and disks that cannot be used, as far as it is known.
    pub fn problems(&self) -> Vec<String> {
        self.problems.borrow().clone()
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

    fn add(&self, kind: Kind, place: Place, disk: Rc<dyn BlockDevice>) {
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

/// What the tasks that look for disks share.
#[derive(Clone)]
struct Search {
    disks: Rc<Disks>,
    config: Config,
    spawner: Spawner,
    timer: KernelTimer,
}

impl Search {
    /// Starts the task of a controller.
    fn start(&self, kind: Kind, function: Function) {
        let search = self.clone();
        self.spawn(kind, format!("{}", function.address), async move {
            let outcome = search.open(kind, &function).await;
            if outcome.is_err() {
                function.disable(&search.config);
            }
            outcome
        });
    }

    /// Starts a task on which the search waits; where it fails, the event log says what.
    fn spawn(
        &self,
        kind: Kind,
        place: String,
        task: impl Future<Output = Result<(), StartError>> + 'static,
    ) {
        let disks = Rc::clone(&self.disks);
        disks.pending.set(disks.pending.get() + 1);
        self.spawner.spawn(async move {
            if let Err(error) = task.await {
                let message = format!("{} at {place}: {error}", kind.name());
                event_log::write(&Event::Error { source: "disk", message: &message });
                disks.problems.borrow_mut().push(message);
            }
            disks.pending.set(disks.pending.get() - 1);
            if disks.are_known() {
                disks.waiting.take().into_iter().for_each(Waker::wake);
            }
        });
    }

    /// Makes drivers for the disks of a controller.
    async fn open(&self, kind: Kind, function: &Function) -> Result<(), StartError> {
        // Its registers are measured while it does not answer.
        function.disable(&self.config);
        match kind {
            Kind::Virtio => self.open_virtio(function).await,
            Kind::Ahci => self.open_ahci(function).await,
            Kind::Nvme => self.open_nvme(function).await,
        }
    }

    async fn open_virtio(&self, function: &Function) -> Result<(), StartError> {
        let transport = virtio::transport(&self.config, function)?;
        function.enable(&self.config);
        let place = format!("{}", function.address);
        let probed = BlockDrive::<KernelHal, _>::probe(transport, &place, &self.timer).await;
        let (drive, info) = probed?;
        let disk = Disk::alone(drive, self.timer.clone(), info);
        self.disks.add(Kind::Virtio, (function.address, 0), Rc::new(disk));
        Ok(())
    }

    async fn open_ahci(&self, function: &Function) -> Result<(), StartError> {
        let registers = Rc::new(self.registers(function, AHCI_BAR)?);
        function.enable(&self.config);
        for port in drivers_ahci::reset(&registers, &self.timer).await? {
            let (search, registers, address) = (self.clone(), registers.clone(), function.address);
            let place = format!("{address}, port {port}");
            self.spawn(Kind::Ahci, place, async move {
                let place = format!("{address}");
                let probed =
                    PortDrive::probe(registers, port, &KernelDma, &search.timer, &place).await;
                if let Some((drive, info)) = probed? {
                    let disk = Disk::alone(drive, search.timer.clone(), info);
                    search.disks.add(Kind::Ahci, (address, port.into()), Rc::new(disk));
                }
                Ok(())
            });
        }
        Ok(())
    }

    async fn open_nvme(&self, function: &Function) -> Result<(), StartError> {
        let registers = self.registers(function, NVME_BAR)?;
        function.enable(&self.config);
        let place = format!("{}", function.address);
        let probed = NvmeDrive::probe(registers, &KernelDma, &self.timer, &place).await;
        let (drive, namespaces) = probed?;
        let queue = Rc::new(Queue::new(drive, self.timer.clone()));
        for Namespace { number, info } in namespaces {
            let disk = Disk::new(Rc::clone(&queue), number, info);
            self.disks.add(Kind::Nvme, (function.address, number), Rc::new(disk));
        }
        Ok(())
    }

    /// The registers behind a base address register.
    fn registers(&self, function: &Function, index: u8) -> Result<Registers, StartError> {
        match function.bar(&self.config, index) {
            Some(Bar { kind: BarKind::Memory { .. }, start, len_bytes }) => {
                Ok(Registers::map(start, len_bytes)?)
            }
            _ => Err(StartError::NoRegisters { index }),
        }
    }
}

/// Kinds of controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Virtio,
    Ahci,
    Nvme,
}

impl Kind {
    /// What kind of controller a function is; `None` for what is none.
    fn of(function: &Function) -> Option<Self> {
        match (function.vendor, function.class) {
            (VIRTIO_VENDOR, _) if VIRTIO_BLOCK.contains(&function.device) => Some(Self::Virtio),
            (_, Class::AHCI) => Some(Self::Ahci),
            (_, Class::NVME) => Some(Self::Nvme),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Virtio => "virtio",
            Self::Ahci => "ahci",
            Self::Nvme => "nvme",
        }
    }
}

/// Why a controller is not used, or one of its disks.
#[derive(Debug)]
enum StartError {
    /// A base address register leads to no memory.
    NoRegisters {
        /// Its number.
        index: u8,
    },
    Registers(RegisterError),
    Transport(TransportError),
    Virtio(ProbeError),
    Ahci(ResetError),
    AhciPort(PortError),
    Nvme(drivers_nvme::ProbeError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegisters { index } => write!(f, "base address {index} leads to no memory"),
            Self::Registers(error) => write!(f, "{error}"),
            Self::Transport(error) => write!(f, "{error}"),
            Self::Virtio(error) => write!(f, "{error}"),
            Self::Ahci(error) => write!(f, "{error}"),
            Self::AhciPort(error) => write!(f, "{error}"),
            Self::Nvme(error) => write!(f, "{error}"),
        }
    }
}

impl From<RegisterError> for StartError {
    fn from(error: RegisterError) -> Self {
        Self::Registers(error)
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

impl From<ResetError> for StartError {
    fn from(error: ResetError) -> Self {
        Self::Ahci(error)
    }
}

impl From<PortError> for StartError {
    fn from(error: PortError) -> Self {
        Self::AhciPort(error)
    }
}

impl From<drivers_nvme::ProbeError> for StartError {
    fn from(error: drivers_nvme::ProbeError) -> Self {
        Self::Nvme(error)
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
