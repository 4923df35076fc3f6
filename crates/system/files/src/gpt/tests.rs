use super::*;
use alloc::{rc::Rc, string::ToString};
use proptest::prelude::*;
use system_platform::{MemoryDisk, pace};

const KIND: Guid = Guid::new(1, 2, 3, 4, 5);

fn entry(number: u32, first: u64, last: u64) -> Entry {
    let id = Guid::from_random([number as u8; 16]);
    Entry { number, kind: KIND, id, first, last, attributes: 0, name: "Größe".into() }
}

fn table(block_bytes: u32) -> (MemoryDisk, Vec<Entry>) {
    let disk = MemoryDisk::new(block_bytes, 400);
    let entries = [entry(1, 40, 59), entry(2, 60, 300)].to_vec();
    pace::run(write(&disk, KIND, &entries)).unwrap();
    (disk, entries)
}

fn overwrite(disk: &MemoryDisk, block: u64, at: usize, bytes: &[u8]) {
    let mut buffer = vec![0; disk.info().block_bytes as usize];
    pace::run(disk.read(block, &mut buffer)).unwrap();
    buffer[at..at + bytes.len()].copy_from_slice(bytes);
    pace::run(disk.write(block, &buffer)).unwrap();
}

#[test]
fn a_table_is_read_as_it_was_written_with_blocks_of_both_sizes() {
    for block_bytes in [512, 4096] {
        let (disk, entries) = table(block_bytes);
        let gpt = pace::run(read(&disk)).unwrap();
        assert_eq!(gpt, Gpt { disk: KIND, partitions: entries, warning: None });
        assert_eq!(gpt.find(KIND).map(Entry::blocks), Some(20));
    }
}

#[test]
fn the_second_table_stands_in_for_a_damaged_first_one() {
    let (disk, entries) = table(512);
    overwrite(&disk, 1, 60, &[0xff]);
    let gpt = pace::run(read(&disk)).unwrap();
    assert_eq!(gpt.partitions, entries);
    assert!(matches!(gpt.warning, Some(HeaderFault::Checksum { .. })), "{:?}", gpt.warning);
    // Its entries are worth no more than its header.
    let (disk, _) = table(512);
    overwrite(&disk, 2, 40, &[0xff]);
    let warning = pace::run(read(&disk)).unwrap().warning;
    assert!(matches!(warning, Some(HeaderFault::EntriesChecksum { .. })), "{warning:?}");
}

#[test]
fn two_damaged_tables_are_an_error_that_names_both() {
    let (disk, _) = table(512);
    overwrite(&disk, 1, 0, b"?");
    overwrite(&disk, 399, 8, &[9; 4]);
    let error = pace::run(read(&disk)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "first partition table: no header; second partition table: revision 0x9090909 is not known"
    );
}

#[test]
fn partitions_over_each_other_or_beyond_the_disk_are_refused() {
    let disk = MemoryDisk::new(512, 400);
    let refusal =
        |entries: &[Entry]| pace::run(write(&disk, KIND, entries)).unwrap_err().to_string();
    assert_eq!(
        refusal(&[entry(1, 100, 200), entry(2, 40, 100)]),
        "partitions 2 and 1 both have block 100"
    );
    assert_eq!(
        refusal(&[entry(1, 40, 399)]),
        "partition 1 has blocks 40 to 399, but partitions may use 34 to 366"
    );
    assert!(disk.into_bytes().iter().all(|byte| *byte == 0), "nothing was written");
    let small = MemoryDisk::new(512, 60);
    assert_eq!(pace::run(write(&small, KIND, &[])), Err(GptError::TooSmall { blocks: 60 }));
}

#[test]
fn a_sound_checksum_does_not_excuse_entries_that_overlap() {
    let (disk, entries) = table(512);
    for (header, first_entry) in [(1, 2), (399, 367)] {
        let mut bytes = vec![0; ENTRIES_BYTES];
        pace::run(disk.read(first_entry, &mut bytes)).unwrap();
        Entry { first: 50, ..entries[1].clone() }.write(&mut bytes[128..256]);
        pace::run(disk.write(first_entry, &bytes)).unwrap();
        let mut block = vec![0; 512];
        pace::run(disk.read(header, &mut block)).unwrap();
        let mut parsed = Header::parse(&block, header, disk.info()).unwrap();
        parsed.entries_crc = crate::crc32::crc32(&bytes);
        pace::run(disk.write(header, &parsed.to_block(512))).unwrap();
    }
    let overlap = GptError::Overlap { number: 1, other: 2, block: 50 };
    assert_eq!(pace::run(read(&disk)), Err(overlap));
}

const ENTRIES_BYTES: usize = 128 * 128;

proptest! {
    #[test]
    fn damage_never_panics_and_never_yields_other_partitions(
        damage in prop::collection::vec((0_usize..40 * 512, any::<u8>()), 1..8),
    ) {
        let (disk, entries) = table(512);
        let mut bytes = disk.into_bytes();
        for (at, value) in damage {
            bytes[at] = value;
        }
        let disk: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::from_bytes(512, bytes));
        // The second table is whole, so the disk's partitions are known in any case.
        prop_assert_eq!(pace::run(read(&*disk)).unwrap().partitions, entries);
    }
}
