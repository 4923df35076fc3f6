use super::*;
use alloc::string::ToString;

fn names(volume: &Volume, path: &str) -> Vec<String> {
    pace::run(volume.list(path)).unwrap().into_iter().map(|item| item.name).collect()
}

fn error<T: core::fmt::Debug>(outcome: Result<T, FatError>) -> String {
    outcome.unwrap_err().to_string()
}

#[test]
fn files_are_written_read_in_ranges_and_replaced() {
    let disk = small_disk(600);
    let volume = mount(disk.clone());
    let bytes = contents(1, 10_000);
    pace::run(volume.write("/A long name.bin", &bytes)).unwrap();
    let mut file = pace::run(volume.open("a LONG name.BIN")).unwrap();
    assert_eq!((file.len_bytes(), file.pieces()), (10_000, 1));
    for (offset, len) in [(0, 10_000), (0, 512), (511, 2), (513, 3000), (9_999, 5), (20_000, 1)] {
        let mut part = vec![0; len];
        let read = pace::run(volume.read_at(&mut file, offset as u64, &mut part)).unwrap();
        let end = (offset + len).min(bytes.len());
        assert_eq!(part[..read], bytes[offset.min(end)..end], "{len} from {offset} on");
    }
    let item = pace::run(volume.item("/A long name.bin")).unwrap();
    assert_eq!((item.len_bytes, item.modified), (Some(10_000), Some(NOW)));

    pace::run(volume.write("/A long name.bin", b"short")).unwrap();
    assert_eq!(pace::run(volume.read("/A long name.bin", 3)).unwrap(), b"sho");
    let message = error(pace::run(volume.read_at(&mut file, 0, &mut [0])));
    assert_eq!(message, "\"a LONG name.BIN\" was replaced while it was read");
    // A fresh mount sees the same, and that it was not put away.
    pace::run(volume.sync()).unwrap();
    assert!(!mount(disk.clone()).was_dirty());
    pace::run(volume.append("/A long name.bin", &contents(2, 1000))).unwrap();
    let volume = mount(disk);
    assert!(volume.was_dirty());
    let bytes = pace::run(volume.read("/A long name.bin", usize::MAX)).unwrap();
    assert_eq!((&bytes[..5], &bytes[5..]), (&b"short"[..], &contents(2, 1000)[..]));
}

#[test]
fn an_open_file_goes_on_when_it_grows_or_others_change() {
    let volume = mount(small_disk(600));
    pace::run(volume.write("a", b"one")).unwrap();
    let mut file = pace::run(volume.open("a")).unwrap();
    pace::run(volume.append("a", &[b'+'; 600])).unwrap();
    pace::run(volume.write("b", b"two")).unwrap();
    pace::run(volume.delete("b")).unwrap();
    let mut bytes = [0; 700];
    assert_eq!(pace::run(volume.read_at(&mut file, 0, &mut bytes)), Ok(603));
    assert_eq!(&bytes[..4], b"one+");
}

#[test]
fn a_file_that_is_written_in_parts_shows_when_it_is_finished() {
    let volume = mount(small_disk(3000));
    let before = pace::run(volume.space()).unwrap();
    let mut writer = pace::run(volume.writer("model.gguf")).unwrap();
    let bytes = contents(3, 600_000);
    for part in bytes.chunks(70_001) {
        pace::run(volume.write_part(&mut writer, part)).unwrap();
    }
    assert!(names(&volume, "/").is_empty());
    let abandoned = pace::run(volume.writer("other")).unwrap();
    pace::run(volume.finish(writer)).unwrap();
    drop(abandoned);
    assert_eq!(pace::run(volume.read("MODEL.GGUF", usize::MAX)).unwrap(), bytes);
    pace::run(volume.delete("model.gguf")).unwrap();

    let mut writer = pace::run(volume.writer("model.gguf")).unwrap();
    pace::run(volume.write_part(&mut writer, &bytes)).unwrap();
    drop(writer);
    assert_eq!(pace::run(volume.space()).unwrap(), before);
}

