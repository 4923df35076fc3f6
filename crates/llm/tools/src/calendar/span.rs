//! Spans of time in words: `10 minutes`, `an hour and a half`, `2 weeks and 3 days`.

use super::{names, words::Words};
use jiff::civil::Date;
use system_platform::DateTime;

/// The longest span that is read: a thousand years, in days.
const MAX_DAYS: u64 = 366_000;

/// A length of time. Months and days are apart because their length depends on when they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Whole months; a year is twelve.
    pub months: u32,
    /// Whole days; a week is seven.
    pub days: u32,
    /// Seconds, of hours and below.
    pub seconds: u64,
}

impl Span {
    /// In seconds, a day being 24 hours; `None` with months, whose length depends.
    pub fn as_seconds(self) -> Option<u64> {
        (self.months == 0).then(|| u64::from(self.days) * 86_400 + self.seconds)
    }

    /// Whether it is whole days, weeks or months, so that it leads from date to date.
    pub fn is_dates(self) -> bool {
        self.seconds == 0
    }

    /// The date so long after `date`, or before it, hours and below left out; a day that the month
    /// does not have becomes its last. `None` outside of the calendar.
    pub fn from_date(self, date: Date, is_before: bool) -> Option<Date> {
        let span = jiff::Span::new()
            .try_months(i64::from(self.months))
            .and_then(|span| span.try_days(i64::from(self.days)))
            .ok()?;
        if is_before { date.checked_sub(span).ok() } else { date.checked_add(span).ok() }
    }

    /// The point so long after `time`, or before it. `None` outside of the calendar.
    pub fn from_time(self, time: DateTime, is_before: bool) -> Option<DateTime> {
        let date = self.from_date(super::date_of(time)?, is_before)?;
        let midnight = super::at_midnight(date)?.to_unix();
        let seconds = i64::try_from(self.seconds).ok()?;
        let seconds = if is_before { -seconds } else { seconds };
        super::from_unix(midnight + time.to_unix().rem_euclid(86_400) + seconds)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let sum = Self {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            seconds: self.seconds.checked_add(other.seconds)?,
        };
        let days = u64::from(sum.months) * 31 + u64::from(sum.days) + sum.seconds / 86_400;
        (days <= MAX_DAYS).then_some(sum)
    }
}

/// What spans are counted in, largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    /// The unit that a word in lower case names. The letters `m` and `w` alone mean too much to be
    /// taken for one, except right behind a number.
    pub fn from_word(word: &str, is_glued: bool) -> Option<Self> {
        Some(match word {
            "year" | "years" | "yr" | "yrs" => Self::Year,
            "month" | "months" => Self::Month,
            "week" | "weeks" | "wk" | "wks" => Self::Week,
            "w" if is_glued => Self::Week,
            "day" | "days" | "d" => Self::Day,
            "hour" | "hours" | "hr" | "hrs" | "h" => Self::Hour,
            "minute" | "minutes" | "min" | "mins" => Self::Minute,
            "m" if is_glued => Self::Minute,
            "second" | "seconds" | "sec" | "secs" | "s" => Self::Second,
            _ => return None,
        })
    }

    /// So many thousandths of it; `None` where that is no whole month or second, or too long.
    pub fn times(self, thousandths: u64) -> Option<Span> {
        let whole = |unit: u64| {
            let product = thousandths.checked_mul(unit)?;
            product.is_multiple_of(1000).then_some(product / 1000)
        };
        let seconds = |unit: u64| thousandths.checked_mul(unit).map(|product| product / 1000);
        let span = match self {
            Self::Year => Span { months: u32::try_from(whole(12)?).ok()?, ..Span::default() },
            Self::Month => Span { months: u32::try_from(whole(1)?).ok()?, ..Span::default() },
            Self::Week | Self::Day => {
                let total = seconds(if self == Self::Week { 7 * 86_400 } else { 86_400 })?;
                let days = u32::try_from(total / 86_400).ok()?;
                Span { months: 0, days, seconds: total % 86_400 }
            }
            Self::Hour => Span { seconds: seconds(3600)?, ..Span::default() },
            Self::Minute => Span { seconds: seconds(60)?, ..Span::default() },
            Self::Second => Span { seconds: seconds(1)?, ..Span::default() },
        };
        span.plus(Span::default())
    }
}

