//! English words for the numbers that have a word of their own.

/// The numbers below twenty.
pub const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// The tens from twenty on.
pub const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The number that a word in lower case names: `zero` to `nineteen` and the tens.
pub fn value(word: &str) -> Option<u32> {
    let small = SMALL.iter().position(|name| *name == word).map(|at| at as u32);
    small.or_else(|| TENS.iter().position(|name| *name == word).map(|at| (at as u32 + 2) * 10))
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_word_names_a_number_or_none() {
        assert_eq!((value("eleven"), value("ninety"), value("a")), (Some(11), Some(90), None));
    }
}
