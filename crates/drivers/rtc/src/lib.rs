//! The CMOS real-time clock of a PC (Motorola MC146818 and its descendants).
//!
//! [`Rtc::read`] takes the calendar time in whatever form the firmware left the chip (BCD or
//! binary, 12 or 24 hours), never in the middle of the clock's own update, and checks that it is a
//! time at all. A machine without the chip gives `None`.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate alloc;

#[cfg(test)]
mod fake;

use system_platform::{DateTime, PortIo};

/// Port that selects a register. (Bit 7 masks NMIs; it is left clear.)
const INDEX_PORT: u16 = 0x70;
/// Port of the selected register.
const DATA_PORT: u16 = 0x71;

// Registers: MC146818 data sheet, figure 8.
const SECONDS: u8 = 0x00;
const MINUTES: u8 = 0x02;
const HOURS: u8 = 0x04;
const DAY_OF_MONTH: u8 = 0x07;
const MONTH: u8 = 0x08;
const YEAR: u8 = 0x09;
const STATUS_A: u8 = 0x0A;
const STATUS_B: u8 = 0x0B;

/// Status A: an update is under way or begins within 244 µs.
const UPDATE_IN_PROGRESS: u8 = 1 << 7;
/// Status B: hours count to 23.
const HOURS_24: u8 = 1 << 1;
/// Status B: binary numbers, not BCD.
const BINARY: u8 = 1 << 2;
/// Hours in 12-hour form: afternoon.
const PM: u8 = 1 << 7;

/// An update lasts 2.2 ms at most, a port access about a microsecond on real hardware: this is
/// several times as long, and a missing chip (which reads as "updating" for ever) costs 20 ms once.
const MAX_STATUS_POLLS: usize = 20_000;
/// Readings until two agree. Updates come once a second, so the third attempt is luxury.
const MAX_READINGS: usize = 8;

/// The clock.
#[derive(Clone, Copy, Debug)]
pub struct Rtc<P> {
    ports: P,
    century_register: Option<u8>,
}

/// The registers as read, in the chip's form.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reading {
    seconds: u8,
    minutes: u8,
    hours: u8,
    day: u8,
    month: u8,
    year: u8,
    century: Option<u8>,
    status_b: u8,
}

impl<P: PortIo> Rtc<P> {
    /// A clock behind `ports`. `century_register` is the index that the FADT gives for the century;
    /// without one the year is taken to be 20xx.
    pub const fn new(ports: P, century_register: Option<u8>) -> Self {
        Self { ports, century_register }
    }

    /// The time now, as the clock has it (UTC on machines set up for this system). `None` where
    /// there is no clock or what it says is no time.
    pub fn read(&self) -> Option<DateTime> {
        let mut previous = self.read_once()?;
        for _ in 1..MAX_READINGS {
            // A reading can still be torn if the 244 µs passed while it was taken; a torn one
            // differs from the next.
            let next = self.read_once()?;
            if next == previous {
                return next.decode();
            }
            previous = next;
        }
        None
    }

    fn read_once(&self) -> Option<Reading> {
        (0..MAX_STATUS_POLLS).find(|_| self.register(STATUS_A) & UPDATE_IN_PROGRESS == 0)?;
        Some(Reading {
            seconds: self.register(SECONDS),
            minutes: self.register(MINUTES),
            hours: self.register(HOURS),
            day: self.register(DAY_OF_MONTH),
            month: self.register(MONTH),
            year: self.register(YEAR),
            century: self.century_register.map(|index| self.register(index)),
            status_b: self.register(STATUS_B),
        })
    }

    fn register(&self, index: u8) -> u8 {
        self.ports.write_u8(INDEX_PORT, index & 0x7F);
        self.ports.read_u8(DATA_PORT)
    }
}

