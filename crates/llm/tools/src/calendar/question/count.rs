//! How long it is from one day or time to another.

use super::{Question, date_text, day_text};
use crate::calendar::{
    When,
    date::{self, Toward},
    parts::{self, Strictness},
    say,
    span::Unit,
    time_of_day::{self, TimeOfDay},
};
use alloc::{format, string::String};
use jiff::civil::{Date, DateDifference};

impl Question<'_> {
    /// `How many days are between 1 March and 15 April?`
    pub(super) fn between(&mut self) -> Option<String> {
        let (at, middle) = match self.words.find(0, "between") {
            Some(at) => (at, "and"),
            None => (self.words.find(0, "from")?, "to"),
        };
        let Some((first, next)) = date::read(&self.words, at + 1) else {
            return self.between_times(at, middle);
        };
        if !self.words.is(next, &[middle]) && !self.words.is(next, &["until", "till"]) {
            return None;
        }
        let (second, end) = date::read(&self.words, next + 1)?;
        let unit = self.unit();
        self.mark(at, end);
        let from = first.resolve(self.today, self.toward())?;
        // A date without a year that would be before the first is a year later.
        let to = match second.resolve(self.today, self.toward())? {
            to if to < from && second.can_move() => second.resolve(from, Toward::Future)?,
            to => to,
        };
        let (early, late) = if from <= to { (from, to) } else { (to, from) };
        between_text(early, late, unit)
    }

    /// `How long is it from 8:45 to 17:20?`
    fn between_times(&mut self, at: usize, middle: &str) -> Option<String> {
        let (first, next) =
            time_of_day::read(&self.words, at + 1).filter(|(read, _)| !read.is_bare)?;
        let (second, end) = time_of_day::read(&self.words, next + 1)
            .filter(|(read, _)| self.words.is(next, &[middle]) && !read.is_bare)?;
        self.mark(at, end);
        // An earlier time is one of the next day.
        let seconds = (second.time.seconds() - first.time.seconds()).rem_euclid(86_400);
        let length = exact_text(u64::try_from(seconds).ok()?, self.unit());
        let verb = if length.starts_with("1 ") { "is" } else { "are" };
        let text = |time: TimeOfDay| format!("{:02}:{:02}", time.hour, time.minute);
        let (first, second) = (text(first.time), text(second.time));
        Some(format!("There {verb} {length} between {first} and {second}."))
    }

    /// `How long ago was 11 September 2001?`, `In how many days is the first of May?`
    fn ago_or_ahead(&mut self) -> Option<String> {
        let is_ago = self.words.starts_with(0, "how long ago");
        if !is_ago && !self.words.starts_with(0, "in how many") {
            return None;
        }
        let unit = self.unit();
        let (spec, ..) = self.only_date()?;
        let toward = if is_ago { Toward::Past } else { Toward::Future };
        let date = spec.resolve(self.today, toward)?;
        let target = date_text(date)?;
        if is_ago {
            let length = days_text(date, self.today, unit)?;
            return Some(format!("It has been {length} since {target}."));
        }
        let length = days_text(self.today, date, unit)?;
        Some(format!("It is {length} until {target}."))
    }

    /// `How many days until Christmas?`, `How long until 18:00?`, `... since 20 July 1969?`
    pub(super) fn until_or_since(&mut self) -> Option<String> {
        if !self.words.has(&["how", "days", "weeks", "hours", "months", "minutes", "countdown"]) {
            return None;
        }
        let unit = self.unit();
        if let Some(at) = self.find_any(&["since"]) {
            let (spec, end) = date::read(&self.words, at + 1)?;
            let date = spec.resolve(self.today, Toward::Past).filter(|date| *date <= self.today)?;
            self.mark(at, end);
            let length = days_text(date, self.today, unit)?;
            return Some(format!("It has been {length} since {}.", date_text(date)?));
        }
        let Some(at) = self.find_any(&["until", "till", "til", "to", "before"]) else {
            return self.ago_or_ahead().or_else(|| self.rest_of());
        };
        let parts = parts::read(&self.words, at + 1, Strictness::Time).ok()??;
        if parts.repeat.is_some() || parts.ahead.is_some() {
            return None;
        }
        self.mark(at, parts.to);
        if parts.lacks_time()
            && let Some(spec) = parts.date
        {
            let date =
                spec.resolve(self.today, Toward::Future).filter(|date| *date >= self.today)?;
            let target = date_text(date)?;
            if matches!(unit, Some(Unit::Hour | Unit::Minute | Unit::Second)) {
                let seconds = crate::calendar::at_midnight(date)?.to_unix() - self.now.to_unix();
                let length = exact_text(u64::try_from(seconds).ok()?, unit);
                return Some(format!("It is {length} until {target} begins (UTC)."));
            }
            let length = days_text(self.today, date, unit)?;
            return Some(format!("It is {length} until {target}."));
        }
        let When::Once(time) = parts.resolve(Some(self.now)).ok()? else { return None };
        let seconds = u64::try_from(time.to_unix() - self.now.to_unix()).ok()?;
        let length = exact_text(seconds, unit);
        Some(format!("It is {length} until {}.", say::moment(time, false)))
    }

    /// `days left in the year`.
    fn rest_of(&mut self) -> Option<String> {
        let at = self.find_any(&["left", "remain", "remaining"])?;
        let from = at + 1 + usize::from(self.words.is(at + 1, &["in", "of"]));
        let end = match self.words.get(from + 1) {
            "year" => self.today.last_of_year(),
            "month" => self.today.last_of_month(),
            _ => return None,
        };
        if !self.words.is(from, &["the", "this"]) {
            return None;
        }
        let name = &self.words.source[self.words.range(from, from + 2)];
        let text = format!("After today, {} left in {name}.", are(self.today, end)?);
        self.mark(at, from + 2);
        Some(text)
    }

    fn find_any(&self, texts: &[&str]) -> Option<usize> {
        (0..self.words.len()).find(|at| self.words.is(*at, texts))
    }

    /// The unit that is asked for, as in `how many weeks`; `None` for `how long`.
    pub(super) fn unit(&self) -> Option<Unit> {
        (0..self.words.len()).find_map(|at| {
            let word = self.words.get(at);
            let is_plural = word.ends_with('s') && word.len() > 3;
            let unit = Unit::from_word(word, false).filter(|_| is_plural)?;
            let is_first = at == 0 || self.words.is(at - 1, &["many", "the", "of", "in"]);
            is_first.then_some(unit)
        })
    }
}

