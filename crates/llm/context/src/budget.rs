//! How the tokens of the window are shared out.

/// The token budget of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: usize,
    reserve: usize,
}

impl Budget {
    /// A window of `limit` tokens that keeps `reserve` of them free for the reply; never more than
    /// half, or small windows would have no room for the question.
    pub const fn new(limit: usize, reserve: usize) -> Self {
        let half = limit / 2;
        Self { limit, reserve: if reserve < half { reserve } else { half } }
    }

    /// Tokens the window holds.
    pub const fn limit(self) -> usize {
        self.limit
    }

    /// Tokens kept free for the reply.
    pub const fn reserve(self) -> usize {
        self.reserve
    }

    /// The most tokens a prompt may have; beyond it turns are evicted.
    pub const fn high_mark(self) -> usize {
        self.limit - self.reserve
    }

    /// Where eviction stops: three quarters of the high mark. Every eviction moves what follows the
    /// pinned part, which then is computed anew, so it must not happen at each turn.
    pub const fn low_mark(self) -> usize {
        self.high_mark() / 4 * 3
    }
}