impl Reading {
    fn decode(&self) -> Option<DateTime> {
        let number = |raw: u8| match raw {
            _ if self.status_b & BINARY != 0 => Some(raw),
            _ if raw >> 4 <= 9 && raw & 0xF <= 9 => Some((raw >> 4) * 10 + (raw & 0xF)),
            _ => None,
        };
        let hour = if self.status_b & HOURS_24 != 0 {
            number(self.hours)?
        } else {
            let hour = number(self.hours & !PM).filter(|hour| (1..=12).contains(hour))?;
            hour % 12 + if self.hours & PM != 0 { 12 } else { 0 }
        };
        // The chip itself knows no century: a register that nobody maintains holds anything.
        let century = self.century.and_then(number).filter(|c| (19..=99).contains(c)).unwrap_or(20);
        let year = number(self.year).filter(|&year| year <= 99)?;
        let time = DateTime {
            year: u16::from(century) * 100 + u16::from(year),
            month: number(self.month)?,
            day: number(self.day)?,
            hour,
            minute: number(self.minutes)?,
            second: number(self.seconds)?,
        };
        // A day that the month does not have comes back as another date.
        let is_time = time.hour < 24 && time.minute < 60 && time.second < 60;
        (is_time && DateTime::from_unix(time.to_unix()) == time).then_some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeCmos;
    use alloc::string::ToString;

    fn read(cmos: &FakeCmos, century_register: Option<u8>) -> Option<DateTime> {
        Rtc::new(cmos, century_register).read()
    }

    #[test]
    fn reads_bcd_and_binary_and_both_kinds_of_hours() {
        for (status_b, hours, hour) in [
            (HOURS_24, 0x23, "23"),
            (HOURS_24 | BINARY, 23, "23"),
            (0, 0x11 | PM, "23"),
            (BINARY, 11 | PM, "23"),
            (0, 0x12, "00"),
            (0, 0x12 | PM, "12"),
            (0, 0x01, "01"),
        ] {
            let date = if status_b & BINARY != 0 { [26, 11, 30] } else { [0x26, 0x11, 0x30] };
            let [year, month, day] = date;
            let cmos = FakeCmos::new();
            cmos.set(&[(YEAR, year), (MONTH, month), (DAY_OF_MONTH, day), (HOURS, hours)]);
            cmos.set(&[(STATUS_B, status_b), (MINUTES, 0x05), (SECONDS, 0x09)]);
            let expected = alloc::format!("2026-11-30 {hour}:05:09");
            assert_eq!(read(&cmos, None).unwrap().to_string(), expected, "status b {status_b:#x}");
        }
    }

    #[test]
    fn takes_the_century_where_it_is_kept() {
        let cmos = FakeCmos::at_2026_11_23();
        cmos.set(&[(0x32, 0x21)]);
        assert_eq!(read(&cmos, Some(0x32)).unwrap().year, 2126);
        assert_eq!(read(&cmos, None).unwrap().year, 2026);
        for neglected in [0x00, 0xFF, 0x05] {
            cmos.set(&[(0x32, neglected)]);
            assert_eq!(read(&cmos, Some(0x32)).unwrap().year, 2026);
        }
    }

    #[test]
    fn never_mixes_two_seconds() {
        // The clock ticks from 12:59:59 to 13:00:00 after any number of register reads.
        for tick_after in 0..40 {
            let cmos = FakeCmos::at_2026_11_23();
            cmos.set(&[(HOURS, 0x12), (MINUTES, 0x59), (SECONDS, 0x59)]);
            let after = [(HOURS, 0x13), (MINUTES, 0x00), (SECONDS, 0x00)];
            cmos.change_after(tick_after, &after, 300);
            let time = read(&cmos, None).unwrap();
            let text = alloc::format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
            assert!(["12:59:59", "13:00:00"].contains(&&*text), "{text} after {tick_after}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for damage in [
            (SECONDS, 0x60),
            (SECONDS, 0x1A),
            (MINUTES, 0x99),
            (HOURS, 0x24),
            (DAY_OF_MONTH, 0x00),
            (DAY_OF_MONTH, 0x31),
            (MONTH, 0x13),
            (MONTH, 0x00),
            (YEAR, 0xA0),
        ] {
            let cmos = FakeCmos::at_2026_11_23();
            cmos.set(&[damage]);
            assert_eq!(read(&cmos, None), None, "{damage:x?}");
        }
    }

    #[test]
    fn gives_up_on_a_missing_chip_and_on_one_that_never_settles() {
        let missing = FakeCmos::new();
        missing.set_all(0xFF);
        assert_eq!(read(&missing, Some(0x32)), None);
        assert!(missing.reads() <= MAX_STATUS_POLLS);

        let restless = FakeCmos::at_2026_11_23();
        restless.count_in(SECONDS);
        assert_eq!(read(&restless, None), None);
    }
}
