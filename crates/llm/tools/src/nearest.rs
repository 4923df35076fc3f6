//! "Did you mean": the known name that comes closest to a mistyped one.

use alloc::vec::Vec;

/// The candidate with the smallest edit distance to `typed`, ignoring ASCII case; `None` if even
/// that one differs in more than a third of its letters (but one slip is always forgiven, and a
/// name that merely goes on after `typed` counts as close).
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names are short: a long text cannot be a slip, and must not cost quadratic time.
    if typed.is_empty() || typed.len() > 64 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| {
            let is_start = typed.len() >= 2 && candidate.starts_with(typed);
            (if is_start { 1 } else { distance(typed, candidate) }, candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Damerau-Levenshtein distance, restricted form ("optimal string alignment"): insertions,
/// deletions, substitutions and swaps of neighbours.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().map(|c| c.to_ascii_lowercase()).collect();
    let right: Vec<char> = right.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut two_back: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = Vec::with_capacity(right.len() + 1);
        row.push(i);
        for j in 1..=right.len() {
            let substitution = previous[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = substitution.min(previous[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(two_back[j - 2] + 1);
            }
            row.push(best);
        }
        two_back = previous;
        previous = row;
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_slip_of_a_finger_and_nothing_far_fetched() {
        let names = ["calc", "store", "recall", "shutdown", "reset", "reboot"];
        for (typed, expected) in [
            ("clac", Some("calc")),
            ("recal", Some("recall")),
            ("RESTE", Some("reset")),
            ("shut", Some("shutdown")),
            ("shotdonw", Some("shutdown")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), expected, "{typed}");
        }
    }

    #[test]
    fn a_long_text_is_not_a_slip() {
        assert_eq!(nearest(&"reset".repeat(2000), ["reset"]), None);
    }
}
