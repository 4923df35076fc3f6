//! Units that people ask a calculator to convert.

use super::{english::Translation, token::Token};
use alloc::{format, string::String, vec::Vec};

/// What a unit measures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Length,
    Mass,
    Volume,
    Time,
    Data,
    Speed,
    Temperature,
}

/// A unit: its kind, its factor to the kind's base as the calculator reads it, how it is written
/// behind a value, and its names.
struct Unit {
    kind: Kind,
    factor: &'static str,
    symbol: &'static str,
    names: &'static [&'static str],
}

const fn unit(
    kind: Kind,
    factor: &'static str,
    symbol: &'static str,
    names: &'static [&'static str],
) -> Unit {
    Unit { kind, factor, symbol, names }
}

use Kind::{Data, Length, Mass, Speed, Temperature, Time, Volume};

const UNITS: [Unit; 51] = [
    unit(Length, "1/1000", "mm", &["mm", "millimeter", "millimeters", "millimetre", "millimetres"]),
    unit(Length, "1/100", "cm", &["cm", "centimeter", "centimeters", "centimetre", "centimetres"]),
    unit(Length, "1", "m", &["m", "meter", "meters", "metre", "metres"]),
    unit(
        Length,
        "1000",
        "km",
        &["km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"],
    ),
    unit(Length, "254/10000", "inches", &["inch", "inches"]),
    unit(Length, "3048/10000", "feet", &["foot", "feet", "ft"]),
    unit(Length, "9144/10000", "yards", &["yard", "yards", "yd"]),
    unit(Length, "1609344/1000", "miles", &["mile", "miles", "mi"]),
    unit(Length, "1852", "nautical miles", &["nautical"]),
    unit(Mass, "1/1000000", "mg", &["mg", "milligram", "milligrams"]),
    unit(Mass, "1/1000", "g", &["g", "gram", "grams", "gramme", "grammes"]),
    unit(Mass, "1", "kg", &["kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"]),
    unit(Mass, "1000", "t", &["t", "ton", "tons", "tonne", "tonnes"]),
    unit(Mass, "45359237/100000000", "pounds", &["lb", "lbs", "pound", "pounds"]),
    unit(Mass, "28349523125/1000000000000", "ounces", &["oz", "ounce", "ounces"]),
    unit(Mass, "635029318/100000000", "stone", &["stone", "stones"]),
    unit(Volume, "1/1000", "ml", &["ml", "milliliter", "milliliters", "millilitre", "millilitres"]),
    unit(Volume, "1/100", "cl", &["cl", "centiliter", "centiliters", "centilitre", "centilitres"]),
    unit(Volume, "1", "litres", &["l", "liter", "liters", "litre", "litres"]),
    unit(Volume, "3785411784/1000000000", "gallons", &["gallon", "gallons", "gal"]),
    unit(Volume, "473176473/1000000000", "pints", &["pint", "pints"]),
    unit(Volume, "2365882365/10000000000", "cups", &["cup", "cups"]),
    unit(
        Volume,
        "1478676478125/100000000000000",
        "tablespoons",
        &["tablespoon", "tablespoons", "tbsp"],
    ),
    unit(Volume, "492892159375/100000000000000", "teaspoons", &["teaspoon", "teaspoons", "tsp"]),
    unit(Time, "1/1000", "ms", &["ms", "millisecond", "milliseconds"]),
    unit(Time, "1", "seconds", &["s", "sec", "secs", "second", "seconds"]),
    unit(Time, "60", "minutes", &["min", "mins", "minute", "minutes"]),
    unit(Time, "3600", "hours", &["h", "hr", "hrs", "hour", "hours"]),
    unit(Time, "86400", "days", &["day", "days"]),
    unit(Time, "604800", "weeks", &["week", "weeks"]),
    unit(Time, "31536000", "years", &["year", "years"]),
    unit(Data, "1/8", "bits", &["bit", "bits"]),
    unit(Data, "1", "bytes", &["b", "byte", "bytes"]),
    unit(Data, "1000", "kB", &["kb", "kilobyte", "kilobytes"]),
    unit(Data, "1000000", "MB", &["mb", "megabyte", "megabytes"]),
    unit(Data, "1000000000", "GB", &["gb", "gigabyte", "gigabytes"]),
    unit(Data, "1000000000000", "TB", &["tb", "terabyte", "terabytes"]),
    unit(Data, "1024", "KiB", &["kib", "kibibyte", "kibibytes"]),
    unit(Data, "1048576", "MiB", &["mib", "mebibyte", "mebibytes"]),
    unit(Data, "1073741824", "GiB", &["gib", "gibibyte", "gibibytes"]),
    unit(Data, "1099511627776", "TiB", &["tib", "tebibyte", "tebibytes"]),
    unit(Speed, "1", "m/s", &["mps"]),
    unit(Speed, "10/36", "km/h", &["kmh", "kph"]),
    unit(Speed, "44704/100000", "mph", &["mph"]),
    unit(Speed, "1852/3600", "knots", &["knot", "knots"]),
    unit(Temperature, "", "°C", &["c", "celsius", "centigrade"]),
    unit(Temperature, "", "°F", &["f", "fahrenheit"]),
    unit(Temperature, "", "K", &["k", "kelvin"]),
    unit(Length, "1/1000000", "µm", &["micrometer", "micrometers", "micron", "microns"]),
    unit(Time, "2629746", "months", &["month", "months"]),
    unit(Time, "315360000", "decades", &["decade", "decades"]),
];

