//! Values seen from outside: how deep they are, how large, equal or not, as text.
//!
//! Each function recurses no deeper than values may nest.

use ::rhai::{Array, Dynamic, FnPtr, Map};
use core::fmt::{self, Write};

/// How deeply arrays, maps and closures may nest when they are looked at.
pub(super) const MAX_DEPTH: usize = 32;

/// Whether a value nests no deeper than it may. `count` grows by the values in it.
pub(super) fn is_shallow(value: &Dynamic, count: &mut u64) -> bool {
    is_no_deeper(value, MAX_DEPTH, count)
}

fn is_no_deeper(value: &Dynamic, depth: usize, count: &mut u64) -> bool {
    *count += 1;
    if !value.is_array() && !value.is_map() && !value.is_fnptr() {
        return true;
    }
    if let Ok(array) = value.as_array_ref() {
        return depth > 0 && array.iter().all(|item| is_no_deeper(item, depth - 1, count));
    }
    if let Ok(map) = value.as_map_ref() {
        return depth > 0 && map.values().all(|item| is_no_deeper(item, depth - 1, count));
    }
    if let Some(function) = value.read_lock::<FnPtr>() {
        return depth > 0 && function.iter_curry().all(|item| is_no_deeper(item, depth - 1, count));
    }
    true
}

/// Bytes that a copy of a value takes, roughly.
pub(super) fn size_bytes(value: &Dynamic) -> usize {
    let content: usize = if let Ok(array) = value.as_array_ref() {
        array.iter().map(size_bytes).sum()
    } else if let Ok(map) = value.as_map_ref() {
        map.iter().map(|(key, item)| 2 * size_of::<Dynamic>() + key.len() + size_bytes(item)).sum()
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        function.iter_curry().map(size_bytes).sum::<usize>() + size_of::<FnPtr>()
    } else {
        // The text of a string is shared by its copies.
        0
    };
    size_of::<Dynamic>() + content
}

/// Whether two values are the same; whole numbers equal floats of the same value.
pub(super) fn are_equal(left: &Dynamic, right: &Dynamic) -> bool {
    if let (Ok(left), Ok(right)) = (left.as_array_ref(), right.as_array_ref()) {
        return are_arrays_equal(&left, &right);
    }
    if let (Ok(left), Ok(right)) = (left.as_map_ref(), right.as_map_ref()) {
        return are_maps_equal(&left, &right);
    }
    if let (Ok(left), Ok(right)) = (left.as_immutable_string_ref(), right.as_immutable_string_ref())
    {
        return *left == *right;
    }
    if let (Ok(left), Ok(right)) = (left.as_int(), right.as_int()) {
        return left == right;
    }
    let number = |value: &Dynamic| value.as_float().or_else(|_| value.as_int().map(|i| i as f64));
    if let (Ok(left), Ok(right)) = (number(left), number(right)) {
        return left == right;
    }
    match (left.as_bool(), right.as_bool(), left.as_char(), right.as_char()) {
        (Ok(left), Ok(right), ..) => left == right,
        (_, _, Ok(left), Ok(right)) => left == right,
        _ => left.is_unit() && right.is_unit(),
    }
}

/// Whether two arrays hold the same.
pub(super) fn are_arrays_equal(left: &Array, right: &Array) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| are_equal(left, right))
}

/// Whether two maps have the same keys with the same values.
pub(super) fn are_maps_equal(left: &Map, right: &Map) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|((left_key, left), (right_key, right))| {
            left_key == right_key && are_equal(left, right)
        })
}

/// Writes a value as `print` shows it.
///
/// # Errors
/// The text does not fit.
pub(super) fn write(value: &Dynamic, text: &mut dyn Write) -> fmt::Result {
    if let Ok(array) = value.as_array_ref() {
        return write_array(&array, text);
    }
    if let Ok(map) = value.as_map_ref() {
        return write_map(&map, text);
    }
    match value.read_lock::<FnPtr>() {
        Some(function) => write!(text, "Fn({})", function.fn_name()),
        None => write!(text, "{value}"),
    }
}

/// Writes an array.
///
/// # Errors
/// The text does not fit.
pub(super) fn write_array(array: &Array, text: &mut dyn Write) -> fmt::Result {
    text.write_str("[")?;
    for (index, item) in array.iter().enumerate() {
        if index > 0 {
            text.write_str(", ")?;
        }
        write_quoted(item, text)?;
    }
    text.write_str("]")
}

/// Writes a map.
///
/// # Errors
/// The text does not fit.
pub(super) fn write_map(map: &Map, text: &mut dyn Write) -> fmt::Result {
    text.write_str("#{")?;
    for (index, (key, item)) in map.iter().enumerate() {
        if index > 0 {
            text.write_str(", ")?;
        }
        write!(text, "{:?}: ", key.as_str())?;
        write_quoted(item, text)?;
    }
    text.write_str("}")
}

/// Writes a value with its strings in quotation marks.
fn write_quoted(value: &Dynamic, text: &mut dyn Write) -> fmt::Result {
    match value.as_immutable_string_ref() {
        Ok(string) => write!(text, "{:?}", string.as_str()),
        Err(_) if value.is_unit() => text.write_str("()"),
        Err(_) => write(value, text),
    }
}