/// The span whose words begin at `at`, and where it ends. Parts follow each other from large to
/// small: `2 hours and 15 minutes`, `1h30`.
pub(super) fn read(words: &Words<'_>, at: usize) -> Option<(Span, usize)> {
    let (mut span, mut unit, mut next) = part(words, at)?;
    loop {
        // `1h30`, `1h 30`
        if unit == Unit::Hour && words.get(next - 1) == "h" && words.gap(next).trim().is_empty() {
            let minutes = words.number(next).filter(|minutes| *minutes < 60);
            if let Some(minutes) = minutes
                && Unit::from_word(words.get(next + 1), words.is_glued(next + 1)).is_none()
            {
                return Some((
                    span.plus(Unit::Minute.times(u64::from(minutes) * 1000)?)?,
                    next + 1,
                ));
            }
        }
        let from = next + usize::from(words.is(next, &["and"]));
        match part(words, from) {
            Some((more, smaller, end)) if smaller > unit => {
                (span, unit, next) = (span.plus(more)?, smaller, end);
            }
            _ => return Some((span, next)),
        }
    }
}

/// The span behind `every`, where one of something needs no number: `2 hours`, `hour and a half`.
pub(super) fn read_every(words: &Words<'_>, at: usize) -> Option<(Span, usize)> {
    let is_unit = Unit::from_word(words.get(at), false).is_some() || words.is(at, &["fortnight"]);
    if is_unit && words.get(at).len() > 1 {
        let (span, _, next) = with_unit(words, 1000, at)?;
        return Some((span, next));
    }
    if words.starts_with(at, "quarter hour") {
        return Some((Span { seconds: 900, ..Span::default() }, at + 2));
    }
    read(words, at)
}

/// One quantity with its unit: `10 minutes`, `half an hour`, `an hour and a half`.
fn part(words: &Words<'_>, at: usize) -> Option<(Span, Unit, usize)> {
    let (thousandths, next) = quantity(words, at)?;
    with_unit(words, thousandths, next)
}

/// The unit at `next` of so many thousandths.
fn with_unit(words: &Words<'_>, thousandths: u64, next: usize) -> Option<(Span, Unit, usize)> {
    if words.is(next, &["fortnight", "fortnights"]) {
        return Some((Unit::Week.times(thousandths.checked_mul(2)?)?, Unit::Week, next + 1));
    }
    let unit = Unit::from_word(words.get(next), words.is_glued(next))?;
    let mut span = unit.times(thousandths)?;
    let mut end = next + 1;
    for (phrase, fraction) in FRACTIONS_AFTER {
        if words.starts_with(end, phrase) && !is_followed_by_unit(words, end + words_of(phrase)) {
            span = span.plus(unit.times(*fraction)?)?;
            end += words_of(phrase);
            break;
        }
    }
    Some((span, unit, end))
}

const FRACTIONS_AFTER: &[(&str, u64)] =
    &[("and a half", 500), ("and a quarter", 250), ("and half", 500)];

fn words_of(phrase: &str) -> usize {
    phrase.split(' ').count()
}

/// `an hour and a half minute` has no half hour.
fn is_followed_by_unit(words: &Words<'_>, at: usize) -> bool {
    let at = at + usize::from(words.is(at, &["of"]));
    let at = at + usize::from(words.is(at, &["a", "an"]));
    Unit::from_word(words.get(at), false).is_some()
}

/// A number in thousandths, and where its unit is expected.
fn quantity(words: &Words<'_>, at: usize) -> Option<(u64, usize)> {
    const PHRASES: &[(&str, u64)] = &[
        ("three quarters of an", 750),
        ("three quarters of a", 750),
        ("a quarter of an", 250),
        ("a quarter of a", 250),
        ("quarter of an", 250),
        ("quarter of a", 250),
        ("half an", 500),
        ("half a", 500),
        ("a half", 500),
        ("half", 500),
        ("a couple of", 2000),
        ("a dozen", 12_000),
    ];
    if let Some((phrase, value)) = PHRASES.iter().find(|(phrase, _)| words.starts_with(at, phrase))
    {
        return Some((*value, at + words_of(phrase)));
    }
    let (whole, next) = count(words, at)?;
    match words.starts_with(next, "and a half") && is_followed_by_unit(words, next + 3) {
        true => Some((whole.checked_add(500)?, next + 3)),
        false => Some((whole, next)),
    }
}

