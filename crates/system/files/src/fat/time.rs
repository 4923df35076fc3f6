//! Dates and times as directory entries have them: local, from 1980, every other second.

use system_platform::DateTime;

/// Date and time; 1980-01-01 where it is not known or before that.
pub(super) fn encode(time: Option<DateTime>) -> (u16, u16) {
    let Some(time) = time.filter(|time| (1980..=2107).contains(&time.year)) else {
        return (1 << 5 | 1, 0);
    };
    let date = (time.year - 1980) << 9 | u16::from(time.month) << 5 | u16::from(time.day);
    let of_day =
        u16::from(time.hour) << 11 | u16::from(time.minute) << 5 | u16::from(time.second / 2);
    (date, of_day)
}

/// The time of an entry; nothing where it is none.
pub(super) fn decode(date: u16, of_day: u16) -> Option<DateTime> {
    let time = DateTime {
        year: 1980 + (date >> 9),
        month: (date >> 5 & 15) as u8,
        day: (date & 31) as u8,
        hour: (of_day >> 11) as u8,
        minute: (of_day >> 5 & 63) as u8,
        second: (of_day & 31) as u8 * 2,
    };
    let is_time = (1..=12).contains(&time.month)
        && time.day > 0
        && time.hour < 24
        && time.minute < 60
        && time.second < 60;
    is_time.then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_to_two_seconds_and_unknown_ones_are_the_first_day() {
        let time = DateTime { year: 2026, month: 11, day: 25, hour: 21, minute: 17, second: 42 };
        let (date, of_day) = encode(Some(time));
        assert_eq!(decode(date, of_day), Some(time));
        let (date, of_day) = encode(None);
        assert_eq!(decode(date, of_day).map(|time| (time.year, time.month)), Some((1980, 1)));
        assert_eq!(encode(Some(DateTime { year: 1979, ..time })), encode(None));
        assert_eq!(decode(0, 0), None);
    }
}
