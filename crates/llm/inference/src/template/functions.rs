//! Functions that every template can call, and the attributes of `loop`.

use super::{
    render::{Renderer, Values},
    value::{Function, Loop, Value},
};
use crate::model::TemplateError;
use alloc::{format, rc::Rc, string::String, vec::Vec};
use core::fmt::Write;
use system_platform::{DateTime, time::MONTHS};

/// Calls a function.
pub(super) fn call(
    renderer: &mut Renderer<'_>,
    function: Function,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    match function {
        Function::RaiseException => {
            let message = arguments.get(0, "message").cloned().unwrap_or(Value::Undefined);
            let message = renderer.print(&message)?;
            Err(renderer.error(message))
        }
        Function::Range => range(renderer, arguments),
        Function::Namespace => {
            let entries = initial_entries(renderer, arguments)?;
            renderer.pay(entries.len() * 40 + 40)?;
            renderer.namespaces.push(entries);
            Ok(Value::Namespace(renderer.namespaces.len() - 1))
        }
        Function::Dict => {
            let entries = initial_entries(renderer, arguments)?;
            renderer.map(entries)
        }
        Function::StrftimeNow => {
            let format = match arguments.get(0, "format") {
                Some(Value::Str(format)) => format.clone(),
                _ => return Err(renderer.error("strftime_now needs a format")),
            };
            let text = renderer.now.and_then(|now| strftime(&now, &format));
            let Some(text) = text else {
                return Err(renderer.error(format!("strftime_now cannot write {format:?}")));
            };
            renderer.str(text)
        }
    }
}

/// The entries of a dictionary given, then the named arguments.
fn initial_entries(
    renderer: &Renderer<'_>,
    arguments: &Values<'_>,
) -> Result<Vec<(Rc<str>, Value)>, TemplateError> {
    let mut entries = match arguments.positional.first() {
        None => Vec::new(),
        Some(Value::Map(map)) => map.entries.clone(),
        Some(other) => return Err(renderer.error(format!("{} as entries", other.kind()))),
    };
    let named = arguments.named.iter();
    entries.extend(named.map(|(name, value)| (Rc::from(*name), value.clone())));
    Ok(entries)
}

fn range(renderer: &mut Renderer<'_>, arguments: &Values<'_>) -> Result<Value, TemplateError> {
    let numbers: Option<Vec<i64>> = arguments.positional.iter().map(Value::as_int).collect();
    let (from, to, step) = match numbers.as_deref() {
        Some(&[to]) => (0, to, 1),
        Some(&[from, to]) => (from, to, 1),
        Some(&[from, to, step]) if step != 0 => (from, to, step),
        _ => return Err(renderer.error("range needs one to three integers, and no step of 0")),
    };
    let distance = if step > 0 {
        i128::from(to) - i128::from(from)
    } else {
        i128::from(from) - i128::from(to)
    };
    let steps = i128::from(step.unsigned_abs());
    let count = usize::try_from((distance.max(0) + steps - 1) / steps).unwrap_or(usize::MAX);
    renderer.pay(count.saturating_mul(size_of::<Value>()))?;
    let numbers = core::iter::successors(Some(from), |number| number.checked_add(step));
    renderer.list(numbers.take(count).map(Value::Int).collect())
}

/// An attribute of the variable `loop`.
pub(super) fn loop_attribute(state: &Loop, name: &str) -> Option<Value> {
    let number = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let left = state.length - state.index0;
    Some(match name {
        "index" => number(state.index0 + 1),
        "index0" => number(state.index0),
        "revindex" => number(left),
        "revindex0" => number(left - 1),
        "first" => Value::Bool(state.index0 == 0),
        "last" => Value::Bool(left == 1),
        "length" => number(state.length),
        "previtem" => state.previous.clone(),
        "nextitem" => state.next.clone(),
        _ => return None,
    })
}

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The time in a format of C's `strftime`; `None` for directives that are not supported, and for
/// dates that do not exist.
fn strftime(now: &DateTime, format: &str) -> Option<String> {
    let month_name = MONTHS.get(usize::from(now.month).checked_sub(1)?)?;
    let day_name = DAYS[weekday(now)];
    let hour12 = (now.hour + 11) % 12 + 1;
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let mut directive = characters.next()?;
        let is_padded = directive != '-';
        if !is_padded {
            directive = characters.next()?;
        }
        let number = match directive {
            'd' => now.day,
            'm' => now.month,
            'y' => u8::try_from(now.year % 100).ok()?,
            'H' => now.hour,
            'I' => hour12,
            'M' => now.minute,
            'S' => now.second,
            _ => {
                match directive {
                    'Y' => write!(text, "{}", now.year).ok()?,
                    'B' => text.push_str(month_name),
                    'b' => text.push_str(&month_name[..3]),
                    'A' => text.push_str(day_name),
                    'a' => text.push_str(&day_name[..3]),
                    'p' => text.push_str(if now.hour < 12 { "AM" } else { "PM" }),
                    '%' => text.push('%'),
                    _ => return None,
                }
                continue;
            }
        };
        if is_padded {
            write!(text, "{number:02}").ok()?;
        } else {
            write!(text, "{number}").ok()?;
        }
    }
    Some(text)
}

/// Days since Sunday (Sakamoto's method).
fn weekday(date: &DateTime) -> usize {
    const OFFSETS: [usize; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let month = usize::from(date.month.clamp(1, 12));
    // 400 years are whole weeks; with them the year before the first is no negative number.
    let year = usize::from(date.year) + 400 - usize::from(month < 3);
    (year + year / 4 - year / 100 + year / 400 + OFFSETS[month - 1] + usize::from(date.day)) % 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_c_does() {
        let date = DateTime { year: 2026, month: 2, day: 3, hour: 15, minute: 4, second: 5 };
        let written = |format| strftime(&date, format);
        assert_eq!(written("%d %b %Y").unwrap(), "03 Feb 2026");
        assert_eq!(
            written("%A, %B %-d, %y at %I:%M:%S %p (%H) %%").unwrap(),
            "Tuesday, February 3, 26 at 03:04:05 PM (15) %"
        );
        assert_eq!(written("%Q"), None);
        assert_eq!(written("%"), None);
    }

    #[test]
    fn weekdays_are_right_around_leap_days() {
        for (year, month, day, expected) in
            [(2000, 2, 29, "Tuesday"), (2024, 12, 31, "Tuesday"), (1970, 1, 1, "Thursday")]
        {
            let date = DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
            assert_eq!(DAYS[weekday(&date)], expected);
        }
    }
}
