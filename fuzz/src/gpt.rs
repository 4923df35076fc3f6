//! What a disk is: partition tables of both kinds, and marks of file systems.

use crate::Target;
use std::rc::Rc;
use system_files::{
    Guid,
    gpt::{self, Entry},
    mbr::Mbr,
    probe::{Contents, probe},
};
use system_platform::{BlockDevice, MemoryDisk, pace};

/// See [`run`].
pub const TARGET: Target = Target { name: "gpt", run, seeds, words: WORDS, memory_limit };

/// The entries of a table, and the beginnings of its partitions.
const fn memory_limit(len: usize) -> usize {
    (4 << 20) + 10 * len
}

const WORDS: &[&str] =
    &["EFI PART", "NTFS    ", "EXFAT   ", "XFSB", "_BHRfS_M", "CD001", "U\u{aa}", "\u{ee}"];

fn seeds() -> Vec<Vec<u8>> {
    let table = |block_bytes: u32| {
        let disk = MemoryDisk::new(block_bytes, 200);
        let entry = |number, first, last| Entry {
            number,
            kind: Guid::new(1, 2, 3, 4, number.into()),
            id: Guid::new(5, 6, 7, 8, number.into()),
            first,
            last,
            attributes: 0,
            name: "data".into(),
        };
        pace::run(gpt::write(&disk, Guid::NIL, &[entry(1, 40, 79), entry(2, 80, 120)]))
            .expect("a sound table");
        disk.into_bytes()
    };
    let mut record = vec![0; 100 * 512];
    record[446..462].copy_from_slice(&[0, 0, 0, 0, 0x0c, 0, 0, 0, 8, 0, 0, 0, 50, 0, 0, 0]);
    (record[510], record[511]) = (0x55, 0xaa);
    vec![table(512), table(4096), record, vec![0; 100 * 512]]
}

/// Reads the bytes as disks with blocks of both sizes. Partitions that are found lie on the disk
/// and not over each other, and only a disk of zeros is blank.
pub fn run(data: &[u8]) {
    for block_bytes in [512, 4096] {
        let disk: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::from_bytes(block_bytes, data.to_vec()));
        let blocks = disk.info().blocks;
        match pace::run(gpt::read(&*disk)) {
            Ok(table) => {
                let mut parts = table.partitions;
                parts.sort_by_key(|part| part.first);
                assert!(parts.iter().all(|part| part.first <= part.last && part.last < blocks));
                assert!(parts.windows(2).all(|pair| pair[0].last < pair[1].first));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if let Err(error) = Mbr::parse(data, disk.info()) {
            assert!(!error.to_string().is_empty());
        }
        let contents = pace::run(probe(&disk)).expect("the disk does not fail");
        assert!(!contents.to_string().is_empty());
        for volume in contents.fat_volumes(&*disk) {
            volume.open(disk.clone()).expect("a partition on the disk");
        }
        let len = data.len() / block_bytes as usize * block_bytes as usize;
        let has_data = data[..len.min(4096)].iter().any(|byte| *byte != 0);
        assert!(!(contents == Contents::Blank && has_data), "data was taken for nothing");
    }
}
