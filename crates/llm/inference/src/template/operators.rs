//! Operators, indices and slices, as Python has them.

use super::{
    ast::{Arithmetic, Comparison},
    render::Renderer,
    value::Value,
};
use crate::model::TemplateError;
use alloc::{format, string::String, vec::Vec};
use core::cmp::Ordering;

/// `left operator right`.
pub(super) fn arithmetic(
    renderer: &mut Renderer<'_>,
    operator: Arithmetic,
    left: &Value,
    right: &Value,
) -> Result<Value, TemplateError> {
    if operator == Arithmetic::Concatenate {
        let text = renderer.print(left)? + &renderer.print(right)?;
        return renderer.str(text);
    }
    match (operator, left, right) {
        (Arithmetic::Add, Value::Str(a), Value::Str(b)) => {
            renderer.pay(a.len() + b.len())?;
            return Ok(Value::str([&**a, &**b].concat()));
        }
        (Arithmetic::Add, Value::List(a), Value::List(b)) => {
            renderer.pay((a.items.len() + b.items.len()) * size_of::<Value>())?;
            return renderer.list([&a.items[..], &b.items[..]].concat());
        }
        (Arithmetic::Multiply, Value::Str(text), count)
        | (Arithmetic::Multiply, count, Value::Str(text)) => {
            if let Some(count) = count.as_int() {
                let count = usize::try_from(count).unwrap_or(0);
                renderer.pay(text.len().saturating_mul(count))?;
                return Ok(Value::str(text.repeat(count)));
            }
        }
        _ => {}
    }
    let numbers = match (left.as_int(), right.as_int()) {
        (Some(a), Some(b)) => integers(operator, a, b),
        _ => left.as_float().zip(right.as_float()).and_then(|(a, b)| floats(operator, a, b)),
    };
    numbers.ok_or_else(|| {
        let symbol = match operator {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Concatenate => "~",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::FloorDivide => "//",
            Arithmetic::Remainder => "%",
            Arithmetic::Power => "**",
        };
        renderer.error(format!("{} {symbol} {} has no value", left.kind(), right.kind()))
    })
}

/// `None` where there is no result, or none of 64 bits.
fn integers(operator: Arithmetic, a: i64, b: i64) -> Option<Value> {
    Some(Value::Int(match operator {
        Arithmetic::Add => a.checked_add(b)?,
        Arithmetic::Subtract => a.checked_sub(b)?,
        Arithmetic::Multiply => a.checked_mul(b)?,
        Arithmetic::Divide => return floats(operator, a as f64, b as f64),
        // Rounded towards minus infinity; the remainder has the divisor's sign.
        Arithmetic::FloorDivide => {
            let quotient = a.checked_div(b)?;
            quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))
        }
        Arithmetic::Remainder => {
            let remainder = a.checked_rem(b)?;
            if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder }
        }
        Arithmetic::Power => match u32::try_from(b) {
            Ok(exponent) => a.checked_pow(exponent)?,
            Err(_) => return floats(operator, a as f64, b as f64),
        },
        Arithmetic::Concatenate => return None,
    }))
}

fn floats(operator: Arithmetic, a: f64, b: f64) -> Option<Value> {
    let divides =
        matches!(operator, Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Remainder);
    if divides && b == 0.0 {
        return None;
    }
    Some(Value::Float(match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::FloorDivide => libm::floor(a / b),
        Arithmetic::Remainder => a - b * libm::floor(a / b),
        Arithmetic::Power => libm::pow(a, b),
        Arithmetic::Concatenate => return None,
    }))
}

/// Whether `left operator right` holds.
pub(super) fn compare(
    renderer: &mut Renderer<'_>,
    operator: Comparison,
    left: &Value,
    right: &Value,
) -> Result<bool, TemplateError> {
    let wanted: fn(Ordering) -> bool = match operator {
        Comparison::Equal | Comparison::NotEqual => {
            renderer.pay(left.weight().min(right.weight()))?;
            return Ok(left.equals(right) == (operator == Comparison::Equal));
        }
        Comparison::In => return contains(renderer, right, left),
        Comparison::NotIn => return Ok(!contains(renderer, right, left)?),
        Comparison::Less => Ordering::is_lt,
        Comparison::LessOrEqual => Ordering::is_le,
        Comparison::Greater => Ordering::is_gt,
        Comparison::GreaterOrEqual => Ordering::is_ge,
    };
    renderer.pay(left.weight().min(right.weight()))?;
    match left.compare(right) {
        Some(ordering) => Ok(wanted(ordering)),
        None => {
            let message = format!("{} and {} have no order", left.kind(), right.kind());
            Err(renderer.error(message))
        }
    }
}

/// `item in container`.
pub(super) fn contains(
    renderer: &mut Renderer<'_>,
    container: &Value,
    item: &Value,
) -> Result<bool, TemplateError> {
    renderer.pay(container.weight())?;
    match (container, item) {
        (Value::Undefined, _) => Ok(false),
        (Value::Str(text), Value::Str(part)) => Ok(text.contains(&**part)),
        (Value::Map(_), Value::Str(key)) => Ok(container.entry(key).is_some()),
        (Value::Map(_), _) => Ok(false),
        (Value::List(list), _) => Ok(list.items.iter().any(|other| other.equals(item))),
        _ => {
            let message = format!("{} in {} has no value", item.kind(), container.kind());
            Err(renderer.error(message))
        }
    }
}

