//! Which part of the transcript is in sight.

use super::layout::{Row, TranscriptLayout};
use crate::console::Scroll;
use crate::view::EntryId;

/// A place in the transcript that is kept while text arrives below it.
#[derive(Debug, Default)]
pub struct Viewport {
    /// The entry at the upper edge and how much of it is above that edge; `None` follows the
    /// newest rows.
    anchor: Option<(EntryId, i32)>,
    seen: Scroll,
}

/// Where the upper edge lies, in the unit of the heights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// From the transcript's beginning to the upper edge.
    pub top: i32,
    /// The whole transcript.
    pub total: i32,
    /// Whether the newest rows are shown, whatever comes.
    pub is_following: bool,
}

impl Viewport {
    /// Finds the place for a window of `height`, after the scrolling done since the last call. A
    /// page is the window less two rows of `row`.
    pub fn place(
        &mut self,
        layout: &TranscriptLayout,
        row_height: impl Fn(&Row) -> i32,
        height: i32,
        row: i32,
        scroll: Scroll,
    ) -> Placement {
        if scroll.follows != self.seen.follows {
            self.anchor = None;
            self.seen = Scroll { follows: scroll.follows, ..Scroll::default() };
        }
        let page = (height - 2 * row).max(row);
        let up = (scroll.pages_up - self.seen.pages_up) * i64::from(page)
            + (scroll.rows_up - self.seen.rows_up) * i64::from(row);
        self.seen = scroll;

        let entry_heights = layout
            .entries()
            .iter()
            .map(|entry| (entry.id(), entry.rows().iter().map(&row_height).sum::<i32>()));
        let total: i32 = entry_heights.clone().map(|(_, height)| height).sum();
        let newest = (total - height).max(0);
        let mut top = newest;
        if let Some((id, above)) = self.anchor {
            let before = entry_heights.clone().take_while(|(other, _)| *other < id);
            top = before.map(|(_, height)| height).sum::<i32>() + above;
        }
        let wanted = (i64::from(top) - up).clamp(0, i64::from(newest));
        let top = wanted as i32;
        let is_following = top == newest && (up < 0 || self.anchor.is_none() || newest == 0);
        self.anchor = None;
        if !is_following {
            let mut begin = 0;
            for (id, height) in entry_heights {
                if begin + height > top {
                    self.anchor = Some((id, top - begin));
                    break;
                }
                begin += height;
            }
        }
        Placement { top, total, is_following }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::layout::Columns;
    use crate::view::{ClockTime, Role, View};

    const COLUMNS: Columns = Columns { text: 10, code: 10 };

    /// A transcript of `entries` entries of three rows each.
    fn fill(view: &mut View, layout: &mut TranscriptLayout, entries: usize) {
        for _ in 0..entries {
            view.push_entry(Role::User, "x", ClockTime::default());
        }
        layout.update(view, COLUMNS);
    }

    #[test]
    fn follows_until_scrolled_and_stays_while_text_arrives() {
        let (mut view, mut layout) = (View::new(), TranscriptLayout::new(COLUMNS));
        let mut viewport = Viewport::default();
        let mut scroll = Scroll::default();
        let mut place =
            |layout: &TranscriptLayout, scroll| viewport.place(layout, |_| 1, 10, 1, scroll);
        fill(&mut view, &mut layout, 10);
        assert_eq!(place(&layout, scroll), Placement { top: 20, total: 30, is_following: true });
        scroll.pages_up = 1;
        assert_eq!(place(&layout, scroll).top, 12);
        fill(&mut view, &mut layout, 5);
        assert_eq!(place(&layout, scroll), Placement { top: 12, total: 45, is_following: false });
        scroll.pages_up = 9;
        assert_eq!(place(&layout, scroll).top, 0);
        scroll.pages_up = 8;
        assert_eq!(place(&layout, scroll).top, 8, "what was scrolled past the end is not owed");
        scroll.pages_up = 0;
        assert!(place(&layout, scroll).is_following);
    }

    #[test]
    fn a_short_transcript_begins_at_the_top() {
        let (mut view, mut layout) = (View::new(), TranscriptLayout::new(COLUMNS));
        fill(&mut view, &mut layout, 1);
        let scroll = Scroll { pages_up: 3, ..Scroll::default() };
        let placement = Viewport::default().place(&layout, |_| 1, 10, 1, scroll);
        assert_eq!((placement.top, placement.total), (0, 3));
        assert!(placement.is_following, "nothing to scroll, so nothing is scrolled");
    }
}
