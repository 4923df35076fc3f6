//! Interest, and bills of several things.

use super::told::{Quantity, Told};
use alloc::{format, string::String, vec::Vec};

const YEARS: [&str; 4] = ["year", "years", "yr", "yrs"];

pub fn expression(told: &Told) -> Option<String> {
    interest(told).or_else(|| bill(told))
}

/// `1000 at 5 percent compound interest for 2 years`.
fn interest(told: &Told) -> Option<String> {
    let [_, _, _] = &told.quantities[..] else { return None };
    let is_interest = told.any(&[
        "interest",
        "invest",
        "invested",
        "investment",
        "savings",
        "saved",
        "loan",
        "bank",
        "grows",
        "annual",
        "annually",
        "yearly",
        "compound",
        "compounded",
        "per year",
        "a year",
    ]);
    let rate = told.quantities.iter().find(|it| it.is_percent())?;
    let years = told.quantities.iter().find(|it| it.counts(&YEARS))?;
    let capital = told.quantities.iter().find(|it| !it.is_percent() && !it.counts(&YEARS))?;
    if !is_interest {
        return None;
    }
    let asks_interest =
        told.any(&["how much interest", "interest on", "the interest", "interest earned"]);
    let is_compound = told.any(&["compound", "compounded", "compounding", "grows", "grow"])
        || (!told.says("simple") && !asks_interest);
    Some(match (is_compound, asks_interest) {
        (true, true) => format!("{capital} * (1 + {rate} / 100)^{years} - {capital}"),
        (true, false) => format!("{capital} * (1 + {rate} / 100)^{years}"),
        (false, _) if told.any(&["worth", "in total", "have", "balance"]) => {
            format!("{capital} + {capital} * {rate} / 100 * {years}")
        }
        (false, _) => format!("{capital} * {rate} / 100 * {years}"),
    })
}

/// `3 coffees at 2.80 and 2 cakes at 3.50`: so many for so much each.
fn bill(told: &Told) -> Option<String> {
    let pairs = told.quantities.chunks_exact(2);
    if pairs.len() < 2 || !pairs.remainder().is_empty() {
        return None;
    }
    let is_price = |count: &Quantity, price: &Quantity| {
        let is_each = ["each", "apiece", "a piece", "per piece"]
            .iter()
            .any(|each| super::told::contains(price.after(), each));
        count.noun().is_some()
            && !count.is_percent()
            && !price.is_percent()
            && (price.follows(&["at", "at just", "@"])
                || (is_each && price.follows(&["for", "cost", "costing", "costs"])))
    };
    let items: Option<Vec<String>> = pairs
        .map(|pair| {
            let [count, price] = pair else { return None };
            is_price(count, price).then(|| format!("{count} * {price}"))
        })
        .collect();
    items.map(|items| items.join(" + "))
}
