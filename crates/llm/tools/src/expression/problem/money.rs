//! Interest, and bills of several things.

use super::told::{Quantity, Told};
use alloc::{format, string::String, vec::Vec};

/// Words behind a price that is one of each.
const EACH: [&str; 4] = ["each", "apiece", "a piece", "per piece"];
const YEARS: [&str; 4] = ["year", "years", "yr", "yrs"];

pub fn expression(told: &Told) -> Option<String> {
    interest(told)
        .or_else(|| shared_bill(told))
        .or_else(|| change(told))
        .or_else(|| tip(told))
        .or_else(|| leftover(told))
        .or_else(|| bill(told))
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

/// `A dinner for 4 was 96. With a 15% tip, how much does each pay?`
fn shared_bill(told: &Told) -> Option<String> {
    let [_, _, _] = &told.quantities[..] else { return None };
    if !told.any(&["each", "per person", "apiece"]) || !told.any(&["tip", "service", "gratuity"]) {
        return None;
    }
    let percent = told.quantities.iter().find(|it| it.is_percent())?;
    let mut others = told.quantities.iter().filter(|it| !it.is_percent());
    let (first, second) = (others.next()?, others.next()?);
    const PEOPLE: [&str; 8] =
        ["people", "persons", "friends", "of us", "guests", "ways", "diners", "colleagues"];
    let is_people = |it: &Quantity| {
        it.counts(&PEOPLE) || it.follows(&["for", "we were", "we are", "between", "among"])
    };
    let (bill, people) = match (is_people(first), is_people(second)) {
        (true, false) => (second, first),
        (false, true) => (first, second),
        _ => return None,
    };
    Some(format!("({bill} + {percent}%) / {people}"))
}

/// `3 books for 14 each, paid with a 50: what is my change?`
fn change(told: &Told) -> Option<String> {
    let [count, price, paid] = &told.quantities[..] else { return None };
    let asks_change = told.any(&["change", "get back", "left", "remain", "remains"]);
    let is_paid = ["with a", "with", "from a", "from", "gave a", "gave", "hand over", "of"];
    let is_each = price.leads_to(&EACH);
    let is_priced = price.follows(&["at", "for", "cost", "costing"]);
    (asks_change && (is_each || price.follows(&["at"])) && is_priced && paid.follows(&is_paid))
        .then(|| format!("{paid} - {count} * {price}"))
}

/// `My tab is 64, I want to tip 20 percent, what's the total?`
fn tip(told: &Told) -> Option<String> {
    let [_, _] = &told.quantities[..] else { return None };
    let percent = told.quantities.iter().find(|it| it.is_percent())?;
    let bill = told.quantities.iter().find(|it| !it.is_percent())?;
    let is_tip = percent.follows(&["tip", "tip of", "leave", "add", "leave a", "tipping"])
        && told.any(&["tip", "tipping"]);
    let asks_total = told.any(&["total", "altogether", "pay", "in all", "overall", "sum"]);
    is_tip.then(|| match asks_total {
        true => format!("{bill} + {percent}%"),
        false => format!("{percent}% of {bill}"),
    })
}

/// `14 boxes with 36 eggs each, minus 29 broken ones`.
fn leftover(told: &Told) -> Option<String> {
    let [count, each, gone] = &told.quantities[..] else { return None };
    const GONE: [&str; 8] =
        ["minus", "less", "except", "without", "of which", "but", "lost", "and lost"];
    let is_each = each.leads_to(&["each", "apiece", "per box", "a piece"]);
    (count.noun().is_some() && is_each && gone.follows(&GONE))
        .then(|| format!("{count} * {each} - {gone}"))
}

/// `3 coffees at 2.80 and 2 cakes at 3.50`: so many for so much each.
fn bill(told: &Told) -> Option<String> {
    let pairs = told.quantities.chunks_exact(2);
    if pairs.len() < 2 || !pairs.remainder().is_empty() {
        return None;
    }
    let is_price = |count: &Quantity, price: &Quantity| {
        let is_each = price.leads_to(&EACH);
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
