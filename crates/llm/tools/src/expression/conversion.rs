//! Amounts in other units: `5 miles in km`, `how many km are 5 miles`.

use super::{ErrorKind, ExpressionError, Number, parser::Parser, token::Token, units::Unit};
use alloc::string::String;

/// The most tokens of a unit's name: `square metres`, `miles per hour`.
const MOST_TOKENS: usize = 3;
/// The most parts of an amount: `5 feet 3 inches` has two.
const MOST_PARTS: usize = 8;

/// A question for an amount in another unit.
#[derive(Debug)]
pub struct Conversion<'t, 'a> {
    /// What is to be converted.
    pub amount: &'t [Token<'a>],
    target: &'static Unit,
}

impl<'t, 'a> Conversion<'t, 'a> {
    /// The conversion that all `tokens` of `text` ask for; `None` if they ask for something else.
    pub fn find(text: &str, tokens: &'t [Token<'a>]) -> Option<Self> {
        let (amount, target) = asked_first(text, tokens).or_else(|| asked_last(text, tokens))?;
        let is_amount = unit_at_end(text, amount).is_some();
        is_amount.then_some(Self { amount, target })
    }

    /// The amount in the unit asked for, and that unit's symbol.
    pub fn compute(&self, text: &str) -> Result<(Number, &'static str), ExpressionError> {
        let position = self.amount[0].position;
        let mut total = Number::Integer(0);
        let parts = parts(text, self.amount).unwrap_or_else(|| alloc::vec![self.amount]);
        for part in parts {
            let (unit, len) = unit_at_end(text, part).expect("a part ends in its unit");
            if unit.dimension != self.target.dimension {
                let kind = ErrorKind::UnitMismatch { from: unit.symbol, to: self.target.symbol };
                return Err(ExpressionError { position, kind });
            }
            let amount = amount(&part[..part.len() - len])?;
            total = total.plus(unit.convert(amount, self.target));
        }
        let total =
            super::value::finite(total).map_err(|kind| ExpressionError { position, kind })?;
        Ok((total, self.target.symbol))
    }
}

/// `how many km are 5 miles`: the amount and the unit asked for.
fn asked_first<'t, 'a>(
    text: &str,
    tokens: &'t [Token<'a>],
) -> Option<(&'t [Token<'a>], &'static Unit)> {
    const LINKS: [&[&str]; 8] = [
        &["are", "there", "in"],
        &["are", "in"],
        &["is", "in"],
        &["are"],
        &["is"],
        &["in"],
        &["do"],
        &["does"],
    ];
    let [how, many, rest @ ..] = tokens else { return None };
    let asks_how_many = how.is("how") && (many.is("many") || many.is("much"));
    let asks_number = how.is("number") && many.is("of");
    if !(asks_how_many || asks_number) {
        return None;
    }
    (1..=MOST_TOKENS.min(rest.len())).rev().find_map(|len| {
        let unit = unit(text, &rest[..len])?;
        let rest = &rest[len..];
        let link = LINKS.iter().find(|link| {
            rest.len() > link.len() && link.iter().zip(rest).all(|(word, token)| token.is(word))
        })?;
        Some((&rest[link.len()..], unit))
    })
}

/// `convert 5 miles to km`: the amount and the unit asked for.
fn asked_last<'t, 'a>(
    text: &str,
    tokens: &'t [Token<'a>],
) -> Option<(&'t [Token<'a>], &'static Unit)> {
    const LINKS: [&str; 5] = ["in", "to", "into", "as", "="];
    let (target, len) = unit_at_end(text, tokens)?;
    let before = &tokens[..tokens.len() - len];
    let amount = match before {
        [amount @ .., is, how, many]
            if (is.is("is") || is.is("are")) && how.is("how") && many.is("many") =>
        {
            amount
        }
        [amount @ .., link] if LINKS.iter().any(|word| link.is(word)) => amount,
        _ => return None,
    };
    let verbs = ["convert", "change", "turn"];
    let has_verb = amount.first().is_some_and(|first| verbs.iter().any(|verb| first.is(verb)));
    Some((&amount[usize::from(has_verb)..], target))
}

/// The unit that `tokens` end with, and how many of them it is; the longest name counts.
fn unit_at_end(text: &str, tokens: &[Token]) -> Option<(&'static Unit, usize)> {
    (1..=MOST_TOKENS.min(tokens.len()))
        .rev()
        .find_map(|len| Some((unit(text, &tokens[tokens.len() - len..])?, len)))
}

fn unit(text: &str, tokens: &[Token]) -> Option<&'static Unit> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    if !matches!(first.kind, super::token::TokenKind::Word | super::token::TokenKind::Symbol(_)) {
        return None;
    }
    let name = &text[first.start..last.end()];
    if tokens.len() == 1 {
        return Unit::from_name(name);
    }
    let name: alloc::vec::Vec<&str> = name.split_whitespace().collect();
    Unit::from_name(&name.join(" "))
}

/// The parts of an amount that is a number with a unit several times; `None` if it is not.
fn parts<'t, 'a>(text: &str, amount: &'t [Token<'a>]) -> Option<alloc::vec::Vec<&'t [Token<'a>]>> {
    let mut parts = alloc::vec::Vec::new();
    let mut rest = amount;
    while !rest.is_empty() {
        if parts.len() == MOST_PARTS || !rest[0].is_number() {
            return None;
        }
        let next = rest[1..].iter().position(Token::is_number).map_or(rest.len(), |at| at + 1);
        let mut end = next;
        while end > 1 && (rest[end - 1].is("and") || rest[end - 1].is(",")) {
            end -= 1;
        }
        unit_at_end(text, &rest[..end]).filter(|(_, len)| *len + 1 == end)?;
        parts.push(&rest[..end]);
        rest = &rest[next..];
    }
    Some(parts)
}

/// The number before a unit; one where there is none, or an article.
fn amount(tokens: &[Token]) -> Result<Number, ExpressionError> {
    if tokens.is_empty() || (tokens.len() == 1 && (tokens[0].is("a") || tokens[0].is("an"))) {
        return Ok(Number::Integer(1));
    }
    // `half a mile`, `a quarter of a mile`
    let articles = ["a", "an", "of"];
    let is_article = |token: &Token| articles.iter().any(|article| token.is(article));
    let len = tokens.iter().rposition(|token| !is_article(token)).map_or(tokens.len(), |at| at + 1);
    let tokens = &tokens[..len];
    let mut parser = Parser::new(tokens);
    let value = parser.sum()?;
    if parser.at < tokens.len() { Err(parser.unexpected()) } else { Ok(value.number()) }
}

/// Text and symbol of an amount: `30.48 cm`, but `25%` and `38 °C`.
pub fn with_unit(number: Number, unit: &str) -> String {
    let space = if unit == "%" { "" } else { " " };
    alloc::format!("{}{space}{unit}", number.readable())
}
