//! What machines boot from, built when it is first asked for and shared from then on.

use crate::bootloader::{Bootloader, BootloaderChoice};
use crate::error::Error;
use crate::image::{self, Image, ImageOptions};
use crate::machine::qemu::BootFiles;
use crate::machine::{Boot, MachineOptions};
use crate::{build, embedding, setup};
use std::path::PathBuf;
use std::sync::Mutex;

pub use crate::bootloader::local_limine;
pub use crate::embedding::default_embedding;
pub use crate::model::default_model;

/// The kernel's ELF file.
pub fn kernel() -> Result<PathBuf, Error> {
    static KERNEL: Mutex<Option<PathBuf>> = Mutex::new(None);
    once(&KERNEL, || {
        setup::ensure(setup::TO_BUILD)?;
        build::kernel()
    })
}

/// The loader's ELF file.
pub fn loader() -> Result<PathBuf, Error> {
    static LOADER: Mutex<Option<PathBuf>> = Mutex::new(None);
    once(&LOADER, || {
        setup::ensure(setup::TO_BUILD)?;
        build::loader()
    })
}

/// An image with the pinned models and the given boot loader.
pub fn image(bootloader: BootloaderChoice) -> Result<Image, Error> {
    image::build(&ImageOptions { bootloader, ..Default::default() })
}

/// What a machine with these options boots from.
pub fn boot_files(options: &MachineOptions) -> Result<BootFiles, Error> {
    setup::ensure(setup::TO_RUN)?;
    if options.boot == Boot::Direct {
        return Ok(BootFiles::Direct {
            loader: loader()?,
            kernel: match &options.kernel {
                Some(kernel) => kernel.clone(),
                None => kernel()?,
            },
            model: options.model.path()?,
            embedding: embedding::path(&options.embedding, &options.model)?,
        });
    }
    if let Some(iso) = &options.image {
        let bootloader = match options.bootloader {
            BootloaderChoice::Limine => Bootloader::Limine,
            _ => Bootloader::Grub,
        };
        return Ok(BootFiles::Image { iso: iso.clone(), bootloader });
    }
    let image = image::build(&ImageOptions {
        bootloader: options.bootloader,
        model: options.model.clone(),
        embedding: options.embedding.clone(),
        text_mode: options.text_mode,
        output: None,
    })?;
    Ok(BootFiles::Image { iso: image.path, bootloader: image.bootloader })
}

fn once(
    slot: &Mutex<Option<PathBuf>>,
    make: impl FnOnce() -> Result<PathBuf, Error>,
) -> Result<PathBuf, Error> {
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match &*slot {
        Some(path) => Ok(path.clone()),
        None => Ok(slot.insert(make()?).clone()),
    }
}
