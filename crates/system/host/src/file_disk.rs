//! A disk in a file.

use std::{
    fmt,
    fs::{File, OpenOptions},
    future::ready,
    io::{self, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};
use system_platform::{BlockDevice, BlockError, BlockFuture, BlockInfo, BlockOperation};

/// A disk in a file of the host. Operations take place at once; none waits for another.
#[derive(Debug)]
pub struct FileDisk {
    info: BlockInfo,
    file: File,
}

/// Why a file is no disk.
#[derive(Debug)]
pub enum FileDiskError {
    /// The file could not be used.
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a number of whole blocks.
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        len_bytes: u64,
        /// A block's length.
        block_bytes: u32,
    },
}

impl FileDisk {
    /// Makes a file of `len_bytes` zeros, which take no room until they are written. What was there
    /// is gone.
    ///
    /// # Errors
    /// The file cannot be made, or the length is not whole blocks.
    pub fn create(path: &Path, block_bytes: u32, len_bytes: u64) -> Result<Self, FileDiskError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let failed = |source| FileDiskError::Io { path: path.to_path_buf(), source };
        let file = options.open(path).map_err(failed)?;
        file.set_len(len_bytes).map_err(failed)?;
        Self::new(file, path, block_bytes, false)
    }

    /// Opens a file that is there.
    ///
    /// # Errors
    /// There is none, it cannot be read or, unless that is not wanted, written, or its length is not
    /// whole blocks.
    pub fn open(path: &Path, block_bytes: u32, is_read_only: bool) -> Result<Self, FileDiskError> {
        let file = OpenOptions::new().read(true).write(!is_read_only).open(path);
        let failed = |source| FileDiskError::Io { path: path.to_path_buf(), source };
        Self::new(file.map_err(failed)?, path, block_bytes, is_read_only)
    }

    fn new(
        file: File,
        path: &Path,
        block_bytes: u32,
        is_read_only: bool,
    ) -> Result<Self, FileDiskError> {
        let path = path.to_path_buf();
        // The length that a disk's device file has in its metadata is 0; its end is where it is.
        let len_bytes = match (&file).seek(SeekFrom::End(0)) {
            Ok(len_bytes) => len_bytes,
            Err(source) => return Err(FileDiskError::Io { path, source }),
        };
        if !len_bytes.is_multiple_of(block_bytes.into()) {
            return Err(FileDiskError::Length { path, len_bytes, block_bytes });
        }
        let name = path.display().to_string();
        let blocks = len_bytes / u64::from(block_bytes);
        Ok(Self { info: BlockInfo { name, block_bytes, blocks, is_read_only }, file })
    }

    fn offset(&self, first: u64, len_bytes: usize) -> Result<u64, BlockError> {
        self.info.check(first, len_bytes)?;
        Ok(first * u64::from(self.info.block_bytes))
    }
}

/// The host's error as a device would have it.
fn code(operation: BlockOperation) -> impl Fn(io::Error) -> BlockError {
    move |error| BlockError::Device {
        operation,
        code: error.raw_os_error().unwrap_or_default().unsigned_abs(),
    }
}

impl BlockDevice for FileDisk {
    fn info(&self) -> &BlockInfo {
        &self.info
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        Box::pin(ready(self.offset(first, buffer.len()).and_then(|at| {
            self.file.read_exact_at(buffer, at).map_err(code(BlockOperation::Read))
        })))
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        if self.info.is_read_only {
            return Box::pin(ready(Err(BlockError::ReadOnly)));
        }
        Box::pin(ready(
            self.offset(first, bytes.len()).and_then(|at| {
                self.file.write_all_at(bytes, at).map_err(code(BlockOperation::Write))
            }),
        ))
    }

    fn flush(&self) -> BlockFuture<'_> {
        Box::pin(ready(self.file.sync_data().map_err(code(BlockOperation::Flush))))
    }
}

impl fmt::Display for FileDiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Length { path, len_bytes, block_bytes } => write!(
                f,
                "{}: {len_bytes} bytes are not whole blocks of {block_bytes}",
                path.display()
            ),
        }
    }
}

impl std::error::Error for FileDiskError {}

#[cfg(test)]
mod tests {
    use super::*;
    use system_platform::pace;

    #[test]
    fn what_is_written_is_there_when_the_file_is_opened_again() {
        let path = std::env::temp_dir().join(format!("file-disk-{}.img", std::process::id()));
        let disk = FileDisk::create(&path, 512, 8 * 512).unwrap();
        pace::run(disk.write(3, &[7; 1024])).unwrap();
        pace::run(disk.flush()).unwrap();
        let disk = FileDisk::open(&path, 512, true).unwrap();
        let mut read = [0; 1024];
        pace::run(disk.read(4, &mut read)).unwrap();
        assert_eq!((disk.info().blocks, read[511], read[512]), (8, 7, 0));
        assert_eq!(pace::run(disk.write(0, &[0; 512])), Err(BlockError::ReadOnly));
        let odd = FileDisk::open(&path, 8192, true).unwrap_err().to_string();
        assert!(odd.ends_with("4096 bytes are not whole blocks of 8192"), "{odd}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(FileDisk::open(&path, 512, true), Err(FileDiskError::Io { .. })));
    }
}
