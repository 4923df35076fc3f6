//! Answers questions about dates and times: `What day is 100 days from now?`, `How many days until
//! Christmas?`, `What time is it in Tokyo?`.
//!
//! Every word of a question has to be understood: one that is left over could change everything
//! (`How many working days until Christmas?`), and no answer is better than a wrong one.

mod count;
mod elsewhere;
mod facts;
mod reckoning;

use super::{
    WEEKDAYS,
    date::{self, DateSpec, Toward},
    date_of, say,
    span::{self, Span},
    words::Words,
};
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use jiff::civil::Date;
use system_platform::DateTime;

/// Words that questions consist of besides dates, times and places.
const ASKING: &str = "\
    what what's whats which when when's how many much long is was were are will be it does did \
    do fall falls the a an of on in at for to and there that day days date dates weekday time \
    clock o'clock hour hours minutes seconds week weeks month months year years number calendar \
    iso until till til since ago left between from before after exactly current currently now \
    right local tell me please can could you know give show we have has been passed hey zone \
    timezone offset over late convert it's countdown add subtract plus minus hi hello so if as \
    remaining go difference lie lies elapse apart ahead behind later here";

/// Words that leave out some of the days.
const RESTRICTING: [&str; 6] = ["working", "business", "work", "school", "weekdays", "weekends"];

/// What the clock shows, as a statement.
pub fn now_statement(now: DateTime) -> String {
    format!("It is {}.", say::moment(now, false))
}

