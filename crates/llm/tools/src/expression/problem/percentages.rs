//! How much something has changed, and shares of a price.

use super::told::Told;
use alloc::{format, string::String};

const CHANGES: [&str; 26] = [
    "increase",
    "increased",
    "decrease",
    "decreased",
    "change",
    "changed",
    "rise",
    "rose",
    "risen",
    "drop",
    "dropped",
    "fall",
    "fell",
    "fallen",
    "grow",
    "grew",
    "grown",
    "growth",
    "went",
    "go",
    "gone",
    "up",
    "down",
    "raised",
    "reduced",
    "goes",
];
const SHARES: [&str; 10] = [
    "tip",
    "tax",
    "vat",
    "discount",
    "commission",
    "fee",
    "deposit",
    "service charge",
    "sales tax",
    "gratuity",
];

pub fn expression(told: &Told) -> Option<String> {
    let [first, second] = &told.quantities[..] else { return None };
    let is_change = first.follows(&["from"]) && second.follows(&["to"]) && told.any(&CHANGES);
    if is_change && !first.is_percent() && !second.is_percent() {
        let asks_share = told.any(&["percent", "percentage", "%", "per cent"]);
        if asks_share && !first.value.is_zero() {
            return Some(format!("({second} - {first}) / {first} * 100"));
        }
        return told.any(&["how much", "by how much", "how many"]).then(|| {
            let (more, less) = match first.value.to_f64() < second.value.to_f64() {
                true => (second, first),
                false => (first, second),
            };
            format!("{more} - {less}")
        });
    }
    // `a tip of 18% on a bill of 50`.
    let is_share = SHARES.iter().any(|share| first.follows(&[&format!("{share} of")]));
    let is_of_second = second.before().contains(" on ")
        || second.before().contains(" for ")
        || second.before().contains(" of ")
        || second.before().contains(" from ");
    (first.is_percent() && !second.is_percent() && is_share && is_of_second)
        .then(|| format!("{first}% of {second}"))
}
