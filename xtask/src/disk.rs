//! Disk images as the system lays disks out: a partition for files and one for the store, both
//! empty.

use crate::error::Error;
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    rc::Rc,
};
use system_files::layout::{self, Layout};
use system_host::FileDisk;
use system_platform::{BlockDevice, pace};

/// An image that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskOptions {
    /// Its length.
    pub len_bytes: u64,
    /// Where it goes.
    pub output: PathBuf,
    /// Bytes of a block: 512 or 4096.
    pub block_bytes: u32,
    /// Whether a file that is there may be replaced.
    pub is_forced: bool,
}

impl Default for DiskOptions {
    fn default() -> Self {
        // Not among what is built: it holds what a person has told the system.
        let output = crate::paths::root().join("disk.img");
        Self { len_bytes: 1 << 30, output, block_bytes: 512, is_forced: false }
    }
}

/// Which disk a machine has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DiskChoice {
    /// The one that lasts from run to run, where a person runs the machine.
    #[default]
    Default,
    /// None.
    None,
    /// This image.
    File(PathBuf),
}

impl DiskChoice {
    /// The disk that an option names.
    pub fn parse(text: &str) -> Self {
        match text {
            "none" => Self::None,
            path => Self::File(path.into()),
        }
    }
}

/// The disk that lasts from run to run; it is made if it is not there.
///
/// # Errors
/// It cannot be made.
pub fn ensure_default() -> Result<PathBuf, Error> {
    let options = DiskOptions::default();
    if !options.output.exists() {
        make(&options)?;
    }
    Ok(options.output)
}

/// Reads a size like `64M` or `1G`: a whole number with `K`, `M`, `G` or `T` for powers of 1024, or
/// of bytes. It must be whole blocks of 4096.
pub fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_number)?;
    number.checked_mul(1 << shift).filter(|len| *len > 0 && len.is_multiple_of(4096))
}

/// Makes the image: a sparse file, which takes only what is written. What is there already stays
/// until the new one is finished.
///
/// # Errors
/// There is a file already and it is not to be replaced, it cannot be written, or the size is too
/// small.
pub fn make(options: &DiskOptions) -> Result<Layout, Error> {
    let path = &options.output;
    if path.exists() && !options.is_forced {
        let reason = "is there already; --force replaces it".to_owned();
        return Err(Error::BadFile { path: path.clone(), reason });
    }
    if path.exists() && !path.is_file() {
        let reason = "is no file, so no image can take its place".to_owned();
        return Err(Error::BadFile { path: path.clone(), reason });
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("cannot make the folder of the image"))?;
    }
    let mut unfinished = path.clone().into_os_string();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let outcome = fill(options, &unfinished).and_then(|layout| {
        fs::rename(&unfinished, path).map_err(Error::io("cannot name the image"))?;
        Ok(layout)
    });
    if outcome.is_err() {
        // It may not have been made at all; the error says more than its remains.
        let _ = fs::remove_file(&unfinished);
    }
    outcome
}

fn fill(options: &DiskOptions, path: &Path) -> Result<Layout, Error> {
    let bad = |reason: String| Error::BadFile { path: options.output.clone(), reason };
    let disk = FileDisk::create(path, options.block_bytes, options.len_bytes)
        .map_err(|error| bad(error.to_string()))?;
    let disk: Rc<dyn BlockDevice> = Rc::new(disk);
    let mut random = [0; layout::RANDOM_BYTES];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .map_err(Error::io("cannot read random bytes"))?;
    pace::run(layout::format_disk(&disk, random)).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::scratch::Scratch;
    use std::os::unix::fs::MetadataExt;
    use system_files::probe::{Contents, probe};

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        assert_eq!(parse_size("64M"), Some(64 << 20));
        assert_eq!(parse_size("1g"), Some(1 << 30));
        assert_eq!(parse_size("2GiB"), Some(2 << 30));
        assert_eq!(parse_size("8192"), Some(8192));
        for bad in ["", "M", "0M", "1.5G", "-1G", "1X", "100", "99999999999T", "1 G"] {
            assert_eq!(parse_size(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_image_is_ours_sparse_and_not_replaced_unasked() {
        let scratch = Scratch::new().unwrap();
        let output = scratch.path().join("images/disk.img");
        let options =
            DiskOptions { len_bytes: 256 << 20, output: output.clone(), ..Default::default() };
        let layout = make(&options).unwrap();
        let disk: Rc<dyn BlockDevice> = Rc::new(FileDisk::open(&output, 512, true).unwrap());
        assert_eq!(pace::run(probe(&disk)).unwrap(), Contents::Ours { layout, warning: None });
        let metadata = fs::metadata(&output).unwrap();
        assert_eq!(metadata.len(), 256 << 20);
        assert!(metadata.blocks() * 512 < 32 << 20, "{} blocks", metadata.blocks());
        let refusal = make(&options).unwrap_err().to_string();
        assert!(refusal.ends_with("is there already; --force replaces it"), "{refusal}");
        let small = DiskOptions { len_bytes: 8 << 20, is_forced: true, ..options };
        let refusal = make(&small).unwrap_err().to_string();
        assert!(refusal.contains("too small"), "{refusal}");
        assert_eq!(fs::metadata(&output).unwrap().len(), 256 << 20, "the old one stays");
        assert_eq!(fs::read_dir(output.parent().unwrap()).unwrap().count(), 1);
    }
}
