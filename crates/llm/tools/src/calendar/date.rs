//! Dates in words: `tomorrow`, `next Friday`, `4 May 2027`, `May 4th`, `2026-12-24`, `Christmas`.

use super::{holiday::Holiday, names, words::Words};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// A date as it was said, before it is known which year or week is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateSpec {
    /// So many days from today.
    Offset(i32),
    /// The next such day, from today or (`is_after`) from tomorrow on; or the last one.
    Weekday {
        weekday: Weekday,
        which: Which,
    },
    /// The such day of the week so many weeks from this one.
    WeekdayOfWeek {
        weekday: Weekday,
        weeks: i32,
    },
    /// So many weeks, months or years from today.
    Weeks(i32),
    Months(i32),
    Years(i32),
    /// A day of a month, in the year said or the next that has it ahead.
    MonthDay {
        month: i8,
        day: i8,
        year: Option<i16>,
    },
    /// A day of the month.
    Day(i8),
    /// A day of the month so many months from this.
    DayOfMonth {
        day: i8,
        months: i32,
    },
    /// A day with a name.
    Holiday {
        holiday: Holiday,
        year: Option<i16>,
    },
    /// The last day of this month or year.
    EndOfMonth,
    EndOfYear,
}

/// Which of many equal days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// From today on.
    Coming,
    /// From tomorrow on: `next Friday` is the first Friday that is not today.
    Next,
    /// Before today.
    Last,
}

/// Where a date without a year is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toward {
    /// From today on.
    Future,
    /// Up to today.
    Past,
}

impl DateSpec {
    /// Whether there is another such day later, should this one be over.
    pub fn can_move(self) -> bool {
        matches!(
            self,
            Self::Weekday { which: Which::Coming, .. }
                | Self::MonthDay { year: None, .. }
                | Self::Day(_)
                | Self::Holiday { year: None, .. }
        )
    }

    /// The same day in a year, if it is one of any year.
    pub fn with_year(self, year: Option<i16>) -> Self {
        match self {
            Self::MonthDay { month, day, year: None } => Self::MonthDay { month, day, year },
            Self::Holiday { holiday, year: None } => Self::Holiday { holiday, year },
            other => other,
        }
    }

    /// The date that is meant on the day `today`; `None` if there is none, as with 31 February.
    pub fn resolve(self, today: Date, toward: Toward) -> Option<Date> {
        let is_right = |date: Date| match toward {
            Toward::Future => date >= today,
            Toward::Past => date <= today,
        };
        let monday =
            || today.checked_sub(i32::from(today.weekday().to_monday_zero_offset()).days()).ok();
        match self {
            Self::Offset(days) => today.checked_add(days.days()).ok(),
            Self::Weeks(weeks) => today.checked_add(weeks.weeks()).ok(),
            Self::Months(months) => today.checked_add(months.months()).ok(),
            Self::Years(years) => today.checked_add(years.years()).ok(),
            Self::Weekday { weekday, which } => {
                let is_past =
                    which == Which::Last || which == Which::Coming && toward == Toward::Past;
                let from = i32::from(today.weekday().to_monday_zero_offset());
                let ahead = (i32::from(weekday.to_monday_zero_offset()) - from).rem_euclid(7);
                let days = match ahead {
                    0 if which == Which::Next => 7,
                    0 if which == Which::Last => -7,
                    0 => 0,
                    ahead if is_past => ahead - 7,
                    ahead => ahead,
                };
                today.checked_add(days.days()).ok()
            }
            Self::WeekdayOfWeek { weekday, weeks } => {
                let days = i32::from(weekday.to_monday_zero_offset()) + 7 * weeks;
                monday()?.checked_add(days.days()).ok()
            }
            Self::MonthDay { month, day, year: Some(year) } => Date::new(year, month, day).ok(),
            Self::MonthDay { month, day, year: None } => {
                in_some_year(today, toward, |year| Date::new(year, month, day).ok(), is_right)
            }
            Self::Holiday { holiday, year: Some(year) } => holiday.date(year),
            Self::Holiday { holiday, year: None } => {
                in_some_year(today, toward, |year| holiday.date(year), is_right)
            }
            // No two months in a row are without a 31st, but February and a 30th need a third.
            Self::Day(day) => (0..3).find_map(|months| {
                let months = if toward == Toward::Future { months } else { -months };
                let month = today.first_of_month().checked_add(months.months()).ok()?;
                month.with().day(day).build().ok().filter(|date| is_right(*date))
            }),
            Self::DayOfMonth { day, months } => {
                let month = today.first_of_month().checked_add(months.months()).ok()?;
                month.with().day(day).build().ok()
            }
            Self::EndOfMonth => Some(today.last_of_month()),
            Self::EndOfYear => Some(today.last_of_year()),
        }
    }
}