/// The answer at the time `now` (UTC); `None` to a question that is not understood, or that asks for
/// nothing but the time or the date now.
pub fn answer<'a>(question: &'a str, now: DateTime) -> Option<String> {
    let readers: [fn(&mut Question<'a>) -> Option<String>; 7] = [
        Question::time_elsewhere,
        Question::between,
        Question::until_or_since,
        Question::far_from,
        Question::number_of_day,
        Question::leap_year,
        Question::named_day,
    ];
    // What these look for is so plain that other words change nothing.
    let plain_readers: [fn(&mut Question<'a>) -> Option<String>; 12] = [
        Question::length,
        Question::nth_weekday,
        Question::is_weekday,
        Question::age,
        Question::years_apart,
        Question::unix_time,
        Question::day_of_year,
        Question::quarter,
        Question::apart,
        Question::reckoned_day,
        Question::reckoned_time,
        Question::weekday_of,
    ];
    let mut question = Question::new(question, now)?;
    let answer = question.beside().or_else(|| {
        readers.into_iter().find_map(|read| {
            question.is_read.fill(false);
            read(&mut question).filter(|_| question.is_understood())
        })
    });
    let is_restricted = question.words.has(&RESTRICTING);
    answer.or_else(|| {
        let mut readers = plain_readers.into_iter().filter(|_| !is_restricted);
        readers.find_map(|read| read(&mut question))
    })
}

/// Whether a question that has no answer asks for more than the time now: it has numbers in it.
pub fn asks_for_more(question: &str) -> bool {
    let words = Words::new(question);
    (0..words.len()).any(|at| words.get(at).starts_with(|c: char| c.is_ascii_digit()))
}

/// A question, and which of its words have been read.
struct Question<'a> {
    words: Words<'a>,
    is_read: Vec<bool>,
    now: DateTime,
    today: Date,
}

impl<'a> Question<'a> {
    fn new(question: &'a str, now: DateTime) -> Option<Self> {
        let words = Words::new(question);
        let is_read = vec![false; words.len()];
        Some(Self { words, is_read, now, today: date_of(now)? })
    }

    /// Notes that the words `from..to` have been read.
    fn mark(&mut self, from: usize, to: usize) {
        self.is_read[from..to].fill(true);
    }

    fn is_understood(&self) -> bool {
        let mut rest = (0..self.words.len()).filter(|at| !self.is_read[*at]);
        let is_known = |word| ASKING.split_whitespace().any(|known| known == word);
        // `Monday in a week` is made of words that are all known.
        rest.all(|at| is_known(self.words.get(at)) && span::read(&self.words, at).is_none())
    }

    fn is_past(&self) -> bool {
        self.words.has(&["was", "were", "did", "since", "ago"])
    }

    fn toward(&self) -> Toward {
        if self.is_past() { Toward::Past } else { Toward::Future }
    }

    /// The words `from..to` as they were typed, with a capital letter.
    fn typed(&self, from: usize, to: usize) -> String {
        let text = &self.words.source[self.words.range(from, to)];
        let mut characters = text.strip_suffix("'s").unwrap_or(text).chars();
        let first = characters.next().map(|c| c.to_uppercase().chain(characters).collect());
        first.unwrap_or_default()
    }

    /// Whether a day is past, today or to come, in the verb.
    fn verb(&self, date: Date) -> &'static str {
        if date < self.today { "was" } else { "is" }
    }

    /// `What day is 100 days from now?`, `... was 3 weeks ago?`, `... is 2 weeks before Christmas?`
    fn far_from(&mut self) -> Option<String> {
        let (from, span, next) = self.find_span()?;
        let (anchor, is_before, end) = self.anchor(from, next)?;
        let start = from - usize::from(from > 0 && self.words.is(from - 1, &["in"]));
        self.mark(start, end);
        let is_in = start < from;
        let typed = match (is_in, anchor) {
            (true, _) => format!("{} from now", self.typed(from, next)),
            (false, Some(date)) if !self.words.is(next, &["before", "after"]) => {
                let direction = if is_before { "before" } else { "after" };
                let day = day_text(date)?;
                format!("{} {direction} {day}", self.typed(from, next))
            }
            (false, _) => self.typed(from, end),
        };
        let Some(date) = anchor else {
            if !span.is_dates() || self.words.has(&["time"]) {
                let time = span.from_time(self.now, is_before)?;
                let verb = if is_before { "was" } else { "is" };
                return Some(format!("{typed} it {verb} {}.", say::moment(time, false)));
            }
            return self.far_statement(&typed, span.from_date(self.today, is_before)?);
        };
        if !span.is_dates() {
            return None;
        }
        self.far_statement(&typed, span.from_date(date, is_before)?)
    }

    fn far_statement(&self, typed: &str, date: Date) -> Option<String> {
        Some(format!("{typed} {} {}.", self.verb(date), date_text(date)?))
    }

    fn find_span(&self) -> Option<(usize, Span, usize)> {
        (0..self.words.len()).find_map(|at| {
            let (span, next) = span::read(&self.words, at)?;
            let is_led = at > 0 && self.words.is(at - 1, &["in"]);
            let is_anchored = self.words.is(next, &["from", "after", "before", "ago", "later"])
                || self.words.is(next, &["to"]) && self.words.has(&["add", "plus"]);
            (is_led || is_anchored).then_some((at, span, next))
        })
    }

    /// What a span is counted from (`None` is now), whether it is before that, and where it ends.
    fn anchor(&self, from: usize, next: usize) -> Option<(Option<Date>, bool, usize)> {
        for phrase in ["from now", "from today", "later"] {
            if self.words.starts_with(next, phrase) {
                return Some((None, false, next + phrase.split(' ').count()));
            }
        }
        if self.words.is(next, &["ago"]) {
            return Some((None, true, next + 1));
        }
        let is_added = self.words.is(next, &["to"]) && self.words.has(&["add", "plus"]);
        if is_added || self.words.is(next, &["from", "after", "before"]) {
            let (spec, end) = date::read(&self.words, next + 1)?;
            let is_taken = self.words.has(&["subtract", "minus"]);
            let is_before = self.words.is(next, &["before"]) || is_taken;
            return Some((Some(spec.resolve(self.today, self.toward())?), is_before, end));
        }
        let is_led = from > 0 && self.words.is(from - 1, &["in"]);
        is_led.then_some((None, false, next))
    }

    /// The only date of the question.
    fn only_date(&mut self) -> Option<(DateSpec, usize, usize)> {
        let mut found = None;
        let mut at = 0;
        while at < self.words.len() {
            // `the day of the week` is no date, and neither is a word of the question.
            match date::read(&self.words, at) {
                Some((DateSpec::Years(years), next)) if found.is_some() => {
                    found = found.map(|(spec, from, to)| (self.in_year(spec, years), from, to));
                    self.mark(at, next);
                    at = next;
                }
                Some(_) if found.is_some() => return None,
                Some((spec, next)) => {
                    found = Some((spec, at, next));
                    at = next;
                }
                None => at += 1,
            }
        }
        let (mut spec, from, to) = found?;
        self.mark(from, to);
        if let Some(at) = self.words.find(to, "this year") {
            spec = self.in_year(spec, 0);
            self.mark(at, at + 2);
        }
        Some((spec, from, to))
    }

    /// The same day in this year or so many years later, if it is a day of any year.
    fn in_year(&self, spec: DateSpec, years: i32) -> DateSpec {
        let year = i16::try_from(years).ok().and_then(|years| self.today.year().checked_add(years));
        spec.with_year(year)
    }

    /// `What week number is it?`, `What day of the year is 4 May?`
    fn number_of_day(&mut self) -> Option<String> {
        let is_week = [
            "week number",
            "number of the week",
            "calendar week",
            "what week",
            "which week",
            "iso week",
        ]
        .iter()
        .any(|phrase| self.words.find(0, phrase).is_some());
        let is_day = self.words.find(0, "day of the year").is_some();
        if !is_week && !is_day {
            return None;
        }
        let date = match self.only_date() {
            Some((spec, ..)) => spec.resolve(self.today, self.toward())?,
            None => self.today,
        };
        let (subject, verb) = match date == self.today {
            true => ("Today".to_owned(), "is"),
            false => (day_text(date)?, self.verb(date)),
        };
        if is_day {
            return Some(format!(
                "{subject} {verb} day {} of {}.",
                date.day_of_year(),
                date.year()
            ));
        }
        let week = date.iso_week_date();
        Some(format!("{subject} {verb} in week {} of {}.", week.week(), week.year()))
    }

    /// `Is 2028 a leap year?`
    fn leap_year(&mut self) -> Option<String> {
        let at = self.words.find(0, "leap year")?;
        self.mark(at, at + 2);
        let place = (0..self.words.len()).find(|at| self.words.number(*at).is_some());
        let year = match place {
            Some(place) => {
                self.mark(place, place + 1);
                i16::try_from(self.words.number(place)?).ok()?
            }
            None if self.words.find(0, "this year").is_some() => self.today.year(),
            None => return None,
        };
        if let Some(at) = self.words.find(0, "this year") {
            self.mark(at, at + 2);
        }
        let is_leap = Date::new(year, 1, 1).ok()?.in_leap_year();
        Some(format!("{year} is {} leap year.", if is_leap { "a" } else { "not a" }))
    }

    /// `What day of the week was 20 July 1969?`, `When is Easter?`, `What's the date next Friday?`
    fn named_day(&mut self) -> Option<String> {
        let is_about_days =
            self.words.has(&["day", "date", "when", "when's", "weekday", "what", "what's"]);
        let (spec, from, to) = self.only_date().filter(|_| is_about_days)?;
        if spec == DateSpec::Offset(0)
            || self.words.has(&["how", "time", "clock", "until", "since"])
        {
            return None;
        }
        let date = spec.resolve(self.today, self.toward())?;
        let verb = self.verb(date);
        let typed = self.typed(from, to);
        Some(match spec {
            DateSpec::MonthDay { .. } | DateSpec::Day(_) | DateSpec::DayOfMonth { .. } => {
                return self.weekday_statement(date);
            }
            DateSpec::Weekday { .. } => format!("{typed} {verb} {}.", day_text(date)?),
            DateSpec::Holiday { .. } => format!("{typed} {verb} on {}.", date_text(date)?),
            _ => format!("{typed} {verb} {}.", date_text(date)?),
        })
    }

    /// `20 July 1969 was a Sunday.`
    fn weekday_statement(&self, date: Date) -> Option<String> {
        let weekday = WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset() as u8)];
        Some(format!("{} {} a {weekday}.", day_text(date)?, self.verb(date)))
    }
}

/// `20 July 1969`.
fn day_text(date: Date) -> Option<String> {
    super::at_midnight(date).map(say::day)
}

/// `Sunday, 20 July 1969`.
fn date_text(date: Date) -> Option<String> {
    super::at_midnight(date).map(say::date)
}

#[cfg(test)]
mod tests;
