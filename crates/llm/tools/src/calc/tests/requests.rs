//! Requests and what is computed of them.

use super::{answer, assert_table, statement};
use crate::{
    expression::readings,
    testing::{Bench, TestMachine},
};
use alloc::vec::Vec;
use serde_json::Value;

#[test]
fn a_request_is_read_for_what_can_be_computed() {
    assert_table(
        &[
            ("What is 7 times 8?", "7 times 8 = 56"),
            ("what is 7 * 8", "7 * 8 = 56"),
            ("compute 12*(3+4)", "12*(3+4) = 84"),
            ("Compute: 12 * (3 + 4).", "12 * (3 + 4) = 84"),
            ("How much is 144 divided by 12?", "144 divided by 12 = 12"),
            ("what's 2 to the power of 10", "2 to the power of 10 = 1024"),
            ("Could you tell me what 15% of 80 is, please?", "15% of 80 = 12"),
            ("What's the square root of 1764?", "the square root of 1764 = 42"),
            ("whats 12x12", "12x12 = 144"),
            ("8*7", "8*7 = 56"),
            ("2+2=", "2+2 = 4"),
            ("2+2 = ?", "2+2 = 4"),
            ("(18 + 27) * 14 - 95 = ?", "(18 + 27) * 14 - 95 = 535"),
            ("What is (2 + 3) * 4?", "(2 + 3) * 4 = 20"),
            ("please add 17 and 25 for me", "add 17 and 25 = 42"),
            ("Add 1289 and 3477, please.", "Add 1289 and 3477 = 4766"),
            ("Multiply 46 by 89.", "Multiply 46 by 89 = 4094"),
            ("Can you divide 100 by 8?", "divide 100 by 8 = 12.5"),
            ("5000 minus 1873", "5000 minus 1873 = 3127"),
            ("3 to the 7th power?", "3 to the 7th power = 2187"),
            ("I need the average of 12, 18, 24 and 31", "the average of 12, 18, 24 and 31 = 21.25"),
            ("What percentage of 80 is 20?", "20 is 25% of 80"),
            ("20 is what percent of 80?", "20 is 25% of 80"),
            ("what is 25% off 80 dollars?", "25% off 80 dollars = 60"),
            ("how many km are 5 miles?", "5 miles = 8.04672 km"),
            ("Convert 12 inches to centimetres.", "12 inches = 30.48 cm"),
            ("what is 100 F in C?", "100 F = 37.77777778 °C"),
            ("How many minutes are there in 13 hours?", "13 hours = 780 minutes"),
            (
                "What's one hundred and twelve times nine?",
                "one hundred and twelve times nine = 1008",
            ),
            ("What is 5!", "5! = 120"),
            ("is 3 + 4 * 2 really 11?", "3 + 4 * 2 = 11"),
            ("Hello! What is 2 plus 2? Thanks!", "2 plus 2 = 4"),
            ("Calculate 1,234 * 2 for me", "1,234 * 2 = 2468"),
            ("what is $20 * 3?", "$20 * 3 = 60"),
            ("what is half of 3715", "half of 3715 = 1857.5"),
            ("how many seconds in 3 hours and 20 minutes", "3 hours and 20 minutes = 12000 s"),
            ("what is minus 10 celsius in fahrenheit?", "minus 10 celsius = 14 °F"),
            ("how many metres in half a mile", "half a mile = 804.672 m"),
            ("how many minutes do 7 hours make", "7 hours = 420 minutes"),
            ("Please add 7.7% tax to 1200", "add 7.7% tax to 1200 = 1292.4"),
            ("lunch came to 43.60, add a ten percent tip", "43.60 plus ten% = 47.96"),
            ("Dinner was $64.50. How much is a 20% tip?", "20% tip on $64.50 = 12.9"),
            ("Take 17 squared and add 19 squared.", "17 squared and add 19 squared = 650"),
            (
                "Split a bill of 187.40 between 6 people",
                "Split a bill of 187.40 between 6 people = 31.23333333",
            ),
            ("multipy 23 by 19", "multiply 23 by 19 = 437"),
            ("I wonder what twice 21 might be", "twice 21 = 42"),
        ],
        answer,
    );
}

