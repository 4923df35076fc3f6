//! Stores in files: sound, damaged, of a later version, and none at all.

use super::{check, dump, export, open};
use llm_memory::{Memory, NewEntry, WordEmbedder, kinds};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};
use system_files::layout::{self, format_disk};
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
    export::run(open(path).unwrap(), &mut output).unwrap();
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
    dump::run(&open(&image.0).unwrap(), None, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["object"]["text"], "the gate code is 4417");
    assert_eq!(lines[3]["begins"], "ab".repeat(32));
    let mut output = Vec::new();
    dump::run(&open(&image.0).unwrap(), Some(kinds::PREFIX), &mut output).unwrap();
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
    let (is_sound, text) = checked(&image.0);
    assert!(!is_sound);
    assert!(text.contains("unreadable: memory 3: "), "{text}");
    let texts: Vec<Value> = exported(&image.0).into_iter().map(|it| it["text"].clone()).collect();
    assert_eq!(texts, ["the gate code is 4417", "the gate code is 5521"]);
}

#[test]
fn what_is_no_store_gets_a_clear_message() {
    let path = std::env::temp_dir().join(format!("llm-cli-{}-blank.img", std::process::id()));
    std::fs::write(&path, vec![0; 1 << 20]).unwrap();
    let blank = Image(path);
    let message = |path: &Path| open(path).err().unwrap().to_string();
    assert_eq!(message(&blank.0), "the disk is blank: there is no store on it yet");
    std::fs::write(&blank.0, vec![0x5a; 1 << 20]).unwrap();
    assert_eq!(message(&blank.0), "the disk holds something that is no store");
}
