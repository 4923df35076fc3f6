//! Problems in sentences: which computation a request asks for that writes none down.
//!
//! A request is read once for its quantities ([`Told`]). Each kind of problem has its words: shapes,
//! speeds, interest, so much for so many. Where none fits, [`guess`] takes the words around the
//! numbers for what they mostly mean. The expression is shown with its value, so that a wrong reading
//! is seen.

mod guess;
mod money;
mod motion;
mod percentages;
mod proportion;
mod shapes;
mod told;

use super::units::Unit;
use super::{Number, base};
use alloc::{format, string::String, vec::Vec};
use told::{Told, stem};

/// The most quantities of a problem; longer requests are texts.
const MOST_QUANTITIES: usize = 8;

/// The expression of a problem whose words leave no doubt; `None` if it is none that is known.
pub fn solve(request: &str) -> Option<String> {
    if let Some(number) = base::find(request) {
        return Some(number);
    }
    let told = Told::read(request);
    if told.quantities.is_empty() || told.quantities.len() > MOST_QUANTITIES {
        return None;
    }
    powers(&told)
        .or_else(|| series(&told))
        .or_else(|| shapes::expression(&told))
        .or_else(|| motion::expression(&told))
        .or_else(|| percentages::expression(&told))
        .or_else(|| money::expression(&told))
        .or_else(|| proportion::expression(&told))
        .or_else(|| age(&told))
        .or_else(|| groups(&told))
        .or_else(|| dozens(&told, request))
}

/// The expression that a request most likely asks for; `None` where its words tell nothing. For
/// requests in which nothing else can be read.
pub fn guess(request: &str) -> Option<String> {
    conversion(&Told::read(request)).or_else(|| guess::guess(request))
}

/// `the sum of the squares of 3, 4 and 5`.
fn powers(told: &Told) -> Option<String> {
    let exponent = match () {
        () if told.says("squares of") => 2,
        () if told.says("cubes of") => 3,
        () => return None,
    };
    let sign = match () {
        () if told.says("sum") || told.says("total") || told.says("add") => " + ",
        () if told.says("product") => " * ",
        () if told.says("difference") => " - ",
        () => return None,
    };
    let powers: Vec<String> =
        told.quantities.iter().map(|quantity| format!("{quantity}^{exponent}")).collect();
    (powers.len() > 1).then(|| powers.join(sign))
}

/// `the sum of all numbers from 1 to 100`.
fn series(told: &Told) -> Option<String> {
    let [first, last] = &told.quantities[..] else { return None };
    let is_sum = told.any(&["sum of", "add up", "sum up", "sum all", "add all", "sum"]);
    let is_whole = |it: &told::Quantity| matches!(it.value, Number::Integer(_));
    // `the sum from 3 to 5` of money is another thing than that of numbers.
    let is_range = last.follows(&["to", "through", "up to", "until"])
        && (first.follows(&["from", "of", "numbers", "integers", "up", "all"]));
    let (low, high) = (first.value.to_f64(), last.value.to_f64());
    (is_sum && is_range && is_whole(first) && is_whole(last) && low < high)
        .then(|| format!("({first} + {last}) * ({last} - {first} + 1) / 2"))
}

/// `I'm 172 cm tall, how many inches is that`.
fn conversion(told: &Told) -> Option<String> {
    let [amount] = &told.quantities[..] else { return None };
    let from = Unit::from_name(amount.noun()?)?;
    let asked = told.behind(&["how many", "how much is that in", "in"])?;
    let to = asked.split_whitespace().next()?;
    let unit = Unit::from_name(to)?;
    let is_other = from.dimension == unit.dimension && from.symbol != unit.symbol;
    (is_other && told.asks()).then(|| format!("{amount} {} in {to}", from.symbol))
}

/// `a pizza is cut into 8 slices, 3 pizzas: how many slices`.
fn groups(told: &Told) -> Option<String> {
    let [first, second] = &told.quantities[..] else { return None };
    let asked = stem(told.behind(&["how many"])?.split_whitespace().next()?);
    let is_asked = |it: &told::Quantity| it.noun().map(stem) == Some(asked);
    let is_each = told.any(&["into", "contains", "contain", "has", "holds", "hold", "with", "of"]);
    let is_sum = told.any(&["more", "left", "altogether", "gave", "give", "ate", "lost"]);
    (is_each && !is_sum && is_asked(first) != is_asked(second))
        .then(|| format!("{first} * {second}"))
}

/// `I'm 34, how old will I be in 17 years`.
fn age(told: &Told) -> Option<String> {
    let [age, years] = &told.quantities[..] else { return None };
    if !told.says("how old") || !years.counts(&["year", "years"]) {
        return None;
    }
    let is_now = told.any(&["i'm", "i am", "is", "he's", "she's", "we are", "they are"]);
    let sign = if told.any(&["ago", "was i", "were you", "was he", "was she"]) { "-" } else { "+" };
    is_now.then(|| format!("{age} {sign} {years}"))
}

/// `3 dozen eggs are how many`.
fn dozens(told: &Told, request: &str) -> Option<String> {
    let [count] = &told.quantities[..] else { return None };
    let is_dozen = request.to_ascii_lowercase().contains(" dozen") && told.says("how many");
    let dozens = count.value.divided_by(Number::Integer(12));
    is_dozen.then(|| format!("{dozens} dozen"))
}

#[cfg(test)]
mod tests;
