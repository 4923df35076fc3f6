//! Speed, distance and time: two are told, the third is asked for.

use super::told::{Quantity, Told};
use alloc::{format, string::String};

const DISTANCES: [&str; 14] = [
    "km",
    "kms",
    "kilometer",
    "kilometers",
    "kilometre",
    "kilometres",
    "mile",
    "miles",
    "mi",
    "m",
    "meter",
    "meters",
    "metre",
    "metres",
];
const HOURS: [&str; 5] = ["h", "hour", "hours", "hr", "hrs"];
const MINUTES: [&str; 4] = ["min", "mins", "minute", "minutes"];
const SECONDS: [&str; 5] = ["s", "sec", "secs", "second", "seconds"];
const SPEEDS: [&str; 14] = [
    "km / h",
    "kmh",
    "kph",
    "mph",
    "km per hour",
    "km an hour",
    "kilometers per hour",
    "kilometers an hour",
    "kilometres per hour",
    "kilometres an hour",
    "miles per hour",
    "miles an hour",
    "mi / h",
    "knots",
];
const SPEEDS_BY_SECOND: [&str; 4] =
    ["m / s", "meters per second", "metres per second", "m per second"];

pub fn expression(told: &Told) -> Option<String> {
    let [first, second] = &told.quantities[..] else { return None };
    let is_speed = |it: &Quantity| it.counts(&SPEEDS) || it.counts(&SPEEDS_BY_SECOND);
    let is_distance = |it: &Quantity| it.counts(&DISTANCES) && !is_speed(it);
    let is_time = |it: &Quantity| it.counts(&HOURS) || it.counts(&MINUTES) || it.counts(&SECONDS);
    let find = |is: &dyn Fn(&Quantity) -> bool| [first, second].into_iter().find(|it| is(it));
    match (find(&is_distance), find(&is_time), find(&is_speed)) {
        (Some(distance), Some(time), None)
            if told.any(&["how fast", "speed", "velocity", "pace", "km/h", "mph"]) =>
        {
            // Speeds are by the hour, unless both are of the small kind.
            let is_by_second = time.counts(&SECONDS);
            let time = if is_by_second { format!("{time}") } else { hours(time) };
            Some(format!("{distance} / {time}"))
        }
        (Some(distance), None, Some(speed))
            if told.any(&["how long", "how many hours", "how much time", "time", "when"]) =>
        {
            Some(format!("{distance} / {speed}"))
        }
        (None, Some(time), Some(speed)) if told.any(&["how far", "distance", "how many"]) => {
            let is_by_second = speed.counts(&SPEEDS_BY_SECOND);
            let time = if is_by_second { format!("{time}") } else { hours(time) };
            Some(format!("{speed} * {time}"))
        }
        _ => None,
    }
}

/// A time in hours.
fn hours(time: &Quantity) -> String {
    match time.counts(&HOURS) {
        true => format!("{time}"),
        false => format!("({time} / 60)"),
    }
}
