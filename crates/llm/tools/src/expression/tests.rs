use super::*;
use alloc::{
    format,
    string::{String, ToString},
};
use proptest::prelude::*;

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
        ("200 + 10%", "200.1"),
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
        ("sqrt 2", "position 6: expected '(' after sqrt"),
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
    assert_eq!(value(&deep), "position 65: nested deeper than 64 levels");
    assert_eq!(value(&"-".repeat(10_000)), "position 65: nested deeper than 64 levels");
    let fine = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(value(&fine), "1");
}

proptest! {
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

fn in_words(text: &str) -> String {
    match english::translate(text) {
        Some(phrase) => match (value(&phrase.symbols), phrase.unit) {
            (value, Some(unit)) => format!("{value} {unit}"),
            (value, None) => value,
        },
        None => "?".into(),
    }
}

#[test]
fn what_people_say_has_the_value_they_mean() {
    for (text, expected) in [
        ("7 times 8", "56"),
        ("144 divided by 12", "12"),
        ("2 to the power of 10", "1024"),
        ("2 to the 10th", "1024"),
        ("3 to the 4th power", "?"),
        ("the square root of 144", "12"),
        ("cube root of 27", "3"),
        ("12 squared", "144"),
        ("5 cubed", "125"),
        ("5 cubed plus 5", "130"),
        ("15 percent of 80", "12"),
        ("15% of 80", "12"),
        ("15 per cent of 80", "12"),
        ("half of 90", "45"),
        ("a third of 90", "30"),
        ("three quarters of 80", "60"),
        ("twice 21", "42"),
        ("1299 minus 15 percent", "1104.15"),
        ("80 plus 15%", "92"),
        ("19% VAT on 350", "66.5"),
        ("mean of 4 8 15 16 23 42", "18"),
        ("factorial of 9", "362880"),
        ("the cube of 14", "2744"),
        ("four and a half times six", "27"),
        ("34 tims 12", "408"),
        ("1200 dvided by 16", "75"),
        ("14 boxes of 24 bottles", "?"),
        ("14 boxes of 24", "336"),
        ("number of seconds in 30 days", "2592000 seconds"),
        ("twelve plus thirty", "42"),
        ("two hundred and fifty thousand minus one", "249999"),
        ("twenty-five times four", "100"),
        ("the sum of 3, 4 and 5", "12"),
        ("the product of 6 and 7", "42"),
        ("the difference between 50 and 18", "32"),
        ("the average of 3, 5 and 10", "6"),
        ("the quotient of 144 and 12", "12"),
        ("subtract 5 from 20", "15"),
        ("add 5 and 7", "12"),
        ("add 5 to 7", "12"),
        ("add up 3, 9 and 27", "39"),
        ("multiply 6 by 7", "42"),
        ("divide 100 by 8", "12.5"),
        ("5 factorial", "120"),
        ("5!", "120"),
        ("17 mod 5", "2"),
        ("the remainder of 17 divided by 5", "2"),
        ("log base 2 of 8", "3"),
        ("sin of 30 degrees", "0.5"),
        ("increase 80 by 15%", "92"),
        ("decrease 80 by 15%", "68"),
        ("25% off 80", "60"),
        ("80 euros and is 35% off", "52"),
        ("what percentage of 80 is 20", "25"),
        ("20 is what percent of 80", "25"),
        ("1,234 * 2", "2468"),
        ("3 x 4", "12"),
        ("3 × 4 ÷ 2", "6"),
        ("2 ** 10", "1024"),
        ("$20 * 3", "60"),
        ("20% tip on 64.50", "12.9"),
        ("gcd of 12 and 18", "6"),
        ("the least common multiple of 4 and 6", "12"),
        ("max of 3, 9 and 4", "9"),
        ("split 90 among 4 people", "22.5"),
        ("split a bill of 187.50 among 6 people", "31.25"),
        ("17 squared and add 19 squared", "650"),
        ("how many minutes are there in 13 hours", "780 minutes"),
        ("90 euros divided by 4", "22.5"),
        ("10 minus 3 plus 2", "9"),
        ("2 plus 3 times 4", "14"),
        ("minus 5 plus 8", "3"),
        ("3 apples at 1.25 each", "3.75"),
        ("2.5 million divided by 5", "500000"),
        ("(3 plus 4) times 2", "14"),
        ("5 miles in km", "8.04672 km"),
        ("how many km are 5 miles", "8.04672 km"),
        ("100 F in C", "37.7777777777778 °C"),
        ("convert 12 inches to centimetres", "30.48 cm"),
        ("0 degrees celsius in fahrenheit", "32 °F"),
        ("2 GiB in MB", "2147.483648 MB"),
        ("90 minutes in hours", "1.5 hours"),
        ("3 kg to pounds", "6.61386786554633 pounds"),
        ("100 kmh in mph", "62.1371192237334 mph"),
        ("2 litres in cups", "8.45350567546075 cups"),
    ] {
        assert_eq!(in_words(text), expected, "{text}");
    }
}

#[test]
fn requests_are_read_for_what_can_be_computed() {
    for (request, expected) in [
        ("What is 7 times 8?", "7 times 8"),
        ("compute 12*(3+4)", "12*(3+4)"),
        ("How much is 144 divided by 12?", "144 divided by 12"),
        ("what's 2 to the power of 10", "2 to the power of 10"),
        ("Could you tell me what 15% of 80 is, please?", "15% of 80"),
        ("whats 12x12", "12x12"),
        ("8*7", "8*7"),
        ("What is (2 + 3) * 4?", "(2 + 3) * 4"),
        ("what is the square root of 144?", "the square root of 144"),
        ("how many km are 5 miles?", "how many km are 5 miles"),
        ("Convert 12 inches to centimetres.", "Convert 12 inches to centimetres"),
        ("please add 17 and 25 for me", "add 17 and 25"),
        ("2+2=", "2+2"),
        ("how much would 3 apples at 1.25 each cost?", "3 apples at 1.25 each"),
        ("A jacket costs 80 euros and is 35% off. What do I pay?", "80 euros and is 35% off"),
    ] {
        let readings = reading::readings(request);
        assert_eq!(readings.first().map(String::as_str), Some(expected), "{readings:?}");
    }
}

#[test]
fn what_is_no_arithmetic_has_no_reading() {
    for request in [
        "Tell me a joke.",
        "Remind me in 10 minutes to take the tea out.",
        "my phone number is 555 1234",
        "Tell me about the year 1969",
        "Draw a bar chart of 3, 5, 2 and 8.",
        "room 12",
        "Who are you?",
        "I have two cats and a dog",
        "What is the capital of France?",
        "one more time",
        "the end of the story",
        "a",
        "",
        "Plot the numbers 1 4 9 16 25.",
        "What time is it?",
        "Write a poem of three lines",
        "the 4th of May",
        "What is pi?",
        "in 1984",
        "18% of nothing I know",
        "a raise of 3%",
    ] {
        assert_eq!(reading::readings(request), [] as [&str; 0], "{request}");
    }
}

proptest! {
    #[test]
    fn words_and_symbols_agree(a in 0_i64..1000, b in 1_i64..1000) {
        prop_assert_eq!(in_words(&format!("{a} plus {b}")), value(&format!("{a}+{b}")));
        prop_assert_eq!(in_words(&format!("{a} divided by {b}")), value(&format!("{a}/{b}")));
        prop_assert_eq!(in_words(&format!("subtract {a} from {b}")), value(&format!("{b}-{a}")));
    }

    #[test]
    fn no_request_is_too_odd(text in any::<String>()) {
        let _ = reading::readings(&text);
    }

    #[test]
    fn phrases_of_its_own_words_end(text in "(the |sum of |half of |of |[0-9]{1,3} |plus |divided by |% |squared |\\( |\\) |percent |and |, ){0,40}") {
        let _ = reading::readings(&text);
    }
}
