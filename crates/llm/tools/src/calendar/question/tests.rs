use super::*;
use crate::calendar::NOW;
use proptest::prelude::*;

/// The current time is Monday, 2026-11-23 23:59:59 UTC.
#[test]
fn questions_have_answers() {
    let mut wrong = Vec::new();
    for (question, expected) in [
        // Elsewhere.
        ("What time is it in Tokyo?", "In Tokyo it is 08:59 on Tuesday, 24 November 2026 (UTC+9)."),
        (
            "what's the time in new york",
            "In New York it is 18:59 on Monday, 23 November 2026 (UTC-5).",
        ),
        ("What time is it in CET?", "In CET it is 00:59 on Tuesday, 24 November 2026 (UTC+1)."),
        (
            "Current time in Mumbai",
            "In Mumbai it is 05:29 on Tuesday, 24 November 2026 (UTC+5:30).",
        ),
        (
            "What is the date in Sydney right now?",
            "In Sydney it is 10:59 on Tuesday, 24 November 2026 (UTC+11).",
        ),
        (
            "What day is it today in San Francisco?",
            "In San Francisco it is 15:59 on Monday, 23 November 2026 (UTC-8).",
        ),
        ("Tokyo time please", "In Tokyo it is 08:59 on Tuesday, 24 November 2026 (UTC+9)."),
        ("what time is it in the UK", "In UK it is 23:59 on Monday, 23 November 2026 (UTC)."),
        (
            "What is 18:00 UTC in Tokyo?",
            "When it is 18:00 in UTC, it is 03:00 on Tuesday, 24 November 2026 in Tokyo (UTC+9).",
        ),
        (
            "What time is it in Paris when it is 9 am in New York?",
            "When it is 09:00 in New York, it is 15:00 on Monday, 23 November 2026 in Paris (UTC+1).",
        ),
        (
            "What is the time difference between Tokyo and Berlin?",
            "The clocks in Tokyo are 8 hours ahead of those in Berlin.",
        ),
        (
            "If it's 3 pm in London, what time is it in Los Angeles?",
            "When it is 15:00 in London, it is 07:00 on Monday, 23 November 2026 in Los Angeles (UTC-8).",
        ),
        (
            "it's 22:15 here, what time is that in Mumbai",
            "When it is 22:15 in UTC, it is 03:45 on Tuesday, 24 November 2026 in Mumbai (UTC+5:30).",
        ),
        (
            "convert 14:30 CET to EST",
            "When it is 14:30 in CET, it is 08:30 on Tuesday, 24 November 2026 in EST (UTC-5).",
        ),
        (
            "what's the offset of Kathmandu from UTC",
            "The clocks in Kathmandu are 5 hours and 45 minutes ahead of those in UTC.",
        ),
        (
            "add 45 days to 2024-11-20",
            "45 days after 20 November 2024 was Saturday, 4 January 2025.",
        ),
        (
            "subtract two weeks from 5 January 2025",
            "Two weeks before 5 January 2025 was Sunday, 22 December 2024.",
        ),
        (
            "how long is it from 8:45 to 17:20",
            "There are 8 hours and 35 minutes between 08:45 and 17:20.",
        ),
        (
            "how many hours between 22:30 and 06:15",
            "There are 7 hours and 45 minutes between 22:30 and 06:15.",
        ),
        (
            "how long ago was 11 September 2001",
            "It has been 9204 days since Tuesday, 11 September 2001.",
        ),
        (
            "in how many days is the first of next month",
            "It is 8 days until Tuesday, 1 December 2026.",
        ),
        ("countdown to valentine's day", "It is 83 days until Sunday, 14 February 2027."),
        (
            "what weekday does Christmas fall on this year",
            "Christmas is on Friday, 25 December 2026.",
        ),
        ("when is Easter next year", "Easter is on Sunday, 28 March 2027."),
        ("what's tomorrow's date", "Tomorrow is Tuesday, 24 November 2026."),
        // From here to there.
        ("What day is 100 days from now?", "100 days from now is Wednesday, 3 March 2027."),
        ("What date is in 3 weeks?", "3 weeks from now is Monday, 14 December 2026."),
        ("What was the date 3 days ago?", "3 days ago was Friday, 20 November 2026."),
        (
            "What day is 2 weeks before Christmas?",
            "2 weeks before Christmas is Friday, 11 December 2026.",
        ),
        (
            "What date is 90 days after 1 March 2027?",
            "90 days after 1 March 2027 is Sunday, 30 May 2027.",
        ),
        (
            "What time will it be in 3 hours?",
            "3 hours from now it is Tuesday, 24 November 2026, 02:59 UTC.",
        ),
        (
            "what time was it 90 minutes ago",
            "90 minutes ago it was Monday, 23 November 2026, 22:29 UTC.",
        ),
        ("What is the date a year from now?", "A year from now is Tuesday, 23 November 2027."),
        // Counting.
        ("How many days until Christmas?", "It is 32 days until Friday, 25 December 2026."),
        (
            "How many days are left until 24 December?",
            "It is 31 days until Thursday, 24 December 2026.",
        ),
        (
            "How many weeks until Christmas?",
            "It is 4 weeks and 4 days until Friday, 25 December 2026.",
        ),
        (
            "How many months until Christmas?",
            "It is 1 month and 2 days until Friday, 25 December 2026.",
        ),
        ("How many days until tomorrow?", "It is 1 day until Tuesday, 24 November 2026."),
        ("days until next Friday", "It is 4 days until Friday, 27 November 2026."),
        ("How long until 18:00?", "It is 18 hours until Tuesday, 24 November 2026, 18:00 UTC."),
        (
            "How many minutes until 6pm?",
            "It is 1080 minutes until Tuesday, 24 November 2026, 18:00 UTC.",
        ),
        ("how long until midnight", "It is 1 second until Tuesday, 24 November 2026, 00:00 UTC."),
        (
            "how long till tomorrow at 7:30?",
            "It is 7 hours and 30 minutes until Tuesday, 24 November 2026, 07:30 UTC.",
        ),
        (
            "How many hours until Christmas?",
            "It is 31 days until Friday, 25 December 2026 begins (UTC).",
        ),
        ("How many days since 20 July 1969?", "It has been 20945 days since Sunday, 20 July 1969."),
        (
            "How many years has it been since 20 July 1969?",
            "It has been 57 years and 126 days since Sunday, 20 July 1969.",
        ),
        (
            "How many days are there between 1 March and 15 April?",
            "There are 45 days between 1 March 2027 and 15 April 2027.",
        ),
        (
            "days between 20 December and 5 January",
            "There are 16 days between 20 December 2026 and 5 January 2027.",
        ),
        (
            "How many days from 28 February 2028 to 1 March 2028?",
            "There are 2 days between 28 February 2028 and 1 March 2028.",
        ),
        ("How many days are left in the year?", "After today, 38 days are left in the year."),
        // Days.
        ("What day of the week was 20 July 1969?", "20 July 1969 was a Sunday."),
        ("What weekday is 29 February 2028?", "29 February 2028 is a Tuesday."),
        ("What's the date tomorrow?", "Tomorrow is Tuesday, 24 November 2026."),
        ("What day was yesterday?", "Yesterday was Sunday, 22 November 2026."),
        ("What's the date next Friday?", "Next Friday is 27 November 2026."),
        ("When is Easter 2027?", "Easter 2027 is on Sunday, 28 March 2027."),
        ("What day is Christmas?", "Christmas is on Friday, 25 December 2026."),
        ("what day does 4 May fall on?", "4 May 2027 is a Tuesday."),
        ("What week number is it?", "Today is in week 48 of 2026."),
        ("Which calendar week is 1 January 2027?", "1 January 2027 is in week 53 of 2026."),
        ("What day of the year is it?", "Today is day 327 of 2026."),
        ("Is 2028 a leap year?", "2028 is a leap year."),
        ("Is 2100 a leap year?", "2100 is not a leap year."),
    ] {
        let found = answer(question, NOW);
        if found.as_deref() != Some(expected) {
            wrong.push(format!("{question}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_understood_as_a_whole_has_no_answer() {
    for question in [
        "What time is it?",
        "What day is today?",
        "How many working days until Christmas?",
        "How many days until my birthday?",
        "What time is sunset in Paris?",
        "What time is it in Atlantis?",
        "What time is it in the USA?",
        "How many days until Christmas and Easter?",
        "How long until the meeting on Friday?",
        "When was the battle of Hastings?",
        "What day is 31 February?",
        "How long is a week in Tokyo?",
        "What time will it be in Tokyo in 3 hours?",
        "what day is 5 days",
        "Which date is Monday in a week?",
        "",
    ] {
        assert_eq!(answer(question, NOW), None, "{question}");
    }
}

#[test]
fn the_clock_says_date_and_time() {
    assert_eq!(now_statement(NOW), "It is Monday, 23 November 2026, 23:59 UTC.");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn never_panics(
        text in "\\PC{0,80}",
        pieces in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..12),
    ) {
        for text in [text, pieces.join(" ")] {
            for year in [0, 2026, 9999, 65_535] {
                let _ = answer(&text, DateTime { year, ..NOW });
            }
        }
    }
}

const WORDS: [&str; 40] = [
    "what",
    "how many",
    "how long",
    "days",
    "weeks",
    "years",
    "hours",
    "until",
    "since",
    "between",
    "and",
    "from",
    "now",
    "ago",
    "before",
    "after",
    "in",
    "the",
    "time",
    "in Tokyo",
    "New York",
    "CET",
    "UTC",
    "+14",
    "9:00",
    "18:00",
    "5",
    "999999999",
    "100 days",
    "9999 years",
    "1000 years",
    "4 May",
    "31 December 9999",
    "Christmas",
    "Easter",
    "next Friday",
    "tomorrow",
    "leap year",
    "1583",
    "week number",
];

#[test]
fn plain_questions_have_answers_whatever_else_they_say() {
    let mut wrong = Vec::new();
    for (question, expected) in [
        ("on what day does Christmas fall in 2027", "25 December 2027 is a Saturday."),
        ("what weekday was I born on, 14 February 1990", "14 February 1990 was a Wednesday."),
        ("my meeting is on 12 March 2026, what day is that", "12 March 2026 was a Thursday."),
        ("was 9 November 1989 a Thursday?", "Yes, 9 November 1989 was a Thursday."),
        ("Is 24 December 2026 a Friday?", "No, 24 December 2026 is a Thursday."),
        (
            "the day after 28 February 2024?",
            "The day after 28 February 2024 was Thursday, 29 February 2024.",
        ),
        (
            "what is 2025-03-01 minus 1 day",
            "1 day before 1 March 2025 was Friday, 28 February 2025.",
        ),
        ("how many days in February 2028", "February 2028 has 29 days."),
        ("how many days does April have", "April 2026 has 30 days."),
        ("how many days are there in 2024", "2024 has 366 days."),
        ("first monday of march 2026", "The first monday of March 2026 was Monday, 2 March 2026."),
        (
            "when is the last friday of october 2027",
            "The last friday of October 2027 is Friday, 29 October 2027.",
        ),
        ("what time will it be 90 minutes after 14:50", "90 minutes after 14:50 it is 16:20."),
        ("what time is 3 hours before 1:30 pm", "3 hours before 13:30 it is 10:30."),
        (
            "The film starts at 22:30 and takes 2 hours, when does it end?",
            "2 hours after 22:30 it is 00:30 on the next day.",
        ),
        ("How many years between 1985 and 2026?", "From 1985 to 2026 it is 41 years."),
        ("what year was it 50 years before 2026", "50 years before 2026 is 1976."),
        (
            "my project started on 3 February 2025 and took 60 days, when did it end",
            "60 days after 3 February 2025 was Friday, 4 April 2025.",
        ),
        (
            "the invoice of 15 May 2025 is due in 30 days, which date is that",
            "30 days after 15 May 2025 was Saturday, 14 June 2025.",
        ),
        (
            "how many days until 31 December 2026 from 1 December 2026",
            "There are 30 days between 1 December 2026 and 31 December 2026.",
        ),
        ("Born 5 April 1987. How old on 5 April 2026?", "39 years old on 5 April 2026."),
        (
            "how old will a person born in 1990 be in 2030",
            "40 years old after the birthday in 2030.",
        ),
        (
            "unix time of 1 January 2000",
            "The Unix time of 1 January 2000, 00:00 UTC, is 946684800.",
        ),
        ("what date is unix timestamp 0", "Unix time 0 is Thursday, 1 January 1970, 00:00 UTC."),
        ("what quarter is August in", "August is in the 3rd quarter."),
        ("what is the 100th day of 2026", "Day 100 of 2026 was Friday, 10 April 2026."),
        ("on which weekday did 2020 begin", "The first day of 2020 was Wednesday, 1 January 2020."),
        (
            "what day was yesterday if today is 1 March 2024",
            "The day before 1 March 2024 was Thursday, 29 February 2024.",
        ),
    ] {
        let answer = answer(question, NOW).unwrap_or_else(|| "no answer".into());
        if answer != expected {
            wrong.push(alloc::format!("{question}\n  {answer}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn days_that_are_left_out_leave_no_answer() {
    for question in [
        "How many working days are between 1 March 2026 and 1 April 2026, roughly?",
        "Which date is 10 business days after 3 May 2026?",
        "remind me every 2 days after 3 May 2026",
        "How old is the tree?",
    ] {
        assert_eq!(answer(question, NOW), None, "{question}");
    }
    assert!(asks_for_more("Which day is 10 business days after 3 May?"));
    assert!(!asks_for_more("What time is it?"));
}
