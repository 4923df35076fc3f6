//! Images that boot from CD and USB stick, on BIOS and UEFI.

use crate::bootloader::{self, Bootloader, BootloaderChoice, Decision};
use crate::error::Error;
use crate::model::ModelChoice;
use crate::stamp::Inputs;
use crate::{artifacts, embedding, paths, process, setup};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CONFIG: &str = "limine.conf";
const SKELETON: &str = "iso_root";
const GRUB_CONFIG: &str = "boot/grub/grub.cfg";
const VOLUME: &str = "LLM_OS";

/// What is to be on an image.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    /// The boot loader.
    pub bootloader: BootloaderChoice,
    /// The model.
    pub model: ModelChoice,
    /// The embedding model; by default none without a model.
    pub embedding: ModelChoice,
    /// Boots into VGA text (GRUB).
    pub text_mode: bool,
    /// Where it goes; `target/images` otherwise.
    pub output: Option<PathBuf>,
}

/// A finished image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file.
    pub path: PathBuf,
    /// What boots it.
    pub bootloader: Bootloader,
}

/// Makes the image unless it is there and nothing has changed since.
pub fn build(options: &ImageOptions) -> Result<Image, Error> {
    setup::ensure(setup::TO_IMAGE)?;
    let decision = bootloader::decide(options.bootloader)?;
    let parts = Parts::gather(options, &decision)?;
    let path = match &options.output {
        Some(path) => path.clone(),
        None => paths::target().join("images").join(parts.file_name(options)),
    };
    let inputs = parts.inputs(options)?;
    if !inputs.made(&path) {
        eprintln!(
            "Making {} with {} ({}) ...",
            path.display(),
            decision.bootloader,
            decision.reason
        );
        make(&path, &parts, options, &decision)?;
        inputs.remember(&path)?;
    }
    Ok(Image { path, bootloader: decision.bootloader })
}

/// The files that go onto an image.
struct Parts {
    kernel: PathBuf,
    model: Option<PathBuf>,
    embedding: Option<PathBuf>,
    loader: Option<PathBuf>,
    limine: Option<PathBuf>,
}

impl Parts {
    fn gather(options: &ImageOptions, decision: &Decision) -> Result<Self, Error> {
        let loader = match decision.bootloader {
            Bootloader::Grub => Some(artifacts::loader()?),
            Bootloader::Limine => None,
        };
        Ok(Self {
            kernel: artifacts::kernel()?,
            model: options.model.path()?,
            embedding: embedding::path(&options.embedding, &options.model)?,
            loader,
            limine: decision.limine_dir.clone(),
        })
    }

    fn inputs(&self, options: &ImageOptions) -> Result<Inputs, Error> {
        let mut inputs = Inputs::default();
        inputs.setting("text mode", options.text_mode);
        inputs.file(&paths::root().join(CONFIG))?;
        inputs.file(&paths::root().join(SKELETON))?;
        inputs.file(&self.kernel)?;
        for file in [&self.loader, &self.model, &self.embedding].into_iter().flatten() {
            inputs.file(file)?;
        }
        if let Some(limine) = &self.limine {
            inputs.file(&limine.join("limine-bios.sys"))?;
            inputs.file(&limine.join("BOOTX64.EFI"))?;
        }
        Ok(inputs)
    }

    fn file_name(&self, options: &ImageOptions) -> String {
        let mut name = match self.limine {
            Some(_) => "llm-os-limine".to_owned(),
            None => "llm-os-grub".to_owned(),
        };
        if options.text_mode {
            name.push_str("-text");
        }
        for (choice, kind) in [(&options.model, "model"), (&options.embedding, "embedding")] {
            match choice {
                ModelChoice::Default => {}
                ModelChoice::None => name.push_str(&format!("-no-{kind}")),
                ModelChoice::File(file) => {
                    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
                    name.push('-');
                    name.extend(stem.chars().map(plain));
                }
            }
        }
        name + ".iso"
    }
}

fn make(
    output: &Path,
    parts: &Parts,
    options: &ImageOptions,
    decision: &Decision,
) -> Result<(), Error> {
    let staging = output.with_extension("staging");
    let dir = output.parent().unwrap_or(Path::new("."));
    create_dir(dir)?;
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(Error::io("cannot empty the staging directory"))?;
    }
    copy_tree(&paths::root().join(SKELETON), &staging)?;
    let boot = staging.join("boot");
    copy(&parts.kernel, &boot.join("kernel"))?;
    for (file, name) in [(&parts.model, "model.gguf"), (&parts.embedding, "embedding.gguf")] {
        if let Some(file) = file {
            place(file, &boot.join(name))?;
        }
    }
    // A half-written image must not pass for a finished one.
    let unfinished = output.with_extension("iso.part");
    match &decision.limine_dir {
        Some(limine) => with_limine(&staging, &unfinished, limine)?,
        None => {
            let loader = parts.loader.as_ref().expect("gathered for GRUB");
            copy(loader, &boot.join("loader"))?;
            with_grub(&staging, &unfinished, options.text_mode)?;
        }
    }
    fs::rename(&unfinished, output)
        .map_err(Error::io(format!("cannot write {}", output.display())))?;
    fs::remove_dir_all(&staging).map_err(Error::io("cannot remove the staging directory"))
}

fn with_grub(staging: &Path, output: &Path, text_mode: bool) -> Result<(), Error> {
    if text_mode {
        let path = staging.join(GRUB_CONFIG);
        let config = read(&path)?;
        let text_config = config.replace("set default=graphics", "set default=text");
        if text_config == config {
            let reason = "it sets no default that could be changed".to_owned();
            return Err(Error::BadFile { path, reason });
        }
        write(&path, &text_config)?;
    }
    let grub = process::find("grub-mkrescue").or_else(|| process::find("grub2-mkrescue"));
    process::run_quietly(
        Command::new(grub.unwrap_or_else(|| "grub-mkrescue".into()))
            .args(["--locales=", "--themes=", "--fonts=", "-volid", VOLUME, "-o"])
            .arg(output)
            .arg(staging),
    )?;
    Ok(())
}

