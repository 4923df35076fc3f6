//! Files that are open for reading.

use super::{
    ChainFault, FatError,
    disk::Disk,
    entry::Entry,
    path,
    table::{Run, total},
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// A file that is open for reading: where its clusters are. It holds nothing of the volume and may
/// be dropped at any time.
#[derive(Clone, Debug)]
pub struct File {
    path: String,
    first: u32,
    len: u32,
    runs: Vec<Run>,
    generation: u64,
}

impl File {
    /// Its length, in bytes.
    pub const fn len_bytes(&self) -> u64 {
        self.len as u64
    }

    /// In how many pieces it lies on the disk: each is read in one transfer, if the buffer holds it.
    pub fn pieces(&self) -> usize {
        self.runs.len()
    }
}

impl Disk {
    /// The chain of a file, which is long enough for it; empty where it has none.
    pub async fn file_runs(&mut self, entry: &Entry, path: &str) -> Result<Vec<Run>, FatError> {
        let runs = match entry.first {
            0 => Vec::new(),
            first => self.chain_of(first, path).await?,
        };
        if entry.len.div_ceil(self.geometry.cluster_bytes()) > total(&runs) {
            let fault = ChainFault::Short { clusters: total(&runs), len_bytes: entry.len };
            return Err(FatError::Corrupt { path: path.to_owned(), fault });
        }
        Ok(runs)
    }

    pub async fn open(&mut self, path: &str) -> Result<File, FatError> {
        let found = self.find(&path::parse(path)?).await?;
        let entry = match found.map(|found| found.entry) {
            Some(entry) if !entry.is_folder() => entry,
            _ => return Err(FatError::IsFolder { path: path.to_owned() }),
        };
        let runs = self.file_runs(&entry, path).await?;
        let Entry { first, len, .. } = entry;
        Ok(File { path: path.to_owned(), first, len, runs, generation: self.generation })
    }

    pub async fn read_at(
        &mut self,
        file: &mut File,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, FatError> {
        if file.generation != self.generation {
            let changed = || FatError::Changed { path: file.path.clone() };
            let now = match self.open(&file.path).await {
                Err(FatError::NotFound { .. } | FatError::IsFolder { .. }) => {
                    return Err(changed());
                }
                now => now?,
            };
            // It may have grown at its end.
            if now.first != file.first || now.len < file.len {
                return Err(changed());
            }
            *file = now;
        }
        let left = file.len_bytes().saturating_sub(offset);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        self.read_runs(&file.runs, offset, &mut buffer[..len]).await?;
        Ok(len)
    }
}
