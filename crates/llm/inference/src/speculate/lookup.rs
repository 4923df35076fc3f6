//! Where a text went like this before.

use crate::model::TokenId;

/// Tokens that are compared at most; longer matches are as good.
const MAX_MATCH: usize = 32;

/// An earlier place whose last tokens are those of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// How many tokens are the same, at least 1.
    pub len: usize,
    /// The index of the token that followed there.
    pub next: usize,
}

/// The longest match with the end of `text`; of equals the latest. Looks at every token once, which
/// takes microseconds where a step of the model takes milliseconds.
pub fn longest_match(text: &[TokenId]) -> Option<Match> {
    let (&last, before) = text.split_last()?;
    let mut best: Option<Match> = None;
    for (index, _) in before.iter().enumerate().rev().filter(|&(_, &token)| token == last) {
        let pairs = text[..=index].iter().rev().zip(text.iter().rev());
        let len = pairs.take(MAX_MATCH).take_while(|(a, b)| a == b).count();
        if best.is_none_or(|best| len > best.len) {
            best = Some(Match { len, next: index + 1 });
            if len == MAX_MATCH {
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn find(text: &str) -> Option<(usize, usize)> {
        let text: Vec<TokenId> = text.bytes().map(|byte| TokenId(byte.into())).collect();
        longest_match(&text).map(|found| (found.len, found.next))
    }

    #[test]
    fn the_longest_match_wins_then_the_latest() {
        assert_eq!(find(""), None);
        assert_eq!(find("abc"), None);
        assert_eq!(find("abcxbc-c-abc"), Some((3, 3)));
        assert_eq!(find("ab1ab2ab"), Some((2, 5)));
        assert_eq!(find("aaaa"), Some((3, 3)));
    }

    #[test]
    fn a_match_is_long_enough_at_some_point() {
        let text: Vec<TokenId> = (0..200).map(|index| TokenId(index % 50)).collect();
        assert_eq!(longest_match(&text), Some(Match { len: MAX_MATCH, next: 150 }));
    }
}
