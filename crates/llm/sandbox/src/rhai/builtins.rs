//! Functions of scripts that the language lacks, or whose work its limits do not bound.
//!
//! The language checks sizes after a call. These either multiply sizes within one, or recurse
//! through the engine for each level of nesting.

use super::{
    engine::{MAX_ARRAY_LEN, MAX_STRING_BYTES},
    values,
};
use crate::printed::Printed;
use ::rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, ImmutableString, Map, NativeCallContext,
    Position,
};
use alloc::{
    boxed::Box,
    string::{String, ToString},
};
use core::fmt::{self, Write};

/// What a function of scripts gives.
type Result<T> = core::result::Result<T, Box<EvalAltResult>>;

/// Bytes that one call may fill with copies of a value.
const MAX_COPIES_BYTES: usize = 1024 * 1024;

/// Adds them to an engine; they come before the language's own.
pub(super) fn register(engine: &mut Engine) {
    for name in ["to_string", "print", "to_debug", "debug"] {
        engine.register_fn(name, |array: &mut Array| text(|out| values::write_array(array, out)));
        engine.register_fn(name, |map: &mut Map| text(|out| values::write_map(map, out)));
        engine.register_fn(name, |function: &mut FnPtr| {
            text(|out| write!(out, "Fn({})", function.fn_name()))
        });
    }
    engine
        .register_fn("==", |left: &mut Array, right: Array| values::are_arrays_equal(left, &right));
    engine.register_fn("!=", |left: &mut Array, right: Array| {
        !values::are_arrays_equal(left, &right)
    });
    engine.register_fn("==", |left: &mut Map, right: Map| values::are_maps_equal(left, &right));
    engine.register_fn("!=", |left: &mut Map, right: Map| !values::are_maps_equal(left, &right));

    engine.register_fn("pad", pad_array);
    engine.register_fn("pad", |string: &mut ImmutableString, len: INT, padding: &str| {
        pad_string(string, len, padding)
    });
    engine.register_fn("pad", |string: &mut ImmutableString, len: INT, padding: char| {
        pad_string(string, len, padding.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn("repeat", |string: &str, times: INT| repeat(string, times));
    engine.register_fn("join", |array: &mut Array, separator: &str| join(array, separator));
    engine.register_fn("join", |array: &mut Array| join(array, ""));

    engine.register_fn("replace", |string: &mut ImmutableString, from: &str, to: &str| {
        replace(string, from, to)
    });
    engine.register_fn("replace", |string: &mut ImmutableString, from: &str, to: char| {
        replace(string, from, to.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn("replace", |string: &mut ImmutableString, from: char, to: &str| {
        replace(string, from.encode_utf8(&mut [0; 4]), to)
    });
    engine.register_fn("replace", |string: &mut ImmutableString, from: char, to: char| {
        replace(string, from.encode_utf8(&mut [0; 4]), to.encode_utf8(&mut [0; 4]))
    });
    engine.register_fn(
        "to_json",
        |context: NativeCallContext<'_>, _: &mut Map| -> Result<String> {
            Err(EvalAltResult::ErrorFunctionNotFound(
                "to_json".to_string(),
                context.call_position(),
            )
            .into())
        },
    );
}

/// A text that `write` writes.
fn text(write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Result<String> {
    let mut text = Printed::new(MAX_STRING_BYTES);
    write(&mut text).map_err(|_| too_large("string"))?;
    Ok(text.take())
}

fn too_large(what: &str) -> Box<EvalAltResult> {
    EvalAltResult::ErrorDataTooLarge(what.to_string(), Position::NONE).into()
}

/// Appends copies of `item` until the array has `len` elements.
fn pad_array(array: &mut Array, len: INT, item: Dynamic) -> Result<()> {
    let len = usize::try_from(len).unwrap_or(0);
    let missing = len.saturating_sub(array.len());
    if len > MAX_ARRAY_LEN || missing.saturating_mul(values::size_bytes(&item)) > MAX_COPIES_BYTES {
        return Err(too_large("array"));
    }
    array.extend(core::iter::repeat_n(item, missing));
    Ok(())
}

/// Appends characters of `padding`, from its start again and again, until the string has `len`.
fn pad_string(string: &mut ImmutableString, len: INT, padding: &str) -> Result<()> {
    let len = usize::try_from(len).unwrap_or(0);
    if len > MAX_STRING_BYTES {
        return Err(too_large("string"));
    }
    let missing = len.saturating_sub(string.chars().count());
    let mut padded = String::from(string.as_str());
    padded.extend(padding.chars().cycle().take(missing));
    *string = padded.into();
    Ok(())
}

/// The string so many times.
fn repeat(string: &str, times: INT) -> Result<String> {
    let times = usize::try_from(times).unwrap_or(0);
    if string.len().saturating_mul(times) > MAX_STRING_BYTES {
        return Err(too_large("string"));
    }
    Ok(string.repeat(times))
}

/// The elements as text, with `separator` between them.
fn join(array: &Array, separator: &str) -> Result<String> {
    text(|out| {
        for (index, item) in array.iter().enumerate() {
            if index > 0 {
                out.write_str(separator)?;
            }
            values::write(item, out)?;
        }
        Ok(())
    })
}

/// Puts `to` for every `from`.
fn replace(string: &mut ImmutableString, from: &str, to: &str) -> Result<()> {
    if string.is_empty() {
        return Ok(());
    }
    let growth = string.matches(from).count().saturating_mul(to.len().saturating_sub(from.len()));
    if string.len().saturating_add(growth) > MAX_STRING_BYTES {
        return Err(too_large("string"));
    }
    *string = string.replace(from, to).into();
    Ok(())
}
