use super::*;
use crate::{
    calendar::{Cron, phrase},
    testing::{Bench, TestMachine},
};
use alloc::{format, string::ToString, vec};
use serde_json::{Value, json};
use system_platform::DateTime;

/// Monday, 2026-11-23 23:59:59.
const START: i64 = 1_795_478_399;

fn at(seconds: i64) -> Moment {
    Moment {
        unix_s: Some(START + seconds),
        uptime_ns: 5_000_000_000 + seconds as u64 * 1_000_000_000,
    }
}

fn without_clock(seconds: u64) -> Moment {
    Moment { unix_s: None, uptime_ns: seconds * 1_000_000_000 }
}

fn texts(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.text.as_str()).collect()
}

#[test]
fn what_happens_once_is_due_in_order_and_leaves() {
    let mut schedule = Schedule::default();
    assert_eq!(schedule.next_due_ns(at(0)), None);
    schedule.add(When::In { seconds: 600 }, " tea ", at(0)).unwrap();
    schedule.add(When::Once(DateTime::from_unix(START + 60)), "cake", at(0)).unwrap();
    assert_eq!(schedule.next_due_ns(at(0)), Some(65_000_000_000));
    assert_eq!(schedule.take_due(at(59)), []);
    assert_eq!(schedule.next_due_ns(at(100)), Some(105_000_000_000));
    let all: Vec<u32> = schedule.entries(at(0)).iter().map(|entry| entry.id).collect();
    assert_eq!(all, [2, 1]);
    assert_eq!(texts(&schedule.take_due(at(700))), ["cake", "tea"]);
    assert!(schedule.is_empty());
}

#[test]
fn what_repeats_moves_on_and_what_was_missed_counts_once() {
    let mut schedule = Schedule::default();
    schedule.add(When::Interval { seconds: 3600, first: None }, "drink", at(0)).unwrap();
    schedule.add(When::Cron(Cron::parse("0 8 * * *").unwrap()), "rise", at(0)).unwrap();
    assert_eq!(texts(&schedule.take_due(at(3600))), ["drink"]);
    // Three days later: many hours and three mornings were missed.
    let late = at(3 * 86_400 + 100);
    assert_eq!(texts(&schedule.take_due(late)), ["drink", "rise"]);
    assert_eq!(schedule.take_due(late), []);
    let due: Vec<Due> = schedule.entries(late).iter().map(|entry| entry.due).collect();
    assert_eq!(
        due,
        [Due::Unix(START + 3 * 86_400 + 3600), Due::Unix(START + 1 + 3 * 86_400 + 8 * 3600)]
    );
}

#[test]
fn without_a_clock_spans_count_from_the_start() {
    let mut schedule = Schedule::default();
    schedule.add(When::In { seconds: 10 }, "tea", without_clock(5)).unwrap();
    schedule.add(When::Interval { seconds: 60, first: None }, "look", without_clock(5)).unwrap();
    assert_eq!(schedule.next_due_ns(without_clock(5)), Some(15_000_000_000));
    assert_eq!(texts(&schedule.take_due(without_clock(15))), ["tea"]);
    assert_eq!(texts(&schedule.take_due(without_clock(200))), ["look"]);
    assert_eq!(schedule.next_due_ns(without_clock(200)), Some(245_000_000_000));
    let once = When::Once(DateTime::from_unix(START));
    assert_eq!(schedule.add(once, "x", without_clock(5)), Err(ScheduleError::NoClock));
}

#[test]
fn refuses_what_cannot_be_and_stays_as_it_was() {
    let mut schedule = Schedule::default();
    let mut message = |when: &str, text: &str| {
        let when = phrase::read(when, at(0).date_time()).unwrap();
        schedule.add(when, text, at(0)).unwrap_err().to_string()
    };
    assert_eq!(message("yesterday at 7", "x"), "Sunday, 22 November 2026, 07:00 UTC is over");
    assert_eq!(
        message("every 10 seconds", "x"),
        "every 10 seconds is too often; 60 seconds are the least"
    );
    assert_eq!(message("in 200 years", "x"), "that is more than 100 years away");
    assert_eq!(message("in 1 hour", " "), "there is nothing to be reminded of");
    let long = "x".repeat(513);
    assert_eq!(message("in 1 hour", &long), "the text has 513 bytes; 512 are allowed");
    assert!(schedule.is_empty());
    for number in 0..MAX_ENTRIES {
        schedule.add(When::In { seconds: 60 }, &format!("{number}"), at(0)).unwrap();
    }
    assert_eq!(schedule.add(When::In { seconds: 60 }, "x", at(0)), Err(ScheduleError::Full));
    assert_eq!(schedule.len(), MAX_ENTRIES);
}

