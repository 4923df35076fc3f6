//! Arithmetic as people type and say it: parsed and computed in one pass.
//!
//! ```text
//! question = "what percent of" sum "is" sum | sum "is what percent of" sum | conversion | sum
//! sum      = product { ("+" | "-") product | discount }
//! product  = share { ("*" | "/" | "%" | "of") share }
//! share    = unary { ("of" | "off" | "on") unary }  behind a percentage: 100 / 10% of 50 = 20
//! unary    = { "-" | "+" } power
//! power    = postfix [ ("^" | "**") unary ]         so 2^3^2 = 2^(3^2) and -2^2 = -(2^2)
//! postfix  = primary { "%" | "!" | "squared" ... }  "%" where no operand follows: 15% of 80
//! primary  = number | constant | "(" sum ")" | function "(" sum { "," sum } ")"
//!          | function [ "of" ] unary | list-function [ "of" ] operand { ("," | "and") operand }
//!          | verb operand connector operand         subtract 5 from 20
//! ```
//! Words bind as the symbols they stand for (`plus`, `times`, `to the power of`: [`words`]). An
//! operand of a sentence ends at the first word between numbers, so that `the sum of 3 and 4 times 2`
//! is 14. A percentage that is added or taken away is one of what stands before it, as pocket
//! calculators have it: `80 + 15%` is 92; anywhere else it is so many hundredths. Articles and what is
//! counted (`4 people`) are passed over. Nothing is parsed twice.
//! Errors carry the position of the character to blame, counted from 1.

mod base;
mod conversion;
mod error;
mod function;
mod number;
mod numeral;
mod parser;
mod phrase;
pub mod problem;
mod reading;
mod slip;
mod token;
mod units;
mod value;
mod words;

pub use error::{ErrorKind, ExpressionError};
pub use number::Number;
pub use reading::readings;

use alloc::{format, string::String};
use conversion::{Conversion, with_unit};
use parser::Parser;
use token::Token;
use value::Value;

/// How deep parentheses, signs, powers and sentences may nest: every level costs up to 3 KiB of stack.
const MAX_DEPTH: usize = 16;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The number.
    pub value: Number,
    /// What it counts, if that was asked for: `cm`, `%`.
    pub unit: Option<&'static str>,
    /// The result as a person wants to see it.
    pub text: String,
    /// The expression and its result: `7 times 8 = 56`.
    pub statement: String,
}

/// The value of an expression.
///
/// # Errors
/// What is wrong or not understood, and at which character.
pub fn evaluate(text: &str) -> Result<Number, ExpressionError> {
    compute(text).map(|outcome| outcome.value)
}

/// What an expression comes to, as a number and in words.
///
/// # Errors
/// What is wrong or not understood, and at which character.
pub fn compute(text: &str) -> Result<Outcome, ExpressionError> {
    if let Some(outcome) = base::compute(text) {
        return Ok(outcome);
    }
    let tokens = token::tokens(text);
    if let Some(conversion) = Conversion::find(text, &tokens) {
        let (value, unit) = conversion.compute(text)?;
        let result = with_unit(value, unit);
        let statement = format!("{} = {result}", source(text, conversion.amount));
        return Ok(Outcome { value, unit: Some(unit), text: result, statement });
    }
    let mut parser = Parser::new(&tokens);
    let outcome = match question(&mut parser)? {
        Question::Value(value) => {
            let value = value.number();
            let result = value.readable();
            // A number by itself says so: whoever wrote it meant more.
            let statement = match text.trim() == result {
                true => format!("{result} is a number, there is nothing to compute"),
                false => format!("{} = {result}", text.trim()),
            };
            Outcome { value, unit: None, text: result, statement }
        }
        Question::Percentage { value, part, whole } => {
            let value = value.number();
            let result = with_unit(value, "%");
            let (part, whole) = (source(text, part), source(text, whole));
            let statement = format!("{part} is {result} of {whole}");
            Outcome { value, unit: Some("%"), text: result, statement }
        }
    };
    if parser.at < tokens.len() { Err(parser.unexpected()) } else { Ok(outcome) }
}

/// What is asked.
enum Question<'t, 'a> {
    Value(Value),
    /// How many hundredths of the whole the part is.
    Percentage {
        value: Value,
        part: &'t [Token<'a>],
        whole: &'t [Token<'a>],
    },
}

fn question<'t, 'a>(parser: &mut Parser<'t, 'a>) -> Result<Question<'t, 'a>, ExpressionError> {
    const WHAT: [&str; 5] = [
        "what percent of",
        "what percentage of",
        "what % of",
        "percentage of",
        "how many percent of",
    ];
    const OF_WHAT: [&str; 9] = [
        "is what percent of",
        "is what percentage of",
        "is what % of",
        "is how many percent of",
        "as a percentage of",
        "as a percent of",
        "as percentage of",
        "as percent of",
        "as a % of",
    ];
    let tokens = parser.tokens;
    let is_whole_first = parser.skip(&WHAT);
    let first_at = parser.at;
    let first = parser.sum()?;
    let first_tokens = &tokens[first_at..parser.at];
    let link = parser.position();
    let is_linked =
        if is_whole_first { parser.skip(&["is", "are"]) } else { parser.skip(&OF_WHAT) };
    if !is_linked {
        if is_whole_first {
            return Err(parser.error(ErrorKind::ExpectedWord { word: "is" }));
        }
        return Ok(Question::Value(first));
    }
    let second_at = parser.at;
    let second = parser.sum()?;
    let second_tokens = &tokens[second_at..parser.at];
    let (part, whole, part_tokens, whole_tokens) = if is_whole_first {
        (second, first, second_tokens, first_tokens)
    } else {
        (first, second, first_tokens, second_tokens)
    };
    parser.count(true);
    let share = part.times(Value::integer(100)).and_then(|part| part.divided_by(whole));
    let value = parser.checked(share, link)?;
    Ok(Question::Percentage { value, part: part_tokens, whole: whole_tokens })
}

/// What stands in the text for these tokens.
fn source<'a>(text: &'a str, tokens: &[Token]) -> &'a str {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => &text[first.start..last.end()],
        _ => "",
    }
}

#[cfg(test)]
mod tests;
