//! Dates, spans and repetitions in words.

use super::{Cron, MONTHS, WEEKDAYS, When};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use system_platform::DateTime;

/// `Monday, 23 November 2026`.
pub fn date(time: DateTime) -> String {
    format!("{}, {}", WEEKDAYS[usize::from(time.weekday())], day(time))
}

/// `23 November 2026`.
pub fn day(time: DateTime) -> String {
    format!("{} {} {}", time.day, MONTHS[usize::from(time.month).clamp(1, 12) - 1], time.year)
}

/// `23:59`.
pub fn clock(time: DateTime) -> String {
    format!("{:02}:{:02}", time.hour, time.minute)
}

/// `Monday, 23 November 2026, 23:59 UTC`, with the seconds if there are any and `needs_seconds`.
pub fn moment(time: DateTime, needs_seconds: bool) -> String {
    match needs_seconds && time.second > 0 {
        true => format!("{}, {}:{:02} UTC", date(time), clock(time), time.second),
        false => format!("{}, {} UTC", date(time), clock(time)),
    }
}

/// `1 day`, `3 days`.
pub fn count(number: u64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// A number of seconds in all its units: `1 hour and 30 minutes`.
pub fn seconds(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let texts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| count(number, unit))
        .collect();
    if texts.is_empty() { "0 seconds".to_string() } else { list(&texts) }
}

/// When something happens again and again: `every weekday at 08:15 UTC`, `every 2 hours`; `None` for
/// what happens once.
pub fn repetition(when: &When) -> Option<String> {
    match when {
        When::In { .. } | When::Once(_) => None,
        When::Interval { seconds: interval, .. } => Some(format!("every {}", every(*interval))),
        When::Cron(cron) => Some(rule(cron).unwrap_or_else(|| format!("by the cron rule {cron}"))),
    }
}

/// `2 hours`, and `hour` rather than `1 hour`.
fn every(interval: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute")];
    match UNITS.iter().find(|(unit, _)| interval.is_multiple_of(*unit)) {
        Some((unit, name)) if interval == *unit => (*name).to_string(),
        Some((unit, name)) => count(interval / unit, name),
        None => seconds(interval),
    }
}

/// A rule in words, if it is one of those that people have words for.
fn rule(cron: &Cron) -> Option<String> {
    let (minutes, hours): (Vec<u8>, Vec<u8>) = (cron.minutes().collect(), cron.hours().collect());
    let [minute] = minutes[..] else { return None };
    if hours.len() > 4 {
        return None;
    }
    let times: Vec<String> = hours.iter().map(|hour| format!("{hour:02}:{minute:02}")).collect();
    let days = match (cron.days(), cron.months(), cron.weekdays()) {
        (None, None, None) => "every day".to_string(),
        (None, None, Some(days)) => match days[..] {
            [0, 1, 2, 3, 4] => "every weekday".to_string(),
            _ => {
                let names: Vec<String> =
                    days.iter().map(|day| WEEKDAYS[usize::from(*day)].to_string()).collect();
                format!("every {}", list(&names))
            }
        },
        (Some(days), None, None) => {
            let [day] = days[..] else { return None };
            format!("on the {} of every month", ordinal(day))
        }
        (Some(days), Some(months), None) => {
            let ([day], [month]) = (&days[..], &months[..]) else { return None };
            format!("every year on {day} {}", MONTHS[usize::from(*month) - 1])
        }
        _ => return None,
    };
    Some(format!("{days} at {} UTC", list(&times)))
}

/// `1st`, `22nd`.
pub fn ordinal(number: u8) -> String {
    let ending = match (number / 10 % 10, number % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `a`, `a and b`, `a, b and c`.
fn list(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::NOW;

    #[test]
    fn says_dates_and_spans() {
        assert_eq!(moment(NOW, false), "Monday, 23 November 2026, 23:59 UTC");
        assert_eq!(moment(NOW, true), "Monday, 23 November 2026, 23:59:59 UTC");
        assert_eq!(seconds(93_784), "1 day, 2 hours, 3 minutes and 4 seconds");
        assert_eq!(seconds(5400), "1 hour and 30 minutes");
        assert_eq!(seconds(0), "0 seconds");
    }

    #[test]
    fn says_rules_that_people_have_words_for_and_shows_the_others() {
        for (rule, expected) in [
            ("15 8 * * 1-5", "every weekday at 08:15 UTC"),
            ("0 8,20 * * *", "every day at 08:00 and 20:00 UTC"),
            ("0 9 * * mon,wed,fri", "every Monday, Wednesday and Friday at 09:00 UTC"),
            ("0 9 22 * *", "on the 22nd of every month at 09:00 UTC"),
            ("0 9 11 5 *", "every year on 11 May at 09:00 UTC"),
            ("*/5 * * * *", "by the cron rule */5 * * * *"),
        ] {
            let when = When::Cron(Cron::parse(rule).unwrap());
            assert_eq!(repetition(&when).unwrap(), expected);
        }
        for (seconds, expected) in [
            (3600, "every hour"),
            (7200, "every 2 hours"),
            (1_209_600, "every 2 weeks"),
            (5400, "every 90 minutes"),
        ] {
            let when = When::Interval { seconds, first: None };
            assert_eq!(repetition(&when).unwrap(), expected);
        }
    }
}
