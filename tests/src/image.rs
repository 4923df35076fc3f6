//! Images of disks for the guest, and the host's tools to look into them.

use crate::system::artifacts;
use std::{ffi::OsStr, fs, path::PathBuf, process::Command, rc::Rc};
use system_files::{
    layout::Layout,
    probe::{Contents, probe},
};
use system_host::FileDisk;
use system_platform::{BlockDevice, pace};
use xtask::disk::{self, DiskOptions};

/// Bytes of a block of these images.
const BLOCK_BYTES: u32 = 512;

/// An image that is removed with the value.
pub struct Image(PathBuf);

impl Drop for Image {
    fn drop(&mut self) {
        // One that stays behind does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

impl Image {
    /// A disk of so many bytes as the system lays it out.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn ours(name: &str, len_bytes: u64) -> Self {
        let output = artifacts().join(name);
        let options = DiskOptions { len_bytes, output, is_forced: true, ..Default::default() };
        disk::make(&options).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self(options.output)
    }

    /// A disk of zeros.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn blank(name: &str, len_bytes: u64) -> Self {
        let image = Self(artifacts().join(name));
        let made = fs::File::create(&image.0).and_then(|file| file.set_len(len_bytes));
        made.unwrap_or_else(|error| panic!("{name}: {error}"));
        image
    }

    /// A disk that holds these bytes.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        let image = Self(artifacts().join(name));
        fs::write(&image.0, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        image
    }

    /// The whole disk.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.0).unwrap_or_else(|error| panic!("{}: {error}", self.0.display()))
    }

    /// Its file.
    pub fn path(&self) -> String {
        self.0.display().to_string()
    }

    /// The arguments that give QEMU this image as drive `id`.
    pub fn drive(&self, id: &str) -> [String; 2] {
        let path = self.path().replace(',', ",,");
        ["-drive".to_owned(), format!("if=none,id={id},format=raw,file={path}")]
    }

    /// The disk as a device of the host.
    ///
    /// # Panics
    /// Where the host fails.
    pub fn device(&self) -> Rc<dyn BlockDevice> {
        let disk = FileDisk::open(&self.0, BLOCK_BYTES, false);
        Rc::new(disk.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Where the partitions of a disk of ours lie.
    ///
    /// # Panics
    /// It is none.
    pub fn layout(&self) -> Layout {
        match pace::run(probe(&self.device())) {
            Ok(Contents::Ours { layout, .. }) => layout,
            other => panic!("{}: {other:?}", self.0.display()),
        }
    }

    /// What mtools calls the partition for files of a disk of ours.
    ///
    /// # Panics
    /// It is none.
    pub fn files(&self) -> String {
        format!("{}@@{}", self.path(), self.layout().files.first * u64::from(BLOCK_BYTES))
    }
}

/// Runs a tool of the host, requires success and returns what it said.
///
/// # Panics
/// It is not there, or fails.
pub fn tool(name: &str, arguments: &[&dyn AsRef<OsStr>]) -> String {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(name);
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    // Without the user's configuration; file names are UTF-8 whatever the locale says.
    command.env("PATH", path).env("MTOOLSRC", "/dev/null").env("LC_ALL", "C.UTF-8");
    let output = command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}
