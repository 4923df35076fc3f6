//! Repetition in words: `every day`, `on weekdays`, `every 2 hours`, `on the 1st of every month`.

use super::{
    date::{self, DateSpec},
    names,
    span::{self, Span, Unit},
    time_of_day::DayPart,
    words::Words,
};
use jiff::civil::Weekday;

/// Monday to Friday, Monday being bit 0.
const WORKING_DAYS: u8 = 0b001_1111;
/// Saturday and Sunday.
const WEEKEND: u8 = 0b110_0000;

/// A repetition, without its time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Every day.
    Daily,
    /// On some days of the week; Monday is bit 0.
    Weekdays(u8),
    /// On a day of every month.
    MonthDay(i8),
    /// Every month, on the day it is today.
    Monthly,
    /// On a day of every year.
    YearDay { month: i8, day: i8 },
    /// In steps.
    Span(Span),
    /// A day of the week, every so many weeks.
    Weeks { weekday: Weekday, weeks: u8 },
}

/// A repetition with the part of the day that its words hold.
pub(super) type Read = (Repeat, Option<DayPart>, usize);

/// The repetition whose words begin at `at`, and where it ends.
pub(super) fn read(words: &Words<'_>, at: usize) -> Option<Read> {
    if let Some(day) = monthly(words, at) {
        return Some(day);
    }
    if words.is(at, &["every", "each"]) {
        return every(words, at + 1 + usize::from(words.is(at + 1, &["single"])));
    }
    let hours = |hours: u64| Repeat::Span(Span { seconds: hours * 3600, ..Span::default() });
    let days = |days| Repeat::Span(Span { days, ..Span::default() });
    match words.get(at) {
        "daily" => return Some((Repeat::Daily, None, at + 1)),
        "hourly" => return Some((hours(1), None, at + 1)),
        "weekly" => return Some((days(7), None, at + 1)),
        "monthly" => return Some((Repeat::Monthly, None, at + 1)),
        _ => {}
    }
    let from = at + usize::from(words.is(at, &["on"]));
    match words.get(from) {
        "weekdays" | "workdays" => return Some((Repeat::Weekdays(WORKING_DAYS), None, from + 1)),
        "weekends" => return Some((Repeat::Weekdays(WEEKEND), None, from + 1)),
        _ => {}
    }
    // `Monday to Friday` is no single Friday either.
    let from = from + usize::from(words.is(from, &["from"]));
    let is_range = names::weekday(words.get(from)).is_some()
        && words.is(from + 1, &["to", "through", "thru"])
        && names::weekday(words.get(from + 2)).is_some();
    weekdays(words, from, if is_range { names::weekday } else { plural })
}

/// What follows `every`.
fn every(words: &Words<'_>, at: usize) -> Option<Read> {
    if words.is(at, &["other", "second"]) {
        if let Some(weekday) = names::weekday(words.get(at + 1)) {
            return Some((Repeat::Weeks { weekday, weeks: 2 }, None, at + 2));
        }
        if words.is(at, &["other"]) || words.is(at + 1, &["day", "week", "hour"]) {
            let unit = Unit::from_word(words.get(at + 1), false)?;
            return Some((Repeat::Span(unit.times(2000)?), None, at + 2));
        }
    }
    match words.get(at) {
        "day" => return Some((Repeat::Daily, None, at + 1)),
        "weekday" | "workday" => return Some((Repeat::Weekdays(WORKING_DAYS), None, at + 1)),
        "working" if words.is(at + 1, &["day"]) => {
            return Some((Repeat::Weekdays(WORKING_DAYS), None, at + 2));
        }
        "weekend" => return Some((Repeat::Weekdays(WEEKEND), None, at + 1)),
        "month" => return every_month(words, at + 1),
        "year" => {
            let from = at + 1 + usize::from(words.is(at + 1, &["on"]));
            return year_day(words, from);
        }
        word => {
            if let Some(part) = DayPart::from_word(word).filter(|_| word != "tonight") {
                return Some((Repeat::Daily, Some(part), at + 1));
            }
        }
    }
    if let Some((span, next)) = span::read_every(words, at) {
        // `every 2 weeks on Monday`
        let weekday = names::weekday(words.get(next + 1)).filter(|_| words.is(next, &["on"]));
        let weeks = u8::try_from(span.days / 7).ok().filter(|_| span.days.is_multiple_of(7));
        if let (Some(weekday), Some(weeks)) = (weekday, weeks)
            && weeks > 0
            && span.seconds == 0
            && span.months == 0
        {
            return Some((weekly(weekday, weeks), None, next + 2));
        }
        return Some((
            if span.days == 1 && span.is_dates() && span.months == 0 {
                Repeat::Daily
            } else {
                Repeat::Span(span)
            },
            None,
            next,
        ));
    }
    weekdays(words, at, names::weekday).or_else(|| year_day(words, at)).or_else(|| {
        let (day, next, is_ordinal) = date::day(words, at)?;
        let next = if words.starts_with(next, "of the month") { next + 3 } else { next };
        is_ordinal.then_some((Repeat::MonthDay(day), None, next))
    })
}

