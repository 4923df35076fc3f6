//! Numbers, and bounds held exactly by their digits.
//!
//! Numbers are kept short enough that a reader's 64-bit integer or float takes them as they are
//! written: integers have 18 digits at most unless their bounds are larger, and bounded numbers 9
//! before the point and 6 behind it (any 15 digits survive the way through a double).

use super::{
    super::{
        charset::CharSet,
        error::{GrammarError, Problem},
        expression::Expr,
    },
    Compiler, NUMBER, Path, Shared,
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde_json::{Map, Number, Value};

/// The largest integer where no bound says otherwise.
const LARGEST: i128 = 999_999_999_999_999_999;
/// Digits behind the point of a bounded number.
const FRACTION_DIGITS: usize = 6;
/// What a whole is in units of the last of them.
const SCALE: i128 = 1_000_000;
/// The largest bounded number, in those units.
const LARGEST_SCALED: i128 = 999_999_999_999_999;

impl<'v> Compiler<'v> {
    pub(super) fn integer(
        &mut self,
        map: &'v Map<String, Value>,
        path: &Path,
    ) -> Result<Expr, GrammarError> {
        if !NUMBER.iter().any(|keyword| map.contains_key(*keyword)) {
            return Ok(self.shared(Shared::Integer));
        }
        let (low, high) = bounds(map, path, whole_bound)?;
        let largest = if low.is_some_and(|low| low > LARGEST) { u64::MAX.into() } else { LARGEST };
        let least =
            if high.is_some_and(|high| high < -LARGEST) { i64::MIN.into() } else { -LARGEST };
        signed(low.unwrap_or(least), high.unwrap_or(largest), path, whole)
    }

    pub(super) fn number(
        &mut self,
        map: &'v Map<String, Value>,
        path: &Path,
    ) -> Result<Expr, GrammarError> {
        if !NUMBER.iter().any(|keyword| map.contains_key(*keyword)) {
            return Ok(self.shared(Shared::Number));
        }
        let (low, high) = bounds(map, path, scaled_bound)?;
        signed(low.unwrap_or(-LARGEST_SCALED), high.unwrap_or(LARGEST_SCALED), path, decimal)
    }
}

/// Any integer but `-0`, which readers take for a float.
pub(super) fn any_integer() -> Expr {
    let digits = Expr::Sequence(vec![
        Expr::text("-").optional(),
        digit(1, 9),
        digit(0, 9).repeat(0, Some(17)),
    ]);
    Expr::Choice(vec![Expr::text("0"), digits])
}

/// Any number that a double holds.
pub(super) fn any_number() -> Expr {
    let digits = |min, max| digit(0, 9).repeat(min, Some(max));
    let either = |a: &str, b: &str| Expr::Choice(vec![Expr::text(a), Expr::text(b)]);
    let whole = Expr::Sequence(vec![digit(1, 9), digits(0, 14)]);
    Expr::Sequence(vec![
        Expr::text("-").optional(),
        Expr::Choice(vec![Expr::text("0"), whole]),
        Expr::Sequence(vec![Expr::text("."), digits(1, 15)]).optional(),
        Expr::Sequence(vec![either("e", "E"), either("+", "-").optional(), digits(1, 2)])
            .optional(),
    ])
}

fn digit(first: u8, last: u8) -> Expr {
    let point = |digit: u8| u32::from(b'0' + digit);
    Expr::Class(CharSet::new(&[(point(first), point(last))]))
}

/// The bounds of a schema, both included. `read` takes a bound and whether to round it up.
fn bounds(
    map: &Map<String, Value>,
    path: &Path,
    read: fn(&Number, bool) -> Option<Bound>,
) -> Result<(Option<i128>, Option<i128>), GrammarError> {
    let bound = |keyword: &str, is_lower: bool, is_exclusive: bool| match map.get(keyword) {
        None => Ok(None),
        Some(Value::Number(number)) => match read(number, is_lower) {
            Some(Bound { value, is_exact }) if is_exclusive && is_exact => {
                Ok(Some(if is_lower { value + 1 } else { value - 1 }))
            }
            Some(Bound { value, .. }) => Ok(Some(value)),
            None => path.child(keyword).fail(Problem::InexactBound(format!("{keyword} {number}"))),
        },
        Some(_) => path.wrong_form(keyword, "a number"),
    };
    let low = bound("minimum", true, false)?.max(bound("exclusiveMinimum", true, true)?);
    let (high, below) = (bound("maximum", false, false)?, bound("exclusiveMaximum", false, true)?);
    Ok((low, [high, below].into_iter().flatten().min()))
}

/// A bound in the units of what it bounds.
struct Bound {
    value: i128,
    /// Whether it did not have to be rounded.
    is_exact: bool,
}

/// The bound of an integer.
fn whole_bound(number: &Number, up: bool) -> Option<Bound> {
    let integer = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    if let Some(value) = integer {
        return Some(Bound { value, is_exact: true });
    }
    // Beyond this, doubles leave integers out.
    let value = number.as_f64().filter(|value| value.abs() < 9e15)?;
    let rounded = if up { libm::ceil(value) } else { libm::floor(value) };
    Some(Bound { value: rounded as i128, is_exact: rounded == value })
}

/// The bound of a number, in units of its last digit.
fn scaled_bound(number: &Number, _: bool) -> Option<Bound> {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > 9 || fraction.len() > FRACTION_DIGITS {
        return None;
    }
    // Exponents fail here.
    let value = format!("{whole}{fraction:0<FRACTION_DIGITS$}").parse::<i128>().ok()?;
    Some(Bound { value: sign * value, is_exact: true })
}

/// Values in `low..=high`, of whose magnitudes `range` makes expressions.
fn signed(
    low: i128,
    high: i128,
    path: &Path,
    range: fn(i128, i128) -> Expr,
) -> Result<Expr, GrammarError> {
    if low > high {
        return path.fail(Problem::Unsatisfiable("the bounds leave nothing"));
    }
    let mut parts = Vec::new();
    if low < 0 {
        let magnitudes = range((-high).max(1), -low);
        parts.push(Expr::Sequence(vec![Expr::text("-"), magnitudes]));
    }
    if high >= 0 {
        parts.push(range(low.max(0), high));
    }
    Ok(Expr::Choice(parts))
}

/// Whole numbers in `low..=high`, neither negative.
fn whole(low: i128, high: i128) -> Expr {
    let mut parts = Vec::new();
    // Of as many digits at a time.
    let (mut first, mut last) = (0, 9);
    while first <= high {
        if low <= last {
            let from = low.max(first).to_string().into_bytes();
            let to = high.min(last).to_string().into_bytes();
            parts.push(between(&from, &to));
        }
        (first, last) = (last + 1, last * 10 + 9);
    }
    Expr::Choice(parts)
}

/// Decimal numbers in `low..=high`, neither negative, in units of the last digit.
fn decimal(low: i128, high: i128) -> Expr {
    let (first, last) = (low / SCALE, high / SCALE);
    let part = |from, to, low, high| Expr::Sequence(vec![whole(from, to), fraction(low, high)]);
    if first == last {
        return part(first, last, low % SCALE, high % SCALE);
    }
    let mut parts = vec![part(first, first, low % SCALE, SCALE - 1)];
    if first + 1 < last {
        parts.push(part(first + 1, last - 1, 0, SCALE - 1));
    }
    parts.push(part(last, last, 0, high % SCALE));
    Expr::Choice(parts)
}

/// A point and digits worth `low..=high`, or nothing if that is worth enough.
fn fraction(low: i128, high: i128) -> Expr {
    let digits = |value: i128| format!("{value:0FRACTION_DIGITS$}").into_bytes();
    let digits = fraction_digits(&digits(low), &digits(high), true);
    let fraction = Expr::Sequence(vec![Expr::text("."), digits]);
    if low == 0 { fraction.optional() } else { fraction }
}

/// As many digits as `low` and `high` have, between them.
fn between(low: &[u8], high: &[u8]) -> Expr {
    let count = low.len() as u32;
    if is_any(low, high) {
        return digit(0, 9).repeat(count, Some(count));
    }
    by_first_digit(low, high, between)
}

/// At most as many digits as `low` and `high` have, between them if zeros are put behind.
fn fraction_digits(low: &[u8], high: &[u8], is_first: bool) -> Expr {
    if is_any(low, high) {
        return digit(0, 9).repeat(u32::from(is_first), Some(low.len() as u32));
    }
    let digits = by_first_digit(low, high, |low, high| fraction_digits(low, high, false));
    let may_stop = !is_first && low.iter().all(|&digit| digit == b'0');
    if may_stop { digits.optional() } else { digits }
}

fn is_any(low: &[u8], high: &[u8]) -> bool {
    low.iter().all(|&digit| digit == b'0') && high.iter().all(|&digit| digit == b'9')
}

/// Cuts a range of digits by the first one; `rest` makes what follows it.
fn by_first_digit(low: &[u8], high: &[u8], rest: fn(&[u8], &[u8]) -> Expr) -> Expr {
    let (Some((&first, low)), Some((&last, high))) = (low.split_first(), high.split_first()) else {
        return Expr::empty();
    };
    let (zeros, nines) = (vec![b'0'; low.len()], vec![b'9'; low.len()]);
    let part = |from: u8, to: u8, low: &[u8], high: &[u8]| {
        Expr::Sequence(vec![digit(from - b'0', to - b'0'), rest(low, high)])
    };
    if first == last {
        return part(first, last, low, high);
    }
    let mut parts = vec![part(first, first, low, &nines)];
    if first + 1 < last {
        parts.push(part(first + 1, last - 1, &zeros, &nines));
    }
    parts.push(part(last, last, &zeros, high));
    Expr::Choice(parts)
}
