//! How the tokens of the window are shared out.

/// The token budget of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: usize,
    reserve: usize,
    recall: usize,
    summary: usize,
}

impl Budget {
    /// A window of `limit` tokens that keeps `reserve` of them free for the reply; never more than
    /// half, or small windows would have no room for the question. Recalled texts may take a
    /// quarter of the high mark, summaries a sixteenth of the limit.
    pub const fn new(limit: usize, reserve: usize) -> Self {
        let half = limit / 2;
        let reserve = if reserve < half { reserve } else { half };
        Self { limit, reserve, recall: (limit - reserve) / 4, summary: limit / 16 }
    }

    /// The same budget with at most `tokens` for the texts recalled for one question.
    #[must_use]
    pub const fn with_recall(self, tokens: usize) -> Self {
        Self { recall: tokens, ..self }
    }

    /// The same budget with at most `tokens` for the summaries; 0 for none.
    #[must_use]
    pub const fn with_summary(self, tokens: usize) -> Self {
        Self { summary: tokens, ..self }
    }

    /// Tokens the window holds.
    pub const fn limit(self) -> usize {
        self.limit
    }

    /// Tokens kept free for the reply.
    pub const fn reserve(self) -> usize {
        self.reserve
    }

    /// The most tokens that the texts recalled for one question may have.
    pub const fn recall(self) -> usize {
        self.recall
    }

    /// The most tokens that the summaries of turns paged out may have.
    pub const fn summary(self) -> usize {
        self.summary
    }

    /// The most tokens a prompt may have; beyond it turns are paged out.
    pub const fn high_mark(self) -> usize {
        self.limit - self.reserve
    }

    /// Where paging out stops: three quarters of the high mark. It moves what follows the pinned
    /// part, which then is computed anew, so it must not happen at each turn.
    pub const fn low_mark(self) -> usize {
        self.high_mark() / 4 * 3
    }
}