#[test]
fn entries_are_found_by_number_and_words() {
    let mut schedule = Schedule::default();
    assert_eq!(
        schedule.find("3").unwrap_err().to_string(),
        "there is no reminder \"3\"; none is set"
    );
    schedule.add(When::In { seconds: 60 }, "call the dentist", at(0)).unwrap();
    assert_eq!(schedule.find("timer"), Ok(1));
    schedule.add(When::In { seconds: 60 }, "call Bob", at(0)).unwrap();
    assert_eq!(schedule.find("Dentist"), Ok(1));
    assert_eq!(schedule.find("2"), Ok(2));
    assert_eq!(
        schedule.find("call").unwrap_err().to_string(),
        "\"call\" could be several reminders; say the number. There are: 1 (call the dentist), 2 (call Bob)"
    );
    assert!(matches!(schedule.find("timer"), Err(ScheduleError::NotFound { .. })));
    assert_eq!(schedule.cancel(1).unwrap().text, "call the dentist");
    assert!(matches!(schedule.cancel(1), Err(ScheduleError::NotFound { .. })));
    // Numbers are not given twice.
    assert_eq!(schedule.add(When::In { seconds: 60 }, "x", at(0)).unwrap().id, 3);
}

fn bench() -> Bench {
    Bench::new(TestMachine {
        date_time: Some(DateTime::from_unix(START)),
        uptime_ns: 5_000_000_000,
    })
}

#[test]
fn the_tool_sets_lists_and_cancels() {
    let mut bench = bench();
    let mut call = |arguments: Value| match bench.call("schedule", arguments) {
        Ok(text) => text,
        Err(error) => error.to_string(),
    };
    assert_eq!(call(json!({})), "No reminders are set.");
    assert_eq!(
        call(json!({"when": "tomorrow at 7:30", "text": "wake up"})),
        "Reminder 1 set for Tuesday, 24 November 2026, 07:30 UTC: wake up."
    );
    assert_eq!(
        call(json!({"when": "in 10 minutes", "text": "Take the tea out."})),
        "Reminder 2 set for Tuesday, 24 November 2026, 00:09 UTC, in 10 minutes: Take the tea out."
    );
    assert_eq!(
        call(json!({"when": "every weekday at 8:15", "text": "stand up"})),
        "Reminder 3 set for every weekday at 08:15 UTC, next on Tuesday, 24 November 2026, 08:15 UTC: stand up."
    );
    assert_eq!(
        call(json!({})),
        "2: Tuesday, 24 November 2026, 00:09 UTC, in 10 minutes: Take the tea out.\n\
         1: Tuesday, 24 November 2026, 07:30 UTC: wake up\n\
         3: every weekday at 08:15 UTC, next on Tuesday, 24 November 2026, 08:15 UTC: stand up"
    );
    assert_eq!(call(json!({"cancel": "tea"})), "Reminder 2 is cancelled: Take the tea out.");
    assert_eq!(call(json!({"cancel": "all"})), "Cancelled 2 reminders.");
    assert_eq!(call(json!({"text": "x"})), "argument \"when\" is missing");
    assert_eq!(
        call(json!({"when": "now", "cancel": "1"})),
        "give either \"when\" or \"cancel\", not both"
    );
    assert_eq!(call(json!({"when": "yesterday"})), "Sunday, 22 November 2026, 09:00 UTC is over");
}

#[test]
fn without_a_clock_the_tool_says_how_long_it_is() {
    let mut bench = Bench::new(TestMachine::default());
    let arguments = json!({"when": "in 10 minutes", "text": "tea"});
    assert_eq!(
        bench.call("schedule", arguments).unwrap(),
        "Reminder 1 set for 10 minutes from now: tea."
    );
    let error = bench.call("schedule", json!({"when": "tomorrow", "text": "x"})).unwrap_err();
    assert!(error.to_string().starts_with("there is no working real-time clock"), "{error}");
}

#[test]
fn requests_are_read() {
    let tool = ScheduleTool::new();
    let context = crate::ReadingContext { now: Some(DateTime::from_unix(START)) };
    for (request, expected) in [
        (
            "Remind me in 10 minutes to take the tea out",
            vec![json!({"when": "in 10 minutes", "text": "take the tea out"})],
        ),
        (
            "Tomorrow remind me to call Bob at 5pm",
            vec![json!({"when": "Tomorrow at 5pm", "text": "call Bob"})],
        ),
        ("what reminders are set", vec![json!({})]),
        ("list all alarms", vec![json!({})]),
        ("What alarms do I have for tomorrow?", vec![json!({})]),
        ("cancel all reminders", vec![json!({"cancel": "all"})]),
        ("cancel the alarm", vec![json!({"cancel": "alarm"})]),
        ("please cancel reminder 3", vec![json!({"cancel": "3"})]),
        ("delete the reminder about the dentist", vec![json!({"cancel": "dentist"})]),
        ("kill the daily water reminder", vec![json!({"cancel": "daily water"})]),
        ("Move my 8 o'clock alarm to 8:30", vec![]),
        ("I can sleep in, so turn off the wake-up alarm for Saturday", vec![]),
        ("disable the hourly one", vec![]),
        ("remind me to call Bob", vec![]),
    ] {
        assert_eq!(crate::Tool::readings(&tool, request, &context), expected, "{request}");
    }
}
