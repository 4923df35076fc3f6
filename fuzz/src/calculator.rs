//! Expressions and requests in a person's words, computed.

use crate::Target;
use llm_tools::expression::{compute, evaluate, problem, readings};

/// See [`run`].
pub const TARGET: Target = Target { name: "calculator", run, seeds, words: WORDS, memory_limit };

/// Words become tokens, of which there is a most; a request's text is in each of its readings.
const fn memory_limit(len: usize) -> usize {
    (4 << 20) + 200 * len
}

const WORDS: &[&str] = &[
    " plus ",
    " minus ",
    " times ",
    " divided by ",
    " to the power of ",
    " to the 10th ",
    " squared ",
    " factorial ",
    " mod ",
    " of ",
    " off ",
    "% ",
    " percent of ",
    "! ",
    "the sum of ",
    "the square root of ",
    "the difference between ",
    "log base ",
    "half of ",
    "three quarters of ",
    "subtract ",
    " from ",
    "split ",
    " among 4 people ",
    " at 1.25 each",
    "what percentage of ",
    " is ",
    "how many km are ",
    " miles ",
    " in ",
    " degrees ",
    " °C ",
    "two hundred and fifty thousand",
    "twenty-five",
    "a dozen",
    "1,234,567.89",
    "1e308",
    "170141183460469231731687303715884105727",
    "(",
    ")",
    ", ",
    " and ",
    "^",
    "**",
    "√",
    "²",
    "$",
    "−",
];

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = PHRASES.iter().map(|phrase| phrase.as_bytes().to_vec()).collect();
    for part in
        ["(", "-", "2^", "sqrt ", "half of ", "subtract 5 from ", "1+", "sum of 3 and ", "5!"]
    {
        seeds.push(part.repeat(3000).into_bytes());
        // Of requests only short ones are looked through.
        seeds.push(part.repeat(60).into_bytes());
    }
    seeds
}

const PHRASES: &[&str] = &[
    "12*(3+4)",
    "-2^-1 % 5 + 15% * sqrt(144) - max(1, 2, 3)",
    "What is 7 times 8?",
    "How much is 144 divided by 12?",
    "Could you tell me what 15% of 80 is, please?",
    "What is the sum of 3, 4 and 5, divided by 2?",
    "the difference between fifty and eighteen",
    "the remainder when 17 is divided by 5",
    "2 to the 10th",
    "log base 2 of 8 plus sin of 30 degrees",
    "A jacket costs 80 euros. It is 35% off.",
    "Dinner was $64.50. How much is a 20% tip?",
    "I bought 3 apples at 1.25 each",
    "Split 90 euros among 4 people",
    "I drove 468 km on 36 litres. How many km per litre is that?",
    "Rent 780, heating 95 and internet 40, what's the total?",
    "whats 34 tims 12 and how much is half a mile in metres",
    "What percentage of 80 is 20?",
    "20 is what percent of 80",
    "How many km are 5 miles?",
    "convert 5 feet 3 inches to centimetres",
    "What is 100 F in C?",
    "twenty-five times two hundred and fifty thousand",
    "gcd of 12 and 18",
    "170! + 9^9^9^9",
    "1/0",
    "What day is 2024-05-01?",
    "My phone number is 555-1234",
];

/// An error blames a character of the text and says what is wrong, and an outcome is finite; a
/// reading of a request is an expression, if perhaps one without a value.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match compute(&text) {
        Ok(outcome) => {
            assert!(outcome.value.to_f64().is_finite());
            assert!(!outcome.text.is_empty() && outcome.statement.contains(&outcome.text));
        }
        Err(error) => {
            let characters = text.chars().count();
            assert!((1..=characters + 1).contains(&error.position), "{error} of {characters}");
            assert!(!error.to_string().is_empty());
        }
    }
    for reading in
        problem::solve(&text).into_iter().chain(readings(&text)).chain(problem::guess(&text))
    {
        if let Err(error) = evaluate(&reading) {
            assert!(error.is_about_values(), "{error}: {reading:?} of {text:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_phrases_have_a_value_that_is_found() {
        let has_value = |phrase: &&&str| {
            let found = problem::solve(phrase)
                .into_iter()
                .chain(readings(phrase))
                .chain(problem::guess(phrase))
                .next();
            found.is_some_and(|found| evaluate(&found).is_ok())
        };
        let valued = PHRASES.iter().filter(has_value).count();
        assert!(valued + 4 >= PHRASES.len(), "{valued} of {}", PHRASES.len());
    }
}
