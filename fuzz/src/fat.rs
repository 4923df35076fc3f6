//! FAT volumes: boot sector, tables, folders, files, and changes of what is damaged.

use crate::Target;
use std::rc::Rc;
use system_files::fat::{Access, FatError, FormatOptions, Volume, format_small};
use system_platform::{BlockDevice, MemoryDisk, pace};

/// See [`run`].
pub const TARGET: Target = Target { name: "fat", run, seeds, words: WORDS, memory_limit };

/// Files read at once, folders as long as they can be, and texts of paths.
const fn memory_limit(len: usize) -> usize {
    (24 << 20) + 50 * len
}

const WORDS: &[&str] = &["A       TXT", "FAT32   ", "RRaA", "rrAa", "\u{e5}", "..         ", "~1"];

/// The most entries that are looked at: a folder may hold itself.
const MOST_ITEMS: usize = 200;

fn seeds() -> Vec<Vec<u8>> {
    let small = |fill: bool| {
        let disk = Rc::new(MemoryDisk::new(512, 120));
        let options = FormatOptions { label: "seed", id: 1, first_block: 0 };
        pace::run(format_small(&*disk, &options)).expect("a sound volume");
        let volume = pace::run(mount(disk.clone())).expect("a sound volume");
        if fill {
            pace::run(async {
                volume.create_folder("/folder").await?;
                volume.write("/folder/A name of several slots.txt", &[1; 1500]).await?;
                volume.write("/A.TXT", &[2; 3000]).await?;
                volume.append("/folder/A name of several slots.txt", &[3; 700]).await
            })
            .expect("room for it");
        }
        let mut bytes = vec![0; 120 * 512];
        pace::run(disk.read(0, &mut bytes)).expect("all of it");
        bytes
    };
    // As FAT12 and FAT16 have them: a root folder of its own, and short tables.
    let old = |sectors: u16, table_sectors: u8| {
        let mut bytes = vec![0; usize::from(sectors) * 512];
        bytes[..24].copy_from_slice(&[
            0xeb,
            0x3c,
            0x90,
            b'M',
            b'S',
            b'D',
            b'O',
            b'S',
            b'5',
            b'.',
            b'0',
            0,
            2,
            1,
            1,
            0,
            2,
            16,
            0,
            sectors as u8,
            (sectors >> 8) as u8,
            0xf8,
            table_sectors,
            0,
        ]);
        (bytes[510], bytes[511]) = (0x55, 0xaa);
        let table = [0xf8, 0xff, 0xff, 0xff, 0x4f, 0x00, 0xff, 0xff];
        for copy in 0..2 {
            bytes[512 * (1 + copy * usize::from(table_sectors))..][..8].copy_from_slice(&table);
        }
        let root = 512 * (1 + 2 * usize::from(table_sectors));
        bytes[root..root + 11].copy_from_slice(b"A       TXT");
        (bytes[root + 26], bytes[root + 29]) = (2, 2);
        bytes
    };
    vec![small(true), small(false), old(60, 1), old(5000, 20)]
}

async fn mount(disk: Rc<dyn BlockDevice>) -> Result<Volume, FatError> {
    Volume::mount(disk, Access::ReadWrite, Box::new(|| None)).await
}

/// Looks at everything, then changes some: whatever is wrong is an error in words, what was read
/// has the length that it said, and what was written is read again.
pub fn run(data: &[u8]) {
    let disk: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::from_bytes(512, data.to_vec()));
    pace::run(async {
        let volume = match mount(disk).await {
            Ok(volume) => volume,
            Err(error) => return assert!(!error.to_string().is_empty()),
        };
        if let Err(error) = look(&volume).await {
            assert!(!error.to_string().is_empty());
        }
        let _ = volume.label().await;
        let before = volume.check().await;
        if let Ok(report) = volume.repair().await
            && report.damage.is_empty()
        {
            let after = volume.check().await.expect("the disk does not fail");
            assert!(after.damage.is_empty() && after.lost_clusters == 0, "{before:?}, {after:?}");
        }
        change(&volume).await;
    });
}

async fn look(volume: &Volume) -> Result<(), FatError> {
    volume.space().await?;
    let (mut folders, mut count) = (vec![String::new()], 0);
    while let Some(folder) = folders.pop() {
        for item in volume.list(&folder).await? {
            count += 1;
            if count > MOST_ITEMS {
                return Ok(());
            }
            let path = format!("{folder}/{}", item.name);
            assert!(!item.name.contains('/'), "{path}");
            let Some(len) = item.len_bytes else {
                folders.push(path);
                continue;
            };
            // Two may have the same name; then it is the first one's.
            if let Ok(file) = volume.open(&path).await
                && file.len_bytes() == len
            {
                let read = volume.read(&path, 1 << 20).await?;
                assert_eq!(read.len() as u64, len.min(1 << 20), "{path}");
            }
        }
    }
    Ok(())
}

async fn change(volume: &Volume) {
    for path in ["/A.TXT", "/folder/new", "/folder/A name of several slots.txt"] {
        for is_append in [false, true] {
            let outcome = match is_append {
                false => volume.write(path, &[7; 900]).await,
                true => volume.append(path, &[7; 900]).await,
            };
            match (outcome, volume.is_read_only()) {
                (Ok(()), true) => panic!("a read-only volume was written"),
                (Ok(()), false) if !is_append => {
                    // A damaged table may have given the clusters to others too, but not away.
                    let read = volume.read(path, usize::MAX).await.map(|bytes| bytes.len());
                    assert_eq!(read, Ok(900), "{path}");
                }
                (Ok(()), false) => {}
                (Err(error), _) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    let _ = volume.rename("/A.TXT", "/folder/moved to another folder").await;
    let _ = volume.create_folder("/another").await;
    let _ = volume.rename("/folder", "/another/folder").await;
    let _ = volume.delete("/another/folder/new").await;
    let _ = volume.sync().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_volumes_of_every_kind() {
        let kinds = seeds().into_iter().map(|seed| {
            let volume = pace::run(mount(Rc::new(MemoryDisk::from_bytes(512, seed)))).unwrap();
            (volume.geometry().kind.to_string(), pace::run(volume.check()).unwrap().damage.len())
        });
        let sound = |kind: &str| (kind.to_owned(), 0);
        assert!(kinds.take(3).eq([sound("FAT32"), sound("FAT32"), sound("FAT12")]));
    }
}
