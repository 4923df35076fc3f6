//! Times of day in words: `7:30`, `6 pm`, `noon`, `half past seven`, `9 in the evening`.

use super::{names, words::Words};

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl TimeOfDay {
    /// The full hour, 0 to 23.
    pub const fn at(hour: u8) -> Self {
        Self { hour, minute: 0, second: 0 }
    }

    /// Seconds since midnight.
    pub fn seconds(self) -> i64 {
        i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayPart {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
}

impl DayPart {
    /// The part that a word in lower case names.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "morning" => Self::Morning,
            "noon" | "midday" | "lunchtime" => Self::Noon,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" | "tonight" => Self::Night,
            _ => return None,
        })
    }

    /// When something happens that is said to happen then.
    pub fn usual(self) -> TimeOfDay {
        TimeOfDay::at(match self {
            Self::Morning => 8,
            Self::Noon => 12,
            Self::Afternoon => 15,
            Self::Evening => 18,
            Self::Night => 20,
        })
    }

    /// A time said on a twelve-hour clock, placed in this part of the day.
    pub fn place(self, time: TimeOfDay) -> TimeOfDay {
        let is_late = match self {
            Self::Morning => false,
            Self::Noon => time.hour < 3,
            Self::Afternoon | Self::Evening => true,
            // `one at night` is after midnight, `ten at night` before.
            Self::Night => (5..12).contains(&time.hour),
        };
        match time.hour {
            12 if self == Self::Night => TimeOfDay { hour: 0, ..time },
            hour if hour < 12 && is_late => TimeOfDay { hour: hour + 12, ..time },
            _ => time,
        }
    }
}

/// A time as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// On a clock of 24 hours, as far as the words say.
    pub time: TimeOfDay,
    /// Whether a part of the day was said, by `pm` or in words, or follows from the form.
    pub is_placed: bool,
    /// Whether it is a bare number, which can mean many things.
    pub is_bare: bool,
}

/// The time whose words begin at `at`, without `at` or `by` before it, and where it ends.
pub(super) fn read(words: &Words<'_>, at: usize) -> Option<(Read, usize)> {
    let (mut read, mut next) = clock(words, at)?;
    if let Some((part, end)) = day_part(words, next)
        && !read.is_placed
    {
        read = Read { time: part.place(read.time), is_placed: true, is_bare: false };
        next = end;
    }
    Some((read, next))
}

/// `in the morning`, `at night`: behind a time, or alone.
pub(super) fn day_part(words: &Words<'_>, at: usize) -> Option<(DayPart, usize)> {
    if words.starts_with(at, "at night") {
        return Some((DayPart::Night, at + 2));
    }
    let is_start = words.starts_with(at, "in the") || words.starts_with(at, "during the");
    let part = DayPart::from_word(words.get(at + 2)).filter(|_| is_start)?;
    Some((part, at + 3))
}

fn clock(words: &Words<'_>, at: usize) -> Option<(Read, usize)> {
    let placed = |time| Read { time, is_placed: true, is_bare: false };
    match words.get(at) {
        "noon" | "midday" => return Some((placed(TimeOfDay::at(12)), at + 1)),
        "midnight" => return Some((placed(TimeOfDay::at(0)), at + 1)),
        _ => {}
    }
    if let Some((time, next)) = spoken(words, at) {
        return Some(half_of_day(words, time, next, false));
    }
    if let Some(time) = digits(words.get(at)) {
        return Some(half_of_day(words, time, at + 1, false));
    }
    let hour = hour(words, at)?;
    let next = at + 1;
    if words.is(next, &["o'clock", "oclock"]) {
        return Some(half_of_day(words, TimeOfDay::at(hour), next + 1, false));
    }
    // `at 18h`
    let is_led = at > 0 && words.is(at - 1, &["at", "by", "around"]);
    if is_led && words.is_glued(next) && words.is(next, &["h"]) && !words.is_glued(next + 1) {
        return Some((
            Read { time: TimeOfDay::at(hour), is_placed: true, is_bare: false },
            next + 1,
        ));
    }
    Some(half_of_day(words, TimeOfDay::at(hour), next, true))
        .filter(|(read, next)| hour < 24 && (!read.is_bare || !is_counted(words, *next)))
}

/// Whether what follows a bare number makes it a count, a date or a part of something else.
fn is_counted(words: &Words<'_>, next: usize) -> bool {
    let is_glued_word = words.is_glued(next);
    let is_unit = super::span::Unit::from_word(words.get(next), is_glued_word).is_some();
    let is_sign = words.gap(next).starts_with(['%', '$', '\u{20ac}', '+', '*', '/', '-', '&']);
    is_glued_word || is_unit || is_sign || words.is(next, &["percent", "degrees"])
}

