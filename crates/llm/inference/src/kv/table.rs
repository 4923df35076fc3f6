//! Which pages hold a sequence.

use super::{PAGE_TOKENS, pages_for};
use alloc::vec::Vec;

/// The pages of one sequence, first position first. Only a [`super::KvArena`] changes it, and has to
/// be told before it goes ([`super::KvArena::trim`] to nothing), or its pages stay taken. It cannot
/// be cloned: [`super::KvArena::fork`] counts.
#[derive(Debug, Default)]
pub struct PageTable {
    pub(super) pages: Vec<u32>,
}

impl PageTable {
    /// The pages, each a number below the arena's size.
    pub fn pages(&self) -> &[u32] {
        &self.pages
    }

    /// The page that holds `position`, which must be covered.
    pub(super) fn page_of(&self, position: usize) -> usize {
        self.pages[position / PAGE_TOKENS] as usize
    }

    /// The pages that are there, from the one that holds position `first` on.
    pub(super) fn tail_from(&self, first: usize) -> &[u32] {
        self.pages.get(first / PAGE_TOKENS..).unwrap_or_default()
    }

    /// Pages that are missing for the positions before `end`.
    pub(super) fn missing(&self, end: usize) -> usize {
        pages_for(end).saturating_sub(self.pages.len())
    }
}
