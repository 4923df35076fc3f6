//! Words about time: rules of cron, phrases in requests, arguments and questions.

use crate::Target;
use llm_tools::calendar::{Cron, When, phrase, question};
use system_platform::DateTime;

/// See [`run`].
pub const TARGET: Target = Target { name: "cron", run, seeds, words: WORDS, memory_limit };

/// Texts beyond a request's length are not taken apart.
const fn memory_limit(len: usize) -> usize {
    (2 << 20) + 8 * len
}

const WORDS: &[&str] = &[
    "*",
    "*/5",
    "0",
    "59",
    "MON-FRI",
    "29 2 *",
    "31",
    "@yearly",
    "remind me",
    "to",
    "in",
    "at",
    "on",
    "every",
    "other",
    "half",
    "a quarter of an",
    "and a half",
    "until",
    "since",
    "between",
    "ago",
    "from now",
    "tomorrow",
    "tonight",
    "next",
    "last",
    "Friday",
    "February",
    "the 31st",
    "of every month",
    "Christmas",
    "Easter",
    "999999999",
    "1.5",
    "12am",
    "7:30",
    "24:00",
    "9999-12-31",
    "0000-01-01",
    "minutes",
    "hours",
    "weeks",
    "months",
    "years",
    "UTC+14",
    "GMT-12:30",
    "in Tokyo",
    "New York time",
    "week number",
    "leap year",
    "\u{a0}",
    "\u{2019}s",
    "\u{130}",
];

fn seeds() -> Vec<Vec<u8>> {
    [
        "0 8 * * 1-5",
        "*/15 9-17 1,15 JAN-MAR MON",
        "0 0 29 2 */7",
        "0 0 31 2 *",
        "@daily",
        "Remind me in 10 minutes to take the tea out",
        "Tomorrow remind me to call Bob at 5pm",
        "every other Friday at half past seven, remind me of the rubbish",
        "on the 1st of every month at 8 and 20 remind me to pay rent",
        "remind me at 18:00 CET on May 4th 2027 to leave",
        "Set a timer for an hour and a half",
        "in 999 years, ring",
        "What day is 100 days from now?",
        "How many weeks until Christmas?",
        "days between 1 March and 15 April",
        "What time is it in Paris when it is 9 am in New York?",
        "what day of the week was 20 July 1969",
        "What day is 1000 years before 1 January 0000",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// The first minute of the calendar, a leap day, a usual time, and the last second of a year that
/// dates can have and of the last year there is.
const NOWS: [DateTime; 5] = [
    DateTime { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    DateTime { year: 2028, month: 2, day: 29, hour: 12, minute: 0, second: 0 },
    DateTime { year: 2026, month: 11, day: 23, hour: 23, minute: 59, second: 59 },
    DateTime { year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59 },
    DateTime { year: 65_535, month: 12, day: 31, hour: 23, minute: 59, second: 59 },
];

/// Reads the text as everything that it could be. A rule comes true after now and only where it fits;
/// a phrase stands where it is said to stand and leaves a text.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Cron::parse(&text) {
        Ok(cron) => NOWS.into_iter().for_each(|now| check_next(&cron, now)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    assert!(phrase::find(&text, None).is_none_or(|phrase| !phrase.text.is_empty()));
    for now in NOWS {
        if let Some(phrase) = phrase::find(&text, Some(now)) {
            assert!(!phrase.text.trim().is_empty());
            // A range that is none of the text's would panic.
            assert!(!phrase.words(&text).is_empty());
            check_when(&phrase.when, now);
        }
        match phrase::read(&text, Some(now)) {
            Ok(when) => check_when(&when, now),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        assert!(question::answer(&text, now).is_none_or(|answer| answer.ends_with('.')));
    }
}

fn check_when(when: &When, now: DateTime) {
    if let When::Cron(cron) = when {
        check_next(cron, now);
    }
}

fn check_next(cron: &Cron, now: DateTime) {
    match cron.next_after(now) {
        Some(next) => assert!(next > now && cron.fits(next)),
        None => assert!(now.year > 65_400, "{cron} is never true after {now}"),
    }
}
