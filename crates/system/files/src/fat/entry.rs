//! One entry of a folder.

use super::{
    name::{self, Short},
    time,
};
use crate::bytes::{put, u16_at, u32_at};
use alloc::{string::String, vec::Vec};
use core::ops::Range;
use system_platform::DateTime;

/// Bytes of a slot.
pub(super) const SLOT: usize = 32;
/// First byte of a slot that was given up.
pub(super) const DELETED: u8 = 0xe5;

const READ_ONLY: u8 = 0x01;
pub(super) const LABEL: u8 = 0x08;
pub(super) const FOLDER: u8 = 0x10;
pub(super) const ARCHIVE: u8 = 0x20;

/// A file or folder, as its folder has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub short: Short,
    pub attributes: u8,
    /// First cluster of its chain; 0 for none.
    pub first: u32,
    /// Bytes of a file.
    pub len: u32,
    pub modified: Option<DateTime>,
    /// Its slots in the folder; the last is that of the short name.
    pub slots: Range<usize>,
}

impl Entry {
    pub const fn is_folder(&self) -> bool {
        self.attributes & FOLDER != 0
    }

    pub const fn is_protected(&self) -> bool {
        self.attributes & READ_ONLY != 0
    }
}

/// What becomes of the parts of a slot that a change touches.
pub(super) fn write_target(slot: &mut [u8], first: u32, len: u32, now: Option<DateTime>) {
    let (date, of_day) = time::encode(now);
    put(slot, 20, &((first >> 16) as u16).to_le_bytes());
    put(slot, 26, &(first as u16).to_le_bytes());
    put(slot, 28, &len.to_le_bytes());
    put(slot, 18, &date.to_le_bytes());
    put(slot, 22, &of_day.to_le_bytes());
    put(slot, 24, &date.to_le_bytes());
}

/// A slot of a short name, for something that is new now.
pub(super) fn new_slot(short: &Short, attributes: u8, now: Option<DateTime>) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    put(&mut slot, 0, short);
    slot[11] = attributes;
    let (date, of_day) = time::encode(now);
    put(&mut slot, 14, &of_day.to_le_bytes());
    put(&mut slot, 16, &date.to_le_bytes());
    write_target(&mut slot, 0, 0, now);
    slot
}

/// The volume's label among a root folder's slots.
pub(super) fn label(slots: &[u8]) -> Option<String> {
    let used = slots.chunks_exact(SLOT).take_while(|slot| slot[0] != 0);
    let is_label = |slot: &&[u8]| {
        slot[0] != DELETED && slot[11] & (LABEL | FOLDER) == LABEL && slot[11] != name::LONG
    };
    used.filter(is_label)
        .map(|slot| {
            let mut short = [0; 11];
            short.copy_from_slice(&slot[..11]);
            // A label has no dot: both halves are one text.
            let halves = [&short[..8], &short[8..]].map(|half| {
                let mut padded = [b' '; 11];
                put(&mut padded, 0, half);
                let text = name::decode_short(&padded, 0);
                let spaces = half.len() - text.chars().count().min(half.len());
                text + &" ".repeat(spaces)
            });
            String::from(halves.concat().trim_end())
        })
        .next()
}

/// The entries among a folder's slots. What makes no sense is left out: parts of long names that
/// do not belong to the short name behind them, and the folder's links to itself and upwards.
pub(super) fn parse_all(slots: &[u8], has_wide_clusters: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut long = LongName::default();
    for (index, slot) in slots.chunks_exact(SLOT).enumerate() {
        let attributes = slot[11];
        match slot[0] {
            0 => break,
            DELETED => long = LongName::default(),
            _ if attributes & 0x3f == name::LONG => long.add(slot, index),
            _ => {
                let long = core::mem::take(&mut long);
                let is_dots = slot[0] == b'.';
                if attributes & LABEL != 0 || is_dots {
                    continue;
                }
                let mut short = [0; 11];
                short.copy_from_slice(&slot[..11]);
                let (first_slot, long) = match long.finish(&short) {
                    Some((slot, name)) => (slot, Some(name)),
                    None => (index, None),
                };
                let high = if has_wide_clusters { u32::from(u16_at(slot, 20)) << 16 } else { 0 };
                entries.push(Entry {
                    name: long.unwrap_or_else(|| name::decode_short(&short, slot[12])),
                    short,
                    attributes,
                    first: high | u32::from(u16_at(slot, 26)),
                    len: u32_at(slot, 28),
                    modified: time::decode(u16_at(slot, 24), u16_at(slot, 22)),
                    slots: first_slot..index + 1,
                });
            }
        }
    }
    entries
}

/// A long name that is being put together from its slots.
#[derive(Default)]
struct LongName {
    first_slot: usize,
    /// The number that the next slot must have; 0 when the short name must follow.
    expected: u8,
    checksum: u8,
    /// Parts, the end of the name first.
    parts: Vec<Vec<u16>>,
}

impl LongName {
    fn add(&mut self, slot: &[u8], index: usize) {
        let (order, is_end) = (slot[0] & 0x3f, slot[0] & 0x40 != 0);
        let goes_on = !self.parts.is_empty() && order == self.expected && slot[13] == self.checksum;
        if is_end && (1..=20).contains(&order) {
            let checksum = slot[13];
            *self = Self { first_slot: index, expected: order, checksum, parts: Vec::new() };
        } else if is_end || order == 0 || !goes_on {
            *self = Self::default();
            return;
        }
        self.parts.push(name::slot_units(slot).collect());
        self.expected = order - 1;
    }

    /// The first slot and the name, if it belongs to the short one.
    fn finish(self, short: &Short) -> Option<(usize, String)> {
        let is_whole =
            !self.parts.is_empty() && self.expected == 0 && self.checksum == name::checksum(short);
        let units = self.parts.iter().rev().flatten().copied();
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        (is_whole && !units.is_empty()).then(|| (self.first_slot, name::decode_long(&units)))
    }
}
