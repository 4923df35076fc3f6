//! What a machine is made of.

use crate::bootloader::BootloaderChoice;
use crate::model::ModelChoice;
use std::path::PathBuf;

/// How the kernel gets into the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boot {
    /// `qemu -kernel`: fastest.
    #[default]
    Direct,
    /// The image as a CD, on a BIOS.
    IsoBios,
    /// The image as a CD, on UEFI.
    IsoUefi,
}

/// Network cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// None.
    #[default]
    None,
    /// One, behind QEMU's user-mode network.
    User,
}

/// Who executes the guest's instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accelerator {
    /// QEMU's translator: slow, the same everywhere.
    #[default]
    Tcg,
    /// The host's CPU.
    Kvm,
}

/// A machine. [`Default`] is the one that `make run` starts.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// How it boots.
    pub boot: Boot,
    /// The boot loader of the image. Ignored by direct boots.
    pub bootloader: BootloaderChoice,
    /// The model that is loaded with the kernel.
    pub model: ModelChoice,
    /// The embedding model that is loaded with both; by default none without a model.
    pub embedding: ModelChoice,
    /// The kernel's command line. Direct boots only.
    pub cmdline: String,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// CPUs.
    pub cpus: u32,
    /// QEMU's `-cpu`.
    pub cpu: String,
    /// QEMU's `-machine`.
    pub machine: String,
    /// Who executes it.
    pub accelerator: Accelerator,
    /// VGA text instead of a picture.
    pub text_mode: bool,
    /// `WIDTHxHEIGHT` or `WIDTHxHEIGHTx24`. Direct boots only; 1280x800 otherwise.
    pub video_mode: Option<String>,
    /// Serial ports. Without them there is no event log either.
    pub has_serial_ports: bool,
    /// Whether a write to the debug port ends QEMU, as the kernel does when it has panicked. Without
    /// it the panic screen stays.
    pub has_debug_exit: bool,
    /// A window instead of no display at all.
    pub has_window: bool,
    /// A raw disk image.
    pub disk: Option<PathBuf>,
    /// Network cards.
    pub network: Network,
    /// Where the event log (second serial port) goes; a temporary file otherwise.
    pub events: Option<PathBuf>,
    /// Where what the first serial port says goes; a temporary file otherwise.
    pub serial: Option<PathBuf>,
    /// More arguments for QEMU, after ours.
    pub qemu_args: Vec<String>,
    /// Another kernel file than the one that is built. Direct boots only.
    pub kernel: Option<PathBuf>,
    /// Another image than the one that is built.
    pub image: Option<PathBuf>,
}

impl Default for MachineOptions {
    fn default() -> Self {
        Self {
            boot: Boot::Direct,
            bootloader: BootloaderChoice::Auto,
            model: ModelChoice::Default,
            embedding: ModelChoice::Default,
            cmdline: String::new(),
            memory_mib: 1024,
            cpus: 2,
            cpu: "max".to_owned(),
            machine: "pc".to_owned(),
            accelerator: Accelerator::Tcg,
            text_mode: false,
            video_mode: None,
            has_serial_ports: true,
            has_debug_exit: true,
            has_window: false,
            disk: None,
            network: Network::None,
            events: None,
            serial: None,
            qemu_args: Vec::new(),
            kernel: None,
            image: None,
        }
    }
}
