//! Calls as JSON objects, and JSON as models are trained on it.

use super::{CallError, read::Call};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Map, Value};

/// Reads one object with exactly a `name`, arguments under `key` and, where `has_id`, perhaps an `id`.
///
/// # Errors
/// Anything else.
pub(super) fn parse(text: &str, key: &'static str, has_id: bool) -> Result<Call, CallError> {
    call(value(text)?, key, has_id)
}

/// Reads a list of such objects.
///
/// # Errors
/// Text that is no list, or one without calls; each call may be an error of its own.
pub(super) fn parse_list(
    text: &str,
    key: &'static str,
) -> Result<impl Iterator<Item = Result<Call, CallError>>, CallError> {
    match serde_json::from_str::<Vec<Value>>(text.trim()) {
        Ok(calls) if calls.is_empty() => Err(CallError::NoCalls),
        Ok(calls) => Ok(calls.into_iter().map(move |value| call(value, key, true))),
        Err(error) => Err(CallError::NotJson { message: error.to_string() }),
    }
}

/// Reads JSON.
///
/// # Errors
/// What the parser says.
pub(super) fn value(text: &str) -> Result<Value, CallError> {
    serde_json::from_str(text.trim())
        .map_err(|error| CallError::NotJson { message: error.to_string() })
}

fn call(value: Value, key: &'static str, has_id: bool) -> Result<Call, CallError> {
    let Value::Object(mut fields) = value else {
        return Err(CallError::NotAnObject);
    };
    let Some(Value::String(name)) = fields.remove("name") else {
        return Err(CallError::NoName);
    };
    let arguments = fields.remove(key).ok_or(CallError::NoArguments { key })?;
    let id = match fields.get("id").filter(|_| has_id) {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return Err(CallError::BadId),
    };
    if has_id {
        fields.remove("id");
    }
    match fields.keys().next() {
        Some(name) => Err(CallError::UnknownField { name: name.clone() }),
        None => Ok(Call { id, name, arguments }),
    }
}

/// A call as such an object.
pub(super) fn object(name: &str, key: &str, arguments: &Value, id: Option<&str>) -> String {
    let mut fields = Map::new();
    fields.insert("name".into(), name.into());
    fields.insert(key.into(), arguments.clone());
    if let Some(id) = id {
        fields.insert("id".into(), id.into());
    }
    spaced(&Value::Object(fields))
}

/// JSON with a space after each colon and comma, as Python writes it and as models have seen it most.
pub(super) fn spaced(value: &Value) -> String {
    let mut text = String::new();
    write_spaced(value, &mut text);
    text
}

fn write_spaced(value: &Value, into: &mut String) {
    match value {
        Value::Array(items) => {
            into.push('[');
            for (index, item) in items.iter().enumerate() {
                into.push_str(if index > 0 { ", " } else { "" });
                write_spaced(item, into);
            }
            into.push(']');
        }
        Value::Object(entries) => {
            into.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                into.push_str(if index > 0 { ", " } else { "" });
                into.push_str(&quoted(key));
                into.push_str(": ");
                write_spaced(value, into);
            }
            into.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            into.push_str(&value.to_string());
        }
    }
}

/// A text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