/// `am` or `pm` behind a time.
fn half_of_day(words: &Words<'_>, time: TimeOfDay, next: usize, is_bare: bool) -> (Read, usize) {
    let is_morning = words.is(next, &["am"]);
    // There is no `0 pm`.
    let is_evening = words.is(next, &["pm"]) && time.hour > 0;
    if !is_morning && !is_evening {
        // From 13:00 on, and with a leading zero, there is nothing to place.
        let is_placed = time.hour > 12 || time.hour == 0;
        return (Read { time, is_placed, is_bare }, next);
    }
    let hour = match time.hour {
        12 if is_morning => 0,
        hour if hour < 12 && !is_morning => hour + 12,
        hour => hour,
    };
    (Read { time: TimeOfDay { hour, ..time }, is_placed: true, is_bare: false }, next + 1)
}

/// `7:30`, `07:30:15`; `24:00` is no time of a day.
fn digits(text: &str) -> Option<TimeOfDay> {
    let mut parts = text.split(':');
    let two = |part: &str, limit: u8| {
        let is_two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        is_two.then(|| part.parse().ok()).flatten().filter(|number: &u8| *number < limit)
    };
    let hour: u8 = parts.next()?.parse().ok().filter(|hour| *hour < 24)?;
    let minute = two(parts.next()?, 60)?;
    let second = match parts.next() {
        Some(part) => two(part.split_once('.').map_or(part, |(whole, _)| whole), 60)?,
        None => 0,
    };
    parts.next().is_none().then_some(TimeOfDay { hour, minute, second })
}

/// A bare hour, as a number or a word.
fn hour(words: &Words<'_>, at: usize) -> Option<u8> {
    let number = words
        .number(at)
        .or_else(|| names::number(words.get(at)).filter(|number| (1..=12).contains(number)))?;
    u8::try_from(number).ok().filter(|hour| *hour < 24)
}

/// `half past seven`, `quarter to 8`, `ten past six`.
fn spoken(words: &Words<'_>, at: usize) -> Option<(TimeOfDay, usize)> {
    let at = at + usize::from(words.starts_with(at, "a quarter"));
    let minutes = match words.get(at) {
        "half" => 30,
        "quarter" => 15,
        text => names::number(text).or_else(|| words.number(at)).filter(|n| (1..30).contains(n))?,
    } as u8;
    let past = at + 1 + usize::from(words.is(at + 1, &["minutes"]));
    let is_past = words.is(past, &["past"]);
    // `half to` and `ten after` are not said of the clock, or of other things as well.
    if !is_past && (minutes == 30 || !words.is(past, &["to"])) {
        return None;
    }
    let hour = hour(words, past + 1).filter(|hour| is_past || *hour > 0)?;
    let (hour, minute) = if is_past { (hour, minutes) } else { (hour - 1, 60 - minutes) };
    // The quarter before one is after twelve.
    let hour = if !is_past && hour == 0 { 12 } else { hour };
    Some((TimeOfDay { hour, minute, second: 0 }, past + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<(u8, u8)> {
        let words = Words::new(text);
        let (read, next) = read(&words, 0)?;
        (next == words.len()).then_some((read.time.hour, read.time.minute))
    }

    #[test]
    fn reads_both_clocks_and_spoken_times() {
        for (text, expected) in [
            ("7:30", (7, 30)),
            ("07:30:15", (7, 30)),
            ("6pm", (18, 0)),
            ("6:45 p.m.", (18, 45)),
            ("12am", (0, 0)),
            ("12 pm", (12, 0)),
            ("12:30 am", (0, 30)),
            ("18", (18, 0)),
            ("noon", (12, 0)),
            ("midnight", (0, 0)),
            ("seven", (7, 0)),
            ("7 o'clock", (7, 0)),
            ("half past seven", (7, 30)),
            ("quarter to 8", (7, 45)),
            ("a quarter past 8 pm", (20, 15)),
            ("quarter to one", (12, 45)),
            ("ten past six", (6, 10)),
            ("9 in the evening", (21, 0)),
            ("9 in the morning", (9, 0)),
            ("2 at night", (2, 0)),
            ("11 at night", (23, 0)),
            ("12 at night", (0, 0)),
        ] {
            assert_eq!(time(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in
            ["24:00", "7:3", "7:60", "25", "5 minutes", "5%", "4th", "half", "ten to", "1:2:3:4"]
        {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
