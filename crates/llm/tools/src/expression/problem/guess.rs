//! The last resort: the operation is guessed from the words around the numbers, for requests that say
//! none themselves.

use crate::expression::token::{Token, TokenKind, tokens};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// Words of problems in which something is shared.
const DIVISION: [&str; 17] = [
    "everybody",
    "everyone",
    " share",
    "sharing",
    " split",
    " divide",
    "each pay",
    "each get",
    "each of us",
    "each of them",
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
const MULTIPLICATION: [&str; 12] = [
    " each", " every ", " a day", " a week", " a month", " an hour", " a year", " a night",
    "times as", "apiece", " a kilo", " a piece",
];
/// The same, if they stand between the numbers.
const MULTIPLICATION_BETWEEN: [&str; 3] = [" of ", " at ", " per "];
/// Words of problems that take more than one operation on their numbers.
const MORE: [&str; 7] = ["and a half", "%", "percent", "://", "remainder", " for ", " recipe"];
/// Words of problems in which everything is put together.
const ADDITION: [&str; 6] = ["total", "altogether", "in all", "combined", "sum", "together"];

/// The expression of a story with two numbers, or of one in which more are added or taken away; `None`
/// where the words tell nothing, or ask nothing.
pub fn guess(request: &str) -> Option<String> {
    let tokens = tokens(request);
    let asks =
        |token: &Token| ["how", "what", "what's", "whats", "?"].iter().any(|it| token.is(it));
    if !tokens.iter().any(asks) {
        return None;
    }
    let numbers: Vec<(f64, String)> = tokens
        .iter()
        .filter_map(|token| match token.kind {
            // As it was written, unless that was in words.
            TokenKind::Number(value) if token.text.starts_with(|c: char| c.is_ascii_digit()) => {
                Some((value.to_f64(), token.text.to_string()))
            }
            TokenKind::Number(value) => Some((value.to_f64(), value.to_string())),
            _ => None,
        })
        .collect();
    let positions = || tokens.iter().filter(|token| token.is_number());
    let (first, last) = (positions().next()?, positions().next_back()?);
    let lower = |text: &str| format!(" {} ", text.to_lowercase());
    let between = lower(request.get(first.end()..last.start)?);
    let behind = lower(&request[last.end()..]);
    let request = lower(request);
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let says = |words: &[&str]| has(&request, words);
    let joined = |sign: &str| {
        let texts: Vec<&str> = numbers.iter().map(|(_, text)| text.as_str()).collect();
        texts.join(sign)
    };
    let is_change = says(&[" from "]) && says(&[" to "]);
    let is_share = says(&DIVISION) || asks_for_rate(&request, &behind);
    let is_count = says(&MULTIPLICATION) || has(&between, &MULTIPLICATION_BETWEEN);
    match &numbers[..] {
        _ if is_change || says(&MORE[..5]) => None,
        [a, b] if is_share => {
            let (more, less) = if a.0 >= b.0 { (a, b) } else { (b, a) };
            (less.0 != 0.0).then(|| format!("{} / {}", more.1, less.1))
        }
        [_, _] if is_count && !says(&SUBTRACTION) => Some(joined(" * ")),
        [_, _, ..] if numbers.len() < 7 && says(&SUBTRACTION) => Some(joined(" - ")),
        [_, _, ..] if numbers.len() < 8 && says(&ADDITION) && !is_count && !says(&MORE) => {
            Some(joined(" + "))
        }
        _ => None,
    }
}

/// Whether the words behind the numbers ask for so much per something that was counted: `468 km on 36
/// litres. How many km per litre`.
fn asks_for_rate(request: &str, behind: &str) -> bool {
    let Some((_, unit)) = behind.split_once(" per ") else { return false };
    let unit = unit.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // `person` is counted in people.
    let is_counted = |unit: &str| !unit.is_empty() && request.matches(unit).count() > 1;
    matches!(unit, "person" | "head") || is_counted(unit)
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
            ("2 boxes of three, how many is that?", Some("2 * 3")),
            ("What would 12 cakes cost at 0 each, evenly?", None),
            ("I read 3 chapters of 12", None),
            ("if petrol is 1.89 per litre, what do 43 litres cost", Some("1.89 * 43")),
            ("a bottle for 3 and 4 apples at 2.50, what's the total?", None),
            ("What day was 9 November 1989 of all?", None),
            ("It went from 82 to 97 a month. What is the increase?", None),
            ("is 97 divisible by 7? what's the remainder", None),
            ("43 km in 4 years, what is that per month?", None),
            ("room 12", None),
            ("from 64 to 80", None),
        ] {
            assert_eq!(guess(request).as_deref(), expected, "{request}");
        }
    }
}