#[test]
fn folders_hold_more_than_a_cluster_and_are_deleted_when_empty() {
    let volume = mount(small_disk(3000));
    pace::run(volume.create_folder("Fotos 2026")).unwrap();
    for index in 0..60 {
        let path = format!("fotos 2026/A rather long name of a picture, number {index}.jpeg");
        pace::run(volume.write(&path, &[index])).unwrap();
    }
    let listed = names(&volume, "Fotos 2026");
    assert_eq!(listed.len(), 60);
    assert_eq!(pace::run(volume.read(&format!("Fotos 2026/{}", listed[59]), 9)).unwrap().len(), 1);
    assert_eq!(
        error(pace::run(volume.delete("Fotos 2026"))),
        "the folder \"Fotos 2026\" is not empty"
    );
    for name in listed {
        pace::run(volume.delete(&format!("Fotos 2026/{name}"))).unwrap();
    }
    pace::run(volume.delete("Fotos 2026")).unwrap();
    let report = pace::run(volume.check()).unwrap();
    assert_eq!(report, Report::default());
}

#[test]
fn names_change_in_case_and_place_and_never_onto_others() {
    let volume = mount(small_disk(600));
    pace::run(volume.write("a.txt", b"a")).unwrap();
    pace::run(volume.create_folder("one")).unwrap();
    pace::run(volume.create_folder("one/two")).unwrap();
    pace::run(volume.rename("a.txt", "A.txt")).unwrap();
    assert_eq!(names(&volume, ""), ["A.txt", "one"]);
    pace::run(volume.rename("A.TXT", "one/two/b.txt")).unwrap();
    pace::run(volume.rename("one/two", "zwei")).unwrap();
    assert_eq!(tree(&volume).keys().collect::<Vec<_>>(), ["/one", "/zwei", "/zwei/b.txt"]);
    assert_eq!(error(pace::run(volume.rename("zwei", "one"))), "there is a \"one\" already");
    assert_eq!(
        error(pace::run(volume.rename("zwei", "zwei/three"))),
        "\"zwei\" cannot be moved into itself"
    );
    assert_eq!(pace::run(volume.check()).unwrap().damage, []);
}

#[test]
fn refusals_name_the_path_and_change_nothing() {
    let volume = mount(small_disk(100));
    pace::run(volume.write("file", b"1")).unwrap();
    pace::run(volume.create_folder("folder")).unwrap();
    let before = (tree(&volume), pace::run(volume.space()).unwrap());
    let write = |path| error(pace::run(volume.write(path, b"2")));
    assert_eq!(write("folder"), "\"folder\" is a folder");
    assert_eq!(write("/"), "\"/\" is a folder");
    assert_eq!(write("file/x"), "\"file\" is a file, not a folder");
    assert_eq!(write("none/x"), "there is no \"none\"");
    assert_eq!(write("../x"), "\"../x\" leads out of the disk");
    assert_eq!(write("a:b"), "\"a:b\" is no name: it has the character ':'");
    assert_eq!(error(pace::run(volume.read("folder", 1))), "\"folder\" is a folder");
    assert_eq!(error(pace::run(volume.list("file"))), "\"file\" is a file, not a folder");
    assert_eq!(error(pace::run(volume.delete("nothing"))), "there is no \"nothing\"");
    assert_eq!(error(pace::run(volume.create_folder("FILE"))), "there is a \"FILE\" already");
    let full = error(pace::run(volume.write("big", &[0; 60_000])));
    assert!(full.starts_with("the disk is full: 60416 bytes needed, "), "{full}");
    assert_eq!((tree(&volume), pace::run(volume.space()).unwrap()), before);
}

