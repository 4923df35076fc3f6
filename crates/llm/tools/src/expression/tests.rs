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