fn count(words: &Words<'_>, at: usize) -> Option<(u64, usize)> {
    let text = words.get(at);
    if words.is(at, &["a", "an"]) {
        return match words.get(at + 1) {
            "hundred" => Some((100_000, at + 2)),
            "thousand" => Some((1_000_000, at + 2)),
            _ => Some((1000, at + 1)),
        };
    }
    if let Some(number) = super::names::number(text) {
        let ones = names::number(words.get(at + 1)).filter(|ones| (1..10).contains(ones));
        let (number, next) = match ones {
            Some(ones) if number >= 20 => (number + ones, at + 2),
            _ => (number, at + 1),
        };
        return match words.get(next) {
            "hundred" => Some((u64::from(number) * 100_000, next + 1)),
            "thousand" => Some((u64::from(number) * 1_000_000, next + 1)),
            _ => Some((u64::from(number) * 1000, next)),
        };
    }
    // `1.5`, `2,5`; `10,000` is ten thousand.
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, digits)) if text.contains(',') && digits.len() == 3 => {
            return Some((
                decimal(whole)?.checked_mul(1000)?.checked_add(decimal(digits)?)? * 1000,
                at + 1,
            ));
        }
        Some((whole, digits)) if (1..=3).contains(&digits.len()) => {
            (decimal(whole)?, decimal(digits)? * 10_u64.pow(3 - digits.len() as u32))
        }
        Some(_) => return None,
        None => (decimal(text)?, 0),
    };
    Some((whole * 1000 + fraction, at + 1))
}

fn decimal(text: &str) -> Option<u64> {
    let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        let words = Words::new(text);
        let (span, next) = read(&words, 0)?;
        (next == words.len()).then(|| span.as_seconds()).flatten()
    }

    #[test]
    fn reads_numbers_words_and_fractions() {
        for (text, expected) in [
            ("10 minutes", 600),
            ("90 s", 90),
            ("5-minute", 300),
            ("30min", 1800),
            ("10m", 600),
            ("1h30", 5400),
            ("1h 30m", 5400),
            ("2 h 5", 7500),
            ("an hour and a half", 5400),
            ("one and a half hours", 5400),
            ("half an hour", 1800),
            ("a half hour", 1800),
            ("half a minute", 30),
            ("a quarter of an hour", 900),
            ("three quarters of an hour", 2700),
            ("an hour and a quarter", 4500),
            ("2 hours and 15 minutes", 8100),
            ("2 hours, 15 minutes and 5 seconds", 8105),
            ("an hour and a half minute", 3630),
            ("1.5 hours", 5400),
            ("2,5 hours", 9000),
            ("twenty five minutes", 1500),
            ("forty-five minutes", 2700),
            ("a couple of days", 172_800),
            ("a day and a half", 129_600),
            ("a fortnight", 1_209_600),
            ("a hundred days", 8_640_000),
            ("10,000 seconds", 10_000),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_span() {
        for text in [
            "minutes",
            "10",
            "10 apples",
            "15 minutes 2 hours",
            "1.5 months",
            "99999999 days",
            "7:30 h",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn months_end_where_the_month_does() {
        let after = |text: &str, year, month, day| {
            let (span, _) = read(&Words::new(text), 0).unwrap();
            span.from_date(Date::new(year, month, day).unwrap(), false).unwrap()
        };
        assert_eq!(after("a month", 2026, 1, 31), Date::constant(2026, 2, 28));
        assert_eq!(after("a month", 2028, 1, 31), Date::constant(2028, 2, 29));
        assert_eq!(after("a year", 2028, 2, 29), Date::constant(2029, 2, 28));
        assert_eq!(after("a year and a half", 2026, 11, 23), Date::constant(2028, 5, 23));
    }
}
