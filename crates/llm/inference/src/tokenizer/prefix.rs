//! Which keys begin a text: an index that is walked byte by byte.
//!
//! The keys are sorted, so those with a common beginning are neighbours, and each byte of the text
//! narrows the range by two binary searches. That is slower than a trie and takes four bytes a key.

use alloc::vec::Vec;
use core::ops::Range;

/// An index over keys that somebody else holds: `key(id)` must give the same bytes each time.
pub(super) struct PrefixIndex {
    /// Ids, sorted by key.
    order: Vec<u32>,
    /// Where the keys that begin with each byte start in `order`; the last is its length.
    first: Vec<u32>,
}

impl PrefixIndex {
    /// Keys that are empty are never found.
    pub(super) fn new<'k>(
        ids: impl Iterator<Item = u32>,
        key: impl Fn(u32) -> &'k [u8] + Copy,
    ) -> Self {
        let mut order: Vec<u32> = ids.filter(|&id| !key(id).is_empty()).collect();
        order.sort_unstable_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
        let starts = |byte: u16| order.partition_point(|&id| u16::from(key(id)[0]) < byte);
        let first = (0..=256).map(|byte| u32::try_from(starts(byte)).unwrap_or(u32::MAX)).collect();
        Self { order, first }
    }

    /// The ids of all keys that `text` begins with, the shortest first, and of equal keys the
    /// smaller id first.
    pub(super) fn walk<'k>(
        &self,
        text: &[u8],
        key: impl Fn(u32) -> &'k [u8],
        mut found: impl FnMut(u32),
    ) {
        let Some(&byte) = text.first() else { return };
        let byte = usize::from(byte);
        let mut range = self.first[byte] as usize..self.first[byte + 1] as usize;
        let mut depth = 1;
        while !range.is_empty() {
            // Of keys with the same beginning, those that end here come first.
            while range.start < range.end && key(self.order[range.start]).len() == depth {
                found(self.order[range.start]);
                range.start += 1;
            }
            let Some(&byte) = text.get(depth) else { return };
            range = self.narrow(range, depth, byte, &key);
            depth += 1;
        }
    }

    /// The part of `range` whose keys, all longer than `depth`, have `byte` there.
    fn narrow<'k>(
        &self,
        range: Range<usize>,
        depth: usize,
        byte: u8,
        key: &impl Fn(u32) -> &'k [u8],
    ) -> Range<usize> {
        let keys = &self.order[range.clone()];
        // Long runs of one character have all keys in common.
        let goes_on = |id: Option<&u32>| id.is_some_and(|&id| key(id)[depth] == byte);
        if goes_on(keys.first()) && goes_on(keys.last()) {
            return range;
        }
        let start = keys.partition_point(|&id| key(id)[depth] < byte);
        let len = keys[start..].partition_point(|&id| key(id)[depth] == byte);
        range.start + start..range.start + start + len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec};
    use proptest::prelude::*;

    fn found(keys: &[&str], text: &str) -> Vec<u32> {
        let key = |id: u32| keys[id as usize].as_bytes();
        let index = PrefixIndex::new(0..u32::try_from(keys.len()).unwrap(), key);
        let mut found = vec![];
        index.walk(text.as_bytes(), key, |id| found.push(id));
        found
    }

    #[test]
    fn finds_every_key_a_text_begins_with() {
        let keys = ["b", "abc", "", "a", "ab", "abd", "ab", "é"];
        assert_eq!(found(&keys, "abcd"), [3, 4, 6, 1]);
        assert_eq!(found(&keys, "a"), [3]);
        assert_eq!(found(&keys, "éa"), [7]);
        assert!(found(&keys, "").is_empty());
        assert!(found(&[], "a").is_empty());
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            keys in prop::collection::vec("[ab]{0,4}", 0..20),
            text in "[abc]{0,6}",
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let mut expected: Vec<u32> = (0..)
                .zip(&keys)
                .filter(|(_, key)| !key.is_empty() && text.starts_with(**key))
                .map(|(id, _)| id)
                .collect();
            expected.sort_by_key(|&id| keys[id as usize].len());
            prop_assert_eq!(found(&keys, &text), expected);
        }
    }
}
