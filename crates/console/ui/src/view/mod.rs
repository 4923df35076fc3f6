//! The state that the screen shows, as plain data.
//!
//! Whoever runs the agent changes it through the methods here; each change raises the counter of
//! the part it touches, and each renderer redraws the parts whose counter it has not seen. So any
//! number of renderers can share one view.

pub mod entry;
pub mod status;

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use core::ops::Range;

pub use entry::{CallId, ClockTime, Entry, EntryId, Outcome, Role, ToolCall};
pub use status::{Chip, ChipState, ContextGauge, Header, Notice, NoticeLevel, Prefill, Pressure};

/// Entries kept in the transcript.
pub const MAX_ENTRIES: usize = 400;
/// Bytes of text kept in the transcript, all entries together.
pub const MAX_TRANSCRIPT_BYTES: usize = 512 * 1024;
/// Bytes of text that one entry shows.
pub const MAX_ENTRY_BYTES: usize = 128 * 1024;
/// Bytes kept of a tool's arguments or result.
const MAX_CALL_BYTES: usize = 512;
/// Calls kept in the tool log.
const MAX_CALLS: usize = 64;
/// Seconds of tokens-per-second history.
pub const RATE_SECONDS: usize = 60;

/// Counters of changes, one for each part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    /// Model, machine, clock.
    pub header: u32,
    /// Conversation.
    pub transcript: u32,
    /// Context gauge.
    pub context: u32,
    /// Tool log.
    pub log: u32,
    /// Tokens-per-second history.
    pub rates: u32,
    /// Notice, prefill progress, busy state, keyboard layout.
    pub status: u32,
}

/// Everything that the screen shows but the line being typed.
#[derive(Debug, Default)]
pub struct View {
    header: Header,
    entries: VecDeque<Entry>,
    dropped_entries: u64,
    transcript_bytes: usize,
    next_id: u64,
    context: ContextGauge,
    calls: VecDeque<ToolCall>,
    calls_total: u32,
    calls_failed: u32,
    rates: VecDeque<f32>,
    notice: Option<Notice>,
    prefill: Option<Prefill>,
    is_busy: bool,
    question: Option<String>,
    keymap: String,
    input_tokens: Option<u32>,
    revisions: Revisions,
}

impl View {
    /// An empty view.
    pub fn new() -> Self {
        Self::default()
    }

    /// The counters of changes.
    pub fn revisions(&self) -> Revisions {
        self.revisions
    }

    /// The facts in the header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Replaces the facts in the header; nothing is redrawn when they are the same.
    pub fn set_header(&mut self, header: Header) {
        if header != self.header {
            self.header = header;
            self.revisions.header += 1;
        }
    }

    /// The entries of the transcript, oldest first.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// How many of the oldest entries are no longer kept.
    pub fn dropped_entries(&self) -> u64 {
        self.dropped_entries
    }

    /// Adds a finished entry.
    pub fn push_entry(&mut self, role: Role, text: &str, time: ClockTime) -> EntryId {
        let id = self.begin_entry(role, time);
        self.append(id, text);
        self.finish_entry(id);
        id
    }

    /// Adds an empty entry that will grow.
    pub fn begin_entry(&mut self, role: Role, time: ClockTime) -> EntryId {
        self.insert(role, time, None)
    }

    /// Adds an entry.
    fn insert(&mut self, role: Role, time: ClockTime, call: Option<ToolCall>) -> EntryId {
        let id = EntryId(self.next_id);
        self.next_id += 1;
        let is_streaming = call.is_none();
        self.entries.push_back(Entry {
            id,
            revision: 0,
            role,
            text: String::new(),
            time,
            tokens: None,
            tokens_per_second: None,
            is_streaming,
            call,
        });
        self.revisions.transcript += 1;
        self.trim();
        id
    }

    /// Drops the oldest entries beyond the limits, but never the newest.
    fn trim(&mut self) {
        while self.entries.len() > 1
            && (self.entries.len() > MAX_ENTRIES || self.transcript_bytes > MAX_TRANSCRIPT_BYTES)
        {
            if let Some(oldest) = self.entries.pop_front() {
                self.transcript_bytes -= oldest.text.len();
                self.dropped_entries += 1;
            }
        }
    }

