//! What the agent has computed so far, and how fast.

/// Counts and times since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Replies finished.
    pub replies: u64,
    /// All prompts and replies together.
    pub total: Work,
    /// The last reply and its prompt.
    pub last: Work,
}

/// What was computed for a reply, or for several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Prompt tokens computed.
    pub prefill_tokens: u64,
    /// Time that took.
    pub prefill_ns: u64,
    /// Prompt tokens that were in the cache.
    pub reused_tokens: u64,
    /// Tokens generated.
    pub decode_tokens: u64,
    /// Time that took.
    pub decode_ns: u64,
}

impl Work {
    /// Prompt tokens a second; `None` if there were none.
    pub fn prefill_tok_s(&self) -> Option<f32> {
        rate(self.prefill_tokens, self.prefill_ns)
    }

    /// Generated tokens a second; `None` if there were none.
    pub fn decode_tok_s(&self) -> Option<f32> {
        rate(self.decode_tokens, self.decode_ns)
    }

    const fn add(&mut self, other: &Self) {
        self.prefill_tokens += other.prefill_tokens;
        self.prefill_ns += other.prefill_ns;
        self.reused_tokens += other.reused_tokens;
        self.decode_tokens += other.decode_tokens;
        self.decode_ns += other.decode_ns;
    }
}

impl Stats {
    pub(crate) const fn record_reply(&mut self, work: Work) {
        self.replies += 1;
        self.total.add(&work);
        self.last = work;
    }

    /// Adds work that was not for a reply.
    pub(crate) const fn record_warm_up(&mut self, tokens: u64, ns: u64) {
        self.total.prefill_tokens += tokens;
        self.total.prefill_ns += ns;
    }
}

fn rate(tokens: u64, ns: u64) -> Option<f32> {
    (tokens > 0 && ns > 0).then(|| (tokens as f64 * 1e9 / ns as f64) as f32)
}
