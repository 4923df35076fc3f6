//! QEMU's command line for a machine.

use super::options::{Accelerator, Boot, MachineOptions, Network};
use crate::bootloader::Bootloader;
use crate::process;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program.
pub const QEMU: &str = "qemu-system-x86_64";

/// Where the exit code of a headless run comes from: a write of `code` ends QEMU with `2 * code + 1`.
const DEBUG_EXIT: &str = "isa-debug-exit,iobase=0xf4,iosize=0x04";
/// Where Debian and its relatives keep UEFI.
const FIRMWARE: [&str; 4] = [
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/qemu/OVMF.fd",
    "/usr/share/edk2/x64/OVMF.4m.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE.fd",
];

/// The files that a machine boots from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BootFiles {
    /// Loader, kernel and models, each at a path without spaces and commas.
    Direct {
        /// The loader's ELF file.
        loader: PathBuf,
        /// The kernel's ELF file.
        kernel: PathBuf,
        /// The model, if there is one.
        model: Option<PathBuf>,
        /// The embedding model, if there is one.
        embedding: Option<PathBuf>,
    },
    /// An image.
    Image {
        /// The image.
        iso: PathBuf,
        /// Which boot loader is on it.
        bootloader: Bootloader,
    },
}

/// Whether QEMU has what it needs to open windows.
pub fn can_open_windows() -> bool {
    let kinds = process::run_quietly(Command::new(QEMU).args(["-display", "help"]));
    let kinds = kinds.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    kinds.is_ok_and(|kinds| kinds.lines().any(|kind| ["gtk", "sdl"].contains(&kind.trim())))
}

/// The UEFI firmware, where it is installed.
pub fn uefi_firmware() -> Option<&'static Path> {
    FIRMWARE.iter().map(Path::new).find(|path| path.exists())
}

/// All arguments but those for display, serial ports and monitor.
pub fn arguments(options: &MachineOptions, files: &BootFiles) -> Vec<OsString> {
    let mut line = CommandLine::default();
    line.option("-machine", &options.machine);
    match options.accelerator {
        Accelerator::Tcg => line.option("-accel", "tcg,thread=multi"),
        Accelerator::Kvm => line.option("-accel", "kvm"),
    }
    line.option("-cpu", &options.cpu);
    line.option("-smp", options.cpus.to_string());
    line.option("-m", options.memory_mib.to_string());
    if options.has_debug_exit {
        line.option("-device", DEBUG_EXIT);
    }
    line.flag("-no-reboot");
    match options.network {
        Network::None => line.option("-nic", "none"),
        Network::User => line.option("-nic", "user,model=e1000"),
    }
    if let Some(disk) = &options.disk {
        line.option("-drive", format!("if=virtio,format=raw,file={}", escaped(disk)));
    }
    if !options.qemu_args.iter().any(|argument| argument == "-vga") {
        display_adapter(options, files, &mut line);
    }
    match files {
        BootFiles::Direct { loader, kernel, model, embedding } => {
            line.option("-kernel", loader);
            if !options.text_mode {
                let mode = options.video_mode.as_deref().unwrap_or("1280x800");
                line.option("-append", format!("fb={mode}"));
            }
            let models = [(model, "model"), (embedding, "embedding")];
            line.option("-initrd", modules(kernel, &options.cmdline, models));
        }
        BootFiles::Image { iso, .. } => {
            if options.boot == Boot::IsoUefi {
                let firmware = uefi_firmware().unwrap_or(Path::new(FIRMWARE[0]));
                line.option("-bios", firmware);
            }
            line.option("-cdrom", iso);
            line.option("-boot", "d");
        }
    }
    line.0.extend(options.qemu_args.iter().map(OsString::from));
    line.0
}

fn display_adapter(options: &MachineOptions, files: &BootFiles, line: &mut CommandLine) {
    match files {
        // Limine sets a graphics mode wherever there is one. This adapter has none that it takes.
        BootFiles::Image { bootloader: Bootloader::Limine, .. } if options.text_mode => {
            line.option("-vga", "none");
            line.option("-device", "isa-cirrus-vga");
        }
        _ => line.option("-vga", "std"),
    }
}

/// The module list: files separated by commas, each followed by its command line.
fn modules(kernel: &Path, cmdline: &str, models: [(&Option<PathBuf>, &str); 2]) -> String {
    let doubled = |text: &str| text.replace(',', ",,");
    let mut list = doubled(format!("{} {cmdline}", kernel.display()).trim_end());
    for (file, role) in models {
        if let Some(file) = file {
            list.push_str(&format!(",{} {role}", doubled(&file.display().to_string())));
        }
    }
    list
}

/// A path inside a QEMU option, where a comma separates parameters.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

#[derive(Default)]
struct CommandLine(Vec<OsString>);

impl CommandLine {
    fn flag(&mut self, name: &str) {
        self.0.push(name.into());
    }

    fn option(&mut self, name: &str, value: impl Into<OsString>) {
        self.0.extend([name.into(), value.into()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(options: &MachineOptions) -> Vec<String> {
        let files = BootFiles::Direct {
            loader: "/t/loader".into(),
            kernel: "/t/kernel".into(),
            model: Some("/t/model.gguf".into()),
            embedding: Some("/t/embedding.gguf".into()),
        };
        texts(options, &files)
    }

    fn texts(options: &MachineOptions, files: &BootFiles) -> Vec<String> {
        arguments(options, files).into_iter().map(|text| text.into_string().unwrap()).collect()
    }

    fn value_of<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
        let at = arguments.iter().position(|argument| argument == option)?;
        arguments.get(at + 1).map(String::as_str)
    }

    #[test]
    fn a_direct_boot_names_kernel_and_models_as_modules() {
        let options = MachineOptions { cmdline: "a=1,2".to_owned(), ..Default::default() };
        let arguments = direct(&options);
        let modules = "/t/kernel a=1,,2,/t/model.gguf model,/t/embedding.gguf embedding";
        assert_eq!(value_of(&arguments, "-initrd"), Some(modules));
        assert_eq!(value_of(&arguments, "-append"), Some("fb=1280x800"));
        assert_eq!(value_of(&arguments, "-accel"), Some("tcg,thread=multi"));
    }

    #[test]
    fn text_mode_is_a_direct_boot_without_a_picture() {
        let arguments = direct(&MachineOptions { text_mode: true, ..Default::default() });
        assert_eq!(value_of(&arguments, "-append"), None);
    }

    #[test]
    fn limine_gets_text_mode_from_an_adapter_without_pictures() {
        let options = MachineOptions { boot: Boot::IsoBios, text_mode: true, ..Default::default() };
        let image = |bootloader| BootFiles::Image { iso: "/t/a.iso".into(), bootloader };
        let limine = texts(&options, &image(Bootloader::Limine));
        assert_eq!(value_of(&limine, "-vga"), Some("none"));
        assert_eq!(value_of(&texts(&options, &image(Bootloader::Grub)), "-vga"), Some("std"));
    }

    #[test]
    fn own_display_adapters_replace_ours() {
        let qemu_args = vec!["-vga".to_owned(), "cirrus".to_owned()];
        let arguments = direct(&MachineOptions { qemu_args, ..Default::default() });
        assert_eq!(arguments.iter().filter(|argument| *argument == "-vga").count(), 1);
    }
}
