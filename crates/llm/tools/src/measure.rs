//! Sizes and durations in words that people read at a glance.

use alloc::{format, string::String};

/// A number of bytes in binary units: `512 B`, `1.5 KiB`, `182 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let exponent = (count.ilog2() / 10).min(5);
    let unit = UNITS[exponent as usize - 1];
    let tenths = (u128::from(count) * 10) >> (10 * exponent);
    if tenths.is_multiple_of(10) || tenths >= 1000 {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// A duration in its two largest units: `3 min 20 s`, `2 d 4 h`, `850 ms`.
pub fn duration(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes, seconds) {
        (0, 0, 0, 0) => format!("{} ms", ns / 1_000_000),
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes, _) => format!("{hours} h {} min", minutes % 60),
        (days, hours, ..) => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_unit_a_person_would() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (182 << 20, "182 MiB"),
            (1 << 30, "1 GiB"),
            (u64::MAX, "16383 PiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
        for (ns, text) in [
            (850_000_000, "850 ms"),
            (59_999_999_999, "59 s"),
            (200_000_000_000, "3 min 20 s"),
            (3_660_000_000_000, "1 h 1 min"),
            (187_200_000_000_000, "2 d 4 h"),
        ] {
            assert_eq!(duration(ns), text);
        }
    }
}
