//! Repetition by the five fields of cron: minute, hour, day of month, month, day of week.
//!
//! `*`, lists (`1,15`), ranges (`9-17`, `MON-FRI`), steps (`*/5`, `10-30/5`, `5/10`), names of months
//! and days, 7 for Sunday, and `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. If both the day
//! of the month and the day of the week are restricted, either is enough; a field that begins with
//! `*` does not count as restricted (crontab(5) of Paul Vixie's cron).

use super::names::{MONTHS, WEEKDAYS};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;
use system_platform::DateTime;

/// The longest expression, in bytes.
pub const MAX_CRON_BYTES: usize = 128;

/// How far ahead a time is looked for. The rarest rule, a certain weekday on 29 February across a
/// century without one, comes true within forty years.
const MAX_YEARS: u16 = 100;

/// One of the five fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    Day,
    /// 1 to 12, or JAN to DEC.
    Month,
    /// 0 (Sunday) to 7 (Sunday), or SUN to SAT.
    Weekday,
}

const FIELDS: [Field; 5] = [Field::Minute, Field::Hour, Field::Day, Field::Month, Field::Weekday];

impl Field {
    const fn limits(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    fn value(self, text: &str) -> Option<u8> {
        if (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok();
        }
        let is_name = |name: &str| text.len() == 3 && text.eq_ignore_ascii_case(&name[..3]);
        match self {
            Self::Month => MONTHS.iter().position(|name| is_name(name)).map(|at| at as u8 + 1),
            // Cron's week begins with Sunday as 0.
            Self::Weekday => {
                WEEKDAYS.iter().position(|name| is_name(name)).map(|at| (at as u8 + 1) % 7)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of month",
            Self::Month => "month",
            Self::Weekday => "day of week",
        })
    }
}

/// Text that is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronError {
    /// More than [`MAX_CRON_BYTES`].
    TooLong {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// Not five fields.
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// A part of a field that is neither a number, a name, a range nor a step.
    Syntax {
        /// The field.
        field: Field,
        /// The part.
        part: String,
    },
    /// A value outside of the field's limits.
    OutOfRange {
        /// The field.
        field: Field,
        /// The part.
        part: String,
    },
    /// A range whose end is before its start.
    Backwards {
        /// The field.
        field: Field,
        /// The part.
        part: String,
    },
    /// A step of 0.
    ZeroStep {
        /// The field.
        field: Field,
    },
    /// No year has such a day, as with 31 February.
    NoSuchDay,
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len_bytes } => {
                write!(f, "the cron rule has {len_bytes} bytes; {MAX_CRON_BYTES} are allowed")
            }
            Self::FieldCount { found } => write!(
                f,
                "a cron rule has five fields (minute hour day month weekday), not {found}"
            ),
            Self::Syntax { field, part } => {
                write!(f, "the cron rule's {field} \"{part}\" cannot be read")
            }
            Self::OutOfRange { field, part } => {
                let (least, most) = field.limits();
                write!(f, "the cron rule's {field} \"{part}\" is not within {least} to {most}")
            }
            Self::Backwards { field, part } => {
                write!(f, "the cron rule's {field} \"{part}\" ends before it begins")
            }
            Self::ZeroStep { field } => write!(f, "the cron rule's {field} has a step of 0"),
            Self::NoSuchDay => f.write_str("no month of the cron rule has such a day"),
        }
    }
}

