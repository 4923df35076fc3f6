//! The two hash tables of a byte-level BPE vocabulary: bytes to token, and pair of tokens to
//! merge.
//!
//! Both are built once, from about 50,000 entries, in the time a person waits for the prompt, so
//! they are plain open addressing with linear probing and a multiplicative hash: no buckets, no
//! allocation per entry, no defence against keys chosen to collide (a vocabulary that is slow to
//! load harms nobody but itself).

use alloc::{vec, vec::Vec};

/// Odd and without pattern: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// An id that no token has: marks free slots.
pub(super) const NONE: u32 = u32::MAX;

/// The bytes of all tokens, one after the other.
#[derive(Default)]
pub(super) struct TokenBytes {
    /// All tokens' bytes.
    bytes: Vec<u8>,
    /// Where each token ends in `bytes`, `(tokens)`.
    ends: Vec<u32>,
}

impl TokenBytes {
    pub(super) fn with_capacity(tokens: usize) -> Self {
        // Tokens of natural language are six to eight bytes long on average.
        Self { bytes: Vec::with_capacity(tokens * 8), ends: Vec::with_capacity(tokens) }
    }

    /// Adds the next token: `write` appends its bytes.
    pub(super) fn push<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let result = write(&mut self.bytes);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        result
    }

    /// The bytes of a token, empty for one that there is not.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let index = id as usize;
        let start = match index.checked_sub(1) {
            Some(previous) => self.ends.get(previous).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.bytes.get(start as usize..end as usize).unwrap_or(&[])
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// Which token has given bytes.
pub(super) struct TokenTable {
    /// `(hash, id)`, a power of two of them, at most three quarters in use.
    slots: Vec<(u32, u32)>,
}

impl TokenTable {
    pub(super) fn with_capacity(tokens: usize) -> Self {
        Self { slots: vec![(0, NONE); slots_for(tokens)] }
    }

    /// Enters token `id`, whose bytes are in `tokens` already. Of tokens with the same bytes the
    /// last one wins.
    pub(super) fn insert(&mut self, id: u32, tokens: &TokenBytes) {
        let key = tokens.get(id);
        let hash = hash_bytes(key);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (known_hash, known) = self.slots[slot];
            if known == NONE || (known_hash == hash && tokens.get(known) == key) {
                self.slots[slot] = (hash, id);
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The token with these bytes.
    pub(super) fn find(&self, key: &[u8], tokens: &TokenBytes) -> Option<u32> {
        let hash = hash_bytes(key);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (known_hash, known) = self.slots[slot];
            if known == NONE {
                return None;
            }
            if known_hash == hash && tokens.get(known) == key {
                return Some(known);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// What two neighbouring tokens become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merge {
    /// The place in the list of merges: the lowest is done first.
    pub(super) rank: u32,
    /// The token both become.
    pub(super) merged: u32,
}

/// Which merge a pair of tokens has.
pub(super) struct MergeTable {
    /// `(left and right id, merge)`, a power of two of them, at most three quarters in use.
    slots: Vec<(u64, Merge)>,
}

impl MergeTable {
    pub(super) fn with_capacity(merges: usize) -> Self {
        Self { slots: vec![(0, Merge { rank: 0, merged: NONE }); slots_for(merges)] }
    }

    /// Enters a merge. The first entry of a pair counts.
    pub(super) fn insert(&mut self, left: u32, right: u32, merge: Merge) {
        let key = pair(left, right);
        let mut slot = self.first_slot(key);
        while self.slots[slot].1.merged != NONE {
            if self.slots[slot].0 == key {
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = (key, merge);
    }

    /// The merge of a pair.
    pub(super) fn find(&self, left: u32, right: u32) -> Option<Merge> {
        let key = pair(left, right);
        let mut slot = self.first_slot(key);
        loop {
            let (known, merge) = self.slots[slot];
            if merge.merged == NONE {
                return None;
            }
            if known == key {
                return Some(merge);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn first_slot(&self, key: u64) -> usize {
        // The high half of a product is the half that all bits of the key reach.
        (key.wrapping_mul(MULTIPLIER) >> 32) as usize & (self.slots.len() - 1)
    }
}

fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// Slots for a table that stays at most three quarters full.
fn slots_for(entries: usize) -> usize {
    (entries + entries / 3 + 2).next_power_of_two()
}

/// Eight bytes a step, then the rest, then the length, so that zero bytes at the end count.
fn hash_bytes(bytes: &[u8]) -> u32 {
    let mut hash = bytes.len() as u64;
    let mut mix = |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    mix(rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(texts: &[&str]) -> (TokenBytes, TokenTable) {
        let mut bytes = TokenBytes::with_capacity(texts.len());
        let mut table = TokenTable::with_capacity(texts.len());
        for (id, text) in texts.iter().enumerate() {
            bytes.push(|all| all.extend_from_slice(text.as_bytes()));
            table.insert(u32::try_from(id).unwrap(), &bytes);
        }
        (bytes, table)
    }

    #[test]
    fn finds_each_token_by_its_bytes() {
        let texts =
            ["a", "b", "ab", "", "a much longer token", "a much longer tokem", "\0", "\0\0"];
        let (bytes, table) = tokens(&texts);
        for (id, text) in texts.iter().enumerate() {
            assert_eq!(table.find(text.as_bytes(), &bytes), u32::try_from(id).ok(), "{text:?}");
            assert_eq!(bytes.get(u32::try_from(id).unwrap()), text.as_bytes());
        }
        assert_eq!(table.find(b"c", &bytes), None);
        assert_eq!(bytes.get(99), b"");
        assert_eq!(bytes.get(NONE), b"");
    }

    #[test]
    fn the_last_of_equal_tokens_wins() {
        let (bytes, table) = tokens(&["x", "y", "x"]);
        assert_eq!(table.find(b"x", &bytes), Some(2));
    }

    #[test]
    fn finds_each_merge_and_keeps_the_first_of_a_pair() {
        let mut table = MergeTable::with_capacity(1000);
        for rank in 0..1000 {
            table.insert(rank / 40, rank % 40, Merge { rank, merged: 5000 + rank });
        }
        table.insert(3, 4, Merge { rank: 9999, merged: 1 });
        for rank in 0..1000 {
            let found = table.find(rank / 40, rank % 40);
            assert_eq!(found, Some(Merge { rank, merged: 5000 + rank }));
        }
        assert_eq!(table.find(40, 0), None);
    }

    #[test]
    fn empty_tables_find_nothing() {
        let bytes = TokenBytes::default();
        assert_eq!(TokenTable::with_capacity(0).find(b"", &bytes), None);
        assert_eq!(MergeTable::with_capacity(0).find(0, 0), None);
        assert_eq!(bytes.len(), 0);
    }
}