fn weekly(weekday: Weekday, weeks: u8) -> Repeat {
    match weeks {
        1 => Repeat::Weekdays(1 << weekday.to_monday_zero_offset()),
        weeks => Repeat::Weeks { weekday, weeks },
    }
}

/// `every month on the 1st`.
fn every_month(words: &Words<'_>, at: usize) -> Option<Read> {
    if words.starts_with(at, "on the") {
        let (day, next, is_ordinal) = date::day(words, at + 2)?;
        return is_ordinal.then_some((Repeat::MonthDay(day), None, next));
    }
    Some((Repeat::Monthly, None, at))
}

/// `on the 1st of every month`, `the first day of each month`.
fn monthly(words: &Words<'_>, at: usize) -> Option<Read> {
    let from = at + usize::from(words.is(at, &["on"]));
    let from = from + usize::from(words.is(from, &["the"]));
    let (day, next, is_ordinal) = date::day(words, from)?;
    let next = next + usize::from(words.is(next, &["day"]));
    let is_monthly =
        words.starts_with(next, "of every month") || words.starts_with(next, "of each month");
    (is_ordinal && is_monthly).then_some((Repeat::MonthDay(day), None, next + 3))
}

/// `4 May`, `Christmas`: the same day every year.
fn year_day(words: &Words<'_>, at: usize) -> Option<Read> {
    let (spec, next) = date::read(words, at)?;
    match spec {
        DateSpec::MonthDay { month, day, year: None } => {
            Some((Repeat::YearDay { month, day }, None, next))
        }
        DateSpec::Holiday { holiday: super::holiday::Holiday::Fixed(month, day), year: None } => {
            Some((Repeat::YearDay { month, day }, None, next))
        }
        _ => None,
    }
}

/// `Monday`, `Monday and Thursday`, `Monday to Friday`, each day by `day`; and a part of the day.
fn weekdays(words: &Words<'_>, at: usize, day: fn(&str) -> Option<Weekday>) -> Option<Read> {
    let bit = |weekday: Weekday| 1_u8 << weekday.to_monday_zero_offset();
    let first = day(words.get(at))?;
    let mut mask = bit(first);
    let mut next = at + 1;
    if words.is(next, &["to", "through", "thru", "until"])
        && let Some(last) = day(words.get(next + 1))
    {
        let mut weekday = first;
        while weekday != last {
            weekday = weekday.next();
            mask |= bit(weekday);
        }
        next += 2;
    } else {
        loop {
            let is_joined = words.is(next, &["and"]) || words.gap(next).starts_with(',');
            let from = next + usize::from(words.is(next, &["and"]));
            let from = from + usize::from(words.is(from, &["every", "on"]));
            match day(words.get(from)).filter(|_| is_joined) {
                Some(weekday) => (mask, next) = (mask | bit(weekday), from + 1),
                None => break,
            }
        }
    }
    let part = DayPart::from_word(words.get(next)).filter(|_| words.get(next) != "tonight");
    Some((Repeat::Weekdays(mask), part, next + usize::from(part.is_some())))
}

/// `mondays`: the day in the plural.
fn plural(word: &str) -> Option<Weekday> {
    word.strip_suffix('s').filter(|word| word.ends_with("day")).and_then(names::weekday)
}
