use super::*;
use alloc::{
    format,
    string::{String, ToString},
};
use proptest::prelude::*;

/// What expressions are made of.
const WORDS: [&str; 48] = [
    "1",
    "2",
    "30",
    "4.5",
    "1,234",
    "10th",
    "three",
    "hundred",
    "dozen",
    "half",
    "third",
    "quarters",
    "and",
    ",",
    "of",
    "off",
    "on",
    "plus",
    "minus",
    "-",
    "times",
    "x",
    "divided by",
    "mod",
    "^",
    "to the power of",
    "to the",
    "squared",
    "!",
    "%",
    "percent",
    "degrees",
    "sum",
    "average",
    "sqrt",
    "square root",
    "sin",
    "log base",
    "subtract",
    "from",
    "split",
    "by",
    "(",
    ")",
    "miles",
    "in km",
    "what percent of",
    "is",
];

/// Whether it is an expression, if perhaps one without a value.
fn is_understood(text: &str) -> bool {
    evaluate(text).map_or_else(|error| error.is_about_values(), |_| true)
}

fn value(text: &str) -> String {
    evaluate(text).map_or_else(|error| error.to_string(), |value| value.to_string())
}

#[test]
fn follows_the_precedence_people_learn_at_school() {
    for (text, expected) in [
        ("2+2*3", "8"),
        ("12*(3+4)", "84"),
        ("2^3^2", "512"),
        ("2**10", "1024"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-1", "0.5"),
        ("2--3", "5"),
        ("-(-3)", "3"),
        ("10-4-3", "3"),
        ("100/10/5", "2"),
        ("7/2", "3.5"),
        ("17%5", "2"),
        ("-17 % 5", "-2"),
        ("15% of 80", "12"),
        ("15% * 80", "12"),
        ("50%", "0.5"),
        ("200 + 10%", "220"),
        ("  1 +\n 1 ", "2"),
        ("6 × 7 ÷ 2 − 1", "20"),
        ("1e3 + .5", "1000.5"),
        ("5.", "5"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn knows_its_functions_and_constants() {
    for (text, expected) in [
        ("sqrt(144)", "12"),
        ("sqrt(2)", "1.4142135623731"),
        ("sin(0) + cos(0) + tan(0)", "1"),
        ("ln(e)", "1"),
        ("log(1000)", "3"),
        ("exp(0)", "1"),
        ("abs(-5.5)", "5.5"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1+9, 2)", "10"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("floor(-1.5)", "-2"),
        ("ceil(1.2)", "2"),
        ("pi", "3.14159265358979"),
        ("2*pi", "6.28318530717959"),
        ("SQRT(9)", "3"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn whole_numbers_stay_exact_and_the_rest_reads_well() {
    for (text, expected) in [
        ("2^100", "1267650600228229401496703205376"),
        ("1234567890123 * 9876543210987", "12193263113696860222381401"),
        ("9007199254740993 + 0", "9007199254740993"),
        ("3^40", "12157665459056928801"),
        ("0.1 + 0.2", "0.3"),
        ("1/3", "0.333333333333333"),
        ("10^300", "1e300"),
        ("1e20 + 0.5", "100000000000000000000"),
        ("1/10^9", "1e-9"),
        ("340282366920938463463374607431768211456", "3.40282366920938e38"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn errors_name_the_position() {
    for (text, expected) in [
        ("", "position 1: expected a number"),
        ("2+3*", "position 5: expected a number"),
        ("2+*3", "position 3: expected a number"),
        ("2 3", "position 3: expected an operator, found '3'"),
        ("2(3)", "position 2: expected an operator, found '('"),
        ("(2+3", "position 5: expected ')' for the '(' at position 1"),
        ("(2 3)", "position 4: expected an operator, found '3'"),
        ("2+3)", "position 4: ')' without '('"),
        ("1.2.3", "position 1: malformed number"),
        (".", "position 1: malformed number"),
        ("1+foo(2)", "position 3: unknown name \"foo\""),
        ("sqrt", "position 5: expected a number"),
        ("2 + 3 bananas", "position 7: \"bananas\" is not understood"),
        ("add bananas and 3", "position 5: unknown name \"bananas\""),
        ("subtract 5 of 20", "position 12: expected \"from\""),
        ("the sum of 3", "position 13: expected \"and\""),
        ("7 times", "position 8: expected a number"),
        ("5 miles in kg", "position 1: miles cannot be turned into kg"),
        ("5.5!", "position 4: factorial has no value for this number"),
        ("171!", "position 4: the result is too large"),
        ("tan(90 degrees)", "position 1: tan has no value for this number"),
        ("what percent of 0 is 3", "position 19: division by zero"),
        ("sqrt(1, 2)", "position 1: sqrt takes one number"),
        ("1 + sqrt(-1)", "position 5: sqrt has no value for this number"),
        ("ln(0)", "position 1: ln has no value for this number"),
        ("(-8)^0.5", "position 5: a root of a negative number"),
        ("1/0", "position 2: division by zero"),
        ("5 % 0", "position 3: division by zero"),
        ("0^-1", "position 2: division by zero"),
        ("10^400", "position 3: the result is too large"),
        ("1e999", "position 1: the result is too large"),
        ("é+1", "position 1: unknown name \"é\""),
        ("1 + ü", "position 5: unknown name \"ü\""),
        ("2+2=", "position 4: expected an operator, found '='"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(value(&deep), "position 17: nested deeper than 16 levels");
    assert_eq!(value(&"-".repeat(10_000)), "position 17: nested deeper than 16 levels");
    let fine = format!("{}1{}", "(".repeat(15), ")".repeat(15));
    assert_eq!(value(&fine), "1");
}

#[test]
fn understands_words() {
    for (text, expected) in [
        ("7 times 8", "56"),
        ("144 divided by 12", "12"),
        ("2 to the power of 10", "1024"),
        ("2 to the 10th", "1024"),
        ("2 to the tenth power", "1024"),
        ("2 raised to the power of 10", "1024"),
        ("raise 2 to the power of 10", "1024"),
        ("10 to the minus 3", "position 4: \"to\" is not understood"),
        ("10 to the power of minus 3", "0.001"),
        ("the square root of 2", "1.4142135623731"),
        ("square root of 144", "12"),
        ("√16", "4"),
        ("sqrt 16 + 9", "13"),
        ("cube root of 27", "3"),
        ("4th root of 16", "2"),
        ("fifth root of 243", "3"),
        ("12 squared", "144"),
        ("12²", "144"),
        ("5 cubed", "125"),
        ("the square of 12", "144"),
        ("the cube of 3 plus 1", "28"),
        ("15 percent of 80", "12"),
        ("15 per cent of 80", "12"),
        ("7% of 300", "21"),
        ("half of 90", "45"),
        ("half 90", "45"),
        ("a half of 90", "45"),
        ("a third of 90", "30"),
        ("two thirds of 90", "60"),
        ("three quarters of 80", "60"),
        ("a tenth of 5", "0.5"),
        ("3/4 of 80", "60"),
        ("twelve plus thirty", "42"),
        ("twenty-five times four", "100"),
        ("one hundred and five minus six", "99"),
        ("two billion divided by one thousand", "2000000"),
        ("2.5 million / 5", "500000"),
        ("three point five times two", "7"),
        ("two and a half times 4", "10"),
        ("a dozen times 3", "36"),
        ("minus five plus three", "-2"),
        ("negative 5 times 3", "-15"),
        ("the sum of 3, 4 and 5", "12"),
        ("the sum of 3 and 4 times 2", "14"),
        ("sum of 3, 4, and 5, divided by 2", "6"),
        ("sum(3, 4, 5)", "12"),
        ("the product of 6 and 7", "42"),
        ("the product of 6 and 7 minus 2", "40"),
        ("the difference between 50 and 18", "32"),
        ("the difference between 18 and 50", "32"),
        ("the average of 3, 5 and 10", "6"),
        ("the average of the numbers 3, 5 and 10", "6"),
        ("mean of 1, 2", "1.5"),
        ("median of 5, 1, 9 and 3", "4"),
        ("subtract 5 from 20", "15"),
        ("subtract 2*3 from 20", "14"),
        ("take 5 away from 20", "15"),
        ("5 subtracted from 20", "15"),
        ("20 take away 5", "15"),
        ("add 5 and 7", "12"),
        ("add 5 to 7", "12"),
        ("add up 5, 6 and 7", "18"),
        ("multiply 6 by 7", "42"),
        ("6 multiplied by 7", "42"),
        ("divide 100 by 8", "12.5"),
        ("5 factorial", "120"),
        ("factorial of 5", "120"),
        ("5!", "120"),
        ("30!", "265252859812191058636308480000000"),
        ("17 mod 5", "2"),
        ("17 modulo 5", "2"),
        ("remainder of 17 divided by 5", "2"),
        ("the remainder when 17 is divided by 5", "2"),
        ("remainder of 17 / 5", "2"),
        ("log base 2 of 8", "3"),
        ("log base 10 of 1000", "3"),
        ("log of 1000", "3"),
        ("natural log of e", "1"),
        ("log2(8)", "3"),
        ("sin of 30 degrees", "0.5"),
        ("sin(30°)", "0.5"),
        ("cos 60 degrees", "0.5"),
        ("cos(90 degrees)", "0"),
        ("sin of -90 degrees", "-1"),
        ("tan of 45 degrees", "1"),
        ("increase 80 by 15%", "92"),
        ("increase 80 by 15", "95"),
        ("decrease 80 by 25%", "60"),
        ("80 increased by 15%", "92"),
        ("80 plus 15%", "92"),
        ("80 - 25%", "60"),
        ("80 minus 25 percent", "60"),
        ("10% + 5%", "0.15"),
        ("25% off 80", "60"),
        ("35% off of 80 euros", "52"),
        ("80 euros 35% off", "52"),
        ("80 euros and is 35% off", "52"),
        ("80 with a 20% discount", "64"),
        ("64 with a 25% tip", "80"),
        ("20% tip on 64.50", "12.9"),
        ("a 20% tip on $64.50", "12.9"),
        ("what percentage of 80 is 20", "25"),
        ("what percent of 80 is 20", "25"),
        ("20 is what percent of 80", "25"),
        ("20 as a percentage of 80", "25"),
        ("1,234 * 2", "2468"),
        ("1,234,567 + 1", "1234568"),
        ("3 x 4", "12"),
        ("12x12", "144"),
        ("3 × 4 ÷ 2", "6"),
        ("1.5e3", "1500"),
        ("1.5e3 plus 1", "1501"),
        ("$20 * 3", "60"),
        ("20€ * 3", "60"),
        ("gcd of 12 and 18", "6"),
        ("greatest common divisor of 12 and 18", "6"),
        ("lcm of 4 and 6", "12"),
        ("max of 3, 9 and 4", "9"),
        ("the smallest of 3, 9 and 4", "3"),
        ("split 90 among 4 people", "22.5"),
        ("split 90 euros evenly between 4 friends", "22.5"),
        ("90 euros shared by 4", "22.5"),
        ("90 split 4 ways", "22.5"),
        ("90 split between 4 people", "22.5"),
        ("3 apples at 1.25 each", "3.75"),
        ("3 apples at $1.25 each plus 2", "5.75"),
        ("3 apples at 2 euros each", "6"),
        ("twice 21", "42"),
        ("2x + 3", "position 2: \"x\" is not understood"),
        ("π * 2", "6.28318530717959"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn converts_units() {
    for (text, expected) in [
        ("5 miles in km", "5 miles = 8.04672 km"),
        ("how many km are 5 miles", "5 miles = 8.04672 km"),
        ("how many kilometres is 5 miles", "5 miles = 8.04672 km"),
        ("how many feet are in a mile", "a mile = 5280 feet"),
        ("how many ml are there in 2 cups", "2 cups = 473.176473 ml"),
        ("100 F in C", "100 F = 37.77777778 °C"),
        ("212 degrees Fahrenheit in Celsius", "212 degrees Fahrenheit = 100 °C"),
        ("-40 °C to °F", "-40 °C = -40 °F"),
        ("0 C in K", "0 C = 273.15 K"),
        ("convert 12 inches to centimetres", "12 inches = 30.48 cm"),
        ("convert twelve inches to cm", "twelve inches = 30.48 cm"),
        ("5 in in cm", "5 in = 12.7 cm"),
        ("5 feet 3 inches in cm", "5 feet 3 inches = 160.02 cm"),
        ("2 hours and 30 minutes in minutes", "2 hours and 30 minutes = 150 minutes"),
        ("2 GiB in MB", "2 GiB = 2147.483648 MB"),
        ("90 minutes in hours", "90 minutes = 1.5 hours"),
        ("2 pounds in grams", "2 pounds = 907.18474 g"),
        ("1 gallon in litres", "1 gallon = 3.785411784 l"),
        ("60 mph in km/h", "60 mph = 96.56064 km/h"),
        ("100 km/h in miles per hour", "100 km/h = 62.13711922 mph"),
        ("3 * 4 feet in m", "3 * 4 feet = 3.6576 m"),
        ("100 Mb in MB", "100 Mb = 12.5 MB"),
        ("3 weeks in days", "3 weeks = 21 days"),
        ("10 square feet in square metres", "10 square feet = 0.9290304 m²"),
    ] {
        let statement =
            compute(text).map_or_else(|error| error.to_string(), |outcome| outcome.statement);
        assert_eq!(statement, expected, "{text}");
    }
}

#[test]
fn statements_read_well() {
    for (text, expected) in [
        ("7 times 8", "7 times 8 = 56"),
        (" 15% of 80 ", "15% of 80 = 12"),
        ("what percentage of 80 is 20", "20 is 25% of 80"),
        ("20 dollars is what percent of 80 dollars", "20 dollars is 25% of 80 dollars"),
    ] {
        assert_eq!(compute(text).unwrap().statement, expected);
    }
}

#[test]
fn hostile_input_ends_with_an_error() {
    let many = |part: &str| part.repeat(100_000);
    for text in [
        many("1+"),
        many("sqrt "),
        many("sum of 3 and "),
        many("subtract 5 from "),
        many("half of "),
        many("2^"),
        many("("),
        many("the "),
        many("three hundred and "),
        many("a"),
        many("1"),
        many("9,999"),
        many("5 miles "),
        many("5!"),
        "9".repeat(400),
        "9^9^9^9".into(),
        "2^99999999999999999999".into(),
        "1000000000!".into(),
        "99!!".into(),
        "1e308 * 10".into(),
        "1e999 miles in km".into(),
        "log base 1 of 5".into(),
        "lcm(170141183460469231731687303715884105727, 2)".into(),
    ] {
        let start = text.chars().take(20).collect::<String>();
        assert!(evaluate(&text).is_err(), "{start}");
        let _ = readings(&text);
    }
}

proptest! {
    #[test]
    fn symbols_and_words_agree(a in 0_i64..10_000, b in 1_i64..10_000, c in 1_i64..100) {
        for (words, symbols) in [
            (format!("{a} plus {b} times {c}"), format!("{a} + {b} * {c}")),
            (format!("{a} minus {b} divided by {c}"), format!("{a} - {b} / {c}")),
            (format!("{c} squared plus {a} mod {b}"), format!("{c}^2 + {a} % {b}")),
            (format!("the sum of {a}, {b} and {c}"), format!("{a} + {b} + {c}")),
            (format!("subtract {a} from {b}"), format!("{b} - {a}")),
            (format!("{c} percent of {b}"), format!("{b} * {c} / 100")),
            (format!("{c}% off {b}"), format!("{b} - {c}%")),
            (format!("the square root of {b}"), format!("sqrt({b})")),
        ] {
            prop_assert_eq!(value(&words), value(&symbols), "{}", words);
        }
    }

    #[test]
    fn any_row_of_its_words_is_survived(words in proptest::collection::vec(
        proptest::sample::select(WORDS.to_vec()), 0..40))
    {
        let text = words.join(" ");
        if let Err(error) = evaluate(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{}", error);
        }
        for reading in readings(&text) {
            prop_assert!(is_understood(&reading), "{}: {:?}", reading, evaluate(&reading));
        }
    }

    #[test]
    fn never_panics_and_blames_a_character_of_the_text(text in "[-+*/^%().,0-9a-z ×÷é]{0,60}") {
        if let Err(error) = evaluate(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position));
        }
    }

    #[test]
    fn any_text_at_all_is_survived(text in any::<String>()) {
        let _ = evaluate(&text);
    }

    #[test]
    fn agrees_with_the_language_on_whole_numbers(a in -1000_i128..1000, b in -1000_i128..1000, c in 1_i128..1000) {
        prop_assert_eq!(value(&format!("{a}+{b}*{c}")), (a + b * c).to_string());
        prop_assert_eq!(value(&format!("({a}-{b})%{c}")), ((a - b) % c).to_string());
    }
}
