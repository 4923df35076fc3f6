//! Tokens that are spelled out in a text, such as `<|im_end|>`: finding them, and keeping
//! somebody's words from being taken for them.

use super::prefix::PrefixIndex;
use alloc::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    string::String,
    vec::Vec,
};
use core::cmp::Reverse;

/// Put inside a spelling that is meant as text. A noncharacter: Unicode reserves it for such
/// internal use, and no text for interchange holds it.
pub(super) const MARKER: char = '\u{FDD0}';

/// A token that is looked for by its spelling, before words are cut.
struct Special {
    id: u32,
    spelling: String,
    /// Whether it has power over the conversation, so that text from outside must not make it.
    /// The others are just frequent strings, and are tokens wherever they stand.
    is_control: bool,
}

/// All such tokens of a vocabulary.
pub(super) struct Specials {
    /// Longest spelling first: the order in which they take their place in a text.
    tokens: Vec<Special>,
    /// Indices into `tokens`.
    index: PrefixIndex,
}

/// Where one was found, in bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) id: u32,
}

impl Specials {
    /// From `(id, spelling, is control)`. Spellings that no text can hold (empty, not UTF-8) are
    /// never found.
    pub(super) fn new<'a>(all: impl Iterator<Item = (u32, &'a [u8], bool)>) -> Self {
        let mut tokens: Vec<Special> = all
            .filter_map(|(id, spelling, is_control)| {
                let spelling = String::from(core::str::from_utf8(spelling).ok()?);
                (!spelling.is_empty()).then_some(Special { id, spelling, is_control })
            })
            .collect();
        tokens.sort_by_key(|special| Reverse(special.spelling.len()));
        let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        let index = PrefixIndex::new(0..count, |at| tokens[at as usize].spelling.as_bytes());
        Self { tokens, index }
    }

    /// The special tokens in `text`, in order, none overlapping. Longer ones take precedence
    /// wherever they are, then earlier ones.
    ///
    /// Control tokens are found if `parse_control`, and not where one of `markers` (sorted offsets
    /// into `text`) lies within the spelling. Takes O(n log n) of the text's bytes.
    pub(super) fn find(&self, text: &str, parse_control: bool, markers: &[usize]) -> Vec<Found> {
        let is_shielded = |start: usize, end: usize| {
            let first = markers.partition_point(|&marker| marker < start);
            markers.get(first).is_some_and(|&marker| marker < end)
        };
        // The longest token at `start` that is allowed there and ends by `end`.
        let longest = |start: usize, end: usize| {
            let mut longest: Option<usize> = None;
            self.walk(&text.as_bytes()[start..end], |index, special| {
                let is_allowed = !special.is_control
                    || (parse_control && !is_shielded(start, start + special.spelling.len()));
                // Of equal spellings the earlier counts.
                let is_longer = longest
                    .is_none_or(|known| special.spelling.len() > self.tokens[known].spelling.len());
                if is_allowed && is_longer {
                    longest = Some(index);
                }
            });
            longest
        };
        // One candidate for each place, so that long runs take no more memory than the text.
        let candidates = (0..text.len())
            .filter_map(|start| longest(start, text.len()).map(|index| Reverse((index, start))));
        let mut candidates: BinaryHeap<Reverse<(usize, usize)>> = candidates.collect();

        let mut taken: BTreeMap<usize, Found> = BTreeMap::new();
        while let Some(Reverse((index, start))) = candidates.pop() {
            let Special { id, spelling, .. } = &self.tokens[index];
            let end = start + spelling.len();
            // Those taken do not overlap, so the last that starts before `end` ends last too.
            match taken.range(..end).next_back() {
                Some((&other, _)) if other > start => {
                    // No longer token can be taken here any more, only one that ends before.
                    if let Some(index) = longest(start, other) {
                        candidates.push(Reverse((index, start)));
                    }
                }
                Some((_, other)) if other.end > start => {}
                _ => {
                    taken.insert(start, Found { start, end, id: *id });
                }
            }
        }
        taken.into_values().collect()
    }

    /// `content` with a [`MARKER`] in each spelling of a control token (before it where it is a
    /// single character), and without the markers it had itself.
    pub(super) fn shield<'t>(&self, content: &'t str) -> Cow<'t, str> {
        let (clean, _) = remove_markers(content);
        let mut places = BTreeSet::new();
        for start in 0..clean.len() {
            self.walk(&clean.as_bytes()[start..], |_, special| {
                if special.is_control {
                    let mut chars = special.spelling.chars();
                    let first = chars.next().map_or(0, char::len_utf8);
                    places.insert(if chars.as_str().is_empty() { start } else { start + first });
                }
            });
        }
        if places.is_empty() {
            return clean;
        }
        let mut shielded = String::with_capacity(clean.len() + places.len() * MARKER.len_utf8());
        let mut done = 0;
        for place in places {
            shielded.push_str(&clean[done..place]);
            shielded.push(MARKER);
            done = place;
        }
        shielded.push_str(&clean[done..]);
        Cow::Owned(shielded)
    }

    /// The special token that `text` ends with, the longest if there are several.
    pub(super) fn at_end(&self, text: &str) -> Option<u32> {
        let last = self.tokens.iter().find(|special| text.ends_with(&*special.spelling));
        last.map(|special| special.id)
    }

    /// Every token whose spelling `text` begins with, shorter ones first.
    fn walk<'s>(&'s self, text: &[u8], mut found: impl FnMut(usize, &'s Special)) {
        let spelling = |at: u32| self.tokens[at as usize].spelling.as_bytes();
        self.index.walk(text, spelling, |at| found(at as usize, &self.tokens[at as usize]));
    }
}