    /// The entry of that name, unless it was dropped.
    fn entry_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        let index = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        self.entries.get_mut(index)
    }

    /// Adds text to the end of an entry. Beyond [`MAX_ENTRY_BYTES`] it is cut off, with a mark.
    pub fn append(&mut self, id: EntryId, text: &str) {
        const MARK: &str = "\n… (the rest is not shown)";
        let Some(entry) = self.entry_mut(id) else { return };
        let before = entry.text.len();
        if text.is_empty() || before > MAX_ENTRY_BYTES {
            return;
        }
        let fitting = prefix_of_bytes(text, MAX_ENTRY_BYTES - before);
        entry.text.push_str(fitting);
        if fitting.len() < text.len() {
            entry.text.push_str(MARK);
        }
        self.transcript_bytes += entry_growth(&self.entries, id, before);
        self.revisions.transcript += 1;
        self.trim();
    }

    /// States how long an entry is and how fast it was written.
    pub fn set_entry_stats(&mut self, id: EntryId, tokens: u32, tokens_per_second: Option<f32>) {
        let Some(entry) = self.entry_mut(id) else { return };
        if (entry.tokens, entry.tokens_per_second) != (Some(tokens), tokens_per_second) {
            entry.tokens = Some(tokens);
            entry.tokens_per_second = tokens_per_second;
            self.revisions.transcript += 1;
        }
    }

    /// Ends the growth of an entry. One that stayed empty is removed.
    pub fn finish_entry(&mut self, id: EntryId) {
        let Some(entry) = self.entry_mut(id) else { return };
        entry.is_streaming = false;
        entry.revision += 1;
        let is_empty = entry.text.trim().is_empty() && entry.call.is_none();
        if is_empty
            && let Ok(index) = self.entries.binary_search_by_key(&id, |entry| entry.id)
            && let Some(removed) = self.entries.remove(index)
        {
            self.transcript_bytes -= removed.text.len();
        }
        self.revisions.transcript += 1;
    }

    /// Replaces the whole text of an entry.
    pub fn replace_entry_text(&mut self, id: EntryId, text: &str) {
        let Some(entry) = self.entry_mut(id) else { return };
        let before = entry.text.len();
        entry.text.clear();
        entry.revision += 1;
        self.transcript_bytes -= before;
        self.revisions.transcript += 1;
        self.append(id, text);
    }

    /// Forgets the conversation (but not the tool log).
    pub fn clear_transcript(&mut self) {
        self.entries.clear();
        self.transcript_bytes = 0;
        self.dropped_entries = 0;
        self.revisions.transcript += 1;
    }

    /// Shows that a tool was called, in the transcript and in the tool log.
    pub fn begin_call(&mut self, name: &str, arguments: &str, time: ClockTime) -> CallId {
        let id = CallId(self.next_id);
        self.next_id += 1;
        let call = ToolCall {
            id,
            time,
            name: one_line(name),
            arguments: one_line(arguments),
            result: String::new(),
            duration_us: None,
            outcome: Outcome::Running,
        };
        self.calls.push_front(call.clone());
        self.calls.truncate(MAX_CALLS);
        self.calls_total += 1;
        self.revisions.log += 1;
        self.insert(Role::Tool, time, Some(call));
        id
    }

    /// Shows how a tool call ended; with [`Outcome::Failed`] the result is the reason.
    pub fn finish_call(&mut self, id: CallId, result: &str, duration_us: u64, outcome: Outcome) {
        let result = one_line(result);
        let finish = |call: &mut ToolCall| {
            call.result.clone_from(&result);
            call.duration_us = Some(duration_us);
            call.outcome = outcome;
        };
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == id) {
            finish(call);
            self.calls_failed += u32::from(outcome == Outcome::Failed);
            self.revisions.log += 1;
        }
        let shown = self.entries.iter_mut().rev().find_map(|entry| {
            let call = entry.call.as_mut().filter(|call| call.id == id)?;
            finish(call);
            entry.revision += 1;
            Some(())
        });
        if shown.is_some() {
            self.revisions.transcript += 1;
        }
    }

    /// The latest tool calls, newest first.
    pub fn calls(&self) -> &VecDeque<ToolCall> {
        &self.calls
    }

    /// How many tools were called in all, and how many calls failed.
    pub fn call_counts(&self) -> (u32, u32) {
        (self.calls_total, self.calls_failed)
    }

    /// How full the context window is.
    pub fn context(&self) -> &ContextGauge {
        &self.context
    }

    /// States how full the context window is.
    pub fn set_context(&mut self, context: ContextGauge) {
        if context != self.context {
            self.context = context;
            self.revisions.context += 1;
        }
    }

    /// Tokens a second, one sample for each of the last seconds, oldest first.
    pub fn rates(&self) -> &VecDeque<f32> {
        &self.rates
    }

    /// Adds the rate of the second just past.
    pub fn push_rate(&mut self, tokens_per_second: f32) {
        let was_idle = self.rates.iter().all(|&rate| rate == 0.0);
        if self.rates.len() == RATE_SECONDS {
            self.rates.pop_front();
        }
        self.rates.push_back(tokens_per_second.max(0.0));
        // A flat line that stays flat need not be drawn again each second.
        let is_idle = was_idle && tokens_per_second <= 0.0;
        if !is_idle || self.rates.len() < 3 {
            self.revisions.rates += 1;
        }
    }

    /// The notice, if there is one.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Replaces or removes the notice.
    pub fn set_notice(&mut self, notice: Option<Notice>) {
        if notice != self.notice {
            self.notice = notice;
            self.revisions.status += 1;
        }
    }

    /// What may be answered to the question that is open, while one is.
    pub fn question(&self) -> Option<&str> {
        self.question.as_deref()
    }

    /// Opens or closes a question: the line that is entered next answers it.
    pub fn set_question(&mut self, choices: Option<String>) {
        if choices != self.question {
            self.question = choices;
            self.revisions.status += 1;
        }
    }

    /// How much of the prompt has been read, while it is being read.
    pub fn prefill(&self) -> Option<Prefill> {
        self.prefill
    }

    /// States or ends the reading of a prompt.
    pub fn set_prefill(&mut self, prefill: Option<Prefill>) {
        if prefill != self.prefill {
            self.prefill = prefill;
            self.revisions.status += 1;
        }
    }

    /// Whether a reply is being made.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// States whether a reply is being made.
    pub fn set_busy(&mut self, is_busy: bool) {
        if is_busy != self.is_busy {
            self.is_busy = is_busy;
            self.revisions.status += 1;
        }
    }

    /// The keyboard layout's short name.
    pub fn keymap(&self) -> &str {
        &self.keymap
    }

    /// States the keyboard layout.
    pub fn set_keymap(&mut self, name: &str) {
        if name != self.keymap {
            self.keymap = name.to_string();
            self.revisions.status += 1;
        }
    }

    /// The length of the line being typed in the model's tokens, if somebody counts them.
    pub fn input_tokens(&self) -> Option<u32> {
        self.input_tokens
    }

    /// States the length of the line being typed.
    pub fn set_input_tokens(&mut self, tokens: Option<u32>) {
        if tokens != self.input_tokens {
            self.input_tokens = tokens;
            self.revisions.status += 1;
        }
    }
}

