//! Facts of the calendar that questions ask for: lengths of months, the second Tuesday, ages, the
//! seconds of Unix. Their words leave no doubt, so what else the question says makes no difference.

use super::{Question, date_text, day_text};
use crate::calendar::{
    MONTHS, at_midnight,
    date::{self, DateSpec, Toward},
    date_of, from_unix, names, say,
};
use alloc::{format, string::String, vec::Vec};
use jiff::civil::{Date, DateDifference};

impl Question<'_> {
    /// All dates of the question that do not overlap.
    pub(super) fn dates(&self) -> Vec<(DateSpec, usize, usize)> {
        let mut dates = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            match date::read(&self.words, at) {
                Some((spec, next)) => {
                    dates.push((spec, at, next));
                    at = next;
                }
                None => at += 1,
            }
        }
        dates
    }

    /// The years of four digits that belong to no date.
    pub(super) fn years(&self) -> Vec<i16> {
        let dates = self.dates();
        let is_in_date = |at: usize| dates.iter().any(|(_, from, to)| (*from..*to).contains(&at));
        let year = |at: usize| {
            let year = self.words.number(at).filter(|_| self.words.get(at).len() == 4)?;
            i16::try_from(year).ok()
        };
        (0..self.words.len()).filter(|at| !is_in_date(*at)).filter_map(year).collect()
    }

    /// A year that is said, or this one.
    fn year_or_this(&self) -> i16 {
        self.years().first().copied().unwrap_or_else(|| self.today.year())
    }

    /// `How many days does February 2028 have?`, `... are there in 2024?`
    pub(super) fn length(&mut self) -> Option<String> {
        const FROM_HERE: [&str; 10] =
            ["until", "till", "since", "between", "from", "to", "left", "ago", "before", "after"];
        self.words.find(0, "how many days").or_else(|| self.words.find(0, "number of days"))?;
        if self.words.has(&FROM_HERE) || !self.dates().is_empty() {
            return None;
        }
        let month = (0..self.words.len()).find_map(|at| names::month(self.words.get(at)));
        let Some(month) = month else {
            let [year] = self.years()[..] else { return None };
            return Some(format!(
                "{year} has {} days.",
                Date::new(year, 1, 1).ok()?.days_in_year()
            ));
        };
        let year = self.year_or_this();
        let days = Date::new(year, month, 1).ok()?.days_in_month();
        Some(format!("{} {year} has {days} days.", MONTHS[month as usize - 1]))
    }

    /// `the second Tuesday in November 2026`, `the last Friday of October`.
    pub(super) fn nth_weekday(&mut self) -> Option<String> {
        let found = (0..self.words.len()).find_map(|at| {
            let nth = match self.words.get(at) {
                "last" => -1,
                word => names::ordinal(word).filter(|nth| *nth <= 5)? as i8,
            };
            let weekday = names::weekday(self.words.get(at + 1))?;
            let next = at + 2 + usize::from(self.words.is(at + 2, &["in", "of"]));
            let month = names::month(self.words.get(next))?;
            Some((nth, weekday, month, at))
        });
        let (nth, weekday, month, at) = found?;
        let year = self.year_or_this();
        let date = Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()?;
        let typed = self.typed(at, at + 2);
        let month = MONTHS[month as usize - 1];
        let verb = self.verb(date);
        Some(format!("The {} of {month} {year} {verb} {}.", typed.to_lowercase(), date_text(date)?))
    }

    /// `Was 9 November 1989 a Thursday?`
    pub(super) fn is_weekday(&mut self) -> Option<String> {
        if !self.words.is(0, &["is", "was", "will", "does", "did"]) {
            return None;
        }
        let all = self.dates();
        let is_day = |spec: &DateSpec| matches!(spec, DateSpec::Weekday { .. });
        let (asked, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(spec, ..)| is_day(spec));
        let ([(DateSpec::Weekday { weekday, .. }, ..)], [(spec, ..)]) = (&asked[..], &rest[..])
        else {
            return None;
        };
        let date = spec.resolve(self.today, self.toward())?;
        let answer = if date.weekday() == *weekday { "Yes" } else { "No" };
        Some(format!("{answer}, {}", self.weekday_statement(date)?))
    }

    /// `How old is someone born on 5 April 1987 on 5 April 2026?`, `... born in 1990 in 2030?`
    pub(super) fn age(&mut self) -> Option<String> {
        let is_age = self.words.find(0, "how old").is_some() || self.words.has(&["age"]);
        if !is_age {
            return None;
        }
        let dates: Vec<Date> = self
            .dates()
            .into_iter()
            .filter_map(|(spec, ..)| spec.resolve(self.today, self.toward()))
            .collect();
        let years = self.years();
        let completed = |born: Date, then: Date| {
            let span = born.until(DateDifference::new(then).largest(jiff::Unit::Year)).ok()?;
            u64::try_from(span.get_years()).ok()
        };
        let (age, then) = match (&dates[..], &years[..]) {
            ([born, then], []) => {
                let day = day_text(*then)?;
                (completed(*born, *then)?, format!("on {day}"))
            }
            ([born], []) => (completed(*born, self.today)?, "today".into()),
            ([born], [year]) => {
                let end = Date::new(*year, 12, 31).ok()?;
                (completed(*born, end)?, format!("at the end of {year}"))
            }
            ([], [born, then]) => {
                (u64::try_from(then - born).ok()?, format!("after the birthday in {then}"))
            }
            ([], [born]) => {
                let age = u64::try_from(self.today.year() - born).ok()?;
                (age, format!("after the birthday in {}", self.today.year()))
            }
            _ => return None,
        };
        Some(format!("{} old {then}.", say::count(age, "year")))
    }

    /// `How many years between 1985 and 2026?`, `What year was it 50 years before 2026?`
    pub(super) fn years_apart(&mut self) -> Option<String> {
        if !self.dates().is_empty() {
            return None;
        }
        let years = self.years();
        let is_count = self.words.find(0, "how many years").is_some();
        if let ([first, second], true) = (&years[..], is_count) {
            let (early, late) = if first <= second { (first, second) } else { (second, first) };
            let years = say::count(u64::from(early.abs_diff(*late)), "year");
            return Some(format!("From {early} to {late} it is {years}."));
        }
        let [year] = years[..] else { return None };
        let at = (0..self.words.len()).find(|at| {
            self.words.is(*at, &["years", "year"])
                && *at > 0
                && self.words.number(*at - 1).is_some()
        })?;
        let count = i16::try_from(self.words.number(at - 1)?).ok()?;
        let is_before = match self.words.get(at + 1) {
            "before" | "ago" | "earlier" => true,
            "after" | "later" | "from" => false,
            _ => return None,
        };
        let result = if is_before { year.checked_sub(count) } else { year.checked_add(count) }?;
        let direction = if is_before { "before" } else { "after" };
        Some(format!("{} {direction} {year} is {result}.", say::count(count as u64, "year")))
    }

    /// `What is the Unix time of 1 January 2000?`, `What date is Unix timestamp 86400?`
    pub(super) fn unix_time(&mut self) -> Option<String> {
        if !self.words.has(&["unix", "epoch", "timestamp"]) {
            return None;
        }
        if let [(spec, ..)] = self.dates()[..] {
            let date = spec.resolve(self.today, self.toward())?;
            let (time, day) = (at_midnight(date)?, day_text(date)?);
            return Some(format!("The Unix time of {day}, 00:00 UTC, is {}.", time.to_unix()));
        }
        let is_now = self.words.has(&["now", "current", "currently"]);
        // Of at most ten digits, which is until the year 2286.
        let number = (0..self.words.len()).find_map(|at| {
            let text = self.words.get(at);
            let is_number = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
            (is_number && !text.is_empty()).then(|| text.parse::<i64>().ok()).flatten()
        });
        match number {
            Some(seconds) => {
                let moment = say::moment(from_unix(seconds)?, true);
                Some(format!("Unix time {seconds} is {moment}."))
            }
            None if is_now => Some(format!("The Unix time is {}.", self.now.to_unix())),
            None => None,
        }
    }

    /// `What is the 100th day of 2026?`, `On which weekday did 2020 begin?`
    pub(super) fn day_of_year(&mut self) -> Option<String> {
        let [year] = self.years()[..] else { return None };
        let first = Date::new(year, 1, 1).ok()?;
        let at = (0..self.words.len()).find(|at| self.words.starts_with(*at, "th day of"));
        let numbered = at.and_then(|at| self.words.number(at.checked_sub(1)?));
        let (name, date) = if let Some(number) = numbered {
            let number =
                i16::try_from(number).ok().filter(|it| (1..=first.days_in_year()).contains(it))?;
            let date = first.with().day_of_year(number).build().ok()?;
            (format!("Day {number} of {year}"), date)
        } else if !self.words.has(&["weekday", "day"]) {
            return None;
        } else if self.words.has(&["begin", "began", "begins", "start", "started", "starts"]) {
            (format!("The first day of {year}"), first)
        } else if self.words.has(&["end", "ended", "ends"]) {
            (format!("The last day of {year}"), first.last_of_year())
        } else {
            return None;
        };
        Some(format!("{name} {} {}.", self.verb(date), date_text(date)?))
    }

    /// `Which quarter is August in?`
    pub(super) fn quarter(&mut self) -> Option<String> {
        if !self.words.has(&["quarter"]) || self.words.has(&["past", "to", "hour"]) {
            return None;
        }
        let month = match self.dates()[..] {
            [(spec, ..)] => spec.resolve(self.today, Toward::Future)?.month(),
            _ => (0..self.words.len())
                .find_map(|at| names::month(self.words.get(at)))
                .unwrap_or_else(|| date_of(self.now).map_or(1, Date::month)),
        };
        let quarter = say::ordinal((month as u8 - 1) / 3 + 1);
        Some(format!("{} is in the {quarter} quarter.", MONTHS[month as usize - 1]))
    }
}
