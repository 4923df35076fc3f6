//! A validator of JSON schemas that knows nothing of grammars.

use alloc::{string::String, vec::Vec};
use serde_json::{Map, Value};

/// Whether a schema of the subset holds for a value.
pub(super) fn is_valid(schema: &Value, value: &Value, root: &Value) -> bool {
    let map = match schema {
        Value::Bool(always) => return *always,
        Value::Object(map) => map,
        other => panic!("{other} is no schema"),
    };
    map.iter().all(|(keyword, argument)| holds(keyword, argument, value, map, root))
}

fn holds(
    keyword: &str,
    argument: &Value,
    value: &Value,
    map: &Map<String, Value>,
    root: &Value,
) -> bool {
    let branches = || argument.as_array().expect("a list");
    let valid = |schema: &Value, value: &Value| is_valid(schema, value, root);
    let number = argument.as_f64();
    let compare = |test: fn(f64, f64) -> bool| match (value.as_f64(), number) {
        (Some(value), Some(bound)) => test(value, bound),
        _ => true,
    };
    let length = value.as_str().map(|text| text.chars().count() as f64);
    let items = value.as_array().map(|items| items.len() as f64);
    let within = |count: Option<f64>, test: fn(f64, f64) -> bool| {
        count.is_none_or(|count| test(count, number.expect("a count")))
    };
    match keyword {
        "$ref" => {
            let target = argument.as_str().and_then(|target| target.strip_prefix('#'));
            valid(target.and_then(|target| root.pointer(target)).expect("a target"), value)
        }
        "$defs" | "title" | "description" => true,
        "type" => match argument {
            Value::Array(names) => names.iter().any(|name| has_type(value, name)),
            name => has_type(value, name),
        },
        "const" => is_equal(argument, value),
        "enum" => branches().iter().any(|one| is_equal(one, value)),
        "anyOf" => branches().iter().any(|branch| valid(branch, value)),
        "oneOf" => branches().iter().filter(|branch| valid(branch, value)).count() == 1,
        "allOf" => branches().iter().all(|branch| valid(branch, value)),
        "minLength" => within(length, |count, bound| count >= bound),
        "maxLength" => within(length, |count, bound| count <= bound),
        "minItems" => within(items, |count, bound| count >= bound),
        "maxItems" => within(items, |count, bound| count <= bound),
        "minimum" => compare(|value, bound| value >= bound),
        "maximum" => compare(|value, bound| value <= bound),
        "exclusiveMinimum" => compare(|value, bound| value > bound),
        "exclusiveMaximum" => compare(|value, bound| value < bound),
        "required" => value.as_object().is_none_or(|object| {
            branches().iter().all(|name| object.contains_key(name.as_str().expect("a name")))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            let schemas = argument.as_object().expect("properties");
            object.iter().all(|(key, value)| {
                schemas.get(key).is_none_or(|schema| is_valid(schema, value, root))
            })
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let named = map.get("properties").and_then(Value::as_object);
            object.iter().all(|(key, value)| {
                named.is_some_and(|named| named.contains_key(key)) || valid(argument, value)
            })
        }),
        "prefixItems" => value.as_array().is_none_or(|items| {
            items.iter().zip(branches()).all(|(item, schema)| valid(schema, item))
        }),
        "items" => value.as_array().is_none_or(|items| {
            let first = map.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
            items.iter().skip(first).all(|item| valid(argument, item))
        }),
        other => panic!("the validator does not know {other}"),
    }
}

fn has_type(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("the name of a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| libm::trunc(number) == number),
        other => panic!("no type is called {other}"),
    }
}

fn is_equal(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().is_some_and(|a| b.as_f64() == Some(a))
}

#[test]
fn the_validator_tells_good_from_bad() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 2}, "b": {"enum": ["x", null]}},
        "required": ["a"],
        "additionalProperties": {"type": "array", "items": {"type": "string", "maxLength": 2}},
    });
    let valid = |text| is_valid(&schema, &serde_json::from_str(text).expect("it is JSON"), &schema);
    assert!(valid(r#"{"a": 2}"#) && valid(r#"{"b": null, "a": 5, "c": ["éé"]}"#));
    assert!(!valid(r#"{"a": 1}"#) && !valid(r#"{}"#) && !valid(r#"{"a": 2, "b": "y"}"#));
    assert!(!valid(r#"{"a": 2, "c": ["abc"]}"#) && !valid("[]") && !valid(r#"{"a": 2.5}"#));
}