/// How much longer an entry is than `before`.
fn entry_growth(entries: &VecDeque<Entry>, id: EntryId, before: usize) -> usize {
    entries.iter().rev().find(|entry| entry.id == id).map_or(0, |entry| entry.text.len() - before)
}

/// The longest beginning of `text` of at most `limit` bytes that ends between characters.
fn prefix_of_bytes(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    let range: Range<usize> = 0..end.unwrap_or(0);
    &text[range]
}

/// Text made fit for one line: runs of white space become one space, and what is too long is cut.
fn one_line(text: &str) -> String {
    let text = text.trim();
    let mut line = String::with_capacity(text.len().min(MAX_CALL_BYTES));
    for word in text.split_whitespace() {
        if line.len() + word.len() > MAX_CALL_BYTES {
            line.push_str(prefix_of_bytes(word, MAX_CALL_BYTES - line.len().min(MAX_CALL_BYTES)));
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: ClockTime = ClockTime { hour: 12, minute: 0, second: 0 };

    #[test]
    fn a_change_raises_the_counter_of_its_part_alone() {
        let mut view = View::new();
        let before = view.revisions();
        view.push_entry(Role::User, "hello", NOON);
        let after = view.revisions();
        assert_ne!(before.transcript, after.transcript);
        assert_eq!(Revisions { transcript: before.transcript, ..after }, before);
        view.set_busy(false);
        assert_eq!(view.revisions(), after, "nothing changed, nothing to redraw");
    }

    #[test]
    fn the_oldest_entries_go_when_the_transcript_is_full() {
        let mut view = View::new();
        for _ in 0..MAX_ENTRIES + 5 {
            view.push_entry(Role::User, "x", NOON);
        }
        assert_eq!(view.entries().len(), MAX_ENTRIES);
        assert_eq!(view.dropped_entries(), 5);
        let long = "y".repeat(100_000);
        for _ in 0..10 {
            view.push_entry(Role::Agent, &long, NOON);
        }
        let bytes: usize = view.entries().iter().map(|entry| entry.text.len()).sum();
        assert!(bytes <= MAX_TRANSCRIPT_BYTES, "{bytes}");
    }

    #[test]
    fn an_endless_entry_is_cut_with_a_mark() {
        let mut view = View::new();
        let id = view.begin_entry(Role::Agent, NOON);
        for _ in 0..3 {
            view.append(id, &"é".repeat(MAX_ENTRY_BYTES / 4));
        }
        let text = &view.entries()[0].text;
        assert!(text.len() < MAX_ENTRY_BYTES + 64 && text.ends_with("not shown)"));
        let length = text.len();
        view.append(id, "more");
        assert_eq!(view.entries()[0].text.len(), length);
    }

    #[test]
    fn a_call_ends_in_the_log_and_in_the_transcript() {
        let mut view = View::new();
        let id = view.begin_call("calc", "{\"expr\":\n \"1/0\"}", NOON);
        assert_eq!(view.calls()[0].outcome, Outcome::Running);
        view.finish_call(id, "division by zero", 120, Outcome::Failed);
        let in_transcript = view.entries()[0].call.as_ref().unwrap();
        for call in [&view.calls()[0], in_transcript] {
            assert_eq!(call.arguments, "{\"expr\": \"1/0\"}");
            assert_eq!((call.outcome, call.duration_us), (Outcome::Failed, Some(120)));
        }
        assert_eq!(view.call_counts(), (1, 1));
    }

    #[test]
    fn a_reply_without_words_leaves_no_entry() {
        let mut view = View::new();
        let id = view.begin_entry(Role::Agent, NOON);
        view.append(id, " \n");
        view.finish_entry(id);
        assert!(view.entries().is_empty());
    }
}