/// A rule of repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u32,
    /// Bit 1 is the first day.
    days: u32,
    /// Bit 1 is January.
    months: u16,
    /// Bit 0 is Sunday.
    weekdays: u8,
    /// Whether a day has to fit both by its date and by its weekday, rather than either.
    needs_both: bool,
    /// As it was written, with single spaces.
    source: String,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first field that cannot be read, or that there is no such day in any year.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        if text.len() > MAX_CRON_BYTES {
            return Err(CronError::TooLong { len_bytes: text.len() });
        }
        let text = match text.to_ascii_lowercase().as_str() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            _ => text,
        };
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(CronError::FieldCount { found: parts.len() });
        }
        let mut sets = [0_u64; 5];
        for ((set, field), part) in sets.iter_mut().zip(FIELDS).zip(&parts) {
            *set = parse_field(field, part)?;
        }
        let [minutes, hours, days, months, weekdays] = sets;
        let cron = Self {
            minutes,
            hours: hours as u32,
            days: days as u32,
            months: months as u16,
            // 7 is Sunday as well.
            weekdays: (weekdays as u8 & 0x7f) | (weekdays >> 7) as u8 & 1,
            needs_both: parts[2].starts_with('*') || parts[4].starts_with('*'),
            source: parts.join(" "),
        };
        let has_day = (1..=12_u8).any(|month| {
            cron.months >> month & 1 == 1 && cron.days.trailing_zeros() <= longest(month)
        });
        if cron.needs_both && !has_day {
            return Err(CronError::NoSuchDay);
        }
        Ok(cron)
    }

    /// The first time after `time` that fits, to the minute; `None` at the end of the calendar.
    pub fn next_after(&self, time: DateTime) -> Option<DateTime> {
        let start = super::from_unix((time.to_unix().div_euclid(60) + 1) * 60)?;
        for year in start.year..=start.year.checked_add(MAX_YEARS)? {
            let is_first = year == start.year;
            for month in if is_first { start.month } else { 1 }..=12 {
                if self.months >> month & 1 == 0 {
                    continue;
                }
                let is_first = is_first && month == start.month;
                for day in if is_first { start.day } else { 1 }..=days_in_month(year, month) {
                    let midnight = DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
                    if !self.has_day(midnight) {
                        continue;
                    }
                    let is_first = is_first && day == start.day;
                    let from = if is_first { (start.hour, start.minute) } else { (0, 0) };
                    if let Some((hour, minute)) = self.time_from(from) {
                        return Some(DateTime { hour, minute, ..midnight });
                    }
                }
            }
        }
        None
    }

    /// Whether the rule fits this minute.
    pub fn fits(&self, time: DateTime) -> bool {
        self.minutes >> time.minute & 1 == 1
            && self.hours >> time.hour & 1 == 1
            && self.months >> time.month & 1 == 1
            && self.has_day(time)
    }

    /// The minutes of the hour, in order.
    pub fn minutes(&self) -> impl Iterator<Item = u8> {
        (0..60).filter(|minute| self.minutes >> minute & 1 == 1)
    }

    /// The hours, in order.
    pub fn hours(&self) -> impl Iterator<Item = u8> {
        (0..24).filter(|hour| self.hours >> hour & 1 == 1)
    }

    /// The days of the month, in order, unless that is all.
    pub fn days(&self) -> Option<Vec<u8>> {
        let days: Vec<u8> = (1..=31).filter(|day| self.days >> day & 1 == 1).collect();
        (days.len() < 31).then_some(days)
    }

    /// The months, in order, unless that is all.
    pub fn months(&self) -> Option<Vec<u8>> {
        let months: Vec<u8> = (1..=12).filter(|month| self.months >> month & 1 == 1).collect();
        (months.len() < 12).then_some(months)
    }

    /// The days of the week, 0 for Monday, in order, unless that is all.
    pub fn weekdays(&self) -> Option<Vec<u8>> {
        let weekdays: Vec<u8> =
            (0..7).filter(|weekday| self.weekdays >> ((weekday + 1) % 7) & 1 == 1).collect();
        (weekdays.len() < 7).then_some(weekdays)
    }

    fn has_day(&self, date: DateTime) -> bool {
        let by_date = self.days >> date.day & 1 == 1;
        let by_weekday = self.weekdays >> ((date.weekday() + 1) % 7) & 1 == 1;
        if self.needs_both { by_date && by_weekday } else { by_date || by_weekday }
    }

    /// The first hour and minute of a day that fit, from `(hour, minute)` on.
    fn time_from(&self, (hour, minute): (u8, u8)) -> Option<(u8, u8)> {
        self.hours().filter(|candidate| *candidate >= hour).find_map(|candidate| {
            let least = if candidate == hour { minute } else { 0 };
            self.minutes().find(|minute| *minute >= least).map(|minute| (candidate, minute))
        })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn parse_field(field: Field, text: &str) -> Result<u64, CronError> {
    text.split(',').try_fold(0, |set, part| Ok(set | parse_part(field, part)?))
}

fn parse_part(field: Field, part: &str) -> Result<u64, CronError> {
    let syntax = || CronError::Syntax { field, part: part.to_owned() };
    let (least, most) = field.limits();
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => {
            let is_number =
                (1..=2).contains(&step.len()) && step.bytes().all(|b| b.is_ascii_digit());
            let step: u8 = is_number.then(|| step.parse().ok()).flatten().ok_or_else(syntax)?;
            (span, Some(step))
        }
        None => (part, None),
    };
    if step == Some(0) {
        return Err(CronError::ZeroStep { field });
    }
    let value = |text: &str| {
        let value = field.value(text).ok_or_else(syntax)?;
        let is_inside = (least..=most).contains(&value);
        is_inside
            .then_some(value)
            .ok_or_else(|| CronError::OutOfRange { field, part: part.to_owned() })
    };
    let (first, last) = match span.split_once('-') {
        // A week has Sunday once, so that a step through it does not meet it twice.
        None if span == "*" => (least, if field == Field::Weekday { 6 } else { most }),
        None => {
            let first = value(span)?;
            (first, if step.is_some() { most } else { first })
        }
        Some((first, last)) => {
            let (first, mut last) = (value(first)?, value(last)?);
            // `FRI-SUN` ends with the week.
            if field == Field::Weekday && last == 0 && first > 0 {
                last = 7;
            }
            (first, last)
        }
    };
    if last < first {
        return Err(CronError::Backwards { field, part: part.to_owned() });
    }
    let step = usize::from(step.unwrap_or(1));
    Ok((first..=last).step_by(step).fold(0, |set, value| set | 1 << value))
}