/// The nearest such date. Leap days can be eight years apart.
fn in_some_year(
    today: Date,
    toward: Toward,
    date: impl Fn(i16) -> Option<Date>,
    is_right: impl Fn(Date) -> bool,
) -> Option<Date> {
    (0..=8).find_map(|years| {
        let years = if toward == Toward::Future { years } else { -years };
        date(today.year().checked_add(years)?).filter(|date| is_right(*date))
    })
}

/// The date whose words begin at `at`, without `on` or `until` before it, and where it ends.
pub(super) fn read(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    if let Some((offset, next)) = named_offset(words, at) {
        return Some((offset, next));
    }
    if let Some(found) = numeric(words, at) {
        return Some(found);
    }
    let plain = at + usize::from(words.is(at, &["the"]));
    day_of_month(words, at)
        .or_else(|| month_day(words, plain))
        .or_else(|| weekday(words, at))
        .or_else(|| {
            Holiday::read(words, at).map(|(holiday, next)| {
                let (year, next) = year(words, next);
                (DateSpec::Holiday { holiday, year }, next)
            })
        })
}

fn named_offset(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    const NAMES: &[(&str, DateSpec)] = &[
        ("the day after tomorrow", DateSpec::Offset(2)),
        ("day after tomorrow", DateSpec::Offset(2)),
        ("the day before yesterday", DateSpec::Offset(-2)),
        ("day before yesterday", DateSpec::Offset(-2)),
        ("tomorrow", DateSpec::Offset(1)),
        ("tomorrow's", DateSpec::Offset(1)),
        ("yesterday's", DateSpec::Offset(-1)),
        ("tmrw", DateSpec::Offset(1)),
        ("today", DateSpec::Offset(0)),
        ("yesterday", DateSpec::Offset(-1)),
        ("next month", DateSpec::Months(1)),
        ("last month", DateSpec::Months(-1)),
        ("next year", DateSpec::Years(1)),
        ("last year", DateSpec::Years(-1)),
        ("the end of the month", DateSpec::EndOfMonth),
        ("the end of this month", DateSpec::EndOfMonth),
        ("end of month", DateSpec::EndOfMonth),
        ("the end of the year", DateSpec::EndOfYear),
        ("the end of this year", DateSpec::EndOfYear),
        ("end of year", DateSpec::EndOfYear),
    ];
    for (phrase, weeks) in [("next week", 1), ("last week", -1), ("this week", 0)] {
        if words.starts_with(at, phrase) {
            let next = at + 2 + usize::from(words.is(at + 2, &["on"]));
            if let Some(weekday) = names::weekday(words.get(next)) {
                return Some((DateSpec::WeekdayOfWeek { weekday, weeks }, next + 1));
            }
            return (weeks != 0).then_some((DateSpec::Weeks(weeks), at + 2));
        }
    }
    let (phrase, spec) = NAMES.iter().find(|(phrase, _)| words.starts_with(at, phrase))?;
    Some((*spec, at + phrase.split(' ').count()))
}

/// `2026-12-24`, `2026/12/24`, `24.12.2026`, and with slashes where only one reading is a date.
fn numeric(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    let text = words.get(at);
    let sign = ['-', '/', '.'].into_iter().find(|sign| text.contains(*sign))?;
    let mut parts = text.split(sign);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || [first, second, third].iter().any(|part| part.len() > 4) {
        return None;
    }
    let number = |part: &str| part.parse::<i16>().ok();
    let small = |part: &str| part.parse::<i8>().ok().filter(|_| part.len() <= 2);
    let (year, month, day) = if first.len() == 4 {
        (number(first)?, small(second)?, small(third)?)
    } else if third.len() == 4 {
        let (a, b, year) = (small(first)?, small(second)?, number(third)?);
        match sign {
            '/' | '-' if a > 12 || a == b => (year, b, a),
            '/' | '-' if b > 12 => (year, a, b),
            // 3/4/2027 is in March for some and in April for others.
            '/' | '-' => return None,
            _ => (year, b, a),
        }
    } else {
        return None;
    };
    let is_plausible = (1..=12).contains(&month) && (1..=31).contains(&day);
    is_plausible.then_some((DateSpec::MonthDay { month, day, year: Some(year) }, at + 1))
}

