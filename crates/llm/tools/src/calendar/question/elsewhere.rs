//! What the clocks show in other places.

use super::Question;
use crate::calendar::{
    date::{self, DateSpec},
    say, span, time_of_day,
    zone::{self, Zone, offset_text},
};
use alloc::{format, string::String, vec::Vec};
use system_platform::DateTime;

/// A zone, and the words that name it.
type Found = (Zone, usize, usize);

impl Question<'_> {
    /// `What time is it in Tokyo?`, `What is 18:00 UTC in Tokyo?`, `How far is Tokyo ahead of Paris?`
    pub(super) fn time_elsewhere(&mut self) -> Option<String> {
        const ABOUT_NOW: &[&str] = &[
            "time", "clock", "date", "day", "hour", "late", "what's", "zone", "timezone", "offset",
        ];
        let zones = self.zones();
        for (_, from, next) in &zones {
            self.mark(*from, *next);
        }
        let given = (0..self.words.len()).find_map(|at| {
            let (read, next) = time_of_day::read(&self.words, at)?;
            (!read.is_bare && !self.is_read[at]).then_some((read.time, at, next))
        });
        match (&zones[..], given) {
            ([(one, ..)], None) if self.words.has(ABOUT_NOW) && self.is_now() => {
                self.local_statement(one)
            }
            ([(one, ..), (other, ..)], None)
                if self.words.has(&["difference", "ahead", "behind", "offset"]) =>
            {
                difference(one, other, self.now)
            }
            ([(one, ..)], Some((time, from, next))) if self.words.has(&["here"]) => {
                self.mark(from, next);
                let now = DateTime { hour: time.hour, minute: time.minute, second: 0, ..self.now };
                converted("UTC", now, now, one)
            }
            ([(one, at, _), (other, at_other, _)], Some((time, from, next))) => {
                // The zone that follows the time, with or without `in`, is the time's.
                let is_next = |at: usize| at == next || at == next + 1;
                let (source, target) = match (is_next(*at), is_next(*at_other)) {
                    (true, _) => (one, other),
                    (_, true) => (other, one),
                    _ => return None,
                };
                self.mark(from, next);
                let here = source.local(self.now)?.0;
                let local = DateTime { hour: time.hour, minute: time.minute, second: 0, ..here };
                converted(&source.name, local, source.to_utc(local)?, target)
            }
            _ => None,
        }
    }

    /// All zones that the question names: a place only behind a word that says so, or before `time`.
    fn zones(&self) -> Vec<Found> {
        const BEFORE: &[&str] = &[
            "in", "at", "for", "between", "and", "than", "of", "is", "from", "to", "behind", "the",
        ];
        let mut zones = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let found = zone::read(&self.words, at).filter(|(zone, next)| {
                let is_led = at > 0 && self.words.is(at - 1, BEFORE);
                is_led || self.words.is(*next, &["time"]) || !zone.is_place
            });
            match found {
                Some((zone, next)) => {
                    zones.push((zone, at, next));
                    at = next;
                }
                None => at += 1,
            }
        }
        zones
    }

    /// Whether the words that are not read yet speak of no other time than now.
    fn is_now(&self) -> bool {
        let is_unread = |at: &usize| !self.is_read[*at];
        (0..self.words.len()).filter(is_unread).all(|at| {
            date::read(&self.words, at).is_none_or(|(spec, _)| spec == DateSpec::Offset(0))
                && span::read(&self.words, at).is_none()
        }) && !self.words.has(&["until", "till", "since", "week", "between"])
    }

    fn local_statement(&mut self, zone: &Zone) -> Option<String> {
        if let Some(at) = self.words.find(0, "today") {
            self.mark(at, at + 1);
        }
        let (there, offset) = zone.local(self.now)?;
        let (clock, date) = (say::clock(there), say::date(there));
        Some(format!("In {} it is {clock} on {date} ({}).", zone.name, offset_text(offset)))
    }
}

/// What the clocks of `target` show when those of `source` show `local`, which is `utc`.
fn converted(source: &str, local: DateTime, utc: DateTime, target: &Zone) -> Option<String> {
    let (there, offset) = target.local(utc)?;
    Some(format!(
        "When it is {} in {source}, it is {} on {} in {} ({}).",
        say::clock(local),
        say::clock(there),
        say::date(there),
        target.name,
        offset_text(offset)
    ))
}

/// How far the clocks of two zones are apart.
fn difference(one: &Zone, other: &Zone, now: DateTime) -> Option<String> {
    let (first, second) = (one.local(now)?.1, other.local(now)?.1);
    if first == second {
        return Some(format!("The clocks in {} and {} show the same time.", one.name, other.name));
    }
    let (ahead, behind) = if first > second { (one, other) } else { (other, one) };
    let apart = say::seconds(u64::from(first.abs_diff(second)));
    Some(format!("The clocks in {} are {apart} ahead of those in {}.", ahead.name, behind.name))
}
