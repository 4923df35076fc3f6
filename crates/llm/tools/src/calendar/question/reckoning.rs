//! A date or a time, and how far from it, wherever the two stand in the question: `My trial of 14 days
//! began on 20 December 2025, when does it end?`, `What time is 90 minutes after 14:50?`

use super::{Question, count::between_text, date_text, day_text};
use crate::calendar::{
    date::{DateSpec, Toward},
    span::{self, Span},
    time_of_day::{self, TimeOfDay},
};
use alloc::{format, string::String, vec::Vec};

/// Words that say that what is asked for lies before what is told.
const BACK: &[&str] = &["before", "ago", "earlier", "minus", "subtract", "prior"];

impl Question<'_> {
    fn spans(&self) -> Vec<(Span, usize, usize)> {
        let mut spans = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            match span::read(&self.words, at) {
                Some((span, next)) => {
                    spans.push((span, at, next));
                    at = next;
                }
                None => at += 1,
            }
        }
        spans
    }

    /// The days of a calendar in the question: no weekdays, no `next week`.
    fn calendar_days(&self) -> Vec<(DateSpec, usize, usize)> {
        let is_day = |spec: &DateSpec| {
            matches!(spec, DateSpec::MonthDay { .. } | DateSpec::Holiday { .. } | DateSpec::Day(_))
        };
        self.dates().into_iter().filter(|(spec, ..)| is_day(spec)).collect()
    }

    /// `the day after 28 February 2024`.
    pub(super) fn beside(&mut self) -> Option<String> {
        let [(spec, from, _)] = self.calendar_days()[..] else { return None };
        let is_day = from >= 2 && self.words.is(from - 2, &["day"]);
        // `what day was yesterday if today is 1 March 2024`
        let is_supposed = self.words.find(0, "if today").is_some();
        let is_before = match self.words.get(from.checked_sub(1)?) {
            "before" if is_day => true,
            "after" if is_day => false,
            _ if is_supposed && self.words.has(&["yesterday"]) => true,
            _ if is_supposed && self.words.has(&["tomorrow"]) => false,
            _ => return None,
        };
        let date = spec.resolve(self.today, self.toward())?;
        let beside = if is_before { date.yesterday() } else { date.tomorrow() }.ok()?;
        let direction = if is_before { "before" } else { "after" };
        let day = day_text(date)?;
        Some(format!("The day {direction} {day} {} {}.", self.verb(beside), date_text(beside)?))
    }

    /// A day so long before or after another.
    pub(super) fn reckoned_day(&mut self) -> Option<String> {
        let [(spec, ..)] = self.calendar_days()[..] else { return None };
        let [(span, from, next)] = self.spans()[..] else { return None };
        if !span.is_dates() || self.words.has(&["every", "old", "until", "till"]) {
            return None;
        }
        let is_asked = self.words.has(&["when", "what", "which", "date", "day", "plus", "minus"]);
        if !is_asked {
            return None;
        }
        let start = spec.resolve(self.today, self.toward())?;
        let is_before = self.words.has(BACK);
        let date = span.from_date(start, is_before)?;
        let direction = if is_before { "before" } else { "after" };
        let day = day_text(start)?;
        let span = self.typed(from, next);
        Some(format!("{span} {direction} {day} {} {}.", self.verb(date), date_text(date)?))
    }

    /// How long it is between two days, in whatever order they are told.
    pub(super) fn apart(&mut self) -> Option<String> {
        let [(first, ..), (second, ..)] = self.calendar_days()[..] else { return None };
        if !self.words.has(&["from", "between", "since"])
            || !self.words.has(&["how", "days", "number"])
        {
            return None;
        }
        let unit = self.unit();
        let one = first.resolve(self.today, Toward::Future)?;
        let other = second.resolve(self.today, Toward::Future)?;
        let (early, late) = if one <= other { (one, other) } else { (other, one) };
        between_text(early, late, unit)
    }

    /// A time of day so long before or after another.
    pub(super) fn reckoned_time(&mut self) -> Option<String> {
        let [(span, from, next)] = self.spans()[..] else { return None };
        let is_in_span = |at: usize| (from..next).contains(&at);
        let times: Vec<TimeOfDay> = (0..self.words.len())
            .filter(|at| !is_in_span(*at))
            .filter_map(|at| time_of_day::read(&self.words, at))
            .filter(|(read, _)| !read.is_bare)
            .map(|(read, _)| read.time)
            .collect();
        let time = times.first()?;
        let is_asked = self.words.has(&["when", "what", "what's", "which", "time"]);
        if !is_asked || !self.calendar_days().is_empty() || self.words.has(&["every"]) {
            return None;
        }
        let is_before = self.words.has(BACK);
        let seconds = i64::try_from(span.as_seconds()?).ok()?;
        let sum = time.seconds() + if is_before { -seconds } else { seconds };
        let (days, rest) = (sum.div_euclid(86_400), sum.rem_euclid(86_400));
        let text = |seconds: i64| format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        let day = match days {
            0 => "",
            1 => " on the next day",
            -1 => " on the day before",
            _ => return None,
        };
        let direction = if is_before { "before" } else { "after" };
        let (span, start) = (self.typed(from, next), text(time.seconds()));
        Some(format!("{span} {direction} {start} it is {}{day}.", text(rest)))
    }

    /// The day of the week of the only date that the question tells.
    pub(super) fn weekday_of(&mut self) -> Option<String> {
        let asks = ["what day", "which day", "weekday", "day of the week", "day of week"];
        let is_asked = asks.iter().any(|phrase| self.words.find(0, phrase).is_some());
        let [(spec, ..)] = self.calendar_days()[..] else { return None };
        if !is_asked || self.words.has(&["how", "working", "business"]) {
            return None;
        }
        // `on what day does Christmas fall in 2027`
        let spec = match self.dates().len() {
            1 => spec.with_year(self.years().first().copied()),
            _ => return None,
        };
        let date = spec.resolve(self.today, self.toward())?;
        self.weekday_statement(date)
    }
}
