//! The disks: what can be read of each, and whether those that are made for it keep what is written.

use super::{Check, Failure};
use crate::disks::Disks;
use alloc::{format, rc::Rc, string::String, vec, vec::Vec};
use system_platform::{BlockDevice, BlockError};

const READING: &str = "disks can be read";
const WRITING: &str = "scratch disks keep what is written";

/// What the first block of a disk begins with that may be overwritten. No other disk is written to.
const MARK: &[u8] = b"LLM OS SCRATCH DISK: everything on it may be overwritten.\n";
/// Bytes written behind the first block: more than one command of any driver moves.
const WRITTEN_BYTES: u64 = 300 * 1024;

/// Runs the checks whose name contains `what`, once all disks are known.
pub async fn run(what: &str, disks: &Disks) -> Vec<Check> {
    let mut checks = Vec::new();
    if READING.contains(what) {
        checks.push(Check { name: READING, result: read_all(&disks.all().await).await });
    }
    if WRITING.contains(what) {
        checks.push(Check { name: WRITING, result: write_scratch(&disks.all().await).await });
    }
    checks
}

/// Reads the first and the last block of each disk.
async fn read_all(disks: &[Rc<dyn BlockDevice>]) -> Result<String, Failure> {
    for disk in disks {
        for block in [0, disk.info().blocks.saturating_sub(1)] {
            read(&**disk, block, 1).await?;
        }
    }
    Ok(format!("first and last block of {}", disks.len()))
}

/// Writes a pattern to the disks that are marked, makes it durable and reads it again.
async fn write_scratch(disks: &[Rc<dyn BlockDevice>]) -> Result<String, Failure> {
    let mut marked = 0;
    for disk in disks {
        if read(&**disk, 0, 1).await?.starts_with(MARK) && !disk.info().is_read_only {
            write_one(&**disk).await?;
            marked += 1;
        }
    }
    Ok(format!("{marked} of {} are marked as such", disks.len()))
}

async fn write_one(disk: &dyn BlockDevice) -> Result<(), Failure> {
    let info = disk.info();
    let last = info.blocks - 1;
    let count = (WRITTEN_BYTES / u64::from(info.block_bytes)).min(last.saturating_sub(1));
    for (first, count) in [(1, count), (last, 1.min(last))] {
        let pattern = pattern(first, count, info.block_bytes);
        disk.write(first, &pattern).await.map_err(|error| failure(disk, error))?;
        disk.flush().await.map_err(|error| failure(disk, error))?;
        let found = read(disk, first, count).await?;
        if let Some(at) = (0..found.len()).find(|at| found[*at] != pattern[*at]) {
            let block = first + at as u64 / u64::from(info.block_bytes);
            return Err(Failure::DiskForgets(info.name.clone(), block));
        }
    }
    Ok(())
}

/// What is written: every block differs from the others, and so do the parts of each.
fn pattern(first: u64, count: u64, block_bytes: u32) -> Vec<u8> {
    let block_bytes = u64::from(block_bytes);
    let byte = |at: u64| {
        let (block, offset) = (first + at / block_bytes, at % block_bytes);
        (block * 13 + offset * 7 + (offset >> 8) * 29) as u8
    };
    (0..count * block_bytes).map(byte).collect()
}

async fn read(disk: &dyn BlockDevice, first: u64, count: u64) -> Result<Vec<u8>, Failure> {
    let mut buffer = vec![0; (count * u64::from(disk.info().block_bytes)) as usize];
    disk.read(first, &mut buffer).await.map_err(|error| failure(disk, error))?;
    Ok(buffer)
}

fn failure(disk: &dyn BlockDevice, error: BlockError) -> Failure {
    Failure::Disk(disk.info().name.clone(), error)
}
