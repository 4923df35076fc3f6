//! English names of days, months and places in a row.

pub(super) use crate::number_words::value as number;
use jiff::civil::Weekday;
pub use system_platform::time::MONTHS;

/// Names of the days, Monday first, as [`system_platform::DateTime::weekday`] counts.
pub const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The day that a word in lower case names, in full or by its usual abbreviations.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let is_named = |name: &str| match word {
        "tues" | "thur" | "thurs" => name.to_ascii_lowercase().starts_with(word),
        _ => is_name(word, name),
    };
    let offset = WEEKDAYS.iter().position(|name| is_named(name))?;
    Weekday::from_monday_zero_offset(offset as i8).ok()
}

/// The month, 1 to 12, that a word in lower case names, in full or by three letters (or `sept`).
pub(super) fn month(word: &str) -> Option<i8> {
    let offset = MONTHS.iter().position(|name| is_name(word, name));
    offset.map(|offset| offset as i8 + 1).or((word == "sept").then_some(9))
}

fn is_name(word: &str, name: &str) -> bool {
    word.eq_ignore_ascii_case(name) || (word.len() == 3 && word.eq_ignore_ascii_case(&name[..3]))
}

/// The place that a word in lower case names: `first` to `twelfth`.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth", "eleventh", "twelfth",
    ];
    NAMES.iter().position(|name| *name == word).map(|at| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_and_abbreviations_and_nothing_else() {
        assert_eq!(weekday("wednesday"), Some(Weekday::Wednesday));
        assert_eq!(weekday("thurs"), Some(Weekday::Thursday));
        assert_eq!(
            (weekday("mon"), weekday("mond"), weekday("")),
            (Some(Weekday::Monday), None, None)
        );
        assert_eq!((month("sept"), month("may"), month("mays")), (Some(9), Some(5), None));
        assert_eq!((ordinal("first"), ordinal("twelfth")), (Some(1), Some(12)));
    }
}
