//! What the host needs: toolchain, programs, firmware. Everything is looked for first; nothing is asked
//! or installed when it is there.

use crate::error::Error;
use crate::machine::qemu;
use crate::process;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something of the host's distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The machine itself.
    Qemu,
    /// Its windows.
    QemuWindow,
    /// UEFI for it.
    Uefi,
    /// GRUB for BIOS.
    GrubBios,
    /// GRUB for UEFI.
    GrubUefi,
    /// `grub-mkrescue`.
    GrubTools,
    /// Image files.
    Xorriso,
    /// FAT file systems on images.
    Mtools,
    /// `fsck.vfat`.
    Dosfstools,
    /// `objdump`.
    Binutils,
    /// Fetches the model.
    Pip,
}

/// To compile kernel and loader.
pub const TO_BUILD: &[Need] = &[Need::Binutils];
/// To start machines.
pub const TO_RUN: &[Need] = &[Need::Qemu, Need::Uefi];
/// To show machines in windows.
pub const TO_SHOW: &[Need] = &[Need::QemuWindow];
/// To make images.
pub const TO_IMAGE: &[Need] =
    &[Need::GrubBios, Need::GrubUefi, Need::GrubTools, Need::Xorriso, Need::Mtools];

/// To look at disks that the system has made, as others see them.
pub const TO_CHECK_DISKS: &[Need] = &[Need::Mtools, Need::Dosfstools];

const ALL: &[&[Need]] = &[TO_BUILD, TO_RUN, TO_IMAGE, TO_CHECK_DISKS, &[Need::Pip]];

impl Need {
    fn is_there(self) -> bool {
        let program = |name| process::find(name).is_some();
        let grub_for = |platform| {
            ["/usr/lib/grub", "/usr/share/grub2"]
                .iter()
                .any(|dir| Path::new(dir).join(platform).is_dir())
        };
        match self {
            Self::Qemu => program(qemu::QEMU),
            Self::QemuWindow => qemu::can_open_windows(),
            Self::Uefi => qemu::uefi_firmware().is_some(),
            Self::GrubBios => grub_for("i386-pc"),
            Self::GrubUefi => grub_for("x86_64-efi"),
            Self::GrubTools => program("grub-mkrescue") || program("grub2-mkrescue"),
            Self::Xorriso => program("xorriso"),
            Self::Mtools => program("mformat"),
            Self::Dosfstools => program("fsck.vfat"),
            Self::Binutils => program("objdump"),
            Self::Pip => has_pip(Path::new("python3")),
        }
    }
}

/// How a distribution installs packages, and what it calls them.
struct Distribution {
    program: &'static str,
    install: &'static str,
    name_of: fn(Need) -> &'static str,
}

const DISTRIBUTIONS: &[Distribution] = &[
    Distribution {
        program: "apt-get",
        install: "apt-get install -y --no-install-recommends",
        name_of: |need| match need {
            Need::Qemu => "qemu-system-x86",
            Need::QemuWindow => "qemu-system-gui",
            Need::Uefi => "ovmf",
            Need::GrubBios => "grub-pc-bin",
            Need::GrubUefi => "grub-efi-amd64-bin",
            Need::GrubTools => "grub-common",
            Need::Xorriso => "xorriso",
            Need::Mtools => "mtools",
            Need::Dosfstools => "dosfstools",
            Need::Binutils => "binutils",
            Need::Pip => "python3-pip",
        },
    },
    Distribution {
        program: "dnf",
        install: "dnf install -y",
        name_of: |need| match need {
            Need::Qemu => "qemu-system-x86",
            Need::QemuWindow => "qemu-ui-gtk",
            Need::Uefi => "edk2-ovmf",
            Need::GrubBios => "grub2-pc-modules",
            Need::GrubUefi => "grub2-efi-x64-modules",
            Need::GrubTools => "grub2-tools-extra",
            Need::Xorriso => "xorriso",
            Need::Mtools => "mtools",
            Need::Dosfstools => "dosfstools",
            Need::Binutils => "binutils",
            Need::Pip => "python3-pip",
        },
    },
    Distribution {
        program: "pacman",
        install: "pacman -S --needed",
        name_of: |need| match need {
            Need::Qemu => "qemu-system-x86",
            Need::QemuWindow => "qemu-ui-gtk",
            Need::Uefi => "edk2-ovmf",
            Need::GrubBios | Need::GrubUefi | Need::GrubTools => "grub",
            Need::Xorriso => "libisoburn",
            Need::Mtools => "mtools",
            Need::Dosfstools => "dosfstools",
            Need::Binutils => "binutils",
            Need::Pip => "python-pip",
        },
    },
    Distribution {
        program: "zypper",
        install: "zypper install -y",
        name_of: |need| match need {
            Need::Qemu => "qemu-x86",
            Need::QemuWindow => "qemu-ui-gtk",
            Need::Uefi => "qemu-ovmf-x86_64",
            Need::GrubBios => "grub2-i386-pc",
            Need::GrubUefi => "grub2-x86_64-efi",
            Need::GrubTools => "grub2",
            Need::Xorriso => "xorriso",
            Need::Mtools => "mtools",
            Need::Dosfstools => "dosfstools",
            Need::Binutils => "binutils",
            Need::Pip => "python3-pip",
        },
    },
];

