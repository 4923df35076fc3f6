//! The transcript as rows of a given width, kept up to date with little work.
//!
//! A reply grows by a token at a time. Only its last source line is parsed and wrapped again;
//! everything above it stays, which keeps the cost of a token independent of the reply's length.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::markdown::{Block, BlockState, classify};
use super::wrap::{expand_tabs, wrap, wrap_code};
use super::{Line, Style, inline};
use crate::view::{Entry, EntryId, Role, View};

/// Rows before an entry's text: the gap, and the title or the call.
const LEAD_ROWS: usize = 2;

/// A row of the transcript. How high each kind is, is for the renderer to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// Role, time and length of an entry.
    Title,
    /// A line of text.
    Text(Line),
    /// Room between paragraphs.
    Blank,
    /// The upper edge of a code block.
    CodeTop,
    /// A line of code.
    Code(Line),
    /// The lower edge of a code block.
    CodeBottom,
    /// A horizontal rule.
    Rule,
    /// Room before a tool call, which belongs to what stands above it.
    CallGap,
    /// A tool call.
    Call,
    /// Room before an entry.
    Gap,
}

/// What one source line leaves to the next.
#[derive(Clone, Copy, Debug, Default)]
struct LineState {
    block: BlockState,
    /// Blank lines came: they become one blank row, but only if something follows.
    owes_blank: bool,
}

/// An entry's rows, and what is needed to continue them.
#[derive(Debug)]
pub struct EntryLayout {
    id: EntryId,
    revision: u32,
    is_streaming: bool,
    /// Bytes of the entry's text that the rows show.
    seen_bytes: usize,
    /// Where the last source line begins: byte, rows before it, state before it.
    last_line: (usize, usize, LineState),
    rows: Vec<Row>,
    /// One for each row: equal hashes, equal looks.
    hashes: Vec<u64>,
}

impl EntryLayout {
    /// The entry's name.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// The rows, from top to bottom.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A number for each row that changes when its look does.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }
}

/// The widths that text is wrapped to, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// For text.
    pub text: usize,
    /// For code, which has a border.
    pub code: usize,
}

/// The rows of all entries, at one width.
#[derive(Debug)]
pub struct TranscriptLayout {
    columns: Columns,
    entries: VecDeque<EntryLayout>,
}

impl TranscriptLayout {
    /// An empty layout of the given width.
    pub fn new(columns: Columns) -> Self {
        Self { columns, entries: VecDeque::new() }
    }

    /// The rows of each entry; the order and number is that of [`View::entries`].
    pub fn entries(&self) -> &VecDeque<EntryLayout> {
        &self.entries
    }

    /// Brings the rows up to date.
    pub fn update(&mut self, view: &View, columns: Columns) {
        if columns != self.columns {
            self.columns = columns;
            self.entries.clear();
        }
        // Entries keep their order; they vanish from the front (limits) or anywhere (empty replies).
        let mut index = 0;
        for entry in view.entries() {
            while self.entries.get(index).is_some_and(|layout| layout.id < entry.id()) {
                self.entries.remove(index);
            }
            match self.entries.get_mut(index) {
                Some(layout) if layout.id == entry.id() => layout.update(entry, columns),
                _ => self.entries.insert(index, EntryLayout::new(entry, columns)),
            }
            index += 1;
        }
        self.entries.truncate(index);
    }
}

impl EntryLayout {
    /// The rows of an entry, from nothing.
    fn new(entry: &Entry, columns: Columns) -> Self {
        let mut layout = Self {
            id: entry.id(),
            revision: entry.revision,
            is_streaming: entry.is_streaming,
            seen_bytes: 0,
            last_line: (0, 0, LineState::default()),
            rows: Vec::new(),
            hashes: Vec::new(),
        };
        layout.rows.extend(match entry.call {
            Some(_) => [Row::CallGap, Row::Call],
            None => [Row::Gap, Row::Title],
        });
        layout.last_line.1 = LEAD_ROWS;
        layout.lay(entry, columns);
        layout
    }

    /// Brings the rows up to date with their entry.
    fn update(&mut self, entry: &Entry, columns: Columns) {
        let is_same = self.revision == entry.revision;
        if is_same && self.seen_bytes == entry.text.len() {
            // Length and rate stand in the title and change while a reply is written.
            self.hash_rows(entry, self.rows.len());
            return;
        }
        // Ending is one change; any more may have replaced the text.
        let only_ended = self.is_streaming
            && !entry.is_streaming
            && entry.revision == self.revision + 1
            && entry.text.len() >= self.seen_bytes;
        if !is_same && !only_ended {
            *self = Self::new(entry, columns);
            return;
        }
        self.revision = entry.revision;
        self.is_streaming = entry.is_streaming;
        self.rows.truncate(self.last_line.1);
        self.lay(entry, columns);
    }

