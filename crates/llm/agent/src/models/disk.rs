//! Models as files of a FAT volume: found, examined by their beginning, read part by part.

use super::{ModelFile, ModelPlace, is_model};
use alloc::{format, vec::Vec};
use core::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};
use llm_inference::engine::{Examined, LoadError, Options, examine};
use system_files::{FatError, Volume};

/// Where models are looked for, with what stands before a file's name there.
const FOLDERS: [(&str, &str); 2] = [("/", "/"), ("/models", "/models/")];
/// Bytes between two reports of progress; large, as disks are quickest so.
const PART_BYTES: usize = 4 << 20;
/// Bytes of a file that are read at first to examine it: the header of most is no longer.
const HEAD_BYTES: u64 = 4 << 20;
/// A header that is longer than this is none.
const MOST_HEAD_BYTES: u64 = 128 << 20;

/// Why a model's file was not read.
#[derive(Clone, Debug, PartialEq)]
pub enum FileError {
    /// The volume.
    Volume(FatError),
    /// The file is no model that can be loaded.
    Model(LoadError),
    /// The header has no end.
    EndlessHeader,
    /// The file has another length than before.
    Changed {
        /// Its length, in bytes.
        len_bytes: u64,
        /// The length that it had.
        expected_bytes: u64,
    },
    /// There is no memory for the header.
    OutOfMemory {
        /// Bytes that it takes.
        needed: u64,
    },
    /// The person stopped it.
    Stopped,
}

/// The files of models in the root and in `/models`, in the order of their paths. A folder that is
/// not there has none.
///
/// # Errors
/// The device fails, or a folder is damaged.
pub async fn find(volume: &Volume) -> Result<Vec<ModelFile>, FatError> {
    let mut found = Vec::new();
    for (folder, before) in FOLDERS {
        let items = match volume.list(folder).await {
            Err(FatError::NotFound { .. } | FatError::IsFile { .. }) => continue,
            items => items?,
        };
        for item in items.into_iter().filter(|item| is_model(&item.name)) {
            let Some(size_bytes) = item.len_bytes else { continue };
            let place = ModelPlace::Disk(format!("{before}{}", item.name));
            found.push(ModelFile::new(place, size_bytes));
        }
    }
    Ok(found)
}

/// Checks the header of a model, and says what loading it takes beside its file.
///
/// # Errors
/// The volume, what is wrong with the header, or too little memory for it.
pub async fn examine_file(
    volume: &Volume,
    path: &str,
    options: &Options,
) -> Result<Examined, FileError> {
    let mut file = volume.open(path).await?;
    let len_bytes = file.len_bytes();
    let mut head_bytes = HEAD_BYTES.min(len_bytes);
    loop {
        let mut head = Vec::new();
        let out_of_memory = |_| FileError::OutOfMemory { needed: head_bytes };
        head.try_reserve_exact(head_bytes as usize).map_err(out_of_memory)?;
        head.resize(head_bytes as usize, 0);
        let read = volume.read_at(&mut file, 0, &mut head).await?;
        if let Some(examined) = examine(&head[..read], len_bytes, options)? {
            return Ok(examined);
        }
        if head_bytes >= MOST_HEAD_BYTES {
            return Err(FileError::EndlessHeader);
        }
        head_bytes = (4 * head_bytes).min(len_bytes);
    }
}

/// Fills `memory` with a file of that length, part by part; `progress` is told of the bytes that are
/// there. Stops at the next part when `cancel` is set.
///
/// # Errors
/// The volume, another length, or it was stopped; `memory` holds a part then.
pub async fn read_file(
    volume: &Volume,
    path: &str,
    memory: &mut [u8],
    cancel: &AtomicBool,
    mut progress: impl FnMut(u64),
) -> Result<(), FileError> {
    let mut file = volume.open(path).await?;
    let expected_bytes = memory.len() as u64;
    if file.len_bytes() != expected_bytes {
        return Err(FileError::Changed { len_bytes: file.len_bytes(), expected_bytes });
    }
    let mut done = 0;
    progress(done);
    for part in memory.chunks_mut(PART_BYTES) {
        if cancel.load(Ordering::Relaxed) {
            return Err(FileError::Stopped);
        }
        let read = volume.read_at(&mut file, done, part).await?;
        done += read as u64;
        if read < part.len() {
            return Err(FileError::Changed { len_bytes: done, expected_bytes });
        }
        progress(done);
    }
    Ok(())
}

impl From<FatError> for FileError {
    fn from(error: FatError) -> Self {
        Self::Volume(error)
    }
}

impl From<LoadError> for FileError {
    fn from(error: LoadError) -> Self {
        Self::Model(error)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(error) => error.fmt(f),
            Self::Model(error) => error.fmt(f),
            Self::EndlessHeader => {
                write!(f, "the header goes on behind {} MiB", MOST_HEAD_BYTES >> 20)
            }
            Self::Changed { len_bytes, expected_bytes } => {
                write!(f, "the file has {len_bytes} bytes, not {expected_bytes} as before")
            }
            Self::OutOfMemory { needed } => {
                write!(f, "no memory for the {needed} bytes of the header")
            }
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl core::error::Error for FileError {}

#[cfg(test)]
mod tests;
