//! One partition in a table.

use crate::{
    Guid,
    bytes::{put, u16_at, u64_at},
};
use alloc::string::String;

/// Bytes of an entry as we write it; a table may have longer ones.
pub(super) const ENTRY_BYTES: usize = 128;

/// Where the name begins, and how many UTF-16 units it has at most.
const NAME: (usize, usize) = (56, 36);

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, as `sda1` counts.
    pub number: u32,
    /// What kind it is.
    pub kind: Guid,
    /// Its own identifier.
    pub id: Guid,
    /// First block.
    pub first: u64,
    /// Last block, which is its own too.
    pub last: u64,
    /// Attribute bits, as the specification has them.
    pub attributes: u64,
    /// Its name; at most 36 UTF-16 units go onto a disk.
    pub name: String,
}

impl Entry {
    /// How many blocks it has.
    pub const fn blocks(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Reads an entry of at least 128 bytes; nothing where it is unused.
    pub(super) fn parse(bytes: &[u8], number: u32) -> Option<Self> {
        let guid = |at: usize| {
            let mut guid = [0; 16];
            guid.copy_from_slice(&bytes[at..at + 16]);
            Guid::from_bytes(guid)
        };
        let units = (0..NAME.1).map(|index| u16_at(bytes, NAME.0 + 2 * index));
        let name = char::decode_utf16(units.take_while(|unit| *unit != 0))
            .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        let entry = Self {
            number,
            kind: guid(0),
            id: guid(16),
            first: u64_at(bytes, 32),
            last: u64_at(bytes, 40),
            attributes: u64_at(bytes, 48),
            name,
        };
        (entry.kind != Guid::NIL).then_some(entry)
    }

    /// Writes the entry over [`ENTRY_BYTES`] bytes of zeros.
    pub(super) fn write(&self, bytes: &mut [u8]) {
        put(bytes, 0, &self.kind.to_bytes());
        put(bytes, 16, &self.id.to_bytes());
        put(bytes, 32, &self.first.to_le_bytes());
        put(bytes, 40, &self.last.to_le_bytes());
        put(bytes, 48, &self.attributes.to_le_bytes());
        for (index, unit) in self.name.encode_utf16().take(NAME.1).enumerate() {
            put(bytes, NAME.0 + 2 * index, &unit.to_le_bytes());
        }
    }
}

/// What a kind of partition is called, for the usual ones.
pub fn kind_name(kind: Guid) -> Option<&'static str> {
    const KINDS: &[(Guid, &str)] = &[
        (crate::layout::FILES_KIND, "Windows data"),
        (crate::layout::STORE_KIND, "LLM OS store"),
        (Guid::new(0xc12a_7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0_c93e_c93b), "EFI system"),
        (Guid::new(0x0fc6_3daf, 0x8483, 0x4772, 0x8e79, 0x3d69_d847_7de4), "Linux data"),
        (Guid::new(0x0657_fd6d, 0xa4ab, 0x43c4, 0x84e5, 0x0933_c84b_4f4f), "Linux swap"),
        (Guid::new(0xe6d6_d379, 0xf507, 0x44c2, 0xa23c, 0x238f_2a3d_f928), "Linux LVM"),
        (Guid::new(0x4f68_bce3, 0xe8cd, 0x4db1, 0x96e7, 0xfbca_f984_b709), "Linux root"),
        (Guid::new(0x2168_6148, 0x6449, 0x6e6f, 0x744e, 0x6565_6445_4649), "BIOS boot"),
        (Guid::new(0xe3c9_e316, 0x0b5c, 0x4db8, 0x817d, 0xf92d_f002_15ae), "Windows reserved"),
        (Guid::new(0xde94_bba4, 0x06d1, 0x4d40, 0xa16a, 0xbfd5_0179_d6ac), "Windows recovery"),
        (Guid::new(0x7c34_57ef, 0x0000, 0x11aa, 0xaa11, 0x0030_6543_ecac), "Apple APFS"),
    ];
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}
