//! Numbers as people read them.

use alloc::format;
use alloc::string::{String, ToString};

use console_graphics::width::{char_cells, prefix_of_cells, text_cells};

use crate::view::ClockTime;

/// A count with its thousands apart: `12,345`.
pub fn thousands(count: u32) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A rate: one decimal while it matters.
pub fn rate(per_second: f32) -> String {
    if per_second < 99.95 { format!("{per_second:.1}") } else { format!("{per_second:.0}") }
}

/// A duration in at most four digits: `0.1 ms`, `42 ms`, `1.5 s`, `3 min`.
pub fn duration(us: u64) -> String {
    match us {
        0..9_950 => format!("{}.{} ms", (us + 50) / 1000, (us + 50) / 100 % 10),
        9_950..999_500 => format!("{} ms", (us + 500) / 1000),
        999_500..99_950_000 => {
            format!("{}.{} s", (us + 50_000) / 1_000_000, (us + 50_000) / 100_000 % 10)
        }
        _ => format!("{} min", us / 60_000_000),
    }
}

/// Time since the start: `00:04:12`, with days in front when there are any.
pub fn uptime(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}d {clock}") } else { clock }
}

/// `10:41`.
pub fn hour_minute(time: ClockTime) -> String {
    format!("{:02}:{:02}", time.hour, time.minute)
}

/// `10:41:55`.
pub fn hour_minute_second(time: ClockTime) -> String {
    format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second)
}

/// `text` in at most `cells` cells, ending in `…` when something was cut.
pub fn ellipsize(text: &str, cells: usize) -> String {
    if text_cells(text) <= cells {
        return text.to_string();
    }
    if cells == 0 {
        return String::new();
    }
    let mut cut = prefix_of_cells(text, cells - char_cells('…')).trim_end().to_string();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_numbers_for_people() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_284), "1,284");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!((rate(3.24), rate(243.4)), ("3.2".to_string(), "243".to_string()));
        assert_eq!(uptime(252), "00:04:12");
        assert_eq!(uptime(90_061), "1d 01:01:01");
    }

    #[test]
    fn durations_keep_two_or_three_digits() {
        let texts = [80, 3_120, 9_960, 42_400, 999_700, 12_340_000, 185_000_000].map(duration);
        assert_eq!(texts, ["0.1 ms", "3.1 ms", "10 ms", "42 ms", "1.0 s", "12.3 s", "3 min"]);
    }

    #[test]
    fn cutting_says_so_and_keeps_within_the_cells() {
        assert_eq!(ellipsize("remember", 8), "remember");
        assert_eq!(ellipsize("remember this", 8), "remembe…");
        assert_eq!(ellipsize("漢字漢字", 4), "漢…");
        assert_eq!(ellipsize("abc", 0), "");
    }
}
