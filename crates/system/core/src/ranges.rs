//! Ranges of physical addresses, as a memory map lists them.

use core::{iter, ops::Range};

/// Joins neighbours that touch or overlap: the longer a range, the larger the pages that map it. A
/// range that starts below its predecessor begins a new run.
pub fn merge_adjacent(
    ranges: impl Iterator<Item = Range<u64>>,
) -> impl Iterator<Item = Range<u64>> {
    let mut ranges = ranges.filter(|range| !range.is_empty()).peekable();
    iter::from_fn(move || {
        let mut run = ranges.next()?;
        while let Some(next) = ranges.next_if(|next| (run.start..=run.end).contains(&next.start)) {
            run.end = run.end.max(next.end);
        }
        Some(run)
    })
}

/// What `hole` leaves of `range`: up to two parts.
pub fn without(range: Range<u64>, hole: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let below = range.start..range.end.min(hole.start);
    let above = range.start.max(hole.end)..range.end;
    let parts = if hole.is_empty() { [range, 0..0] } else { [below, above] };
    parts.into_iter().filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{collections::BTreeSet, vec::Vec};

    fn numbers(ranges: impl Iterator<Item = Range<u64>>) -> Vec<u64> {
        ranges.flatten().collect()
    }

    #[test]
    fn joins_ranges_that_touch_and_keeps_gaps() {
        let merged: Vec<_> = merge_adjacent([0..4, 4..6, 6..6, 8..9, 9..12].into_iter()).collect();
        assert_eq!(merged, [0..6, 8..12]);
    }

    #[test]
    fn cuts_a_hole_in_the_middle() {
        assert!(without(0..10, 3..5).eq([0..3, 5..10]));
        assert!(without(0..10, 0..10).eq([]));
        assert_eq!(without(0..10, 4..4).next(), Some(0..10));
    }

    proptest! {
        /// From an ascending map: the same addresses, no two runs that touch.
        #[test]
        fn merging_keeps_every_address_and_leaves_gaps_between_runs(
            lengths in prop::collection::vec((0_u64..3, 0_u64..4), 0..12),
        ) {
            let mut next = 0;
            let ranges: Vec<_> = lengths
                .into_iter()
                .map(|(gap, len)| {
                    let start = next + gap;
                    next = start + len;
                    start..next
                })
                .collect();
            let merged: Vec<_> = merge_adjacent(ranges.iter().cloned()).collect();
            prop_assert!(merged.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(
                numbers(merged.into_iter()),
                numbers(ranges.into_iter())
            );
        }

        #[test]
        fn a_hole_takes_its_addresses_and_no_other(
            start in 0_u64..20, len in 0_u64..20, hole_start in 0_u64..20, hole_len in 0_u64..20,
        ) {
            let (range, hole) = (start..start + len, hole_start..hole_start + hole_len);
            let hole_numbers: BTreeSet<u64> = hole.clone().collect();
            let expected: Vec<u64> =
                range.clone().filter(|number| !hole_numbers.contains(number)).collect();
            prop_assert_eq!(numbers(without(range, hole)), expected);
        }
    }
}
