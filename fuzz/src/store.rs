//! Disks with a store on them, or what looks like one.
//!
//! Checksums keep nearly every mutation from getting anywhere, so an input is a list of patches to
//! a disk of its own making, and what is patched gets checksums that fit again.

use crate::Target;
use std::rc::Rc;
use system_platform::{BlockDevice, MemoryDisk, pace};
use system_storage::{Batch, Effort, FormatOptions, Key, PAGE_BYTES, Store, StoreError};

/// See [`run`].
pub const TARGET: Target = Target { name: "store", run, seeds, words: WORDS, memory_limit };

/// A disk, its copies, and 65 MiB for each of two records that claim to be that large.
const fn memory_limit(len: usize) -> usize {
    (160 << 20) + 8 * len
}

/// Magic numbers, for places in which they do not belong.
const WORDS: &[&str] = &["LLMSTORE", "LSEG", "LCHK", "LDIR"];

/// Pages of the disk: sixteen at its head and nine segments of eight.
const PAGES: usize = 16 + 9 * 8;

/// Page, offset in it divided by four, and the four bytes to be there.
const PATCH_BYTES: usize = 8;

fn seeds() -> Vec<Vec<u8>> {
    let patch = |page: u16, word: u16, value: u32| -> Vec<u8> {
        let words = [page.to_le_bytes(), word.to_le_bytes()];
        words.concat().into_iter().chain(value.to_le_bytes()).collect()
    };
    vec![
        Vec::new(),
        // The superblocks' geometry and last group.
        [patch(0, 4, 9), patch(8, 5, u32::MAX)].concat(),
        [patch(0, 10, 1000), patch(8, 10, 1000)].concat(),
        // A segment's use and number.
        [patch(16, 1, 2), patch(24, 2, 1), patch(32, 1, 7)].concat(),
        // A chunk's entries, group and payload.
        [patch(17, 1, 100), patch(18, 2, 1), patch(19, 11, 30_000)].concat(),
        // An entry's version, length, piece and offset.
        [patch(17, 16, 77), patch(17, 19, 60 << 20), patch(18, 20, 3), patch(19, 21, 4096)]
            .concat(),
        // The directory's entries and last chunk.
        [patch(23, 1011, 500), patch(23, 1018, 3)].concat(),
    ]
}

/// A disk with some records, deletions, and a record in several pieces.
fn disk_bytes() -> Vec<u8> {
    let disk: Rc<MemoryDisk> = Rc::new(MemoryDisk::new(4096, PAGES as u64));
    let device = || Rc::<MemoryDisk>::clone(&disk) as Rc<dyn BlockDevice>;
    let options = FormatOptions { store: 1, segment_bytes: Some(32 << 10) };
    pace::run(Store::format(device(), options)).expect("the disk is large enough");
    let store = pace::run(Store::open(device())).expect("a store");
    for id in 0..8 {
        let mut batch = Batch::new();
        batch.put(Key::new(1, id), vec![id as u8; 700]).delete(Key::new(1, id.wrapping_sub(3)));
        if id == 5 {
            batch.put(Key::new(2, 1), vec![9; 10_000]);
        }
        pace::run(store.commit(batch)).expect("there is room");
    }
    drop(store);
    Rc::into_inner(disk).expect("nobody else has it").into_bytes()
}

/// CRC-32C, bit by bit: a second opinion.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 }
        })
    })
}

/// Gives a page that begins, or ends, like one of the structures the checksum of its contents.
fn mend(page: &mut [u8]) {
    let entries = |at: usize, page: &[u8]| {
        let count = u32::from_le_bytes(page[at..at + 4].try_into().expect("four bytes"));
        (count as usize).min(PAGE_BYTES) * 40
    };
    match &page[..4] {
        b"LLMS" => {
            let crc = crc(&page[..48]);
            page[48..52].copy_from_slice(&crc.to_le_bytes());
        }
        b"LSEG" => {
            let crc = crc(&page[..28]);
            page[28..32].copy_from_slice(&crc.to_le_bytes());
        }
        b"LCHK" => {
            let end = 56 + entries(4, page);
            if end <= page.len() {
                let crc = crc(&[&page[..52], &page[56..end]].concat());
                page[52..56].copy_from_slice(&crc.to_le_bytes());
            }
        }
        _ => {
            let trailer = page.len() - 56;
            if &page[trailer..trailer + 4] == b"LDIR"
                && let Some(start) = trailer.checked_sub(entries(trailer + 4, page))
            {
                let crc = crc(&page[start..PAGE_BYTES - 4]);
                page[PAGE_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
            }
        }
    }
}

/// Opens the patched disk. What opens shows its records without a panic, takes another one, comes
/// to an end with compaction, and opens again with that record.
pub fn run(data: &[u8]) {
    let mut bytes = disk_bytes();
    for patch in data.chunks_exact(PATCH_BYTES) {
        let page = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % PAGES;
        let offset = usize::from(u16::from_le_bytes([patch[2], patch[3]])) % (PAGE_BYTES / 4) * 4;
        let page = &mut bytes[page * PAGE_BYTES..][..PAGE_BYTES];
        page[offset..offset + 4].copy_from_slice(&patch[4..]);
        mend(page);
    }
    let disk: Rc<dyn BlockDevice> = Rc::new(MemoryDisk::from_bytes(4096, bytes));
    let store = match pace::run(Store::open(Rc::clone(&disk))) {
        Ok(store) => store,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let mut shown = 0;
    pace::run(store.visit(0..=u16::MAX, |_, _| shown += 1)).expect("the disk does not fail");
    assert_eq!(shown, store.keys(0..=u16::MAX).len());
    let new = Key::new(3, 7);
    let mut batch = Batch::new();
    batch.put(new, b"new".to_vec());
    let outcome = pace::run(store.commit(batch));
    for _ in 0..40 {
        match pace::run(store.compact_step(Effort::Space)) {
            Ok(_) | Err(StoreError::Full { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    drop(store);
    let store = pace::run(Store::open(disk)).expect("it was open before");
    match outcome {
        Ok(()) => assert_eq!(pace::run(store.get(new)), Ok(Some(b"new".to_vec()))),
        Err(error) => assert!(matches!(error, StoreError::Full { .. }), "{error}"),
    }
}
