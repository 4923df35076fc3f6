use super::*;
use crate::{fat, layout};
use alloc::string::ToString;
use system_platform::{MemoryDisk, pace};

fn rc(disk: MemoryDisk) -> Rc<dyn BlockDevice> {
    Rc::new(disk)
}

fn contents(disk: MemoryDisk) -> Contents {
    pace::run(probe(&rc(disk))).unwrap()
}

fn disk_with(at: usize, mark: &[u8]) -> MemoryDisk {
    let mut bytes = vec![0; 4 << 20];
    bytes[at..at + mark.len()].copy_from_slice(mark);
    MemoryDisk::from_bytes(512, bytes)
}

#[test]
fn a_disk_of_zeros_is_blank_and_one_with_a_byte_at_its_end_is_not() {
    assert_eq!(contents(MemoryDisk::new(512, 8192)), Contents::Blank);
    assert_eq!(contents(MemoryDisk::new(4096, 2)), Contents::Blank);
    for at in [0, 70_000, 2 << 20, (4 << 20) - 1] {
        assert_eq!(contents(disk_with(at, &[1])), Contents::Whole(Data::Unknown), "at {at}");
    }
}

#[test]
fn a_disk_that_was_formatted_is_ours() {
    for (block_bytes, mib) in [(512, 64), (4096, 320)] {
        let blocks = (mib << 20) / u64::from(block_bytes);
        let disk = rc(MemoryDisk::new(block_bytes, blocks));
        let layout = pace::run(layout::format_disk(&disk, [7; 52])).unwrap();
        assert_eq!(layout.files.first * u64::from(block_bytes), 1 << 20);
        let found = pace::run(probe(&disk)).unwrap();
        assert_eq!(found, Contents::Ours { layout, warning: None });
        assert_eq!(found.fat_volumes(&*disk), [layout.files]);
        let part = Rc::new(layout.files.open(disk.clone()).unwrap());
        let volume = pace::run(fat::Volume::mount(
            part,
            fat::Access::ReadWrite,
            alloc::boxed::Box::new(|| None),
        ))
        .unwrap();
        assert_eq!(pace::run(volume.label()).unwrap().as_deref(), Some("LLMOS-FILES"));
        assert!(!volume.is_read_only() && !volume.was_dirty());
        let space = pace::run(volume.space()).unwrap();
        assert!(space.free_bytes + 4096 >= space.total_bytes, "{space:?}");

        // The second table stands in for the first.
        pace::run(disk.write(1, &vec![0; block_bytes as usize])).unwrap();
        let found = pace::run(probe(&disk)).unwrap();
        assert!(matches!(found, Contents::Ours { warning: Some(_), .. }), "{found}");
    }
}

#[test]
fn a_disk_that_is_too_small_is_left_as_it_is() {
    let disk = Rc::new(MemoryDisk::new(512, (40 << 20) / 512));
    let device: Rc<dyn BlockDevice> = disk.clone();
    let error = pace::run(layout::format_disk(&device, [7; 52])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the partition for files: 31457280 bytes are too few for FAT32, which needs 34228131"
    );
    assert_eq!(pace::run(probe(&device)).unwrap(), Contents::Blank);
}

#[test]
fn what_others_have_is_named_and_never_blank() {
    assert_eq!(contents(disk_with(3, b"NTFS    ")).to_string(), "NTFS");
    assert_eq!(contents(disk_with(1024 + 56, &[0x53, 0xef])).to_string(), "ext2");
    assert_eq!(contents(disk_with(65_600, b"_BHRfS_M")).to_string(), "Btrfs");
    assert_eq!(contents(disk_with(32_769, b"CD001")).to_string(), "ISO 9660");
    let found = contents(disk_with(512, b"EFI PART")).to_string();
    assert!(found.starts_with("a damaged GPT: first partition table: revision 0x0"), "{found}");
    let mut record = [0; 66];
    (record[4], record[64], record[65]) = (0x83, 0x55, 0xaa);
    assert_eq!(
        contents(disk_with(446, &record)).to_string(),
        "a damaged MBR: partition 1 has 0 blocks from block 0 on, but the disk has 8192"
    );
    (record[9], record[13]) = (8, 1);
    assert_eq!(
        contents(disk_with(446, &record)).to_string(),
        "MBR with 1 partition: 1 Linux data (empty)"
    );
}
