//! The parts of a phrase about time, next to each other in any order: a date, a time of day, a span
//! from now, a repetition.

use super::{
    date::{self, DateSpec},
    names,
    repeat::{self, Repeat},
    span::{self, Span},
    time_of_day::{self, DayPart, TimeOfDay},
    words::Words,
    zone::{self, Zone},
};
use alloc::vec::Vec;

/// How strictly words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// A request about something, in which numbers and names of days can belong to that.
    Request {
        /// Whether it is about a timer or an alarm, so that `for 5 minutes` is from now.
        is_timer: bool,
    },
    /// Words that are about nothing but time.
    Time,
}

/// What words say about time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub date: Option<DateSpec>,
    pub ahead: Option<Span>,
    pub time: Option<time_of_day::Read>,
    /// Further times of the day, of a repetition.
    pub more_times: Vec<TimeOfDay>,
    pub part: Option<DayPart>,
    pub zone: Option<Zone>,
    pub repeat: Option<Repeat>,
    /// The first word.
    pub from: usize,
    /// The word behind the last.
    pub to: usize,
    /// How sure it is that this is meant: 1 to 5.
    pub weight: u8,
}

/// A phrase that is about time but cannot be taken as a whole: what is left out would change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclear;

/// What leads a part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    None,
    On,
    At,
    For,
}

/// Words that turn a time into something else when they stand before it.
const TURNING_BEFORE: &[&str] = &[
    "until", "till", "before", "after", "since", "from", "than", "between", "through", "last",
    "past", "every", "each", "other", "of", "about",
];
/// Words that make a date behind them part of a name: `the Friday meeting`.
const OWNING_BEFORE: &[&str] =
    &["a", "an", "the", "my", "our", "your", "his", "her", "their", "this", "next"];
/// Words that change a repetition when they stand behind it.
const TURNING_BEHIND: &[&str] = &[
    "except",
    "until",
    "till",
    "unless",
    "starting",
    "beginning",
    "between",
    "from",
    "but",
    "if",
    "when",
    "while",
    "before",
    "after",
];

/// The parts that begin at the word `at`; `None` if there are none.
///
/// # Errors
/// `Unclear` for a repetition with a condition.
pub(super) fn read(
    words: &Words<'_>,
    at: usize,
    strictness: Strictness,
) -> Result<Option<Parts>, Unclear> {
    let mut parts = Parts { from: at, to: at, ..Parts::default() };
    let is_turned = at > 0 && words.is(at - 1, TURNING_BEFORE);
    if is_turned && strictness != Strictness::Time {
        return Ok(None);
    }
    while parts.take(words, strictness) {}
    if parts.to == at {
        return Ok(None);
    }
    if parts.repeat.is_some() {
        let is_ending = words.is(parts.to, &["for"]) && span::read(words, parts.to + 1).is_some();
        if words.is(parts.to, TURNING_BEHIND) || is_ending {
            return Err(Unclear);
        }
    }
    parts.weigh();
    Ok(Some(parts))
}

impl Parts {
    fn is_empty(&self) -> bool {
        self.to == self.from
    }

    /// Whether it says a day and no time.
    pub fn lacks_time(&self) -> bool {
        let is_day =
            self.date.is_some() || self.repeat.is_some_and(|r| !matches!(r, Repeat::Span(_)));
        is_day && self.time.is_none() && self.part.is_none()
    }

    /// Whether it says a time and no day.
    pub fn lacks_date(&self) -> bool {
        self.date.is_none() && self.ahead.is_none() && self.repeat.is_none()
    }

    fn weigh(&mut self) {
        let is_timed = self.time.is_some() || self.part.is_some();
        let least = if self.repeat.is_some() || self.ahead.is_some() {
            4
        } else if self.date.is_some() && is_timed {
            5
        } else if self.time.is_some_and(|read| read.is_bare) {
            2
        } else {
            3
        };
        self.weight = if self.weight == 0 { least } else { self.weight.min(least) };
        // A weak date with a time is strong.
        if self.date.is_some() && is_timed {
            self.weight = 5;
        }
    }