/// As Limine's own documentation does it, minus Apple partition maps.
fn with_limine(staging: &Path, output: &Path, limine: &Path) -> Result<(), Error> {
    let boot = staging.join("boot/limine");
    create_dir(&boot)?;
    let config = read(&paths::root().join(CONFIG))?;
    let config = limine_config(&config, |path| staging.join(path).exists());
    write(&boot.join("limine.conf"), &config)?;
    for file in ["limine-bios.sys", "limine-bios-cd.bin", "limine-uefi-cd.bin"] {
        copy(&limine.join(file), &boot.join(file))?;
    }
    let efi = staging.join("EFI/BOOT");
    create_dir(&efi)?;
    copy(&limine.join("BOOTX64.EFI"), &efi.join("BOOTX64.EFI"))?;
    process::run_quietly(
        Command::new("xorriso")
            .args(["-as", "mkisofs", "-R", "-J", "-volid", VOLUME])
            .args(["-b", "boot/limine/limine-bios-cd.bin", "-no-emul-boot"])
            .args(["-boot-load-size", "4", "-boot-info-table"])
            .args(["--efi-boot", "boot/limine/limine-uefi-cd.bin", "-efi-boot-part"])
            .args(["--efi-boot-image", "--protective-msdos-label"])
            .arg(staging)
            .arg("-o")
            .arg(output),
    )?;
    match limine_tool(limine) {
        Some(tool) => {
            process::run_quietly(Command::new(tool).arg("bios-install").arg(output))?;
        }
        None => eprintln!(
            "Note: without the `limine` program this image boots a BIOS from CD only, not from a USB \
             stick. (UEFI boots from both.)"
        ),
    }
    Ok(())
}

/// The configuration of the source tree, without the modules that are not on the image: Limine stops
/// at a module that it does not find. A module's other lines follow its path.
fn limine_config(config: &str, is_there: impl Fn(&str) -> bool) -> String {
    let mut is_kept = true;
    let mut kept = String::new();
    for line in config.lines() {
        let key = line.trim_start();
        if let Some(path) = key.strip_prefix("module_path: boot():/") {
            is_kept = is_there(path.trim_end());
        } else if !key.starts_with("module_") {
            is_kept = true;
        }
        if is_kept {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The program that makes an image boot from a stick on BIOS: in Limine's directory, installed, or
/// compiled from the source that is in the directory.
fn limine_tool(limine: &Path) -> Option<PathBuf> {
    let beside = limine.join("limine");
    if beside.is_file() {
        return Some(beside);
    }
    if let Some(installed) = process::find("limine") {
        return Some(installed);
    }
    let source = limine.join("limine.c");
    let tool = paths::target().join("limine");
    let compiled = source.is_file()
        && process::run_quietly(
            Command::new("cc").args(["-O2", "-std=c99", "-o"]).arg(&tool).arg(&source),
        )
        .is_ok();
    compiled.then_some(tool)
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    create_dir(to)?;
    let unreadable = || Error::io(format!("cannot read {}", from.display()));
    for entry in fs::read_dir(from).map_err(unreadable())? {
        let entry = entry.map_err(unreadable())?;
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_tree(&entry.path(), &target)?,
            false => copy(&entry.path(), &target)?,
        }
    }
    Ok(())
}

/// Puts a large file somewhere without copying it, where the file systems allow it.
fn place(from: &Path, to: &Path) -> Result<(), Error> {
    let real =
        fs::canonicalize(from).map_err(Error::io(format!("cannot read {}", from.display())))?;
    fs::hard_link(&real, to).or_else(|_| copy(&real, to).map(|_| ()))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let action = format!("cannot copy {} to {}", from.display(), to.display());
    fs::copy(from, to).map(|_| ()).map_err(Error::io(action))
}

fn create_dir(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(Error::io(format!("cannot make {}", dir.display())))
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::io(format!("cannot read {}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::io(format!("cannot write {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limine_looks_only_for_modules_that_are_there() {
        let config = read(&paths::root().join(CONFIG)).unwrap();
        assert_eq!(limine_config(&config, |_| true), config);
        let none = limine_config(&config, |_| false);
        assert!(!none.contains("module") && none.contains("kernel_path"), "{none}");
        let one = limine_config(&config, |path| path == "boot/embedding.gguf");
        assert_eq!(one.matches("module_").count(), 2, "{one}");
        assert!(one.contains("module_cmdline: embedding"), "{one}");
    }

    #[test]
    fn images_of_different_contents_have_different_names() {
        let parts = |limine: Option<&str>| Parts {
            kernel: "k".into(),
            model: None,
            embedding: None,
            loader: None,
            limine: limine.map(PathBuf::from),
        };
        let with_model =
            |model| ImageOptions { model: ModelChoice::parse(model), ..Default::default() };
        assert_eq!(parts(None).file_name(&with_model("")), "llm-os-grub.iso");
        assert_eq!(parts(Some("l")).file_name(&with_model("none")), "llm-os-limine-no-model.iso");
        assert_eq!(parts(None).file_name(&with_model("a/b c.gguf")), "llm-os-grub-b_c.iso");
        let embedding = ModelChoice::None;
        let without = ImageOptions { embedding, ..Default::default() };
        assert_eq!(parts(None).file_name(&without), "llm-os-grub-no-embedding.iso");
    }
}
