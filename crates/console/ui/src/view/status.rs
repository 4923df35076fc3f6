//! The plain facts around the conversation: machine, context window, notices.

use alloc::string::String;
use alloc::vec::Vec;

/// How the thing that a chip names is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipState {
    /// Works, and worth saying.
    Good,
    /// Neither good nor bad.
    Plain,
    /// Absent or off.
    Off,
    /// Needs attention.
    Warning,
}

/// A short label in the header, for example `disk ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// The words.
    pub label: String,
    /// Their colour.
    pub state: ChipState,
}

/// The facts in the header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// Name and quantisation of the model; empty while there is none.
    pub model: String,
    /// What stands beside the model's name.
    pub chips: Vec<Chip>,
    /// The latest decode rate.
    pub tokens_per_second: Option<f32>,
    /// CPUs that compute.
    pub cpus: u32,
    /// How busy they are.
    pub cpu_load_percent: Option<u8>,
    /// Memory in use, MiB.
    pub memory_used_mib: u32,
    /// Memory there is, MiB.
    pub memory_total_mib: u32,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// The time of day, hour and minute, when a clock is there.
    pub clock: Option<(u8, u8)>,
}

/// How full the context window is, in the model's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextGauge {
    /// The window; 0 while there is no model.
    pub limit: u32,
    /// Tokens of the pinned system prompt.
    pub system: u32,
    /// Tokens of the user.
    pub user: u32,
    /// Tokens of the agent.
    pub agent: u32,
    /// Tokens of tool results.
    pub tools: u32,
    /// Tokens evicted so far.
    pub evicted: u32,
    /// How often turns were evicted.
    pub evictions: u32,
    /// Fill at which eviction begins.
    pub high_mark: Option<u32>,
}

/// How near the window is to full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressure {
    /// Up to 75 %.
    Calm,
    /// Above 75 %.
    High,
    /// Above 90 %.
    Critical,
}

impl ContextGauge {
    /// Tokens in the window.
    pub const fn used(&self) -> u32 {
        self.system + self.user + self.agent + self.tools
    }

    /// How full the window is, rounded; 0 while there is none.
    pub const fn percent(&self) -> u32 {
        let half = self.limit as u64 / 2;
        match (self.used() as u64 * 100 + half).checked_div(self.limit as u64) {
            Some(percent) => percent as u32,
            None => 0,
        }
    }

    /// How near it is to full.
    pub const fn pressure(&self) -> Pressure {
        let (used, limit) = (self.used() as u64, self.limit as u64);
        if used * 100 > limit * 90 {
            Pressure::Critical
        } else if used * 100 > limit * 75 {
            Pressure::High
        } else {
            Pressure::Calm
        }
    }
}

/// How much of a prompt has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefill {
    /// Tokens read.
    pub done: u32,
    /// Tokens to read.
    pub total: u32,
}

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Needs attention.
    Warning,
}

/// One line for the person, shown until it is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How urgent it is.
    pub level: NoticeLevel,
    /// The words.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_rises_above_75_and_90_percent() {
        let gauge = |agent| ContextGauge { limit: 1000, agent, ..ContextGauge::default() };
        assert_eq!(gauge(750).pressure(), Pressure::Calm);
        assert_eq!(gauge(751).pressure(), Pressure::High);
        assert_eq!(gauge(901).pressure(), Pressure::Critical);
    }

    #[test]
    fn a_missing_window_is_empty_and_calm() {
        let gauge = ContextGauge::default();
        assert_eq!((gauge.percent(), gauge.pressure()), (0, Pressure::Calm));
    }
}