/// `4 May`, `4th of May 2027`, `the first of May`, `May 4th, 2027`.
fn month_day(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    if let Some((day, next, _)) = day(words, at) {
        let next = next + usize::from(words.is(next, &["of"]));
        if let Some(month) = names::month(words.get(next)) {
            let (year, next) = year(words, next + 1);
            return Some((DateSpec::MonthDay { month, day, year }, next));
        }
        return None;
    }
    let month = names::month(words.get(at))?;
    let next = at + 1 + usize::from(words.is(at + 1, &["the"]));
    let (day, next, is_ordinal) = day(words, next)?;
    // `May 4:30` is kept out by the number itself; `may 5 people come` by what follows.
    let is_count = !is_ordinal && words.is(next, &["people", "times", "of", "more", "percent"]);
    if is_count {
        return None;
    }
    let (year, next) = year(words, next);
    Some((DateSpec::MonthDay { month, day, year }, next))
}

/// `the 15th`, `the 1st of next month`; an ordinal number with `the` before it.
fn day_of_month(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    if !words.is(at, &["the"]) {
        return None;
    }
    let (day, next, is_ordinal) = day(words, at + 1)?;
    if !is_ordinal || words.is_glued(next) {
        return None;
    }
    for (phrase, months) in
        [("of next month", 1), ("of this month", 0), ("of the month", 0), ("of last month", -1)]
    {
        if words.starts_with(next, phrase) {
            let end = next + 3;
            let spec = match phrase {
                "of the month" => DateSpec::Day(day),
                _ => DateSpec::DayOfMonth { day, months },
            };
            return Some((spec, end));
        }
    }
    // `the first of May` is a date of its own, `the first train` is none.
    let is_word = words.number(at + 1).is_none();
    let is_other = words.is(next, &["of"]) || names::month(words.get(next)).is_some();
    (!is_word && !is_other).then_some((DateSpec::Day(day), next))
}

/// A day of a month, where it ends, and whether it was an ordinal number.
pub(super) fn day(words: &Words<'_>, at: usize) -> Option<(i8, usize, bool)> {
    let (number, next, is_ordinal) = match words.number(at) {
        Some(number) => {
            let is_ordinal = words.is_glued(at + 1) && words.is(at + 1, &["st", "nd", "rd", "th"]);
            (number, at + 1 + usize::from(is_ordinal), is_ordinal)
        }
        None => match names::ordinal(words.get(at)) {
            Some(number) => (number, at + 1, true),
            None => {
                // `twenty first`
                let tens = names::number(words.get(at)).filter(|tens| matches!(tens, 20 | 30))?;
                (tens + names::ordinal(words.get(at + 1)).filter(|ones| *ones < 10)?, at + 2, true)
            }
        },
    };
    (1..=31).contains(&number).then_some((number as i8, next, is_ordinal))
}

/// A year of four digits behind a date.
fn year(words: &Words<'_>, at: usize) -> (Option<i16>, usize) {
    let is_year = words.get(at).len() == 4 && !words.is_glued(at + 1);
    let is_near = matches!(words.gap(at), " " | ", " | "," | "  ");
    match words.number(at).filter(|_| is_year && is_near) {
        // `on 4 May 1800 hours` is nobody's date.
        Some(year) if !words.is(at + 1, &["hours"]) => (i16::try_from(year).ok(), at + 1),
        _ => (None, at),
    }
}

