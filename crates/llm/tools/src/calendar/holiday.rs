//! Days with names that are the same in most countries, and on which day of a year they fall.

use super::words::Words;
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// A day with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holiday {
    /// The same day every year: month and day.
    Fixed(i8, i8),
    /// So many days from Easter Sunday.
    Easter(i32),
    /// The fourth Thursday of November.
    Thanksgiving,
}

const NAMES: &[(&str, Holiday)] = &[
    ("christmas eve", Holiday::Fixed(12, 24)),
    ("christmas day", Holiday::Fixed(12, 25)),
    ("christmas", Holiday::Fixed(12, 25)),
    ("xmas", Holiday::Fixed(12, 25)),
    ("boxing day", Holiday::Fixed(12, 26)),
    ("new year's eve", Holiday::Fixed(12, 31)),
    ("new years eve", Holiday::Fixed(12, 31)),
    ("new year's day", Holiday::Fixed(1, 1)),
    ("new year's", Holiday::Fixed(1, 1)),
    ("new years", Holiday::Fixed(1, 1)),
    ("the new year", Holiday::Fixed(1, 1)),
    ("new year", Holiday::Fixed(1, 1)),
    ("valentine's day", Holiday::Fixed(2, 14)),
    ("valentines day", Holiday::Fixed(2, 14)),
    ("st patrick's day", Holiday::Fixed(3, 17)),
    ("halloween", Holiday::Fixed(10, 31)),
    ("good friday", Holiday::Easter(-2)),
    ("easter monday", Holiday::Easter(1)),
    ("easter sunday", Holiday::Easter(0)),
    ("easter", Holiday::Easter(0)),
    ("thanksgiving", Holiday::Thanksgiving),
];

impl Holiday {
    /// The holiday whose words begin at `at`, and where they end.
    pub fn read(words: &Words<'_>, at: usize) -> Option<(Self, usize)> {
        let (name, holiday) = NAMES.iter().find(|(name, _)| words.starts_with(at, name))?;
        Some((*holiday, at + name.split(' ').count()))
    }

    /// When it is in `year`.
    pub fn date(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
            Self::Thanksgiving => {
                Date::new(year, 11, 1).ok()?.nth_weekday_of_month(4, Weekday::Thursday).ok()
            }
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the "anonymous" algorithm of Nature, 1876, as in Meeus,
/// "Astronomical Algorithms", chapter 8); `None` before that calendar.
fn easter(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    Date::new(year as i16, (sum / 31) as i8, (sum % 31 + 1) as i8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_almanac_says() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Date::new(year, month, day).ok(), "{year}");
        }
    }

    #[test]
    fn thanksgiving_is_the_fourth_thursday() {
        assert_eq!(Holiday::Thanksgiving.date(2026), Date::new(2026, 11, 26).ok());
        assert_eq!(Holiday::Thanksgiving.date(2029), Date::new(2029, 11, 22).ok());
    }
}