    /// Takes one more part in.
    fn take(&mut self, words: &Words<'_>, strictness: Strictness) -> bool {
        let start = self.to;
        if self.repeat.is_none() && self.date.is_none() && self.ahead.is_none() {
            if let Some((repeat, part, next)) = repeat::read(words, start)
                && (part.is_none() || self.part.is_none())
            {
                (self.repeat, self.part, self.to) = (Some(repeat), part.or(self.part), next);
                return true;
            }
            if let Some((span, next)) = ahead(words, start, strictness) {
                (self.ahead, self.to) = (Some(span), next);
                return true;
            }
        }
        let (lead, next) = lead(words, start);
        self.take_time(words, strictness, lead, next)
            || self.take_date(words, strictness, lead, next)
            || self.take_part(words, start)
            || self.take_one_more_time(words)
    }

    fn take_time(
        &mut self,
        words: &Words<'_>,
        strictness: Strictness,
        lead: Lead,
        at: usize,
    ) -> bool {
        // `2026-12-24T18:00`
        let at = at + usize::from(words.is(at, &["t"]) && words.is_glued(at));
        let Some((read, next)) = time_of_day::read(words, at) else { return false };
        let is_strict = strictness != Strictness::Time;
        let is_led = match lead {
            Lead::At => true,
            Lead::On => !read.is_bare,
            Lead::For => !is_strict || strictness == (Strictness::Request { is_timer: true }),
            Lead::None => false,
        };
        let is_clock = words.get(at).contains(':') || words.is(next - 1, &["am", "pm"]);
        let is_plain = is_led || is_clock || !is_strict || (!self.is_empty() && !read.is_bare);
        let is_date = read.is_bare && lead != Lead::At && names::month(words.get(next)).is_some();
        // `the 7:52 train` leaves then, and is not about then.
        let is_owned = lead == Lead::None && at > 0 && words.is(at - 1, OWNING_BEFORE);
        if self.time.is_some() || !is_plain || is_date || is_strict && is_owned {
            return false;
        }
        if is_strict && read.is_bare && !is_end_of_phrase(words, self.from, next) {
            return false;
        }
        let zone = zone::read_behind_time(words, next);
        self.to = zone.as_ref().map_or(next, |(_, next)| *next);
        self.zone = zone.map(|(zone, _)| zone);
        self.time = Some(read);
        true
    }

    fn take_date(
        &mut self,
        words: &Words<'_>,
        strictness: Strictness,
        lead: Lead,
        at: usize,
    ) -> bool {
        if self.date.is_some() || self.repeat.is_some() || self.ahead.is_some() {
            return false;
        }
        let Some((spec, next)) = date::read(words, at) else { return false };
        let is_weak = match spec {
            DateSpec::Weekday { .. } => names::weekday(words.get(at)).is_some(),
            DateSpec::Holiday { .. } | DateSpec::Day(_) => true,
            DateSpec::MonthDay { .. } => !words.get(at).contains(['-', '.', '/']),
            _ => false,
        };
        let is_timer = strictness == (Strictness::Request { is_timer: true });
        let is_led = match lead {
            Lead::At | Lead::On => true,
            Lead::For => is_timer || strictness == Strictness::Time,
            Lead::None => strictness == Strictness::Time,
        };
        if lead == Lead::For && !is_led {
            return false;
        }
        if is_weak && !is_led && self.is_empty() {
            let is_addressed =
                at == 0 || words.is(at - 1, &["me", "alarm", "reminder", "timer", "it"]);
            let is_owned = at > 0 && words.is(at - 1, OWNING_BEFORE);
            let is_timed = time_of_day::read(words, next).is_some_and(|(read, _)| !read.is_bare);
            if is_owned || !(is_addressed || is_timed || is_end_of_phrase(words, at, next)) {
                return false;
            }
            self.weight = if is_addressed { 3 } else { 1 };
        }
        let (mut spec, mut next) = (spec, next);
        // `Friday, 27 November`: the weekday adds nothing.
        if matches!(spec, DateSpec::Weekday { .. })
            && let Some((full @ DateSpec::MonthDay { .. }, end)) = date::read(words, next)
        {
            (spec, next) = (full, end);
        }
        (self.date, self.to) = (Some(spec), next);
        true
    }

