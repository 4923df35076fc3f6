//! What people ask of the calculator, from the request to the statement.

extern crate std;

use crate::{
    expression::{evaluate, readings},
    testing::{Bench, TestMachine},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use proptest::prelude::*;
use serde_json::json;
use std::time::{Duration, Instant};

/// What the calculator may need of the stack, which its caller shares.
const STACK_BYTES: usize = 64 << 10;

/// Whether it is an expression, if perhaps one whose numbers have no value: what is asked for is an
/// answer also if that is "division by zero".
fn is_understood(text: &str) -> bool {
    evaluate(text).map_or_else(|error| error.is_about_values(), |_| true)
}

/// The statement of a phrase, or its error.
fn statement(phrase: &str) -> String {
    let mut bench = Bench::new(TestMachine::default());
    bench
        .output("calc", json!({ "expr": phrase }))
        .map_or_else(|error| error.to_string(), |output| output.statement)
}

/// The result of a phrase, or its error.
fn result(phrase: &str) -> String {
    let mut bench = Bench::new(TestMachine::default());
    bench.call("calc", json!({ "expr": phrase })).unwrap_or_else(|error| error.to_string())
}

/// The statement of the best reading of a request.
fn answer(request: &str) -> String {
    let bench = Bench::new(TestMachine::default());
    match bench.readings("calc", request).first() {
        Some(arguments) => statement(arguments["expr"].as_str().unwrap()),
        None => "no reading".to_owned(),
    }
}

#[track_caller]
fn assert_table(table: &[(&str, &str)], of: impl Fn(&str) -> String) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, expected)| (text, expected, of(text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(text, expected, found)| format!("{text}: {found}, not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn phrases_in_words_have_the_value_that_is_meant() {
    assert_table(
        &[
            ("7 times 8", "56"),
            ("7 multiplied by 8", "56"),
            ("144 divided by 12", "12"),
            ("144 over 12", "12"),
            ("2 to the power of 10", "1024"),
            ("2 to the power 10", "1024"),
            ("2 raised to the power of 10", "1024"),
            ("2 to the 10th", "1024"),
            ("2 to the 10th power", "1024"),
            ("2 to the tenth power", "1024"),
            ("the square root of 2", "1.414213562"),
            ("square root of 144", "12"),
            ("cube root of 27", "3"),
            ("the 4th root of 16", "2"),
            ("the square of 12", "144"),
            ("the cube of 3", "27"),
            ("12 squared", "144"),
            ("5 cubed", "125"),
            ("15% of 80", "12"),
            ("15 % of 80", "12"),
            ("15 percent of 80", "12"),
            ("15 per cent of 80", "12"),
            ("half of 90", "45"),
            ("a half of 90", "45"),
            ("half 90", "45"),
            ("a third of 90", "30"),
            ("two thirds of 90", "60"),
            ("a quarter of 80", "20"),
            ("three quarters of 80", "60"),
            ("a tenth of 80", "8"),
            ("1/3 of 90", "30"),
            ("twice 21", "42"),
            ("double 21", "42"),
            ("triple 14", "42"),
            ("a dozen times 3", "36"),
            ("two dozen plus one", "25"),
            ("twelve plus thirty", "42"),
            ("two hundred and fifty thousand minus one", "249999"),
            ("one hundred and five times two", "210"),
            ("three million four hundred thousand and six plus one", "3400007"),
            ("twenty-five times four", "100"),
            ("2.5 million divided by 5", "500000"),
            ("two billion plus one", "2000000001"),
            ("one and a half times 4", "6"),
            ("2 and a half times 4", "10"),
            ("three point five times two", "7"),
            ("the sum of 3, 4 and 5", "12"),
            ("the sum of 3, 4, and 5", "12"),
            ("sum of 3 and 4", "7"),
            ("the product of 6 and 7", "42"),
            ("the difference between 50 and 18", "32"),
            ("the difference between 18 and 50", "32"),
            ("the average of 3, 5 and 10", "6"),
            ("the mean of 3, 5 and 10", "6"),
            ("average of 3, 5, 10", "6"),
            ("the quotient of 144 and 12", "12"),
            ("10 minus 3 plus 2", "9"),
            ("subtract 5 from 20", "15"),
            ("take 5 from 20", "15"),
            ("add 5 and 7", "12"),
            ("add 5 to 7", "12"),
            ("add 5, 6 and 7", "18"),
            ("add up 3, 9 and 27", "39"),
            ("multiply 6 by 7", "42"),
            ("multiply 6 and 7", "42"),
            ("divide 100 by 8", "12.5"),
            ("5 factorial", "120"),
            ("the factorial of 5", "120"),
            ("5!", "120"),
            ("17 mod 5", "2"),
            ("17 modulo 5", "2"),
            ("the remainder of 17 divided by 5", "2"),
            ("the remainder when 17 is divided by 5", "2"),
            ("log base 2 of 8", "3"),
            ("log of 1000", "3"),
            ("the natural log of 1", "0"),
            ("sin of 30 degrees", "0.5"),
            ("the sine of 30 degrees", "0.5"),
            ("cosine of 60 degrees", "0.5"),
            ("tan of 45 degrees", "1"),
            ("sin(30°)", "0.5"),
            ("increase 80 by 15%", "92"),
            ("increase 80 by 15 percent", "92"),
            ("decrease 80 by 15%", "68"),
            ("increase 80 by 15", "95"),
            ("80 plus 15%", "92"),
            ("80 + 15%", "92"),
            ("80 minus 25%", "60"),
            ("25% off 80", "60"),
            ("25 percent off of 80", "60"),
            ("25% off $80", "60"),
            ("20% tip on 64.50", "12.9"),
            ("what percentage of 80 is 20", "25%"),
            ("what percent of 80 is 20", "25%"),
            ("20 is what percent of 80", "25%"),
            ("20 is what percentage of 80", "25%"),
            ("20 as a percentage of 80", "25%"),
            ("1,234 * 2", "2468"),
            ("1,234,567 + 1", "1234568"),
            ("3 x 4", "12"),
            ("3x4", "12"),
            ("3 × 4 ÷ 2", "6"),
            ("2**10", "1024"),
            ("1.5e3", "1500"),
            ("$20 * 3", "60"),
            ("gcd of 12 and 18", "6"),
            ("the greatest common divisor of 12 and 18", "6"),
            ("lcm of 4 and 6", "12"),
            ("the least common multiple of 4 and 6", "12"),
            ("max of 3, 9 and 4", "9"),
            ("the smallest of 3, 9 and 4", "3"),
            ("the absolute value of -5", "5"),
            ("5 - -3", "8"),
            ("minus 5 plus 8", "3"),
            ("negative 4 times 2", "-8"),
            ("(3 plus 4) times 2", "14"),
            ("1299 minus 15 percent", "1104.15"),
            ("19% VAT on 350", "66.5"),
            ("mean of 4 8 15 16 23 42", "18"),
            ("four and a half times six", "27"),
            ("34 tims 12", "408"),
            ("1200 dvided by 16", "75"),
            ("15 prcent of 80", "12"),
            ("squar root of 16", "4"),
            ("14 boxes of 24", "336"),
            ("log10(1000)", "3"),
            ("halve 90", "45"),
            ("√16 + 2²", "8"),
            ("12 + 3³", "39"),
        ],
        result,
    );
}

#[test]
fn words_bind_as_their_symbols_do() {
    assert_table(
        &[
            ("2 plus 3 times 4", "14"),
            ("2 times 3 plus 4", "10"),
            ("100 divided by 10 divided by 5", "2"),
            ("100 divided by 10% of 50", "20"),
            ("10 plus 15% of 80", "22"),
            ("15% of 80 plus 5", "17"),
            ("15% of 80 times 2", "24"),
            ("half of 90 plus 10", "55"),
            ("10 divided by half of 4", "5"),
            ("the square root of 16 plus 9", "13"),
            ("the square root of 16 times 2", "8"),
            ("the square root of (16 + 9)", "5"),
            ("7 plus 3 squared", "16"),
            ("minus 3 squared", "-9"),
            ("2 times 3 squared", "18"),
            ("2 to the power of 3 to the power of 2", "512"),
            ("2 to the power of 3 squared", "512"),
            ("5 factorial divided by 4", "30"),
            ("the sum of 3 and 4 times 2", "14"),
            ("2 times the sum of 3 and 4", "14"),
            ("the product of 2 and 3 plus 4", "10"),
            ("the square root of the sum of 9 and 16", "5"),
            ("the sum of 2 squared and 3 squared", "13"),
            ("the average of 4 and the product of 2 and 3", "5"),
            ("10 plus 3 factorial", "16"),
            ("100 + 50 + 10%", "165"),
            ("100 plus 10% plus 10%", "121"),
            ("2 * 10%", "0.2"),
            ("17 % 5", "2"),
            ("5! / 3!", "20"),
        ],
        result,
    );
}

#[test]
fn amounts_are_converted_into_other_units() {
    assert_table(
        &[
            ("5 miles in km", "5 miles = 8.04672 km"),
            ("convert 5 miles to kilometres", "5 miles = 8.04672 km"),
            ("100 F in C", "100 F = 37.77777778 °C"),
            ("100 °F in °C", "100 °F = 37.77777778 °C"),
            ("0 degrees celsius in fahrenheit", "0 degrees celsius = 32 °F"),
            ("-40 C in F", "-40 C = -40 °F"),
            ("300 K in C", "300 K = 26.85 °C"),
            ("3 feet in cm", "3 feet = 91.44 cm"),
            ("12 inches to cm", "12 inches = 30.48 cm"),
            ("2 GiB in MB", "2 GiB = 2147.483648 MB"),
            ("90 minutes in hours", "90 minutes = 1.5 hours"),
            ("13 hours in minutes", "13 hours = 780 minutes"),
            ("3 kg in pounds", "3 kg = 6.613867866 lb"),
            ("100 km/h in mph", "100 km/h = 62.13711922 mph"),
            ("60 mph in km/h", "60 mph = 96.56064 km/h"),
            ("2 litres in ml", "2 litres = 2000 ml"),
            ("half a mile in metres", "half a mile = 804.672 m"),
            ("how many km are 5 miles", "5 miles = 8.04672 km"),
            ("how many minutes are there in 13 hours", "13 hours = 780 minutes"),
            ("how many feet are in a mile", "a mile = 5280 feet"),
            ("a quarter of a mile in metres", "a quarter of a mile = 402.336 m"),
            ("number of seconds in 30 days", "30 days = 2592000 s"),
        ],
        statement,
    );
}

#[test]
fn a_statement_can_be_said_as_it_stands() {
    assert_table(
        &[
            ("7 times 8", "7 times 8 = 56"),
            ("15% of 80", "15% of 80 = 12"),
            (" 12*(3+4) ", "12*(3+4) = 84"),
            ("1/3", "1/3 = 0.3333333333"),
            ("0.1 + 0.2", "0.1 + 0.2 = 0.3"),
            ("2^100", "2^100 = 1267650600228229401496703205376"),
            ("12345678901.55 + 0", "12345678901.55 + 0 = 12345678901.55"),
            ("2/3*10^-9", "2/3*10^-9 = 6.666666667e-10"),
            ("10^300", "10^300 = 1e300"),
            ("what percent of 80 is 20", "20 is 25% of 80"),
            ("20 is what percent of 80", "20 is 25% of 80"),
        ],
        statement,
    );
}

#[test]
fn errors_name_what_is_not_understood_and_where() {
    for (phrase, position, what) in [
        ("7 times banana", 9, "\"banana\""),
        ("7 tymez 8", 3, "\"tymez\""),
        ("the square root of cheese", 20, "\"cheese\""),
        ("7 times", 8, "expected a number"),
        ("subtract 5 off 20", 12, "\"from\""),
        ("5 divided by 0", 3, "division by zero"),
        ("the square root of minus 4", 5, "sqrt"),
        ("5 miles in kg", 1, "kg"),
        ("5 + 3 please", 7, "\"please\""),
    ] {
        let error = evaluate(phrase).unwrap_err();
        assert_eq!(error.position, position, "{phrase}: {error}");
        assert!(error.to_string().contains(what), "{phrase}: {error}");
    }
}

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
            ("multipy 23 by 19", "multipy 23 by 19 = 437"),
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
    let read: Vec<(&str, Vec<String>)> = [
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
    .map(|request| (request, readings(request)))
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
fn the_best_reading_comes_first_and_all_have_a_value() {
    let found = readings("What is 2+3, and what is 4 * 5 + 6 * 7?");
    assert_eq!(found, ["4 * 5 + 6 * 7", "2+3"]);
}

/// Texts that cost much if anything does.
fn hostile() -> Vec<String> {
    let many = 20_000;
    let mut texts: Vec<String> = [
        "(",
        ")",
        "-",
        "+",
        "!",
        "%",
        "^",
        "2^",
        "2**",
        "√",
        "sqrt(",
        "sqrt ",
        "1,",
        "1+",
        "9",
        "9!",
        "half of ",
        "the ",
        "the sum of ",
        "add ",
        "subtract ",
        "subtract 5 from ",
        "minus ",
        "add 1 to ",
        "1 and ",
        "and ",
        "squared ",
        "5 squared ",
        "log base 2 of ",
        "hundred ",
        "one hundred ",
        "one hundred and ",
        "thousand ",
        "two dozen ",
        "1/",
        "1 % ",
        "10% off ",
        "what percent of ",
        "1 is what percent of ",
        "in km ",
        "5 miles in ",
        "5 miles ",
        "x",
        "remainder of ",
        "a ",
        "of ",
        "each at ",
        "max(1,",
        "the average of 1, ",
        "point ",
        "one point ",
        "zero point one ",
        "2 to the ",
        "e",
        "1e",
        "1e9 ",
        "'",
        "how many ",
    ]
    .map(|part| part.repeat(many / part.len()))
    .into();
    texts.push(format!("{}1{}", "(".repeat(many), ")".repeat(many)));
    for text in [
        "9^9^9^9^9",
        "2^99999999999",
        "99999999999!",
        "3!!!!!",
        "170!!",
        "1e308 * 10",
        "10 to the power of 10 to the power of 10",
        "a billion factorial",
        "(-1)^0.5",
        "gcd of 1.5 and 2",
        "lcm of 170141183460469231731687303715884105727 and 170141183460469231731687303715884105726",
        "-170141183460469231731687303715884105727 - 1",
        "abs(-170141183460469231731687303715884105727 - 1)",
        "(-170141183460469231731687303715884105727 - 1) / -1",
        "(-170141183460469231731687303715884105727 - 1) % -1",
        "sin of 1e300 degrees",
        "tan of 90 degrees",
        "log base 1 of 5",
        "log base -2 of 8",
        "the 0th root of 5",
        "0^-1",
        "1e308 miles in mm",
        "what percent of 0 is 5",
    ] {
        texts.push(text.to_owned());
    }
    texts
}

#[test]
fn hostile_texts_end_soon_and_on_a_small_stack() {
    let outcome = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(|| {
            for text in hostile() {
                let start = Instant::now();
                if let Err(error) = evaluate(&text) {
                    assert!((1..=text.chars().count() + 1).contains(&error.position), "{text:.60}");
                }
                for reading in readings(&text) {
                    assert!(is_understood(&reading), "{reading:.60}");
                }
                assert!(start.elapsed() < Duration::from_secs(2), "{text:.60}");
            }
        })
        .unwrap()
        .join();
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn results_that_would_be_too_large_are_errors_at_once() {
    for phrase in ["9^9^9^9", "200!", "10 to the power of 400", "a million factorial", "5!!!!"] {
        let start = Instant::now();
        let error = evaluate(phrase).unwrap_err();
        assert!(error.to_string().ends_with("the result is too large"), "{phrase}: {error}");
        assert!(start.elapsed() < Duration::from_millis(100), "{phrase}");
    }
}

/// A number below a billion billions in words.
fn spelled(number: u64) -> String {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let with_rest = |head: String, rest: u64, link: &str| match rest {
        0 => head,
        rest => format!("{head}{link}{}", spelled(rest)),
    };
    match number {
        0..20 => SMALL[number as usize].to_owned(),
        20..100 => with_rest(TENS[number as usize / 10 - 2].to_owned(), number % 10, "-"),
        100..1000 => with_rest(format!("{} hundred", spelled(number / 100)), number % 100, " and "),
        _ => {
            let (scale, name) =
                [(1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand")]
                    .into_iter()
                    .find(|(scale, _)| number >= *scale)
                    .unwrap();
            let rest = number % scale;
            let link = if rest < 100 { " and " } else { " " };
            with_rest(format!("{} {name}", spelled(number / scale)), rest, link)
        }
    }
}

/// The same expression in symbols and in words. An operand is a number, or stands in parentheses.
fn expression() -> impl Strategy<Value = (String, String)> {
    let number = prop_oneof![0_u64..20, 0_u64..1000, 0_u64..3_000_000_000];
    let leaf = prop_oneof![
        number.clone().prop_map(|n| (n.to_string(), n.to_string())),
        number.prop_map(|n| (n.to_string(), spelled(n))),
        (0_u32..100, 0_u32..100).prop_map(|(whole, hundredths)| {
            let number = format!("{whole}.{hundredths:02}");
            (number.clone(), number)
        }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let operand = inner.prop_map(|(symbols, words)| {
            if symbols.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                (symbols, words)
            } else {
                (format!("({symbols})"), format!("({words})"))
            }
        });
        let infix = prop::sample::select(&[
            ("+", "plus"),
            ("-", "minus"),
            ("*", "times"),
            ("*", "multiplied by"),
            ("/", "divided by"),
            ("%", "mod"),
            ("^", "to the power of"),
        ]);
        let prefix = prop::sample::select(&[
            ("sqrt(", ")", "the square root of "),
            ("abs(", ")", "the absolute value of "),
            ("(", ")/2", "half of "),
            ("2*(", ")", "twice "),
            ("(", ")*15/100", "15% of "),
            ("-(", ")", "minus "),
        ]);
        let postfix =
            prop::sample::select(&[("^2", " squared"), ("^3", " cubed"), ("!", " factorial")]);
        let list = prop::sample::select(&[
            ("", "+", "", "the sum of "),
            ("", "*", "", "the product of "),
            ("max(", ",", ")", "the largest of "),
            ("min(", ",", ")", "the smallest of "),
        ]);
        prop_oneof![
            (operand.clone(), prop::collection::vec((infix, operand.clone()), 1..4)).prop_map(
                |(first, rest)| rest.into_iter().fold(first, |(symbols, words), (infix, next)| {
                    (
                        format!("{symbols} {} {}", infix.0, next.0),
                        format!("{words} {} {}", infix.1, next.1),
                    )
                })
            ),
            (prefix, operand.clone()).prop_map(|((open, close, said), (symbols, words))| {
                (format!("{open}{symbols}{close}"), format!("{said}{words}"))
            }),
            (operand.clone(), postfix).prop_map(|((symbols, words), (sign, said))| {
                (format!("{symbols}{sign}"), format!("{words}{said}"))
            }),
            (list, prop::collection::vec(operand, 2..5)).prop_map(
                |((open, sign, close, said), operands)| {
                    // A comma before each, since `one hundred and one` is a number.
                    let (symbols, mut words): (Vec<_>, Vec<_>) = operands.into_iter().unzip();
                    let last = words.pop().unwrap();
                    (
                        format!("{open}{}{close}", symbols.join(sign)),
                        format!("{said}{}, and {last}", words.join(", ")),
                    )
                }
            ),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn symbols_and_words_have_the_same_value((symbols, words) in expression()) {
        let kind = |text: &str| evaluate(text).map_err(|error| core::mem::discriminant(&error.kind));
        prop_assert_eq!(kind(&symbols), kind(&words), "{} / {}", symbols, words);
    }

    #[test]
    fn a_number_in_words_is_the_number(number in prop_oneof![0_u64..100_000, 0_u64..1_000_000_000_000]) {
        prop_assert_eq!(evaluate(&spelled(number)).unwrap().to_string(), number.to_string());
    }

    #[test]
    fn readings_of_any_text_are_expressions(text in any::<String>()) {
        for reading in readings(&text) {
            prop_assert!(is_understood(&reading), "{reading}");
        }
    }

    #[test]
    fn readings_of_its_own_words_are_expressions(text in "(the |a |sum of |half |of |[0-9]{1,3} |plus |- |divided by |% |squared |\\(|\\) |percent |and |, |is |what |to |in |km |miles |F |C |each |at |off |hundred |x |\\? ){0,30}") {
        for reading in readings(&text) {
            prop_assert!(is_understood(&reading), "{reading}");
        }
    }
}