/// Days of a month in the year that gives it most.
const fn longest(month: u8) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if month == 2 && !is_leap { 28 } else { longest(month) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    /// Monday, 2026-11-23 23:59:59.
    const NOW: i64 = 1_795_478_399;

    fn next(text: &str) -> String {
        match Cron::parse(text) {
            Ok(cron) => cron.next_after(DateTime::from_unix(NOW)).unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn finds_the_next_time() {
        for (text, expected) in [
            ("* * * * *", "2026-11-24 00:00:00"),
            ("0 8 * * 1-5", "2026-11-24 08:00:00"),
            ("0 8 * * sat", "2026-11-28 08:00:00"),
            ("0 8 * * fri-sun", "2026-11-27 08:00:00"),
            ("*/15 9-17 * * *", "2026-11-24 09:00:00"),
            ("5/20 3 * * *", "2026-11-24 03:05:00"),
            ("0 0 29 2 *", "2028-02-29 00:00:00"),
            ("0 0 31 * *", "2026-12-31 00:00:00"),
            ("0 0 13 * 5", "2026-11-27 00:00:00"),
            ("30 6 1 JAN *", "2027-01-01 06:30:00"),
            ("0 12 * * 7", "2026-11-29 12:00:00"),
            ("@hourly", "2026-11-24 00:00:00"),
            ("@yearly", "2027-01-01 00:00:00"),
            // Both fields begin with a star, so both have to fit.
            ("0 0 */14 * */6", "2026-11-29 00:00:00"),
        ] {
            assert_eq!(next(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_name_the_field() {
        for (text, expected) in [
            ("0 8 * *", "a cron rule has five fields (minute hour day month weekday), not 4"),
            ("", "a cron rule has five fields (minute hour day month weekday), not 0"),
            ("60 * * * *", "the cron rule's minute \"60\" is not within 0 to 59"),
            ("0 25 * * *", "the cron rule's hour \"25\" is not within 0 to 23"),
            ("0 0 0 * *", "the cron rule's day of month \"0\" is not within 1 to 31"),
            ("0 0 * foo *", "the cron rule's month \"foo\" cannot be read"),
            ("0 0 * * MON-FOO", "the cron rule's day of week \"MON-FOO\" cannot be read"),
            ("0 17-9 * * *", "the cron rule's hour \"17-9\" ends before it begins"),
            ("*/0 * * * *", "the cron rule's minute has a step of 0"),
            ("1,,2 * * * *", "the cron rule's minute \"\" cannot be read"),
            ("0 0 31 2,4 *", "no month of the cron rule has such a day"),
        ] {
            assert_eq!(next(text), expected, "{text}");
        }
        assert!(matches!(
            Cron::parse(&"1".repeat(200)),
            Err(CronError::TooLong { len_bytes: 200 })
        ));
    }

    #[test]
    fn a_leap_day_on_a_weekday_is_found_across_a_century_without_one() {
        let cron = Cron::parse("0 0 29 2 */7").unwrap();
        let next = cron.next_after(DateTime::from_unix(3_730_000_000)).unwrap();
        // 29 February fell on Sundays in 2088 and, since 2100 has none, again in 2128.
        assert_eq!(next.to_string(), "2128-02-29 00:00:00");
        assert_eq!(next.weekday(), 6);
    }

    #[test]
    fn the_end_of_the_calendar_is_the_end() {
        let last = DateTime { year: 65_535, month: 12, day: 31, hour: 23, minute: 59, second: 0 };
        assert_eq!(Cron::parse("* * * * *").unwrap().next_after(last), None);
    }

    /// A field as text, and the values it stands for, found by other means than the parser's.
    fn field(least: u8, most: u8) -> impl Strategy<Value = (String, Vec<u8>)> {
        prop_oneof![
            3 => Just(("*".to_string(), (least..=most).collect())),
            2 => proptest::collection::vec(least..=most, 1..4).prop_map(|values| {
                let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
                (texts.join(","), values)
            }),
            2 => (least..=most, least..=most, 1..7_u8).prop_map(|(a, b, step)| {
                let (a, b) = (a.min(b), a.max(b));
                let values = (a..=b).filter(|value| (value - a).is_multiple_of(step)).collect();
                (format!("{a}-{b}/{step}"), values)
            }),
            1 => (1..20_u8).prop_map(move |step| {
                let values = (least..=most).filter(|value| (value - least).is_multiple_of(step)).collect();
                (format!("*/{step}"), values)
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn agrees_with_trying_every_minute(
            minute in field(0, 59),
            hour in field(0, 23),
            day in field(1, 31),
            month in field(1, 12),
            weekday in field(0, 6),
            start in 0..4_000_000_000_i64,
        ) {
            let text = format!("{} {} {} {} {}", minute.0, hour.0, day.0, month.0, weekday.0);
            let found = match Cron::parse(&text) {
                Ok(cron) => cron.next_after(DateTime::from_unix(start)),
                Err(error) => {
                    prop_assert_eq!(error, CronError::NoSuchDay);
                    None
                }
            };
            let is_star = |text: &str| text.starts_with('*');
            let fits_day = |time: DateTime| {
                let by_date = day.1.contains(&time.day);
                let by_weekday = weekday.1.contains(&((time.weekday() + 1) % 7));
                let day_fits = match is_star(&day.0) || is_star(&weekday.0) {
                    true => by_date && by_weekday,
                    false => by_date || by_weekday,
                };
                month.1.contains(&time.month) && day_fits
            };
            // Two years, minute by minute on the days that fit.
            let first = (start.div_euclid(60) + 1) * 60;
            let end = first + 2 * 366 * 86_400;
            let mut at = first;
            let mut expected = None;
            while at < end {
                let time = DateTime::from_unix(at);
                if !fits_day(time) {
                    at = (at.div_euclid(86_400) + 1) * 86_400;
                    continue;
                }
                if minute.1.contains(&time.minute) && hour.1.contains(&time.hour) {
                    expected = Some(time);
                    break;
                }
                at += 60;
            }
            match expected {
                Some(_) => prop_assert_eq!(found, expected, "{}", text),
                None => prop_assert!(found.is_none_or(|time| time.to_unix() >= end), "{}", text),
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}", fields in "[0-9*/,@A-Za-z -]{0,30}") {
            for text in [text, fields] {
                match Cron::parse(&text) {
                    Ok(cron) => {
                        let next = cron.next_after(DateTime::from_unix(NOW)).unwrap();
                        prop_assert!(cron.fits(next));
                    }
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                }
            }
        }
    }
}
