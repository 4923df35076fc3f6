//! Who takes how much of the window.

use llm_inference::model::Role;

/// Tokens by role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleCounts {
    /// The system prompt and the pinned examples.
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

/// The state of the window in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens in the window.
    pub used: usize,
    /// Of `used`: those that are never evicted.
    pub pinned: usize,
    /// Tokens the window holds.
    pub limit: usize,
    /// The most that a prompt may have before turns are evicted.
    pub high_mark: usize,
    /// `used`, by role.
    pub by_role: RoleCounts,
    /// Turns in the window.
    pub turns: usize,
    /// Turns evicted since the conversation began.
    pub evicted_turns: u64,
    /// Tokens evicted since the conversation began.
    pub evicted_tokens: u64,
}