    /// Adds the rows from the last source line on.
    fn lay(&mut self, entry: &Entry, columns: Columns) {
        let kept = self.rows.len();
        let mut state = self.last_line.2;
        let mut at = self.last_line.0;
        loop {
            self.last_line = (at, self.rows.len(), state);
            let rest = &entry.text[at..];
            let end = rest.find('\n');
            let line = &rest[..end.unwrap_or(rest.len())];
            self.lay_line(entry, line, end.is_none() && entry.is_streaming, &mut state, columns);
            match end {
                Some(end) => at += end + 1,
                None => break,
            }
        }
        if state.block.is_in_code() {
            self.rows.push(Row::CodeBottom);
        }
        self.seen_bytes = entry.text.len();
        self.hash_rows(entry, kept);
    }

    /// Adds the rows of one source line.
    fn lay_line(
        &mut self,
        entry: &Entry,
        line: &str,
        is_open_ended: bool,
        state: &mut LineState,
        columns: Columns,
    ) {
        if matches!(entry.role, Role::User | Role::Tool) {
            // What people type is shown as typed.
            let text: Vec<_> = expand_tabs(line).map(|c| (c, Style::default())).collect();
            if entry.call.is_none() {
                self.rows.extend(wrap(&text, columns.text, 0).into_iter().map(Row::Text));
            }
            return;
        }
        let plain = Style::default();
        let marker_style = Style { is_marker: true, ..plain };
        let block = classify(line, &mut state.block);
        if block == Block::Blank {
            // A code block's edge is room enough.
            let is_apart =
                self.rows.len() == LEAD_ROWS || self.rows.last() == Some(&Row::CodeBottom);
            state.owes_blank = !is_apart;
            return;
        }
        let owes_blank = core::mem::take(&mut state.owes_blank);
        if owes_blank && !matches!(block, Block::Fence { .. }) {
            self.rows.push(Row::Blank);
        }
        match block {
            Block::Blank => {}
            Block::Fence { .. } if state.block.is_in_code() => self.rows.push(Row::CodeTop),
            Block::Fence { .. } => self.rows.push(Row::CodeBottom),
            Block::Code(code) => {
                self.rows.extend(wrap_code(code, columns.code).into_iter().map(Row::Code));
            }
            Block::Rule => self.rows.push(Row::Rule),
            Block::Heading(text) => {
                let style = Style { is_heading: true, is_bold: true, ..plain };
                self.push_wrapped(&[], text, style, 0, is_open_ended, columns);
            }
            Block::Item { indent, marker, text } => {
                let lead: Vec<_> = core::iter::repeat_n(' ', indent)
                    .chain(marker.chars())
                    .chain([' '])
                    .map(|character| (character, marker_style))
                    .collect();
                self.push_wrapped(&lead, text, plain, lead.len(), is_open_ended, columns);
            }
            Block::Quote(text) => {
                let lead = [('│', marker_style), (' ', marker_style)];
                let style = Style { is_italic: true, ..plain };
                self.push_wrapped(&lead, text, style, 2, is_open_ended, columns);
            }
            Block::Text(text) => self.push_wrapped(&[], text, plain, 0, is_open_ended, columns),
        }
    }

    /// Adds the rows of inline Markdown behind `lead`.
    fn push_wrapped(
        &mut self,
        lead: &[(char, Style)],
        text: &str,
        style: Style,
        hang: usize,
        is_open_ended: bool,
        columns: Columns,
    ) {
        let mut styled = lead.to_vec();
        for (character, style) in inline::parse(text.trim_end(), style, is_open_ended) {
            match character {
                '\t' => styled.extend([(' ', style); 4]),
                _ if character.is_control() => {}
                _ => styled.push((character, style)),
            }
        }
        self.rows.extend(wrap(&styled, columns.text, hang).into_iter().map(Row::Text));
    }

    /// Renews the hashes of the rows from `from` on, and of the title or call, which shows the
    /// entry's facts.
    fn hash_rows(&mut self, entry: &Entry, from: usize) {
        self.hashes.truncate(from);
        let role = entry.role as u64;
        for row in &self.rows[self.hashes.len()..] {
            let mut hasher = Fnv(role);
            row.hash(&mut hasher);
            self.hashes.push(hasher.finish());
        }
        let mut hasher = Fnv(role + 16);
        entry.is_streaming.hash(&mut hasher);
        entry.tokens.hash(&mut hasher);
        entry.tokens_per_second.map(f32::to_bits).hash(&mut hasher);
        entry.revision.hash(&mut hasher);
        // The title shows the entry's own facts, so those of two entries are never alike.
        entry.id().number().hash(&mut hasher);
        if let Some(facts) = self.hashes.get_mut(LEAD_ROWS - 1) {
            *facts = hasher.finish();
        }
    }
}

