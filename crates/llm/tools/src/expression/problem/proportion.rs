//! So much for so many: per month and per year, three told and the fourth asked for.

use super::told::{Quantity, Told, contains, stem};
use crate::expression::{Number, units::Unit};
use alloc::{format, string::String, vec::Vec};

/// Periods, longest last, and how many of it a longer one has.
const PERIODS: [(&str, &[(&str, u32)]); 8] = [
    ("second", &[("minute", 60), ("hour", 3600), ("day", 86_400)]),
    ("minute", &[("hour", 60), ("day", 1440), ("week", 10_080)]),
    ("hour", &[("day", 24), ("week", 168)]),
    ("day", &[("week", 7), ("year", 365)]),
    ("week", &[("year", 52)]),
    ("month", &[("quarter", 3), ("year", 12), ("decade", 120)]),
    ("quarter", &[("year", 4)]),
    ("year", &[("decade", 10), ("century", 100)]),
];
const PER: [&str; 5] = ["per", "a", "an", "every", "each"];
/// Words that say of a period that all of it is meant.
const WHOLE: [&str; 6] = ["whole", "full", "entire", "single", "calendar", "one"];
const WORKERS: [&str; 8] =
    ["worker", "person", "man", "painter", "machine", "pump", "printer", "cook"];
const TIMES: [&str; 8] = ["hour", "hours", "day", "days", "minute", "minutes", "week", "weeks"];

pub fn expression(told: &Told) -> Option<String> {
    if !told.asks() {
        return None;
    }
    match &told.quantities[..] {
        [amount] => periods(told, amount),
        [first, second] => {
            duration(told, first, second).or_else(|| unit_price(told, first, second))
        }
        [first, second, third] => rule_of_three(told, first, second, third),
        _ => None,
    }
}

/// `1200 per month, how much per year`.
fn periods(told: &Told, amount: &Quantity) -> Option<String> {
    if amount.is_percent() {
        return None;
    }
    // The periods that stand behind a word for `each`, in order.
    let words: Vec<&str> =
        amount.after().split_whitespace().filter(|word| !WHOLE.contains(word)).collect();
    let mut named = words.windows(2).filter_map(|pair| {
        (PER.contains(&pair[0]) || pair[0] == "in").then(|| period(pair[1])).flatten()
    });
    let adverbs = [
        ("hourly", "hour"),
        ("daily", "day"),
        ("weekly", "week"),
        ("monthly", "month"),
        ("quarterly", "quarter"),
        ("yearly", "year"),
        ("annually", "year"),
    ];
    let mut by_adverb = adverbs.iter().filter(|(adverb, _)| told.says(adverb)).map(|(_, it)| *it);
    let from = named.next()?;
    let to = named.next().or_else(|| by_adverb.next())?;
    let factor = |short: &str, long: &str| {
        let (_, longer) = PERIODS.iter().find(|(name, _)| *name == short)?;
        longer.iter().find(|(name, _)| *name == long).map(|(_, factor)| *factor)
    };
    match (factor(from, to), factor(to, from)) {
        (Some(factor), _) => Some(format!("{amount} * {factor}")),
        (None, Some(factor)) => Some(format!("{amount} / {factor}")),
        (None, None) => None,
    }
}

/// `500 pages, I read 20 a day: how many days`.
fn duration(told: &Told, total: &Quantity, rate: &Quantity) -> Option<String> {
    let pace = |it: &Quantity| {
        let mut words = it.after().split_whitespace();
        let (first, second) = (words.next()?, words.next()?);
        if PER.contains(&first) {
            return period(second);
        }
        PER.contains(&second).then(|| words.next().and_then(period)).flatten()
    };
    let (total, rate, period) = match (pace(total), pace(rate)) {
        (None, Some(period)) => (total, rate, period),
        (Some(period), None) => (rate, total, period),
        _ => return None,
    };
    // What is counted in that period already is multiplied.
    let is_period = total.noun().is_some_and(|noun| stem(noun) == period);
    let asked = told.any(&[&format!("how many {period}s"), "how long"]);
    (asked && !is_period && !rate.value.is_zero()).then(|| format!("{total} / {rate}"))
}

/// `What do 250 grams cost if a kilo is 18 euros?`
fn unit_price(told: &Told, amount: &Quantity, price: &Quantity) -> Option<String> {
    let unit = Unit::from_name(amount.noun()?)?;
    let of_price = ["a", "per", "each", "one"].iter().find_map(|per| {
        let word = told.behind(&[per])?.split_whitespace().next()?;
        Unit::from_name(word).filter(|other| other.dimension == unit.dimension)
    })?;
    let is_money = told.any(&["cost", "costs", "pay", "price", "worth"]);
    let factor = of_price.convert(Number::Integer(1), unit);
    let is_other = unit.symbol != of_price.symbol && !price.is_percent();
    (is_money && is_other).then(|| format!("{amount} / {factor} * {price}"))
}

/// `If 5 apples cost 3 dollars, how much do 15 cost`.
fn rule_of_three(
    told: &Told,
    first: &Quantity,
    second: &Quantity,
    third: &Quantity,
) -> Option<String> {
    let is_told_so = told.any(&[
        "if", "cost", "costs", "need", "needs", "take", "takes", "use", "uses", "makes", "make",
        "for", "burns", "equals", "are", "is",
    ]);
    let asked = told.behind(&["how much", "how many", "how long", "how far", "what"])?;
    let is_asked_last = contains(asked, &format!("{third}")) || third.before().contains(" for ");
    let is_sum =
        told.any(&["each", "total", "altogether", "together", "sum", "left", "plus", "minus"]);
    let any_percent = [first, second, third].iter().any(|it| it.is_percent());
    if !is_told_so || !is_asked_last || is_sum || any_percent {
        return None;
    }
    let noun = |it: &Quantity| it.noun().map(|noun| String::from(stem(noun)));
    let (one, other, of_asked) = (noun(first), noun(second), noun(third));
    let is_same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    // More hands need less time.
    let is_work = one.as_deref().is_some_and(|one| WORKERS.contains(&one))
        && second.counts(&TIMES)
        && (is_same(&one, &of_asked) || third.noun().is_none_or(|noun| !TIMES.contains(&noun)));
    if is_work {
        return (!third.value.is_zero()).then(|| format!("{first} * {second} / {third}"));
    }
    if is_same(&other, &of_asked) && !is_same(&one, &of_asked) {
        return (!second.value.is_zero()).then(|| format!("{first} / {second} * {third}"));
    }
    // What is asked about goes without its name: `how much do 15 cost`.
    const VERBS: [&str; 14] = [
        "cost", "costs", "need", "take", "weigh", "make", "people", "be", "would", "do", "will",
        "at", "for", "of",
    ];
    let is_unnamed = third.noun().is_none_or(|noun| VERBS.contains(&noun));
    (one.is_some() && (is_same(&one, &of_asked) || is_unnamed) && !first.value.is_zero())
        .then(|| format!("{second} / {first} * {third}"))
}

/// The period of this name, in the singular.
fn period(word: &str) -> Option<&'static str> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let names = PERIODS.iter().map(|(name, _)| *name).chain(["decade", "century"]);
    names.into_iter().find(|name| *name == singular)
}
