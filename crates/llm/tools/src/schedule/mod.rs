//! What the agent is to be reminded of, and when: a plain store without input or output.
//!
//! [`ScheduleTool`] fills it; whoever runs the agent asks for [`Schedule::next_due_ns`], waits, and
//! takes out with [`Schedule::take_due`] what is due. Times are of the real-time clock where there is
//! one, else since the start.

mod entry;
mod error;
mod kept;
mod request;
mod tool;

pub use entry::{Due, Entry, Moment};
pub use error::ScheduleError;
pub use tool::ScheduleTool;

use crate::calendar::When;
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The most entries that are kept.
pub const MAX_ENTRIES: usize = 64;
/// The longest text of an entry, in bytes.
pub const MAX_TEXT_BYTES: usize = 512;
/// The shortest time from one repetition to the next, in seconds: each costs a turn of the agent.
pub const MIN_INTERVAL_S: u64 = 60;
/// The longest span, in seconds: a hundred years.
pub const MAX_SPAN_S: u64 = 100 * 366 * 86_400;

/// The entries.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// In the order of their numbers.
    entries: Vec<Entry>,
    last_id: u32,
}

impl Schedule {
    /// Adds an entry and returns it.
    ///
    /// # Errors
    /// No text or too much of it, too many entries, or a time that is over, never comes, or needs a
    /// clock that is not there. Then nothing has changed.
    pub fn add(&mut self, when: When, text: &str, now: Moment) -> Result<&Entry, ScheduleError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ScheduleError::NoText);
        }
        if text.len() > MAX_TEXT_BYTES {
            return Err(ScheduleError::TextTooLong { len_bytes: text.len() });
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err(ScheduleError::Full);
        }
        let due = entry::first_due(&when, now)?;
        self.last_id = self.last_id.wrapping_add(1).max(1);
        self.entries.push(Entry { id: self.last_id, text: text.to_owned(), when, due });
        Ok(&self.entries[self.entries.len() - 1])
    }

    /// Takes an entry out.
    ///
    /// # Errors
    /// `NotFound`, with the numbers there are.
    pub fn cancel(&mut self, id: u32) -> Result<Entry, ScheduleError> {
        match self.entries.iter().position(|entry| entry.id == id) {
            Some(place) => Ok(self.entries.remove(place)),
            None => Err(self.not_found(&alloc::format!("{id}"))),
        }
    }

    /// Takes all entries out and returns how many there were.
    pub fn cancel_all(&mut self) -> usize {
        core::mem::take(&mut self.entries).len()
    }

    /// The number of the only entry that `name` can mean: its number, words of its text, or `alarm`,
    /// `timer` or `reminder` where there is but one.
    ///
    /// # Errors
    /// `NotFound` or `Ambiguous`, with the entries there are.
    pub fn find(&self, name: &str) -> Result<u32, ScheduleError> {
        let name = name.trim().to_lowercase();
        if let Some(entry) =
            self.entries.iter().find(|entry| alloc::format!("{}", entry.id) == name)
        {
            return Ok(entry.id);
        }
        let has_name = |entry: &&Entry| entry.text.to_lowercase().contains(&name);
        let named: Vec<&Entry> = self.entries.iter().filter(has_name).collect();
        let is_any = ["alarm", "timer", "reminder", "it"].contains(&name.as_str());
        match (&named[..], &self.entries[..]) {
            ([only], _) => Ok(only.id),
            ([], [only]) if is_any => Ok(only.id),
            ([], _) => Err(self.not_found(&name)),
            (_, _) => Err(ScheduleError::Ambiguous { name, entries: self.names() }),
        }
    }

    /// The entries, the next due first.
    pub fn entries(&self, now: Moment) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| (entry.due.wait_ns(now).unwrap_or(u64::MAX), entry.id));
        entries
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When something is due next, in nanoseconds since the start; it may be over. `None` if nothing
    /// is.
    pub fn next_due_ns(&self, now: Moment) -> Option<u64> {
        let wait_ns = self.entries.iter().filter_map(|entry| entry.due.wait_ns(now)).min()?;
        Some(now.uptime_ns.saturating_add(wait_ns))
    }

    /// What is due at `now`, the longest due first. What happens once leaves; what repeats moves on
    /// to its next time to come, so that repetitions that were missed count once.
    pub fn take_due(&mut self, now: Moment) -> Vec<Entry> {
        let mut due: Vec<Entry> =
            self.entries.iter().filter(|entry| entry.due.is_reached(now)).cloned().collect();
        due.sort_by_key(|entry| (entry.due, entry.id));
        self.entries.retain_mut(|entry| {
            if !entry.due.is_reached(now) {
                return true;
            }
            match entry.next_due(now) {
                Some(next) => {
                    entry.due = next;
                    true
                }
                None => false,
            }
        });
        due
    }

    /// The number that was given last.
    pub const fn last_id(&self) -> u32 {
        self.last_id
    }

    fn not_found(&self, name: &str) -> ScheduleError {
        ScheduleError::NotFound { name: name.to_owned(), entries: self.names() }
    }

    fn names(&self) -> Vec<String> {
        let name = |entry: &Entry| alloc::format!("{} ({})", entry.id, entry.text);
        self.entries.iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests;