/// `text` without its markers, and where they were, as sorted offsets into the text without them.
pub(super) fn remove_markers(text: &str) -> (Cow<'_, str>, Vec<usize>) {
    if !text.contains(MARKER) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut clean = String::with_capacity(text.len());
    let mut markers = Vec::new();
    for piece in text.split(MARKER) {
        clean.push_str(piece);
        markers.push(clean.len());
    }
    markers.pop(); // the end of the last piece
    (Cow::Owned(clean), markers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specials() -> Specials {
        let all: [(u32, &str, bool); 7] = [
            (0, "<|im_end|>", true),
            (1, "<|im", true),
            (2, "  ", false),
            (3, "   ", false),
            (4, "end|><", true),
            (5, "", true),
            (6, "¤", true),
        ];
        Specials::new(all.into_iter().map(|(id, text, control)| (id, text.as_bytes(), control)))
    }

    fn ids(text: &str, parse_control: bool) -> Vec<u32> {
        specials().find(text, parse_control, &[]).iter().map(|found| found.id).collect()
    }

    #[test]
    fn longer_spellings_take_precedence_over_earlier_ones() {
        assert_eq!(ids("<|im_end|><|im_end|>", true), [0, 0]);
        assert_eq!(ids("_<|im_<|im_end|><|im", true), [1, 0, 1]);
        let found = specials().find("_end|><|im", true, &[]);
        assert_eq!(found, [Found { start: 1, end: 7, id: 4 }]);
    }

    #[test]
    fn runs_are_cut_from_the_left() {
        assert_eq!(ids("     ", true), [3, 2]);
        assert_eq!(ids("       ", true), [3, 3]);
        assert_eq!(ids("      ", true), [3, 3]);
        assert_eq!(ids("<|im_end|>  end|><|im_end|>", true), [0, 2, 0]);
    }

    #[test]
    fn literal_text_makes_no_control_token() {
        assert_eq!(ids("<|im_end|>  ¤", false), [2]);
    }

    #[test]
    fn shielded_spellings_are_not_found_and_their_neighbours_are() {
        let specials = specials();
        let shielded = specials.shield("<|im_end|> ¤<|im");
        let text = alloc::format!("<|im_end|>{shielded}<|im_end|>");
        let (clean, markers) = remove_markers(&text);
        assert_eq!(clean, "<|im_end|><|im_end|> ¤<|im<|im_end|>");
        let found = specials.find(&clean, true, &markers);
        assert_eq!(found.iter().map(|found| found.start).collect::<Vec<_>>(), [0, 27]);
    }

    #[test]
    fn content_without_spellings_is_left_as_it_is() {
        assert!(matches!(specials().shield("a <|i m"), Cow::Borrowed("a <|i m")));
    }

    #[test]
    fn markers_of_the_content_cannot_assemble_a_spelling() {
        let specials = specials();
        let shielded = specials.shield("<|\u{FDD0}im_end|>\u{FDD0}");
        let (clean, markers) = remove_markers(&shielded);
        assert_eq!(clean, "<|im_end|>");
        assert_eq!(specials.find(&clean, true, &markers), []);
    }
}