    /// `tonight`, `this evening`, `in the morning`, or `evening` behind a day.
    fn take_part(&mut self, words: &Words<'_>, at: usize) -> bool {
        if self.part.is_some() {
            return false;
        }
        let today = Some(DateSpec::Offset(0));
        let is_free = self.date.is_none() && self.repeat.is_none() && self.ahead.is_none();
        let word = DayPart::from_word(words.get(at + 1));
        if words.is(at, &["tonight"]) && is_free {
            (self.date, self.part, self.to) = (today, Some(DayPart::Night), at + 1);
        } else if let Some(part) = word.filter(|_| words.is(at, &["this"]) && is_free) {
            (self.date, self.part, self.to) = (today, Some(part), at + 2);
        } else if let Some((part, next)) = time_of_day::day_part(words, at) {
            (self.part, self.to) = (Some(part), next);
        } else if let Some(part) = DayPart::from_word(words.get(at))
            && !is_free
            && !words.is(at, &["tonight"])
        {
            (self.part, self.to) = (Some(part), at + 1);
        } else {
            return false;
        }
        true
    }

    /// `and 18`, behind a repetition's time.
    fn take_one_more_time(&mut self, words: &Words<'_>) -> bool {
        if self.repeat.is_none() || self.time.is_none() || self.more_times.len() > 8 {
            return false;
        }
        let is_joined = words.is(self.to, &["and"]) || words.gap(self.to).starts_with(',');
        let at = self.to + usize::from(words.is(self.to, &["and"]));
        let at = at + usize::from(words.is(at, &["at"]));
        match time_of_day::read(words, at) {
            Some((read, next))
                if is_joined && (!read.is_bare || is_end_of_phrase(words, at, next)) =>
            {
                self.more_times.push(read.time);
                self.to = next;
                true
            }
            _ => false,
        }
    }
}

/// The word that leads a part in, and where the part begins.
fn lead(words: &Words<'_>, at: usize) -> (Lead, usize) {
    match words.get(at) {
        "at" | "by" | "around" if words.is(at + 1, &["about", "around"]) => (Lead::At, at + 2),
        "at" | "by" | "around" => (Lead::At, at + 1),
        "on" => (Lead::On, at + 1),
        "for" => (Lead::For, at + 1),
        _ => (Lead::None, at),
    }
}

/// `in 10 minutes`, `10 minutes from now`, and for timers `for 10 minutes`, `10 minute timer`.
fn ahead(words: &Words<'_>, at: usize, strictness: Strictness) -> Option<(Span, usize)> {
    let from = at + usize::from(words.is(at, &["in", "after", "for", "of"]));
    let (span, next) = span::read(words, from)?;
    for phrase in ["from now", "from today", "from this moment"] {
        if words.starts_with(next, phrase) {
            return Some((span, next + phrase.split(' ').count()));
        }
    }
    // `in a week from Friday`, `2 days before Christmas` are not from now.
    if words.is(next, &["from", "before", "after", "ago", "long", "old"]) {
        return None;
    }
    let is_timer = strictness == (Strictness::Request { is_timer: true });
    let is_led = match words.get(at) {
        "in" | "after" => true,
        "for" | "of" => is_timer || strictness == Strictness::Time,
        _ => {
            strictness == Strictness::Time
                || is_timer && words.is(next, &["timer", "alarm", "countdown"])
        }
    };
    let is_beside_timer = is_timer && at > 0 && words.is(at - 1, &["timer", "countdown"]);
    (is_led || is_beside_timer).then_some((span, next))
}

/// Whether what follows `next` can follow a time, so that a bare number before it is one; `from` is
/// where the phrase begins.
fn is_end_of_phrase(words: &Words<'_>, from: usize, next: usize) -> bool {
    const FOLLOWING: &[&str] = &[
        "to", "that", "and", "or", "about", "for", "please", "sharp", "today", "tonight",
        "tomorrow", "every", "each", "on", "at", "in", "this", "next", "daily", "with", "by", "so",
        "because", "for", "utc", "gmt", "cet",
    ];
    let is_addressed = from == 0 || words.is(from - 1, &["me", "alarm", "reminder", "timer", "up"]);
    let is_break = words.gap(next).contains([',', '.', ';', ':', '!', '?', ')', '"', '\u{2014}']);
    let is_weekday = names::weekday(words.get(next)).is_some();
    next >= words.len() || is_addressed || is_break || is_weekday || words.is(next, FOLLOWING)
}
