//! Who takes how much of the window.

use crate::SegmentState;
use llm_inference::model::Role;

/// Tokens by role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleCounts {
    /// The system prompt and the pinned examples, and what the window itself says: summaries and
    /// recalled texts, where the template takes them as system messages.
    pub system: usize,
    /// The person's messages.
    pub user: usize,
    /// The model's replies.
    pub assistant: usize,
    /// Results of tools.
    pub tool: usize,
}

impl RoleCounts {
    /// Adds `tokens` to the share of `role`.
    pub const fn add(&mut self, role: Role, tokens: usize) {
        *match role {
            Role::System => &mut self.system,
            Role::User => &mut self.user,
            Role::Assistant => &mut self.assistant,
            Role::Tool => &mut self.tool,
        } += tokens;
    }

    /// All of them.
    pub const fn total(&self) -> usize {
        self.system + self.user + self.assistant + self.tool
    }
}

/// Tokens by the way in which they are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// What is never paged out.
    pub pinned: usize,
    /// The turns in the window.
    pub live: usize,
    /// The summary of the turns that were paged out.
    pub summary: usize,
    /// Recalled texts in the window.
    pub paged_in: usize,
    /// The turns in the archive, as many as they took in the window.
    pub paged_out: usize,
}

impl StateCounts {
    /// Adds `tokens` to the share of `state`.
    pub const fn add(&mut self, state: SegmentState, tokens: usize) {
        *match state {
            SegmentState::Pinned => &mut self.pinned,
            SegmentState::Live => &mut self.live,
            SegmentState::Summary => &mut self.summary,
            SegmentState::PagedIn => &mut self.paged_in,
            SegmentState::PagedOut => &mut self.paged_out,
        } += tokens;
    }

    /// Those in the window.
    pub const fn in_window(&self) -> usize {
        self.pinned + self.live + self.summary + self.paged_in
    }
}

/// The state of the window in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens in the window.
    pub used: usize,
    /// Of `used`: those that are never paged out.
    pub pinned: usize,
    /// Tokens the window holds.
    pub limit: usize,
    /// The most that a prompt may have before turns are paged out.
    pub high_mark: usize,
    /// `used`, by role.
    pub by_role: RoleCounts,
    /// `used`, by state, and beside it what is archived.
    pub by_state: StateCounts,
    /// Turns in the window.
    pub turns: usize,
    /// Turns paged out since the conversation began.
    pub evicted_turns: u64,
    /// Tokens paged out since the conversation began.
    pub evicted_tokens: u64,
    /// Turns in the archive.
    pub archived_turns: usize,
    /// Bytes of the archive.
    pub archived_bytes: usize,
    /// Turns that the archive had no room for, since the conversation began.
    pub forgotten_turns: u64,
}