impl Distribution {
    fn command(&self, needs: &[Need]) -> String {
        let mut names: Vec<_> = needs.iter().map(|need| (self.name_of)(*need)).collect();
        names.dedup();
        format!("{} {}", self.install, names.join(" "))
    }
}

/// Everything that any command needs.
pub fn ensure_all() -> Result<(), Error> {
    ensure_rust()?;
    ensure(&ALL.concat())
}

/// Installs what of `needs` is missing: as root, or with a `sudo` that asks nothing, where the
/// packages are Debian's; elsewhere the error holds the command to type.
pub fn ensure(needs: &[Need]) -> Result<(), Error> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let distribution = DISTRIBUTIONS.iter().find(|one| process::find(one.program).is_some());
    let what = format!("{missing:?}");
    let Some(distribution) = distribution else {
        let remedy = format!(
            "# with your package manager, as Debian calls them:\n    {}",
            DISTRIBUTIONS[0].command(&missing)
        );
        return Err(Error::Missing { what, remedy });
    };
    let command = distribution.command(&missing);
    let prefix = match (distribution.program, is_root()) {
        ("apt-get", true) => "",
        ("apt-get", false) if sudo_asks_nothing() => "sudo -n ",
        (_, is_root) => {
            let sudo = if is_root { "" } else { "sudo " };
            return Err(Error::Missing { what, remedy: format!("{sudo}{command}") });
        }
    };
    eprintln!("Installing: {prefix}{command}");
    let run = |command: &str| {
        let line = format!("{prefix}{command}");
        let mut words = line.split_whitespace();
        let program = words.next().expect("a program");
        process::run(
            Command::new(program)
                .args(words)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdin(Stdio::null()),
        )
    };
    run("apt-get update -qq")?;
    run(&command)?;
    match missing.iter().find(|need| !need.is_there()) {
        None => Ok(()),
        Some(need) => {
            Err(Error::Missing { what: format!("{need:?}"), remedy: format!("{prefix}{command}") })
        }
    }
}

/// Targets and components of the toolchain that `rust-toolchain.toml` pins. They are named one by one,
/// because rustup's automatic installation may be switched off.
pub fn ensure_rust() -> Result<(), Error> {
    let sysroot = process::run_quietly(Command::new("rustc").args(["--print", "sysroot"]))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let rustup = |arguments: &[&str]| process::run(Command::new("rustup").args(arguments));
    if !sysroot.join("lib/rustlib/x86_64-unknown-none").is_dir() {
        rustup(&["target", "add", "x86_64-unknown-none"])?;
    }
    for (program, component) in [("cargo-clippy", "clippy"), ("rustfmt", "rustfmt")] {
        if !sysroot.join("bin").join(program).is_file() {
            rustup(&["component", "add", component])?;
        }
    }
    Ok(())
}

/// Cargo, the one that runs us if one does.
pub fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(crate::paths::root());
    command
}

/// A Python with pip.
pub fn python() -> Result<PathBuf, Error> {
    let python = PathBuf::from("python3");
    if !has_pip(&python) {
        ensure(&[Need::Pip])?;
    }
    Ok(python)
}

fn has_pip(python: &Path) -> bool {
    succeeds(Command::new(python).args(["-m", "pip", "--version"]))
}

fn is_root() -> bool {
    let id = process::run_quietly(Command::new("id").arg("-u"));
    id.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn sudo_asks_nothing() -> bool {
    succeeds(Command::new("sudo").args(["-n", "true"]))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_packages_of_each_distribution() {
        let command = |program: &str, needs: &[Need]| {
            let distribution = DISTRIBUTIONS.iter().find(|one| one.program == program).unwrap();
            distribution.command(needs)
        };
        assert_eq!(
            command("apt-get", &[Need::Qemu, Need::Uefi]),
            "apt-get install -y --no-install-recommends qemu-system-x86 ovmf"
        );
        assert_eq!(
            command("pacman", &[Need::GrubBios, Need::GrubUefi, Need::GrubTools, Need::Xorriso]),
            "pacman -S --needed grub libisoburn"
        );
    }
}
