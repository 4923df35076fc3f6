//! Files on small volumes: what each operation does, trees of them against a model, and power cuts.

mod operations;
mod power;

use super::*;
use alloc::{boxed::Box, collections::BTreeMap, format, rc::Rc, string::String, vec, vec::Vec};
use system_platform::{BlockDevice, DateTime, MemoryDisk, pace};

const NOW: DateTime = DateTime { year: 2026, month: 11, day: 25, hour: 21, minute: 30, second: 10 };

const OPTIONS: FormatOptions<'_> = FormatOptions { label: "test", id: 7, first_block: 0 };

fn mount(device: Rc<dyn BlockDevice>) -> Volume {
    pace::run(Volume::mount(device, Access::ReadWrite, Box::new(|| Some(NOW)))).unwrap()
}

/// A fresh disk of so many blocks of 512 bytes, which are clusters too.
fn small_disk(blocks: u64) -> Rc<MemoryDisk> {
    let disk = MemoryDisk::new(512, blocks);
    pace::run(format_small(&disk, &OPTIONS)).unwrap();
    Rc::new(disk)
}

/// Bytes that tell where they are.
fn contents(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|index| (index / 7) as u8 ^ (index % 251) as u8 ^ seed).collect()
}

/// Every file with its contents and every folder, by path.
type Tree = BTreeMap<String, Option<Vec<u8>>>;

fn tree(volume: &Volume) -> Tree {
    let (mut tree, mut folders) = (Tree::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for item in pace::run(volume.list(&folder)).unwrap() {
            let path = format!("{folder}/{}", item.name);
            let contents = match item.len_bytes {
                None => {
                    folders.push(path.clone());
                    None
                }
                Some(len) => {
                    let bytes = pace::run(volume.read(&path, usize::MAX)).unwrap();
                    assert_eq!(bytes.len() as u64, len, "{path}");
                    Some(bytes)
                }
            };
            tree.insert(path, contents);
        }
    }
    tree
}
