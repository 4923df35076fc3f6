//! One entry of the schedule, and the arithmetic of when it is due.

use super::{MAX_SPAN_S, MIN_INTERVAL_S, ScheduleError};
use crate::calendar::{When, say};
use alloc::{
    format,
    string::{String, ToString},
};
use system_platform::{DateTime, Machine};

/// Now, by all clocks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970; `None` where there is no real-time clock.
    pub unix_s: Option<i64>,
    /// Nanoseconds since the start.
    pub uptime_ns: u64,
}

impl Moment {
    /// Now, on this machine.
    pub fn of(machine: &dyn Machine) -> Self {
        let unix_s = machine.date_time().map(DateTime::to_unix);
        Self { unix_s, uptime_ns: machine.uptime_ns() }
    }

    /// The calendar time; `None` where there is no real-time clock.
    pub fn date_time(self) -> Option<DateTime> {
        self.unix_s.map(DateTime::from_unix)
    }
}

/// When an entry is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// In seconds since 1970.
    Unix(i64),
    /// In nanoseconds since the start, where there is no real-time clock.
    Uptime(u64),
}

impl Due {
    /// Nanoseconds from now until then, 0 if it is over; `None` if that needs a clock that is not
    /// there.
    pub fn wait_ns(self, now: Moment) -> Option<u64> {
        match self {
            Self::Unix(due) => {
                let seconds = due.saturating_sub(now.unix_s?).max(0);
                Some(seconds.unsigned_abs().saturating_mul(1_000_000_000))
            }
            Self::Uptime(due) => Some(due.saturating_sub(now.uptime_ns)),
        }
    }

    /// Whether it is now or over.
    pub fn is_reached(self, now: Moment) -> bool {
        self.wait_ns(now) == Some(0)
    }
}

/// Something to be reminded of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub id: u32,
    /// What it is about.
    pub text: String,
    /// When it happens.
    pub when: When,
    /// When it is due next.
    pub due: Due,
}

impl Entry {
    /// When it happens next, in words: `Tuesday, 24 November 2026, 07:30 UTC`, or without a clock
    /// `10 minutes from now`.
    pub fn due_text(&self, now: Moment) -> String {
        match self.due {
            Due::Unix(due) => say::moment(DateTime::from_unix(due), false),
            Due::Uptime(due) => {
                let seconds = due.saturating_sub(now.uptime_ns).div_ceil(1_000_000_000);
                format!("{} from now", say::seconds(seconds))
            }
        }
    }

    /// When it happens, in words, with the span for what is soon.
    pub fn when_text(&self, now: Moment) -> String {
        let due = self.due_text(now);
        match (say::repetition(&self.when), &self.when, self.due) {
            (Some(repetition), ..) => format!("{repetition}, next {}", self.next_text(now)),
            (None, When::In { .. }, Due::Unix(_)) => {
                let seconds = self.due.wait_ns(now).unwrap_or(0) / 1_000_000_000;
                format!("{due}, in {}", say::seconds(seconds))
            }
            _ => due,
        }
    }

    fn next_text(&self, now: Moment) -> String {
        let due = self.due_text(now);
        match self.due {
            Due::Unix(_) => format!("on {due}"),
            Due::Uptime(_) => due.to_string(),
        }
    }

    /// When it is due after it was due; `None` for what happens once, or no more.
    pub(super) fn next_due(&self, now: Moment) -> Option<Due> {
        match (&self.when, self.due) {
            (When::In { .. } | When::Once(_), _) => None,
            (When::Interval { seconds, .. }, Due::Unix(due)) => {
                Some(Due::Unix(step_past(due, *seconds, now.unix_s?)?))
            }
            (When::Interval { seconds, .. }, Due::Uptime(due)) => {
                let interval_ns = seconds.checked_mul(1_000_000_000)?;
                let steps = (now.uptime_ns.checked_sub(due)?) / interval_ns + 1;
                Some(Due::Uptime(due.checked_add(steps.checked_mul(interval_ns)?)?))
            }
            (When::Cron(cron), _) => Some(Due::Unix(cron.next_after(now.date_time()?)?.to_unix())),
        }
    }
}

/// The first time after `now` that is a whole number of intervals from `due`.
fn step_past(due: i64, interval_s: u64, now: i64) -> Option<i64> {
    if due > now {
        return Some(due);
    }
    let interval = i64::try_from(interval_s).ok().filter(|interval| *interval > 0)?;
    let steps = now.checked_sub(due)? / interval + 1;
    due.checked_add(steps.checked_mul(interval)?)
}

/// Checks that something is not too far away.
pub(super) const fn check_span(seconds: u64) -> Result<(), ScheduleError> {
    if seconds > MAX_SPAN_S { Err(ScheduleError::TooFar) } else { Ok(()) }
}

/// Checks that something does not repeat too often, nor too far from one time to the next.
pub(super) const fn check_interval(seconds: u64) -> Result<(), ScheduleError> {
    if seconds < MIN_INTERVAL_S {
        return Err(ScheduleError::TooOften { seconds });
    }
    check_span(seconds)
}

/// When something is due for the first time.
pub(super) fn first_due(when: &When, now: Moment) -> Result<Due, ScheduleError> {
    let after = |seconds: u64| {
        check_span(seconds)?;
        Ok(match now.unix_s {
            Some(unix_s) => Due::Unix(unix_s.saturating_add_unsigned(seconds)),
            None => Due::Uptime(now.uptime_ns.saturating_add(seconds * 1_000_000_000)),
        })
    };
    let clock = || now.unix_s.ok_or(ScheduleError::NoClock);
    match when {
        When::In { seconds } => after(*seconds),
        When::Once(time) if time.to_unix() <= clock()? => {
            Err(ScheduleError::InThePast { time: *time })
        }
        When::Once(time) => {
            // It is ahead, as the arm above has let it through.
            after(time.to_unix().abs_diff(clock()?))?;
            Ok(Due::Unix(time.to_unix()))
        }
        When::Interval { seconds, .. } if *seconds < MIN_INTERVAL_S => {
            Err(ScheduleError::TooOften { seconds: *seconds })
        }
        When::Interval { seconds, first: None } => after(*seconds),
        When::Interval { seconds, first: Some(first) } => {
            after(*seconds)?;
            let due = step_past(first.to_unix(), *seconds, clock()?);
            due.map(Due::Unix).ok_or(ScheduleError::TooFar)
        }
        When::Cron(cron) => {
            clock()?;
            let next = now.date_time().and_then(|now| cron.next_after(now));
            next.map(|time| Due::Unix(time.to_unix())).ok_or(ScheduleError::Never)
        }
    }
}