/// `value[index]` with an index that is no string.
pub(super) fn item(
    renderer: &mut Renderer<'_>,
    value: &Value,
    index: &Value,
) -> Result<Value, TemplateError> {
    let Some(index) = index.as_int() else { return Ok(Value::Undefined) };
    let Some(length) = value.length().filter(|_| !matches!(value, Value::Map(_))) else {
        return Ok(Value::Undefined);
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 { index.saturating_add(length) } else { index };
    let Ok(index) = usize::try_from(index) else { return Ok(Value::Undefined) };
    match value {
        Value::List(list) => Ok(list.items.get(index).cloned().unwrap_or(Value::Undefined)),
        Value::Str(text) => match text.chars().nth(index) {
            Some(character) => renderer.str(character.encode_utf8(&mut [0; 4])),
            None => Ok(Value::Undefined),
        },
        _ => Ok(Value::Undefined),
    }
}

/// `value[from:to:step]`.
pub(super) fn slice(
    renderer: &mut Renderer<'_>,
    value: &Value,
    bounds: &[Option<Value>; 3],
) -> Result<Value, TemplateError> {
    let mut numbers = [None; 3];
    for (number, bound) in numbers.iter_mut().zip(bounds) {
        *number = match bound {
            None | Some(Value::None) => None,
            Some(bound) => match bound.as_int() {
                Some(bound) => Some(bound),
                None => return Err(renderer.error(format!("{} as a bound", bound.kind()))),
            },
        };
    }
    let [from, to, step] = numbers;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(renderer.error("a slice with steps of 0"));
    }
    match value {
        Value::List(list) => {
            let indices = slice_indices(list.items.len(), from, to, step);
            renderer.list(indices.map(|index| list.items[index].clone()).collect())
        }
        Value::Str(text) if step == 1 => {
            // The usual case, without a list of all characters.
            let mut indices = slice_indices(text.chars().count(), from, to, 1);
            let first = indices.next();
            let count = indices.count() + usize::from(first.is_some());
            let part: String = text.chars().skip(first.unwrap_or(0)).take(count).collect();
            renderer.str(part)
        }
        Value::Str(text) => {
            renderer.pay(text.len() * size_of::<char>())?;
            let characters: Vec<char> = text.chars().collect();
            let indices = slice_indices(characters.len(), from, to, step);
            let part: String = indices.map(|index| characters[index]).collect();
            renderer.str(part)
        }
        _ => Err(renderer.error(format!("{} has no slices", value.kind()))),
    }
}

/// The indices of a slice, all of them below `length`.
fn slice_indices(
    length: usize,
    from: Option<i64>,
    to: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    // Where a walk may start and where it stops: backwards, -1 is the place before the first.
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(bound) if bound < 0 => bound.saturating_add(length).clamp(lowest, highest),
        Some(bound) => bound.clamp(lowest, highest),
    };
    let (start, stop) = if step > 0 {
        (place(from, lowest), place(to, highest))
    } else {
        (place(from, highest), place(to, lowest))
    };
    core::iter::successors(Some(start), move |at| at.checked_add(step))
        .take_while(move |&at| if step > 0 { at < stop } else { at > stop })
        .filter_map(|at| usize::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_those_of_python() {
        type Case<'a> = (Option<i64>, Option<i64>, i64, &'a [usize]);
        let cases: [Case<'_>; 10] = [
            (None, None, 1, &[0, 1, 2, 3, 4]),
            (Some(1), None, 1, &[1, 2, 3, 4]),
            (Some(-2), None, 1, &[3, 4]),
            (None, Some(-2), 1, &[0, 1, 2]),
            (Some(7), Some(9), 1, &[]),
            (Some(-99), Some(99), 2, &[0, 2, 4]),
            (None, None, -1, &[4, 3, 2, 1, 0]),
            (Some(3), Some(0), -2, &[3, 1]),
            (Some(99), Some(-99), -3, &[4, 1]),
            (Some(i64::MIN), Some(i64::MAX), i64::MAX, &[0]),
        ];
        for (from, to, step, expected) in cases {
            let indices: Vec<usize> = slice_indices(5, from, to, step).collect();
            assert_eq!(indices, expected, "[{from:?}:{to:?}:{step}]");
        }
        assert_eq!(slice_indices(0, None, None, -1).count(), 0);
    }

    #[test]
    fn division_rounds_down() {
        let quotient = |a, b| integers(Arithmetic::FloorDivide, a, b).unwrap().print();
        let remainder = |a, b| integers(Arithmetic::Remainder, a, b).unwrap().print();
        for (a, b, expected) in [(7, 2, ("3", "1")), (-7, 2, ("-4", "1")), (7, -2, ("-4", "-1"))] {
            assert_eq!((&*quotient(a, b), &*remainder(a, b)), expected);
        }
        assert!(integers(Arithmetic::Remainder, 1, 0).is_none());
        assert!(integers(Arithmetic::FloorDivide, i64::MIN, -1).is_none());
        assert!(floats(Arithmetic::Divide, 1.0, 0.0).is_none());
    }
}
