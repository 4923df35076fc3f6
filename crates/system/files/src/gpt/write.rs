//! A new partition table.

use super::{
    Entry, GptError, check_overlaps,
    entry::ENTRY_BYTES,
    header::{ENTRIES, Header},
};
use crate::{Guid, crc32::crc32, mbr};
use alloc::vec;
use system_platform::{BlockDevice, BlockInfo};

/// Blocks that the entries of a new table take.
const fn entries_blocks(info: &BlockInfo) -> u64 {
    (ENTRIES as u64 * ENTRY_BYTES as u64).div_ceil(info.block_bytes as u64)
}

/// First block that a partition may have on a disk with a new table.
pub const fn first_usable(info: &BlockInfo) -> u64 {
    2 + entries_blocks(info)
}

/// Last block that a partition may have on a disk with a new table; 0 where the disk is too small.
pub const fn last_usable(info: &BlockInfo) -> u64 {
    info.blocks.saturating_sub(2 + entries_blocks(info))
}

/// Writes a table with these partitions in place of whatever is there: the second copy first, then
/// the first, then the protective MBR, each durable before the next. A power cut leaves a disk
/// that is not taken for blank.
///
/// # Errors
/// The disk fails or is too small, there are too many partitions, or they lie beyond the disk or
/// over each other.
pub async fn write(
    device: &dyn BlockDevice,
    disk: Guid,
    partitions: &[Entry],
) -> Result<(), GptError> {
    let info = device.info();
    let (first_usable, last_usable) = (first_usable(info), last_usable(info));
    if first_usable > last_usable {
        return Err(GptError::TooSmall { blocks: info.blocks });
    }
    if partitions.len() > ENTRIES as usize {
        return Err(GptError::TooMany(partitions.len()));
    }
    let is_outside = |entry: &&Entry| {
        entry.first > entry.last || entry.first < first_usable || entry.last > last_usable
    };
    if let Some(entry) = partitions.iter().find(is_outside) {
        return Err(GptError::OutOfRange {
            number: entry.number,
            first: entry.first,
            last: entry.last,
            usable: (first_usable, last_usable),
        });
    }
    check_overlaps(partitions)?;

    let len = ENTRIES as usize * ENTRY_BYTES;
    let mut entries = vec![0; entries_blocks(info) as usize * info.block_bytes as usize];
    for (entry, bytes) in partitions.iter().zip(entries.chunks_exact_mut(ENTRY_BYTES)) {
        entry.write(bytes);
    }
    let primary = Header {
        block: 1,
        other_block: info.blocks - 1,
        first_usable,
        last_usable,
        disk,
        entries_block: 2,
        entries: ENTRIES,
        entry_bytes: ENTRY_BYTES as u32,
        entries_crc: crc32(&entries[..len]),
    };
    let backup = Header {
        block: primary.other_block,
        other_block: 1,
        entries_block: last_usable + 1,
        ..primary.clone()
    };
    for header in [backup, primary] {
        device.write(header.entries_block, &entries).await?;
        device.write(header.block, &header.to_block(info.block_bytes)).await?;
        device.flush().await?;
    }
    device.write(0, &mbr::protective(info)).await?;
    Ok(device.flush().await?)
}