/// A conversion: `5 miles in km`, `convert 100 F to C`, `how many feet are 3 metres`.
pub fn conversion(tokens: &[Token]) -> Option<Translation> {
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !is_filler(token)).collect();
    let is = |token: &Token, words: &[&str]| matches!(token, Token::Word(word) if words.contains(&word.as_str()));
    let (value, from, to) = match tokens[..] {
        [Token::Number(value), from, link, to] if is(link, &["in", "to", "into", "as"]) => {
            (value, from, to)
        }
        [how, many, to, is_or_in, Token::Number(value), from]
            if is(how, &["how"])
                && is(many, &["many", "much"])
                && is(is_or_in, &["are", "is", "in", "make"]) =>
        {
            (value, from, to)
        }
        [how, many, to, are, link, Token::Number(value), from]
            if is(how, &["how"])
                && is(many, &["many", "much"])
                && is(are, &["are", "is", "fit"])
                && is(link, &["in", "into"]) =>
        {
            (value, from, to)
        }
        [Token::Number(value), from, equals, how, many, to]
            if is(equals, &["is", "are", "in"]) && is(how, &["how"]) && is(many, &["many"]) =>
        {
            (value, from, to)
        }
        [number, of, to, in_, Token::Number(value), from]
            if is(number, &["number"]) && is(of, &["of"]) && is(in_, &["in"]) =>
        {
            (value, from, to)
        }
        _ => return None,
    };
    let (from, to) = (named(from)?, named(to)?);
    if from.kind != to.kind {
        return None;
    }
    let symbols = match from.kind {
        Temperature => temperature(value, from.symbol, to.symbol),
        _ => format!("{value}*({})/({})", from.factor, to.factor),
    };
    Some(Translation { symbols, unit: Some(to.symbol), operations: 2 })
}

fn is_filler(token: &Token) -> bool {
    const FILLERS: [&str; 8] =
        ["convert", "degrees", "degree", "there", "the", "a", "an", "exactly"];
    match token {
        Token::Word(word) => FILLERS.contains(&word.as_str()),
        Token::Symbol(symbol) => *symbol == '°',
        Token::Number(_) => false,
    }
}

fn named(token: &Token) -> Option<&'static Unit> {
    let Token::Word(word) = token else { return None };
    UNITS.iter().find(|unit| unit.names.contains(&word.as_str()))
}

fn temperature(value: &str, from: &str, to: &str) -> String {
    let celsius = match from {
        "°F" => format!("(({value})-32)*5/9"),
        "K" => format!("({value})-27315/100"),
        _ => format!("({value})"),
    };
    match to {
        "°F" => format!("({celsius})*9/5+32"),
        "K" => format!("({celsius})+27315/100"),
        _ => celsius,
    }
}
