//! Dates, times and zones as people speak of them: what the tools `clock` and `schedule` stand on.
//!
//! [`phrase`] finds in a request when something is to happen, [`cron`] tells when a rule comes true
//! next, [`question`] answers questions about dates and times, [`zone`] knows places. The time of the
//! system is UTC, and a time that names no zone is UTC too.

pub mod cron;
mod date;
mod holiday;
mod names;
mod parts;
pub mod phrase;
pub mod question;
mod repeat;
pub mod say;
pub mod span;
pub mod time_of_day;
pub mod when;
pub mod words;
pub mod zone;

pub use cron::{Cron, CronError};
pub use names::{MONTHS, WEEKDAYS};
pub use phrase::Phrase;
pub use when::{PhraseError, When};

use jiff::civil::Date;
use system_platform::DateTime;

/// The day of a time; `None` beyond the year 9999.
fn date_of(time: DateTime) -> Option<Date> {
    let year = i16::try_from(time.year).ok()?;
    Date::new(year, i8::try_from(time.month).ok()?, i8::try_from(time.day).ok()?).ok()
}

/// The first second of a day; `None` before the year 0.
fn at_midnight(date: Date) -> Option<DateTime> {
    let year = u16::try_from(date.year()).ok()?;
    let (month, day) = (date.month() as u8, date.day() as u8);
    Some(DateTime { year, month, day, hour: 0, minute: 0, second: 0 })
}

/// The time so many seconds after 1970 began; `None` outside of what [`DateTime`] can say.
pub(crate) fn from_unix(seconds: i64) -> Option<DateTime> {
    // The bounds of the years 0 to 65535, beyond which `DateTime` would give the nearest year's.
    let is_inside = (-62_167_219_200..2_005_949_145_600).contains(&seconds);
    is_inside.then(|| DateTime::from_unix(seconds))
}

/// Monday, 2026-11-23 23:59:59, for tests.
#[cfg(test)]
pub(crate) const NOW: DateTime =
    DateTime { year: 2026, month: 11, day: 23, hour: 23, minute: 59, second: 59 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_years() {
        for (seconds, year) in [(-62_167_219_200, 0), (2_005_949_145_599, 65_535)] {
            let time = from_unix(seconds).unwrap();
            assert_eq!((time.year, time.to_unix()), (year, seconds));
        }
        assert_eq!(from_unix(-62_167_219_201), None);
        assert_eq!(from_unix(2_005_949_145_600), None);
    }
}
