//! Whole numbers in other bases: `255 in hex`, `0x1F in decimal`, `0b1010`.

use super::{Number, Outcome};
use alloc::{format, string::String, vec::Vec};

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Binary,
    Octal,
    Decimal,
    Hexadecimal,
}

impl Base {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "binary" | "base-2" => Self::Binary,
            "octal" | "base-8" => Self::Octal,
            "decimal" | "base-10" => Self::Decimal,
            "hex" | "hexadecimal" | "base-16" => Self::Hexadecimal,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Octal => "octal",
            Self::Decimal => "decimal",
            Self::Hexadecimal => "hex",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Binary => "0b",
            Self::Octal => "0o",
            Self::Decimal => "",
            Self::Hexadecimal => "0x",
        }
    }

    const fn radix(self) -> u32 {
        match self {
            Self::Binary => 2,
            Self::Octal => 8,
            Self::Decimal => 10,
            Self::Hexadecimal => 16,
        }
    }

    fn write(self, value: u64) -> String {
        match self {
            Self::Binary => format!("{value:#b}"),
            Self::Octal => format!("{value:#o}"),
            Self::Decimal => format!("{value}"),
            Self::Hexadecimal => format!("0x{value:X}"),
        }
    }
}

/// A number as it is written, with its prefix if it has one.
fn literal(text: &str) -> Option<(Base, u64)> {
    let text = text.to_ascii_lowercase();
    let prefixed = [Base::Binary, Base::Octal, Base::Hexadecimal]
        .into_iter()
        .find_map(|base| Some((base, text.strip_prefix(base.prefix())?)));
    let (base, digits) = prefixed.unwrap_or((Base::Decimal, &text));
    // `from_str_radix` takes a sign, which is none of a base.
    let is_digit = |c: char| c.is_digit(base.radix());
    let value = digits.chars().all(is_digit).then(|| u64::from_str_radix(digits, base.radix()))?;
    value.ok().map(|value| (base, value))
}

/// What `255 in hex` or a number with a prefix comes to; `None` if it is neither.
pub fn compute(text: &str) -> Option<Outcome> {
    let mut words = text.split_whitespace();
    let (base, value) = literal(words.next()?)?;
    let wanted = match (words.next(), words.next(), words.next()) {
        (None, ..) if base != Base::Decimal => Base::Decimal,
        (Some("in"), Some(name), None) => Base::from_name(name)?,
        _ => return None,
    };
    let result = wanted.write(value);
    let statement = format!("{} = {result}", base.write(value));
    Some(Outcome { value: Number::Integer(value.into()), unit: None, text: result, statement })
}

/// The number in a request that is asked for in another base, as [`compute`] reads it.
pub fn find(request: &str) -> Option<String> {
    let request = request.to_lowercase();
    let words: Vec<&str> = request
        .split(|c: char| c.is_whitespace() || ",?!:;()\"".contains(c))
        .map(|word| word.trim_end_matches('.'))
        .collect();
    let mut numbers = words.iter().filter_map(|word| Some((*word, literal(word)?)));
    let (text, (base, _)) = numbers.next()?;
    if numbers.next().is_some() {
        return None;
    }
    // The bases that are named, and whether as that from which.
    let named: Vec<(bool, Base)> = (0..words.len())
        .filter_map(|at| {
            let is_source = at > 0 && words[at - 1] == "from";
            Base::from_name(words[at]).map(|base| (is_source, base))
        })
        .collect();
    let wanted = match named.iter().rfind(|(is_source, _)| !is_source) {
        Some((_, wanted)) => *wanted,
        None if base != Base::Decimal || !named.is_empty() => Base::Decimal,
        None => return None,
    };
    let is_other = |(is_source, named): &&(bool, Base)| {
        *is_source || (*named != Base::Decimal && wanted == Base::Decimal)
    };
    let source = match (base, named.iter().find(is_other)) {
        (Base::Decimal, Some((_, source))) => *source,
        _ => base,
    };
    // A fraction or a share is a decimal in another sense.
    if source == wanted {
        return None;
    }
    let prefix = if base == Base::Decimal { source.prefix() } else { "" };
    let number = format!("{prefix}{text}");
    literal(&number).map(|_| format!("{number} in {}", wanted.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_the_base_that_is_asked_for() {
        for (request, expected) in [
            ("255 in hex", "255 = 0xFF"),
            ("what is 0x1F in decimal?", "0x1F = 31"),
            ("0b1010", "0b1010 = 10"),
            ("binary of 10", "10 = 0b1010"),
            ("Convert 1010 from binary to decimal.", "0b1010 = 10"),
            ("convert the decimal number 200 to binary", "200 = 0b11001000"),
            ("what's the binary number 1101 in decimal", "0b1101 = 13"),
            ("hexadecimal ff00? no, write 65280 in hexadecimal", "65280 = 0xFF00"),
            ("how do you write 64 as octal", "64 = 0o100"),
        ] {
            let found = find(request).unwrap_or_else(|| panic!("{request}"));
            assert_eq!(compute(&found).unwrap().statement, expected, "{request}");
        }
    }

    #[test]
    fn what_is_no_number_in_a_base_is_left_alone() {
        for request in [
            "what is 2 in hex plus 3",
            "255",
            "write binary",
            "2 decimal places of 3",
            "5 percent as a decimal",
        ] {
            assert_eq!(find(request), None, "{request}");
        }
        for text in ["255", "in hex", "12 in km", "0xZZ", "-1 in hex", "1 in hex now"] {
            assert_eq!(compute(text), None, "{text}");
        }
    }
}
