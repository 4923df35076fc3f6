use super::*;
use crate::calendar::NOW;
use proptest::prelude::*;

/// What was found, as one line: when, and the text.
fn line(when: &When) -> String {
    match when {
        When::In { seconds } => format!("in {seconds}"),
        When::Once(time) => time.to_string(),
        When::Interval { seconds, first: None } => format!("every {seconds}"),
        When::Interval { seconds, first: Some(first) } => format!("every {seconds} from {first}"),
        When::Cron(cron) => format!("cron {cron}"),
    }
}

/// The current time is Monday, 2026-11-23 23:59:59.
#[test]
fn requests_say_when_and_what() {
    let mut wrong = Vec::new();
    for (request, when, text) in [
        // Spans from now.
        ("Remind me in 10 minutes to take the tea out", "in 600", "take the tea out"),
        ("remind me to take the tea out in 10 minutes", "in 600", "take the tea out"),
        (
            "Please remind me in an hour and a half that the cake is done.",
            "in 5400",
            "the cake is done",
        ),
        ("In half an hour, remind me to call Bob", "in 1800", "call Bob"),
        ("Set a timer for 5 minutes", "in 300", "timer for 5 minutes"),
        ("set a 10 minute timer", "in 600", "timer for 10 minutes"),
        ("Set a 25-minute timer for the pasta please", "in 1500", "the pasta"),
        ("start a timer of 90 seconds", "in 90", "timer for 1 minute and 30 seconds"),
        ("timer 3 min", "in 180", "timer for 3 minutes"),
        ("Set an alarm for 20 minutes from now", "in 1200", "alarm"),
        ("Can you remind me in 2 hours and 15 minutes to stretch?", "in 8100", "stretch"),
        ("Wake me in 45 min", "in 2700", "Wake me"),
        ("Remind me in 3 days to water the plants", "in 259200", "water the plants"),
        (
            "Remind me in 2 months to renew the passport",
            "2027-01-23 23:59:59",
            "renew the passport",
        ),
        ("remind me a week from now to check the oil", "in 604800", "check the oil"),
        ("Remind me in 3 days at 9 to water the plants", "2026-11-26 09:00:00", "water the plants"),
        ("Remind me in 10 minutes to run for 20 minutes", "in 600", "run for 20 minutes"),
        ("tell me to drink something in an hour", "in 3600", "drink something"),
        // Times of day.
        ("Wake me at 7:30 tomorrow", "2026-11-24 07:30:00", "Wake me"),
        ("Wake me up tomorrow at 7:30", "2026-11-24 07:30:00", "Wake me up"),
        ("Remind me at 6pm to buy milk", "2026-11-24 18:00:00", "buy milk"),
        ("remind me to buy milk at 6 p.m.", "2026-11-24 18:00:00", "buy milk"),
        ("Remind me at noon to eat", "2026-11-24 12:00:00", "eat"),
        ("Remind me to sleep at midnight", "2026-11-24 00:00:00", "sleep"),
        ("Set an alarm for 7am", "2026-11-24 07:00:00", "alarm"),
        ("set an alarm for 6:45", "2026-11-24 06:45:00", "alarm"),
        ("Set an alarm for half past seven", "2026-11-24 07:30:00", "alarm"),
        ("Remind me at 9 to call the bank", "2026-11-24 09:00:00", "call the bank"),
        ("Remind me at 9 in the evening to call home", "2026-11-24 21:00:00", "call home"),
        ("Remind me to call mum at quarter to 8 pm", "2026-11-24 19:45:00", "call mum"),
        ("Remind me at 18:00 CET to leave", "2026-11-24 17:00:00", "leave"),
        ("Remind me at 9am Tokyo time to join the call", "2026-11-24 00:00:00", "join the call"),
        ("remind me in the morning to stretch", "2026-11-24 08:00:00", "stretch"),
        ("remind me to read 5 pages at 20:00", "2026-11-24 20:00:00", "read 5 pages"),
        ("remind me to look at 5 houses at 6pm", "2026-11-24 18:00:00", "look at 5 houses"),
        // Days.
        ("Remind me tomorrow to call Bob", "2026-11-24 09:00:00", "call Bob"),
        ("Tomorrow remind me to call Bob at 5pm", "2026-11-24 17:00:00", "call Bob"),
        ("remind me tomorrow evening to phone Ann", "2026-11-24 18:00:00", "phone Ann"),
        ("remind me tomorrow night at 11 to lock the door", "2026-11-24 23:00:00", "lock the door"),
        ("Remind me on Friday at 9 about the report", "2026-11-27 09:00:00", "the report"),
        ("Remind me next Friday at 9 about the report", "2026-11-27 09:00:00", "the report"),
        ("remind me Friday to send the report", "2026-11-27 09:00:00", "send the report"),
        ("Remind me on Monday to pay rent", "2026-11-30 09:00:00", "pay rent"),
        ("Remind me on 4 May to buy flowers", "2027-05-04 09:00:00", "buy flowers"),
        ("Remind me on May 4th 2027 at 18:00 to buy flowers", "2027-05-04 18:00:00", "buy flowers"),
        (
            "on the 24th of December at 6 pm remind me to light candles",
            "2026-12-24 18:00:00",
            "light candles",
        ),
        (
            "Remind me on 2026-12-24 at 18:00 to light candles",
            "2026-12-24 18:00:00",
            "light candles",
        ),
        ("2026-12-24 18:00 light candles", "2026-12-24 18:00:00", "light candles"),
        ("remind me on the 1st at 8 to back up", "2026-12-01 08:00:00", "back up"),
        ("remind me the day after tomorrow at noon to eat", "2026-11-25 12:00:00", "eat"),
        ("remind me next week to order paper", "2026-11-30 09:00:00", "order paper"),
        ("Remind me on Christmas Eve at 16:00 to cook", "2026-12-24 16:00:00", "cook"),
        (
            "remind me to buy Christmas presents tomorrow",
            "2026-11-24 09:00:00",
            "buy Christmas presents",
        ),
        (
            "remind me to prepare the Friday meeting at 5pm",
            "2026-11-24 17:00:00",
            "prepare the Friday meeting",
        ),
        ("remind me at 29 February 2028 8:00 to leap", "2028-02-29 08:00:00", "leap"),
        ("remind me tonight to lock the door", "2026-11-23 20:00:00", "lock the door"),
        ("remind me tonight at 2 to lock the door", "2026-11-24 02:00:00", "lock the door"),
        ("at midnight tonight, ring the bell", "2026-11-24 00:00:00", "ring the bell"),
        ("reminder: dentist, Thursday 9:40", "2026-11-26 09:40:00", "dentist"),
        (
            "remind me at 18h to turn the heating down",
            "2026-11-24 18:00:00",
            "turn the heating down",
        ),
        ("I'm forgetful, so remind me tomorrow at 8 to vote", "2026-11-24 08:00:00", "vote"),
        ("can you set up a reminder for my meeting at 14:15", "2026-11-24 14:15:00", "my meeting"),
        // Repetitions.
        ("remind me at 18:00 \"buy milk\"", "2026-11-24 18:00:00", "buy milk"),
        (
            "from Monday to Friday, nudge me at noon to walk",
            "cron 0 12 * * 1-5",
            "nudge me to walk",
        ),
        ("remind me daily at 9 in the morning and 9 at night to rest", "cron 0 9,21 * * *", "rest"),
        ("say \"take a break\" every 50 minutes", "every 3000", "say \"take a break\""),
        ("Every day at 8 tell me the weather", "cron 0 8 * * *", "tell me the weather"),
        ("every day remind me to take pills at 8", "cron 0 8 * * *", "take pills"),
        ("remind me every day at 8 and 20 to take pills", "cron 0 8,20 * * *", "take pills"),
        ("Remind me every weekday at 8:15 to stand up", "cron 15 8 * * 1-5", "stand up"),
        ("Remind me on weekdays at 8:15 to stand up", "cron 15 8 * * 1-5", "stand up"),
        ("Remind me every 2 hours to drink water", "every 7200", "drink water"),
        ("remind me every hour to drink water", "every 3600", "drink water"),
        ("Every half hour remind me to look up", "every 1800", "look up"),
        ("every quarter hour, chime", "every 900", "chime"),
        ("Remind me every Monday to take the bins out", "cron 0 9 * * 1", "take the bins out"),
        (
            "every Monday and Thursday at 18:30 remind me of training",
            "cron 30 18 * * 1,4",
            "training",
        ),
        ("Remind me Monday to Friday at 7 to get up", "cron 0 7 * * 1-5", "get up"),
        ("on Sundays at 10 remind me to call mum", "cron 0 10 * * 0", "call mum"),
        ("remind me every Friday evening to rest", "cron 0 18 * * 5", "rest"),
        ("every morning at 7 wake me", "cron 0 7 * * *", "wake me"),
        ("wake me every morning", "cron 0 8 * * *", "wake me"),
        ("On the 1st of every month remind me to pay rent", "cron 0 9 1 * *", "pay rent"),
        ("remind me every month on the 15th at 10 to save", "cron 0 10 15 * *", "save"),
        ("remind me every year on 4 May to buy flowers", "cron 0 9 4 5 *", "buy flowers"),
        (
            "remind me every other day at 9 to shave",
            "every 172800 from 2026-11-24 09:00:00",
            "shave",
        ),
        (
            "remind me every other Friday to send the bill",
            "every 1209600 from 2026-11-27 09:00:00",
            "send the bill",
        ),
        (
            "remind me every 2 weeks on Monday at 10 to sum up",
            "every 1209600 from 2026-11-30 10:00:00",
            "sum up",
        ),
        ("remind me daily at 6 pm to walk", "cron 0 18 * * *", "walk"),
        ("0 8 * * 1-5 check the mail", "cron 0 8 * * 1-5", "check the mail"),
        ("schedule */10 * * * * check the disk", "cron */10 * * * *", "check the disk"),
    ] {
        let found = find(request, Some(NOW));
        let found = found.map(|phrase| (line(&phrase.when), phrase.text));
        if found != Some((when.to_string(), text.to_string())) {
            wrong.push(format!("{request}: {found:?}, not {when} {text:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_no_time_or_not_a_clear_one_is_left_alone() {
    for request in [
        "What is the capital of France?",
        "Remind me to call Bob",
        "look at 5 houses",
        "I may go in march",
        "tell me about the Friday meeting",
        "write a poem about Christmas",
        "remind me every day at 8 except Sundays to rise",
        "remind me every hour until 6pm to drink",
        "remind me every day at 8:15 and 20:30 to take pills",
        "remind me on 31 February to rest",
        "remind me a week from Friday",
        "read chapter 12",
        "0 25 * * * check the mail",
        "run for 20 minutes",
        "I have to leave at 16:40, warn me ten minutes before",
        "there's a webinar at 2pm, remind me five minutes earlier",
        "wake me in time for the 7:52 train",
        "twice a day remind me to feed the cat",
        "once a week on Sunday evening remind me to plan my meals",
        "yearly reminder on 9 June for Anna's birthday",
        "monthly reminder, 25th, submit expenses",
        "set alrm for 9 tomorow mornig pls, i overslept today",
        "remind me today to call Bob",
        "",
    ] {
        assert_eq!(find(request, Some(NOW)), None, "{request}");
    }
}

#[test]
fn the_place_of_the_words_is_told() {
    let request = "Tomorrow remind me to call B\u{f6}b at 5pm!";
    let phrase = find(request, Some(NOW)).unwrap();
    assert_eq!(phrase.ranges, [0..8, 32..38]);
    assert_eq!(phrase.words(request), "Tomorrow at 5pm");
}

#[test]
fn arguments_are_read_as_a_whole() {
    for (text, expected) in [
        ("10 minutes", "in 600"),
        ("in 10 minutes", "in 600"),
        ("7:30", "2026-11-24 07:30:00"),
        ("7", "2026-11-24 07:00:00"),
        ("tomorrow 7:30", "2026-11-24 07:30:00"),
        ("tomorrow at 7:30 please", "2026-11-24 07:30:00"),
        ("7:30 tomorrow", "2026-11-24 07:30:00"),
        ("Friday", "2026-11-27 09:00:00"),
        ("Friday, 27 November 2026, 07:30 UTC", "2026-11-27 07:30:00"),
        ("2026-11-24T07:30:00Z", "2026-11-24 07:30:00"),
        ("2026-12-24 18:00", "2026-12-24 18:00:00"),
        ("2026-12-24 18:00 UTC+1", "2026-12-24 17:00:00"),
        ("Christmas", "2026-12-25 09:00:00"),
        ("daily", "cron 0 9 * * *"),
        ("8:00 every day", "cron 0 8 * * *"),
        ("every 30 minutes", "every 1800"),
        ("every month", "cron 0 9 23 * *"),
        ("@hourly", "cron 0 * * * *"),
        ("0 8 1 1 1", "cron 0 8 1 1 1"),
        ("yesterday", "2026-11-22 09:00:00"),
        (
            "",
            "the time cannot be read; say \"in 10 minutes\", \"tomorrow at 7:30\", \"2026-12-24 18:00\", \"every weekday at 8\" or a cron rule",
        ),
        ("31 February", "there is no such date"),
        ("0 25 * * *", "the cron rule's hour \"25\" is not within 0 to 23"),
        ("0 0 31 2 *", "no month of the cron rule has such a day"),
    ] {
        let read = read(text, Some(NOW));
        let line = read.map_or_else(|error| error.to_string(), |when| line(&when));
        assert_eq!(line, expected, "{text}");
    }
    for text in [
        "when the cows come home",
        "tomorrow or Friday",
        "every day at 8 except Sundays",
        "5 apples",
    ] {
        assert_eq!(read(text, Some(NOW)), Err(PhraseError::NotUnderstood), "{text}");
    }
}

#[test]
fn without_a_clock_only_spans_can_be_told() {
    assert_eq!(read("in 10 minutes", None), Ok(When::In { seconds: 600 }));
    assert_eq!(read("every hour", None), Ok(When::Interval { seconds: 3600, first: None }));
    assert_eq!(read("tomorrow", None), Err(PhraseError::NoClock));
    assert_eq!(read("in 2 months", None), Err(PhraseError::NoClock));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn never_panics(
        text in "\\PC{0,80}",
        pieces in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..12),
    ) {
        for text in [text, pieces.join(" "), pieces.concat()] {
            for now in [Some(NOW), None, Some(DateTime { year: 9999, month: 12, day: 31, ..NOW })] {
                let _ = read(&text, now);
                if let Some(phrase) = find(&text, now) {
                    prop_assert!(!phrase.text.is_empty() && !phrase.words(&text).is_empty());
                    let is_same = phrase.ranges.windows(2).all(|two| two[0].end <= two[1].start);
                    prop_assert!(is_same, "{:?}", phrase.ranges);
                }
            }
        }
    }
}

const WORDS: [&str; 48] = [
    "remind me",
    "to",
    "at",
    "on",
    "in",
    "every",
    "the",
    "and",
    "a",
    "half",
    "quarter",
    "past",
    "5",
    "31",
    "7:30",
    "2026-12-24",
    "9999-12-31",
    "999999999",
    "1.5",
    "pm",
    "am",
    "noon",
    "midnight",
    "tonight",
    "tomorrow",
    "next",
    "last",
    "week",
    "month",
    "year",
    "of",
    "1st",
    "May",
    "February",
    "Friday",
    "Mondays",
    "minutes",
    "hours",
    "days",
    "UTC",
    "+9",
    "Tokyo",
    "time",
    "*",
    "*/5",
    "0",
    "Christmas",
    "timer",
];
