//! When something is to happen: once, in steps, or by a rule.

use super::{
    Cron, CronError,
    date::{DateSpec, Toward, Which},
    date_of, from_unix,
    parts::Parts,
    repeat::Repeat,
    time_of_day::{DayPart, TimeOfDay},
};
use alloc::{format, vec::Vec};
use core::fmt;
use jiff::{ToSpan, civil::Date};
use system_platform::DateTime;

/// When something happens that is said to happen on a day.
pub(super) const USUAL: TimeOfDay = TimeOfDay::at(9);

/// When something is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Once, so many seconds from now.
    In {
        /// How many.
        seconds: u64,
    },
    /// Once, at this time (UTC). It may be over.
    Once(DateTime),
    /// Again and again.
    Interval {
        /// Seconds from one time to the next.
        seconds: u64,
        /// The first time (UTC); without it, one interval from now.
        first: Option<DateTime>,
    },
    /// Whenever the rule (in UTC) comes true.
    Cron(Cron),
}

impl When {
    /// Whether it happens more than once.
    pub const fn is_repeating(&self) -> bool {
        matches!(self, Self::Interval { .. } | Self::Cron(_))
    }
}

/// Words that do not say when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhraseError {
    /// They are none that are known.
    NotUnderstood,
    /// They name a day that the calendar does not have.
    NoSuchDate,
    /// They name a day or a time of day, and there is no clock.
    NoClock,
    /// They are a rule of cron that cannot be read.
    Cron(CronError),
}

impl fmt::Display for PhraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUnderstood => f.write_str(
                "the time cannot be read; say \"in 10 minutes\", \"tomorrow at 7:30\", \
                 \"2026-12-24 18:00\", \"every weekday at 8\" or a cron rule",
            ),
            Self::NoSuchDate => f.write_str("there is no such date"),
            Self::NoClock => f.write_str(
                "there is no working real-time clock, so only spans like \"in 10 minutes\" or \
                 \"every 2 hours\" can be used",
            ),
            Self::Cron(error) => error.fmt(f),
        }
    }
}

impl From<CronError> for PhraseError {
    fn from(error: CronError) -> Self {
        Self::Cron(error)
    }
}

impl Parts {
    /// What the words mean at the time `now` (UTC).
    ///
    /// # Errors
    /// There is no such date, or it takes a clock to know and there is none.
    pub fn resolve(&self, now: Option<DateTime>) -> Result<When, PhraseError> {
        if let Some(repeat) = self.repeat {
            return self.resolve_repeat(repeat, now);
        }
        if let Some(span) = self.ahead
            && self.time.is_none()
            && self.part.is_none()
        {
            return match (span.as_seconds(), now) {
                (Some(seconds), _) => Ok(When::In { seconds }),
                (None, None) => Err(PhraseError::NoClock),
                (None, Some(now)) => {
                    span.from_time(now, false).map(When::Once).ok_or(PhraseError::NoSuchDate)
                }
            };
        }
        self.point(now.ok_or(PhraseError::NoClock)?).map(When::Once)
    }

    /// The time of day that the words say or imply.
    fn time_of_day(&self) -> TimeOfDay {
        match (self.time, self.part) {
            (Some(read), Some(part)) if !read.is_placed => part.place(read.time),
            (Some(read), _) => read.time,
            (None, Some(part)) => part.usual(),
            (None, None) => USUAL,
        }
    }

