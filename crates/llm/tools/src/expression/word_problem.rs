//! Problems told as a story: the operation is guessed from the words around the numbers.
//!
//! A last resort, for requests that say no operation themselves. The expression is shown with its
//! value, so that a wrong guess is seen.

use super::token::{Token, tokens};
use alloc::{format, string::String, vec::Vec};

/// Words of problems in which something is shared or put in relation.
const DIVISION: [&str; 20] = [
    " share",
    "sharing",
    " split",
    " divide",
    "each pay",
    "each get",
    "each of us",
    "each of them",
    "per person",
    "per litre",
    "per liter",
    "per gallon",
    "per head",
    "each one pay",
    "average speed",
    "evenly",
    "equally",
    "apiece does",
    "how much each",
    "per km is",
];
/// Words of problems in which something is taken away.
const SUBTRACTION: [&str; 12] = [
    " left",
    "remain",
    "spend",
    "spent",
    "spending",
    "gave away",
    "give away",
    "change do i",
    "how many more",
    "how much more",
    "fewer",
    "lost",
];
/// Words of problems in which one number counts the other.
const MULTIPLICATION: [&str; 16] = [
    " each", " every ", " per ", " a day", " a week", " a month", " an hour", " a year",
    " a night", " at ", "times as", " of ", "apiece", " a kilo", " a piece", " a month",
];
/// Words of problems in which everything is put together.
const ADDITION: [&str; 6] = ["total", "altogether", "in all", "combined", "sum", "together"];

/// The expression of a story with two numbers, or of one in which more are added or taken away; `None`
/// where the words tell nothing.
pub fn guess(request: &str) -> Option<String> {
    let numbers: Vec<String> = tokens(request)
        .into_iter()
        .filter_map(|token| match token {
            Token::Number(number) if !number.starts_with('(') => Some(number),
            _ => None,
        })
        .collect();
    let request = format!(" {} ", request.to_lowercase());
    let says = |words: &[&str]| words.iter().any(|word| request.contains(word));
    let value = |number: &String| number.parse::<f64>().unwrap_or(0.0);
    match &numbers[..] {
        [a, b] if says(&DIVISION) => {
            let (more, less) = if value(a) >= value(b) { (a, b) } else { (b, a) };
            Some(format!("{more} / {less}"))
        }
        [a, b] if says(&MULTIPLICATION) && !says(&SUBTRACTION) => Some(format!("{a} * {b}")),
        [first, rest @ ..] if !rest.is_empty() && rest.len() < 6 && says(&SUBTRACTION) => {
            Some(format!("{first} - {}", rest.join(" - ")))
        }
        [_, _, ..] if numbers.len() < 8 && says(&ADDITION) => Some(numbers.join(" + ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_around_two_numbers_tell_what_to_do() {
        for (request, expected) in [
            ("I drove 468 km on 36 litres. How many km per litre is that?", Some("468 / 36")),
            ("four friends share 158.40, what does each pay", Some("158.40 / 4")),
            ("If I save 12 euros a day, how much do I have after 200 days?", Some("12 * 200")),
            ("What would 17 packs at 8 euros cost?", Some("17 * 8")),
            ("what's left of 500 after spending 123.45 and 67.80", Some("500 - 123.45 - 67.80")),
            ("rent 780, heating 95 and internet 40, what's the total?", Some("780 + 95 + 40")),
            ("room 12", None),
            ("from 64 to 80", None),
        ] {
            assert_eq!(guess(request).as_deref(), expected, "{request}");
        }
    }
}