#[test]
fn simple_purchases_are_computed() {
    for (request, expected) in [
        ("If I buy 3 apples at 1.25 each, how much do I pay?", "= 3.75"),
        ("how much would 3 apples at $1.25 each cost?", "= 3.75"),
        ("A jacket costs 80 euros and is 35% off. What do I pay?", "= 52"),
        ("Split 90 among 4 people", "= 22.5"),
    ] {
        let found = answer(request);
        assert!(found.ends_with(expected), "{request}: {found}");
    }
}

#[test]
fn what_is_no_arithmetic_has_no_reading() {
    let bench = Bench::new(TestMachine::default());
    let read: Vec<(&str, Vec<Value>)> = [
        "",
        "a",
        "Tell me a joke.",
        "Remind me in 10 minutes",
        "Remind me in 10 minutes to take the tea out.",
        "my phone number is 555 1234",
        "My phone number is 555-1234.",
        "call +1 555 123 4567",
        "the year 1969",
        "Tell me about the year 1969",
        "in 1984",
        "Draw a bar chart of 3, 5, 2 and 8",
        "Draw a bar chart of 3, 5, 2 and 8.",
        "Plot the numbers 1 4 9 16 25.",
        "room 12",
        "42",
        "forty-two",
        "-5",
        "50%",
        "Who are you?",
        "I have two cats and a dog",
        "What is the capital of France?",
        "one more time",
        "the end of the story",
        "What time is it?",
        "Write a poem of three lines",
        "the 4th of May",
        "What is pi?",
        "Wake me at 7:30",
        "on 2026-11-25",
        "What happened on 12/24/1999?",
        "the meeting is from 10-12",
        "version 1.2.3",
        "read notes.txt",
        "fetch http://10.0.2.2:8080/a+b",
        "ping 192.168.0.1",
        "Set a timer for an hour and a half",
        "every 5 minutes",
        "at half past seven",
        "half of my friends are here",
        "I am 100% sure",
        "Show the first 10 lines of log.txt",
        "a quarter of an hour",
        "the square of the city",
        "The sum of its parts",
        "page 3 of 10",
        "chapter two of three",
        "it was 3 to 1",
        "we are open 24/7",
        "Remember that my wife's birthday is on 3/4",
        "I like C++ and C#",
        "the iPhone 12 minus the charger",
        "add milk to the list",
        "multiply and conquer",
        "the times they are a-changin'",
        "48 hours plus 36 hours in days",
        "how many cups are in a litre and a half",
        "price with 20% vat is 96, what was it without",
        "i owe 3 people 17.25 each plus 40 to mum, total?",
        "draw a grid of 8 by 8 squares like a chessboard",
        "show the distribution 10% 20% 70% as a pie",
        "18% of nothing I know",
        "a raise of 3%",
        "What is the meaning of life, the universe and everything?",
    ]
    .into_iter()
    .map(|request| (request, bench.readings("calc", request)))
    .filter(|(_, readings)| !readings.is_empty())
    .collect();
    assert!(read.is_empty(), "{read:#?}");
}

#[test]
fn an_argument_that_is_a_whole_request_is_computed() {
    assert_eq!(statement("What is 7 times 8?"), "7 times 8 = 56");
    assert!(
        statement("Tell me a joke").contains("unknown name"),
        "{}",
        statement("Tell me a joke")
    );
}

#[test]
fn a_story_is_computed_where_it_asks() {
    let request = "four friends share 158.40, what does each pay";
    assert_eq!(readings(request), [""; 0]);
    assert_eq!(answer(request), "158.40 / 4 = 39.6");
}

#[test]
fn what_reads_differently_by_itself_is_no_reading() {
    assert_eq!(readings("three ( sum 1 ^ half 1,234 squared"), [""; 0]);
}

#[test]
fn the_best_reading_comes_first_and_all_have_a_value() {
    let found = readings("What is 2+3, and what is 4 * 5 + 6 * 7?");
    assert_eq!(found, ["4 * 5 + 6 * 7", "2+3"]);
}