    /// The point in time (UTC) that is meant at the time `now`.
    fn point(&self, now: DateTime) -> Result<DateTime, PhraseError> {
        // Which time of today, nobody knows.
        if self.date == Some(DateSpec::Offset(0)) && self.lacks_time() {
            return Err(PhraseError::NotUnderstood);
        }
        let here = match &self.zone {
            Some(zone) => zone.local(now).ok_or(PhraseError::NoSuchDate)?.0,
            None => now,
        };
        let today = date_of(here).ok_or(PhraseError::NoSuchDate)?;
        let time = self.time_of_day();
        let at = |date: Date| {
            let midnight = super::at_midnight(date).ok_or(PhraseError::NoSuchDate)?;
            let local = from_unix(midnight.to_unix() + time.seconds());
            let local = local.ok_or(PhraseError::NoSuchDate)?;
            match &self.zone {
                Some(zone) => zone.to_utc(local).ok_or(PhraseError::NoSuchDate),
                None => Ok(local),
            }
        };
        let resolve = |from| match (self.date, self.ahead) {
            (Some(spec), _) => spec.resolve(from, Toward::Future),
            (None, Some(span)) => span.from_date(from, false),
            (None, None) => Some(from),
        };
        let mut date = resolve(today).ok_or(PhraseError::NoSuchDate)?;
        // The small hours of a night are the next day's, and so is the midnight that ends a day.
        let is_night = self.part == Some(DayPart::Night) && self.date.is_some() && time.hour < 5;
        let is_end_of_today = date == today && self.date.is_some() && time == TimeOfDay::at(0);
        if is_night || is_end_of_today {
            date = date.checked_add(1.day()).map_err(|_| PhraseError::NoSuchDate)?;
        }
        let point = at(date)?;
        let can_move = self.date.map_or(self.ahead.is_none(), |spec| spec.can_move());
        if point <= now && can_move {
            let tomorrow = today.checked_add(1.day()).map_err(|_| PhraseError::NoSuchDate)?;
            return at(resolve(tomorrow).ok_or(PhraseError::NoSuchDate)?);
        }
        Ok(point)
    }

    fn resolve_repeat(&self, repeat: Repeat, now: Option<DateTime>) -> Result<When, PhraseError> {
        let is_timed = self.time.is_some() || self.part.is_some();
        let date_cron = |days: &str, months: &str, weekdays: &str| {
            if self.zone.is_some() {
                return Err(PhraseError::NotUnderstood);
            }
            let mut hours: Vec<u8> = Vec::from([self.time_of_day().hour]);
            let minute = self.time_of_day().minute;
            for more in &self.more_times {
                // A rule has one list of hours and one of minutes, which it multiplies.
                if more.minute != minute {
                    return Err(PhraseError::NotUnderstood);
                }
                hours.push(more.hour);
            }
            let hours = list(&hours);
            let rule = format!("{minute} {hours} {days} {months} {weekdays}");
            Ok(When::Cron(Cron::parse(&rule)?))
        };
        match repeat {
            Repeat::Daily => date_cron("*", "*", "*"),
            Repeat::Weekdays(mask) => {
                // Cron's week begins with Sunday as 0.
                let days: Vec<u8> =
                    (0..7).filter(|day| mask >> day & 1 == 1).map(|day| (day + 1) % 7).collect();
                let text = if mask == 0b1_1111 { "1-5".into() } else { list(&days) };
                date_cron("*", "*", &text)
            }
            Repeat::MonthDay(day) => date_cron(&format!("{day}"), "*", "*"),
            Repeat::YearDay { month, day } => {
                date_cron(&format!("{day}"), &format!("{month}"), "*")
            }
            Repeat::Monthly => {
                let today = now.ok_or(PhraseError::NoClock)?.day;
                // Every month has 28 days.
                date_cron(&format!("{}", today.min(28)), "*", "*")
            }
            Repeat::Span(span) => {
                let seconds = span.as_seconds().filter(|seconds| *seconds > 0);
                let seconds = seconds.ok_or(PhraseError::NotUnderstood)?;
                if !is_timed {
                    return Ok(When::Interval { seconds, first: None });
                }
                // `every 2 hours at 9` says two things.
                if !span.is_dates() || !self.more_times.is_empty() {
                    return Err(PhraseError::NotUnderstood);
                }
                let first = Some(self.point(now.ok_or(PhraseError::NoClock)?)?);
                Ok(When::Interval { seconds, first })
            }
            Repeat::Weeks { weekday, weeks } => {
                if !self.more_times.is_empty() {
                    return Err(PhraseError::NotUnderstood);
                }
                let spec = DateSpec::Weekday { weekday, which: Which::Coming };
                let once = Self { repeat: None, date: Some(spec), ..self.clone() };
                let first = Some(once.point(now.ok_or(PhraseError::NoClock)?)?);
                Ok(When::Interval { seconds: u64::from(weeks) * 7 * 86_400, first })
            }
        }
    }
}

/// Numbers separated by commas.
fn list(numbers: &[u8]) -> alloc::string::String {
    let texts: Vec<_> = numbers.iter().map(|number| format!("{number}")).collect();
    texts.join(",")
}