/// `Friday`, `next Friday`, `Friday next week`.
fn weekday(words: &Words<'_>, at: usize) -> Option<(DateSpec, usize)> {
    let (which, next) = match words.get(at) {
        "next" => (Which::Next, at + 1),
        "last" => (Which::Last, at + 1),
        "this" | "coming" => (Which::Coming, at + 1),
        "the" if words.is(at + 1, &["coming"]) => (Which::Coming, at + 2),
        _ => (Which::Coming, at),
    };
    let text = words.get(next);
    let weekday = names::weekday(text)?;
    // `sun`, `sat` and `wed` are words of their own.
    if text.len() == 3 && !is_led_in(words, at, next) {
        return None;
    }
    for (phrase, weeks) in [("next week", 1), ("last week", -1), ("this week", 0)] {
        if which == Which::Coming && words.starts_with(next + 1, phrase) {
            return Some((DateSpec::WeekdayOfWeek { weekday, weeks }, next + 3));
        }
    }
    Some((DateSpec::Weekday { weekday, which }, next + 1))
}

fn is_led_in(words: &Words<'_>, at: usize, next: usize) -> bool {
    next > at || at.checked_sub(1).is_some_and(|before| words.is(before, &["on", "until", "by"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn on(today: Date, text: &str, toward: Toward) -> Option<String> {
        let words = Words::new(text);
        let (spec, next) = read(&words, 0)?;
        (next == words.len()).then(|| spec.resolve(today, toward)).flatten().map(|d| d.to_string())
    }

    /// A Monday.
    const TODAY: Date = Date::constant(2026, 11, 23);

    #[test]
    fn reads_dates_as_people_write_them() {
        for (text, expected) in [
            ("today", "2026-11-23"),
            ("tomorrow", "2026-11-24"),
            ("the day after tomorrow", "2026-11-25"),
            ("yesterday", "2026-11-22"),
            ("Monday", "2026-11-23"),
            ("next Monday", "2026-11-30"),
            ("next Friday", "2026-11-27"),
            ("this Sunday", "2026-11-29"),
            ("last Friday", "2026-11-20"),
            ("Friday next week", "2026-12-04"),
            ("next week on Tuesday", "2026-12-01"),
            ("next week", "2026-11-30"),
            ("next month", "2026-12-23"),
            ("4 May", "2027-05-04"),
            ("4th of May", "2027-05-04"),
            ("the first of May", "2027-05-01"),
            ("the 4th of May 2028", "2028-05-04"),
            ("May 4th 2027", "2027-05-04"),
            ("May the 4th", "2027-05-04"),
            ("Dec 24, 2026", "2026-12-24"),
            ("24 December", "2026-12-24"),
            ("23 November", "2026-11-23"),
            ("22 November", "2027-11-22"),
            ("twenty first of December", "2026-12-21"),
            ("29 February", "2028-02-29"),
            ("20 July 1969", "1969-07-20"),
            ("2026-12-24", "2026-12-24"),
            ("2026/12/24", "2026-12-24"),
            ("24.12.2026", "2026-12-24"),
            ("12/24/2026", "2026-12-24"),
            ("24/12/2026", "2026-12-24"),
            ("the 30th", "2026-11-30"),
            ("the 1st", "2026-12-01"),
            ("the 1st of next month", "2026-12-01"),
            ("the end of the year", "2026-12-31"),
            ("Christmas", "2026-12-25"),
            ("Easter 2027", "2027-03-28"),
        ] {
            assert_eq!(on(TODAY, text, Toward::Future).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date_or_could_be_two() {
        for text in [
            "31 February",
            "30 February 2028",
            "2026-13-01",
            "3/4/2027",
            "May",
            "the first train",
            "sun",
            "32 May",
            "may 5 people",
            "12.5",
            "1.2.3.4",
            "the 4 houses",
        ] {
            assert_eq!(on(TODAY, text, Toward::Future), None, "{text}");
        }
    }

    #[test]
    fn the_past_is_looked_through_backwards() {
        for (text, expected) in [
            ("4 May", "2026-05-04"),
            ("24 December", "2025-12-24"),
            ("Friday", "2026-11-20"),
            ("29 February", "2024-02-29"),
            ("the 24th", "2026-10-24"),
        ] {
            assert_eq!(on(TODAY, text, Toward::Past).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn the_31st_waits_for_a_month_that_has_one() {
        let early = Date::constant(2027, 2, 1);
        assert_eq!(on(early, "the 31st", Toward::Future).as_deref(), Some("2027-03-31"));
        assert_eq!(on(early, "the 30th", Toward::Future).as_deref(), Some("2027-03-30"));
        assert_eq!(
            on(early, "the end of the month", Toward::Future).as_deref(),
            Some("2027-02-28")
        );
    }
}