/// FNV-1a, 64 bits: short, and good enough to tell whether a row looks different.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ClockTime;
    use alloc::string::String;
    use proptest::prelude::*;

    const COLUMNS: Columns = Columns { text: 24, code: 20 };
    const NOON: ClockTime = ClockTime { hour: 12, minute: 0, second: 0 };

    fn shown(layout: &EntryLayout) -> Vec<String> {
        let text = |row: &Row| match row {
            Row::Title => "==".into(),
            Row::Text(line) => line.plain(),
            Row::Blank => String::new(),
            Row::CodeTop => "/--".into(),
            Row::Code(line) => alloc::format!("|{}", line.plain()),
            Row::CodeBottom => "\\--".into(),
            Row::Rule => "---".into(),
            Row::Call => "call".into(),
            Row::CallGap => "-".into(),
            Row::Gap => "~".into(),
        };
        layout.rows().iter().map(text).collect()
    }

    #[test]
    fn markdown_becomes_rows() {
        let mut view = View::new();
        let text = "\n# Paging\nNine **bits** choose an entry at each level:\n\n- one level is this long item\n```rust\nlet x = 1;\n```\n";
        view.push_entry(Role::Agent, text, NOON);
        let mut layout = TranscriptLayout::new(COLUMNS);
        layout.update(&view, COLUMNS);
        assert_eq!(
            shown(&layout.entries()[0]),
            [
                "~",
                "==",
                "Paging",
                "Nine bits choose an",
                "entry at each level:",
                "",
                "• one level is this long",
                "  item",
                "/--",
                "|let x = 1;",
                "\\--"
            ]
        );
    }

    #[test]
    fn a_half_streamed_code_block_is_closed_for_the_time_being() {
        let mut view = View::new();
        let id = view.begin_entry(Role::Agent, NOON);
        view.append(id, "```\nlet");
        let mut layout = TranscriptLayout::new(COLUMNS);
        layout.update(&view, COLUMNS);
        assert_eq!(shown(&layout.entries()[0]), ["~", "==", "/--", "|let", "\\--"]);
    }

    #[test]
    fn typed_text_is_shown_as_typed() {
        let mut view = View::new();
        view.push_entry(Role::User, "**a** `b`\n\n# c", NOON);
        let mut layout = TranscriptLayout::new(COLUMNS);
        layout.update(&view, COLUMNS);
        assert_eq!(shown(&layout.entries()[0]), ["~", "==", "**a** `b`", "", "# c"]);
    }

    #[test]
    fn rows_follow_entries_that_vanish_anywhere() {
        let mut view = View::new();
        view.push_entry(Role::User, "one", NOON);
        let empty = view.begin_entry(Role::Agent, NOON);
        view.push_entry(Role::User, "two", NOON);
        let mut layout = TranscriptLayout::new(COLUMNS);
        layout.update(&view, COLUMNS);
        view.finish_entry(empty);
        layout.update(&view, COLUMNS);
        let rows: Vec<_> = layout.entries().iter().map(shown).collect();
        assert_eq!(rows, [["~", "==", "one"], ["~", "==", "two"]]);
    }

    proptest! {
        #[test]
        fn streaming_ends_in_the_same_rows_as_the_whole_text(
            pieces in prop::collection::vec("[a-c*_`#>\n 1.-]{0,6}|```\n|\n- |\\*\\*b\\*\\* ", 1..40),
        ) {
            let mut streamed = View::new();
            let id = streamed.begin_entry(Role::Agent, NOON);
            let mut layout = TranscriptLayout::new(COLUMNS);
            for piece in &pieces {
                streamed.append(id, piece);
                layout.update(&streamed, COLUMNS);
            }
            streamed.finish_entry(id);
            layout.update(&streamed, COLUMNS);

            let mut whole = View::new();
            whole.push_entry(Role::Agent, &pieces.concat(), NOON);
            let mut fresh = TranscriptLayout::new(COLUMNS);
            fresh.update(&whole, COLUMNS);

            prop_assert_eq!(layout.entries().len(), fresh.entries().len());
            if let (Some(streamed), Some(fresh)) = (layout.entries().front(), fresh.entries().front()) {
                prop_assert_eq!(shown(streamed), shown(fresh));
                prop_assert_eq!(streamed.rows(), fresh.rows());
            }
        }
    }
}
