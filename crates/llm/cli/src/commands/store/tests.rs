//! Stores in files: sound, damaged, of a later version, and none at all.

use super::{check, dump, export, is_same_file, open, run};
use crate::args::Args;
use llm_memory::{Memory, NewEntry, WordEmbedder, kinds};
use serde_json::Value;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};
use system_files::{
    gpt,
    layout::{self, FILES_KIND, Layout, format_disk},
};
use system_host::FileDisk;
use system_platform::{BlockDevice, pace};
use system_storage::{Batch, FormatOptions, Key, Store};

/// A file that is removed with the value.
struct Image(PathBuf);

impl Drop for Image {
    fn drop(&mut self) {
        // One that stays behind does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A disk that remembers three things, one of which does not hold any more.
fn image(name: &str) -> Image {
    let path = std::env::temp_dir().join(format!("llm-cli-{}-{name}.img", std::process::id()));
    let disk: Rc<dyn BlockDevice> = Rc::new(FileDisk::create(&path, 512, 64 << 20).unwrap());
    let layout = pace::run(format_disk(&disk, [7; layout::RANDOM_BYTES])).unwrap();
    let part: Rc<dyn BlockDevice> = Rc::new(layout.store.open(disk).unwrap());
    let options = FormatOptions { store: 5, segment_bytes: None };
    pace::run(Store::format(part.clone(), options)).unwrap();
    let store = Rc::new(pace::run(Store::open(part)).unwrap());
    let (mut memory, _) = pace::run(Memory::open(store.clone())).unwrap();
    for text in ["the gate code is 4417", "the gate code is 5521", "the boat is at pier 9"] {
        pace::run(memory.remember(NewEntry::fact(text, Some(5)), &WordEmbedder)).unwrap();
    }
    let mut batch = Batch::new();
    batch.put(Key::new(kinds::PREFIX, 3), vec![0xab; 100]);
    pace::run(store.commit(batch)).unwrap();
    pace::run(store.close()).unwrap();
    Image(path)
}

fn checked(path: &Path) -> (bool, String) {
    let mut output = Vec::new();
    let code = check::run(&open(path).unwrap(), &mut output).unwrap();
    (code == ExitCode::SUCCESS, String::from_utf8(output).unwrap())
}

fn exported(path: &Path) -> Vec<Value> {
    let mut output = Vec::new();
    export::run(open(path).unwrap().store, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Flips a bit where these bytes stand in the file.
fn flip(path: &Path, needle: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_sound_store_is_counted_dumped_and_exported_and_not_changed() {
    let image = image("sound");
    let before = std::fs::read(&image.0).unwrap();
    let (is_sound, text) = checked(&image.0);
    assert!(is_sound, "{text}");
    assert!(text.contains("       3 memory (") && text.contains("       1 prefix (100 bytes)"));
    let mut output = Vec::new();
    dump::run(&open(&image.0).unwrap().store, None, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["object"]["text"], "the gate code is 4417");
    assert_eq!(lines[3]["begins"], "ab".repeat(32));
    let mut output = Vec::new();
    dump::run(&open(&image.0).unwrap().store, Some(kinds::PREFIX), &mut output).unwrap();
    assert_eq!(output.iter().filter(|byte| **byte == b'\n').count(), 1);
    let exported = exported(&image.0);
    assert_eq!(exported.len(), 3);
    assert_eq!((&exported[0]["superseded_by"], &exported[0]["unix_s"]), (&2.into(), &5.into()));
    assert_eq!(exported[2]["text"], "the boat is at pier 9");
    assert!(std::fs::read(&image.0).unwrap() == before);
}

#[test]
fn a_damaged_record_is_named_and_the_others_are_exported() {
    let image = image("damaged");
    flip(&image.0, b"the boat is at pier 9");
    let before = std::fs::read(&image.0).unwrap();
    let (is_sound, text) = checked(&image.0);
    assert!(!is_sound);
    assert!(text.contains("unreadable: memory 3: "), "{text}");
    let texts: Vec<Value> = exported(&image.0).into_iter().map(|it| it["text"].clone()).collect();
    assert_eq!(texts, ["the gate code is 4417", "the gate code is 5521"]);
    let mut output = Vec::new();
    dump::run(&open(&image.0).unwrap().store, Some(kinds::MEMORY), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    assert!(text.contains("\"error\":\"record 1/3 is damaged"), "{text}");
    assert!(std::fs::read(&image.0).unwrap() == before);
}

#[test]
fn what_is_no_store_gets_a_clear_message() {
    let path = std::env::temp_dir().join(format!("llm-cli-{}-blank.img", std::process::id()));
    std::fs::write(&path, vec![0; 1 << 20]).unwrap();
    let blank = Image(path);
    assert_eq!(message(&blank.0), "the disk is blank: there is no store on it yet");
    std::fs::write(&blank.0, vec![0x5a; 1 << 20]).unwrap();
    assert_eq!(message(&blank.0), "the disk holds something that is no store");
}

/// Where the store of an image begins, in bytes.
fn first_byte(path: &Path) -> usize {
    open(path).unwrap().first_byte as usize
}

/// CRC-32C, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 * (crc & 1)))
    })
}

/// Has both superblocks say which version wrote them, and which may read them.
fn set_version(path: &Path, version: u32, least_reader: u32) {
    let start = first_byte(path);
    let mut bytes = std::fs::read(path).unwrap();
    for page in [0, 8] {
        let superblock = &mut bytes[start + page * 4096..][..52];
        assert_eq!(superblock[48..], checksum(&superblock[..48]).to_le_bytes());
        superblock[8..12].copy_from_slice(&version.to_le_bytes());
        superblock[12..16].copy_from_slice(&least_reader.to_le_bytes());
        let sum = checksum(&superblock[..48]);
        superblock[48..].copy_from_slice(&sum.to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}

/// The image's store alone.
fn bare(image: &Image, name: &str) -> Image {
    let found = open(&image.0).unwrap();
    let (start, len) = (found.first_byte as usize, 8 << 20);
    let path = std::env::temp_dir().join(format!("llm-cli-{}-{name}.img", std::process::id()));
    std::fs::write(&path, &std::fs::read(&image.0).unwrap()[start..start + len]).unwrap();
    Image(path)
}

fn message(path: &Path) -> String {
    open(path).err().unwrap().to_string()
}

#[test]
fn a_store_of_a_later_version_is_refused_by_number_or_read_if_it_allows_that() {
    let image = image("newer");
    set_version(&image.0, 9, 1);
    assert!(checked(&image.0).0);
    assert_eq!(exported(&image.0).len(), 3);
    set_version(&image.0, 9, 9);
    assert_eq!(message(&image.0), "the store has format 9, this system knows up to 1");
}

#[test]
fn a_store_alone_is_read_and_one_that_lost_its_end_is_reported() {
    let image = image("whole");
    assert_eq!(first_byte(&image.0) % (1 << 20), 0);
    let bare = bare(&image, "bare");
    let (is_sound, text) = checked(&bare.0);
    assert!(is_sound && text.starts_with("the store begins at byte 0x0 "), "{text}");
    let file = std::fs::OpenOptions::new().write(true).open(&bare.0).unwrap();
    file.set_len(4 << 20).unwrap();
    let (is_sound, text) = checked(&bare.0);
    assert!(!is_sound);
    let lost = "damaged: what may have been records is damaged: ";
    assert!(text.contains(lost) && text.contains(" at 0x400000\n"), "{text}");
    assert_eq!(exported(&bare.0).len(), 3);
}

#[test]
fn a_disk_that_lost_its_end_and_one_of_somebody_are_said_to_be_such() {
    let image = image("cut");
    let file = std::fs::OpenOptions::new().write(true).open(&image.0).unwrap();
    // Not whole blocks of 4096 bytes: it is not said to be of an odd length for that.
    file.set_len((60 << 20) + 512).unwrap();
    let cut = message(&image.0);
    assert!(cut.starts_with("there is no store on the disk, but a damaged GPT: "), "{cut}");
    let disk: Rc<dyn BlockDevice> = Rc::new(FileDisk::create(&image.0, 512, 64 << 20).unwrap());
    let files = Layout::choose(disk.info()).unwrap().files;
    let entry = gpt::Entry {
        number: 1,
        kind: FILES_KIND,
        id: FILES_KIND,
        first: files.first,
        last: files.first + files.blocks - 1,
        attributes: 0,
        name: "holidays".into(),
    };
    pace::run(gpt::write(&*disk, FILES_KIND, &[entry])).unwrap();
    let theirs = message(&image.0);
    let begin = "there is no store on the disk, but GPT with 1 partition: ";
    assert!(theirs.starts_with(begin) && theirs.contains("\"holidays\""), "{theirs}");
}

#[test]
fn a_damaged_partition_table_is_reported_and_the_other_one_used() {
    let image = image("table");
    flip(&image.0, b"EFI PART");
    let (is_sound, text) = checked(&image.0);
    assert!(!is_sound);
    assert!(text.contains("damaged: the first partition table: "), "{text}");
    assert_eq!(exported(&image.0).len(), 3);
}

#[test]
fn a_session_record_of_a_later_version_and_one_without_an_object_are_named() {
    let image = image("session");
    {
        let disk: Rc<dyn BlockDevice> = Rc::new(FileDisk::open(&image.0, 512, false).unwrap());
        let layout = Layout::choose(disk.info()).unwrap();
        let store = pace::run(Store::open(Rc::new(layout.store.open(disk).unwrap()))).unwrap();
        let mut batch = Batch::new();
        batch.put(Key::new(kinds::SESSION, 1), br#"{"version":1}"#.to_vec());
        batch.put(Key::new(kinds::TURN, 7), br#"{"version":2}"#.to_vec());
        batch.put(Key::new(kinds::AUDIT, 8), b"[1]".to_vec());
        batch.put(Key::new(kinds::FILE, 9), b"{".to_vec());
        pace::run(store.commit(batch)).unwrap();
        pace::run(store.close()).unwrap();
    }
    let (is_sound, text) = checked(&image.0);
    assert!(!is_sound && !text.contains("unreadable: session"), "{text}");
    assert!(
        text.contains("unreadable: turn 7: the record has version 2, this system knows up to 1")
    );
    assert!(text.contains("unreadable: audit 8: the record holds no JSON object"), "{text}");
    assert!(text.contains("unreadable: file 9: the record holds no JSON object"), "{text}");
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_written_is_not_said_to_be() {
    let image = image("full");
    let store = || open(&image.0).unwrap().store;
    assert!(export::run(store(), &mut Full).is_err());
    assert!(dump::run(&store(), None, &mut Full).is_err());
    assert!(check::run(&open(&image.0).unwrap(), &mut Full).is_err());
    let line = ["export", "--out", "/dev/full", image.0.to_str().unwrap()];
    let refused = run(Args::new(line.map(str::to_string))).unwrap_err().to_string();
    assert!(refused.starts_with("/dev/full: "), "{refused}");
}

#[test]
fn an_export_takes_neither_the_place_of_the_store_nor_that_of_an_older_export_for_nothing() {
    let image = image("out");
    let command = |line: String| run(Args::new(line.split('|').map(str::to_string)));
    let path = image.0.display().to_string();
    let before = std::fs::read(&image.0).unwrap();
    let link = Image(image.0.with_extension("link"));
    std::os::unix::fs::symlink(&image.0, &link.0).unwrap();
    for out in [&image.0, &link.0] {
        assert!(is_same_file(out, &image.0));
        let refused = command(format!("export|--out|{}|{path}", out.display()));
        let text = refused.unwrap_err().to_string();
        assert!(text.ends_with("it is the file of the store, which is never written"), "{text}");
    }
    assert!(std::fs::read(&image.0).unwrap() == before);
    let out = Image(image.0.with_extension("jsonl"));
    let shown = out.0.display();
    assert_eq!(command(format!("export|--out|{shown}|{path}")).unwrap(), ExitCode::SUCCESS);
    let older = std::fs::read_to_string(&out.0).unwrap();
    assert_eq!(older.lines().count(), 3);
    for wrong in [
        format!("export|--out|{shown}|{path}.gone"),
        format!("check|--out|{shown}|{path}"),
        format!("exprot|--out|{shown}|{path}"),
        format!("check|--kind|1|{path}"),
    ] {
        assert!(command(wrong.clone()).is_err(), "{wrong}");
    }
    assert_eq!(std::fs::read_to_string(&out.0).unwrap(), older);
}
