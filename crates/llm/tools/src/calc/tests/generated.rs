//! Expressions made up, in symbols and in words.

use super::is_understood;
use crate::{
    expression::{evaluate, readings},
    number_words::{SMALL, TENS},
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use proptest::prelude::*;

/// A number below a billion billions in words.
fn spelled(number: u64) -> String {
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