/// `There are 45 days between 1 March 2026 and 15 April 2026.`
pub(super) fn between_text(early: Date, late: Date, unit: Option<Unit>) -> Option<String> {
    let length = days_text(early, late, unit)?;
    let verb = if length.starts_with("1 ") { "is" } else { "are" };
    Some(format!("There {verb} {length} between {} and {}.", day_text(early)?, day_text(late)?))
}

/// The time between two days in the unit asked for, with what is left over in days.
fn days_text(from: Date, to: Date, unit: Option<Unit>) -> Option<String> {
    let difference = |unit| from.until(DateDifference::new(to).largest(unit)).ok();
    let days = u64::try_from(difference(jiff::Unit::Day)?.get_days()).ok()?;
    let text = |number: u64, name: &str, days: u64| match (number, days) {
        (0, days) => say::count(days, "day"),
        (number, 0) => say::count(number, name),
        (number, days) => format!("{} and {}", say::count(number, name), say::count(days, "day")),
    };
    Some(match unit {
        Some(Unit::Week) => text(days / 7, "week", days % 7),
        Some(Unit::Month) => {
            let span = difference(jiff::Unit::Month)?;
            text(
                u64::try_from(span.get_months()).ok()?,
                "month",
                u64::try_from(span.get_days()).ok()?,
            )
        }
        Some(Unit::Year) => {
            let span = difference(jiff::Unit::Year)?;
            let years = u64::from(span.get_years().unsigned_abs());
            let anniversary =
                from.checked_add(jiff::Span::new().try_years(years as i64).ok()?).ok()?;
            let rest = anniversary.until(DateDifference::new(to).largest(jiff::Unit::Day)).ok()?;
            text(years, "year", u64::try_from(rest.get_days()).ok()?)
        }
        Some(Unit::Hour) => say::count(days * 24, "hour"),
        Some(Unit::Minute) => say::count(days * 24 * 60, "minute"),
        Some(Unit::Second) => say::count(days * 86_400, "second"),
        Some(Unit::Day) | None => say::count(days, "day"),
    })
}

/// `1 day is`, `38 days are`.
fn are(from: Date, to: Date) -> Option<String> {
    let days = days_text(from, to, None)?;
    let verb = if days == "1 day" { "is" } else { "are" };
    Some(format!("{days} {verb}"))
}

/// A number of seconds in the unit asked for, else in all units, to the minute from an hour on.
fn exact_text(seconds: u64, unit: Option<Unit>) -> String {
    let minutes = (seconds + 30) / 60;
    match unit {
        Some(Unit::Minute) => say::count(minutes, "minute"),
        Some(Unit::Second) => say::count(seconds, "second"),
        _ if seconds >= 3600 => say::seconds(minutes * 60),
        _ => say::seconds(seconds),
    }
}