#[test]
fn a_read_only_volume_is_read() {
    let disk = small_disk(100);
    pace::run(mount(disk.clone()).write("a", b"1")).unwrap();
    let bytes = {
        let mut bytes = vec![0; 100 * 512];
        pace::run(disk.read(0, &mut bytes)).unwrap();
        bytes
    };
    let volume = mount(Rc::new(MemoryDisk::from_bytes(512, bytes).read_only()));
    assert_eq!(pace::run(volume.read("a", 1)).unwrap(), b"1");
    assert_eq!(pace::run(volume.write("a", b"2")), Err(FatError::ReadOnly));
    assert_eq!(pace::run(volume.delete("a")), Err(FatError::ReadOnly));
    assert_eq!(pace::run(volume.repair()), Err(FatError::ReadOnly));
    pace::run(volume.sync()).unwrap();
}

/// The disk's first table, changed.
fn with_links(disk: &MemoryDisk, volume: &Volume, links: &[(u32, u32)]) {
    let mut sector = vec![0; 512];
    let table = volume.geometry().table.into();
    pace::run(disk.read(table, &mut sector)).unwrap();
    for (cluster, next) in links {
        sector[*cluster as usize * 4..][..4].copy_from_slice(&next.to_le_bytes());
    }
    pace::run(disk.write(table, &sector)).unwrap();
}

#[test]
fn damaged_chains_are_errors_that_say_how() {
    for (links, says) in [
        (&[(5, 4)][..], "\"a\" is damaged: its clusters go round in a loop at 4"),
        (&[(4, 9)], "\"a\" is damaged: its cluster 9 is free"),
        (
            &[(4, 0x0fff_ff00)],
            "\"a\" is damaged: cluster 4 leads to 268435200, which the disk does not have",
        ),
        (&[(4, 0x0fff_fff7)], "\"a\" is damaged: its cluster 4 is bad"),
        (&[(4, 0x0fff_ffff)], "\"a\" is damaged: 2 clusters are too few for its 2000 bytes"),
    ] {
        let disk = small_disk(100);
        let volume = mount(disk.clone());
        pace::run(volume.write("a", &contents(1, 2000))).unwrap();
        with_links(&disk, &volume, links);
        let volume = mount(disk);
        assert_eq!(error(pace::run(volume.read("a", 1))), says);
        assert_eq!(error(pace::run(volume.append("a", b"1"))), says);
        let report = pace::run(volume.repair()).unwrap();
        assert!(matches!(report.damage[..], [Damage::Chain { .. }]), "{report:?}");
        pace::run(volume.delete("a")).unwrap();
        assert!(names(&volume, "").is_empty());
    }
}

#[test]
fn the_root_folder_can_be_damaged_too() {
    let disk = small_disk(100);
    let volume = mount(disk.clone());
    with_links(&disk, &volume, &[(2, 2)]);
    let looped = "\"\" is damaged: its clusters go round in a loop at 2";
    assert_eq!(error(pace::run(mount(disk).list(""))), looped);
}

#[test]
fn volumes_of_many_sizes_are_formatted_and_too_small_ones_refused() {
    for (block_bytes, mib) in [(512, 34), (512, 300), (4096, 280)] {
        let disk = Rc::new(MemoryDisk::new(block_bytes, (mib << 20) / u64::from(block_bytes)));
        pace::run(format(&*disk, &OPTIONS)).unwrap();
        let volume = mount(disk);
        let geometry = volume.geometry();
        assert!(geometry.clusters >= 65_525, "{geometry:?}");
        assert_eq!(geometry.data * geometry.sector_bytes % 4096, 0);
        pace::run(volume.write("a", &contents(1, 9000))).unwrap();
        assert_eq!(pace::run(volume.read("a", 9000)).unwrap(), contents(1, 9000));
    }
    let small = MemoryDisk::new(4096, (200 << 20) / 4096);
    assert!(matches!(pace::run(format(&small, &OPTIONS)), Err(FormatError::TooSmall { .. })));
    let bad = FormatOptions { label: "a/b", ..OPTIONS };
    assert_eq!(pace::run(format(&small, &bad)), Err(FormatError::Label("a/b".into())));
}
