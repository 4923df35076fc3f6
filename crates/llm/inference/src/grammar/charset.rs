//! Sets of characters, and the sequences of byte ranges that are their UTF-8.

use alloc::{vec, vec::Vec};

/// The last code point.
const LAST: u32 = 0x10_FFFF;
/// Code points that are no characters, first and last.
const SURROGATES: (u32, u32) = (0xD800, 0xDFFF);

/// A set of characters: ranges in order, apart from each other, first and last included, without
/// surrogates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CharSet {
    ranges: Vec<(u32, u32)>,
}

impl CharSet {
    /// The characters in any of the ranges.
    pub(super) fn new(ranges: &[(u32, u32)]) -> Self {
        let mut sorted: Vec<(u32, u32)> = ranges.to_vec();
        sorted.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match merged.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => {
                    previous.1 = previous.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        let mut ranges = Vec::with_capacity(merged.len() + 1);
        for (first, last) in merged {
            let below = (first, last.min(SURROGATES.0 - 1));
            let above = (first.max(SURROGATES.1 + 1), last.min(LAST));
            ranges.extend([below, above].into_iter().filter(|(first, last)| first <= last));
        }
        Self { ranges }
    }

    /// All characters.
    pub(super) fn any() -> Self {
        Self::new(&[(0, LAST)])
    }

    /// All characters but those of the set.
    pub(super) fn negated(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.ranges {
            if next < first {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST {
            ranges.push((next, LAST));
        }
        Self::new(&ranges)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, in order.
    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// Byte ranges of which one to four in a row make a character of the set; each character
    /// belongs to exactly one such row. The method is that of RE2 (Cox 2010): cut the ranges until
    /// the bytes of first and last differ independently.
    pub(super) fn utf8(&self) -> Vec<Vec<(u8, u8)>> {
        let mut rows = Vec::new();
        let mut work: Vec<(u32, u32)> = self.ranges.iter().rev().copied().collect();
        while let Some((first, last)) = work.pop() {
            if let Some(cut) = cut(first, last) {
                work.push((cut + 1, last));
                work.push((first, cut));
                continue;
            }
            let (Some(first), Some(last)) = (char::from_u32(first), char::from_u32(last)) else {
                continue;
            };
            let (mut from, mut to) = ([0; 4], [0; 4]);
            let from = first.encode_utf8(&mut from).as_bytes();
            let to = last.encode_utf8(&mut to).as_bytes();
            rows.push(from.iter().copied().zip(to.iter().copied()).collect());
        }
        rows
    }
}

/// Where a range must be cut, if it must: the last code point of its first part.
fn cut(first: u32, last: u32) -> Option<u32> {
    // The last code points of one, two and three bytes.
    for end in [0x7F, 0x7FF, 0xFFFF] {
        if first <= end && end < last {
            return Some(end);
        }
    }
    if last <= 0x7F {
        return None;
    }
    for bits in [6, 12, 18] {
        let low = (1 << bits) - 1;
        if first & !low != last & !low {
            if first & low != 0 {
                return Some(first | low);
            }
            if last & low != low {
                return Some((last & !low) - 1);
            }
        }
    }
    None
}

impl From<char> for CharSet {
    fn from(character: char) -> Self {
        Self { ranges: vec![(u32::from(character), u32::from(character))] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(set: &CharSet, character: char) -> bool {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        let matching = set.utf8().into_iter().filter(|row| {
            row.len() == bytes.len()
                && row.iter().zip(bytes).all(|((first, last), byte)| (first..=last).contains(&byte))
        });
        let count = matching.count();
        assert!(count <= 1, "{character:?} is in {count} rows");
        count == 1
    }

    #[test]
    fn utf8_rows_hold_exactly_the_characters_of_the_set() {
        let set = CharSet::new(&[(0x61, 0x7A), (0xE9, 0x4E2D), (0xFFFE, 0x1_F600), (0x70, 0x80)]);
        let negated = set.negated();
        let step = if cfg!(miri) { 4099 } else { 7 };
        for character in (0..=LAST).step_by(step).filter_map(char::from_u32) {
            let point = u32::from(character);
            let expected = set.ranges.iter().any(|&(first, last)| (first..=last).contains(&point));
            assert_eq!(contains(&set, character), expected, "{point:x}");
            assert_eq!(contains(&negated, character), !expected, "{point:x}");
        }
    }

    #[test]
    fn surrogates_are_in_no_set() {
        let rows = CharSet::any().utf8();
        let holds = |bytes: &[u8]| {
            rows.iter().any(|row| {
                row.len() == bytes.len()
                    && row.iter().zip(bytes).all(|((a, b), byte)| (a..=b).contains(&byte))
            })
        };
        assert!(!holds(&[0xED, 0xA0, 0x80]), "U+D800");
        assert!(!holds(&[0xED, 0xBF, 0xBF]), "U+DFFF");
        assert!(holds(&[0xED, 0x9F, 0xBF]) && holds(&[0xEE, 0x80, 0x80]));
        assert!(!holds(&[0xC0, 0x80]) && !holds(&[0xF4, 0x90, 0x80, 0x80]));
        assert!(CharSet::any().negated().is_empty());
    }
}
