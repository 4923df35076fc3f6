//! GUID partition tables (UEFI specification 2.10, section 5.3): read, checked, written anew.
//!
//! A table stands twice on a disk, with its header in block 1 and in the last block. [`read`]
//! takes the first if it is sound, else the second with a warning; a table that contradicts itself
//! or the disk is refused with what is wrong. [`write`](write()) makes a new one.

mod entry;
mod error;
mod header;
mod write;

pub use entry::{Entry, kind_name};
pub use error::{GptError, HeaderFault, Place};
pub use header::is_there;
pub use write::{first_usable, last_usable, write};

use crate::Guid;
use alloc::{vec, vec::Vec};
use header::Header;
use system_platform::BlockDevice;

/// A sound table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpt {
    /// The disk's own identifier.
    pub disk: Guid,
    /// The used entries, in the table's order. They lie on the disk and do not overlap.
    pub partitions: Vec<Entry>,
    /// What is wrong with the first header, where the second had to be used.
    pub warning: Option<HeaderFault>,
}

impl Gpt {
    /// The first partition of a kind.
    pub fn find(&self, kind: Guid) -> Option<&Entry> {
        self.partitions.iter().find(|entry| entry.kind == kind)
    }
}

/// Reads the table of a disk: the first one, or the second where the first is damaged.
///
/// # Errors
/// The disk fails, both headers are damaged, or partitions lie beyond the disk or over each other.
pub async fn read(device: &dyn BlockDevice) -> Result<Gpt, GptError> {
    let blocks = device.info().blocks;
    let (primary, backup) = (1, blocks.saturating_sub(1));
    match read_at(device, Place::Primary, primary).await {
        Err(GptError::Header { fault, .. }) => {
            let mut gpt = match read_at(device, Place::Backup, backup).await {
                Err(GptError::Header { fault: backup, .. }) => {
                    return Err(GptError::BothHeaders { primary: fault, backup });
                }
                other => other?,
            };
            gpt.warning = Some(fault);
            Ok(gpt)
        }
        other => other,
    }
}

async fn read_at(device: &dyn BlockDevice, place: Place, block: u64) -> Result<Gpt, GptError> {
    let info = device.info();
    let mut buffer = vec![0; info.block_bytes as usize];
    if block >= info.blocks {
        return Err(GptError::Header { place, fault: HeaderFault::NoSignature });
    }
    device.read(block, &mut buffer).await?;
    let header =
        Header::parse(&buffer, block, info).map_err(|fault| GptError::Header { place, fault })?;
    let blocks = header.entries_bytes().div_ceil(info.block_bytes as usize);
    let mut entries = vec![0; blocks * info.block_bytes as usize];
    device.read(header.entries_block, &mut entries).await?;
    entries.truncate(header.entries_bytes());
    header.check_entries(&entries).map_err(|fault| GptError::Header { place, fault })?;
    let mut partitions = Vec::new();
    for (index, bytes) in entries.chunks_exact(header.entry_bytes as usize).enumerate() {
        let Some(entry) = Entry::parse(bytes, index as u32 + 1) else { continue };
        if entry.first > entry.last
            || entry.first < header.first_usable
            || entry.last > header.last_usable
        {
            return Err(GptError::OutOfRange {
                number: entry.number,
                first: entry.first,
                last: entry.last,
                usable: (header.first_usable, header.last_usable),
            });
        }
        partitions.push(entry);
    }
    check_overlaps(&partitions)?;
    Ok(Gpt { disk: header.disk, partitions, warning: None })
}

fn check_overlaps(partitions: &[Entry]) -> Result<(), GptError> {
    let mut sorted: Vec<&Entry> = partitions.iter().collect();
    sorted.sort_by_key(|entry| entry.first);
    match sorted.windows(2).find(|pair| pair[1].first <= pair[0].last) {
        Some(pair) => Err(GptError::Overlap {
            number: pair[0].number,
            other: pair[1].number,
            block: pair[1].first,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
