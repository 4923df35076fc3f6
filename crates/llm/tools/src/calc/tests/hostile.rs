//! Texts that nobody wrote to have something computed.

extern crate std;

use super::is_understood;
use crate::expression::{evaluate, readings};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use std::time::{Duration, Instant};

/// What the calculator may need of the stack, which its caller shares.
const STACK_BYTES: usize = 64 << 10;

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
