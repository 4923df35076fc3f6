//! What stands after `is`: Jinja calls these tests.

use super::{ast::Comparison, operators, render::Renderer, value::Value};
use crate::model::TemplateError;
use alloc::format;

/// All of them.
const NAMES: &[&str] = &[
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "integer",
    "float",
    "boolean",
    "mapping",
    "sequence",
    "iterable",
    "true",
    "false",
    "callable",
    "odd",
    "even",
    "divisibleby",
    "eq",
    "equalto",
    "ne",
    "lt",
    "lessthan",
    "le",
    "gt",
    "greaterthan",
    "ge",
    "in",
    "sameas",
    "lower",
    "upper",
];

/// Whether there is a test of this name.
pub(super) fn exists(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether `value is name(arguments)` holds.
pub(super) fn holds(
    renderer: &mut Renderer<'_>,
    name: &str,
    value: &Value,
    arguments: &[Value],
) -> Result<bool, TemplateError> {
    let comparison = match name {
        "eq" | "equalto" | "sameas" => Some(Comparison::Equal),
        "ne" => Some(Comparison::NotEqual),
        "lt" | "lessthan" => Some(Comparison::Less),
        "le" => Some(Comparison::LessOrEqual),
        "gt" | "greaterthan" => Some(Comparison::Greater),
        "ge" => Some(Comparison::GreaterOrEqual),
        "in" => Some(Comparison::In),
        _ => None,
    };
    if let Some(comparison) = comparison {
        return match arguments.first() {
            Some(other) => operators::compare(renderer, comparison, value, other),
            None => Err(renderer.error(format!("{name} needs an argument"))),
        };
    }
    if matches!(name, "odd" | "even" | "divisibleby") {
        let divisor =
            if name == "divisibleby" { arguments.first().and_then(Value::as_int) } else { Some(2) };
        let remainder =
            value.as_int().zip(divisor).and_then(|(number, divisor)| number.checked_rem(divisor));
        return match remainder {
            Some(remainder) => Ok((remainder == 0) != (name == "odd")),
            None => Err(renderer.error(format!("{} cannot be {name}", value.kind()))),
        };
    }
    Ok(match name {
        "defined" => !matches!(value, Value::Undefined),
        "undefined" => matches!(value, Value::Undefined),
        "none" => matches!(value, Value::None),
        "string" => matches!(value, Value::Str(_)),
        "number" => value.as_float().is_some(),
        "integer" => matches!(value, Value::Int(_)),
        "float" => matches!(value, Value::Float(_)),
        "boolean" => matches!(value, Value::Bool(_)),
        "mapping" => matches!(value, Value::Map(_)),
        "sequence" | "iterable" => value.length().is_some(),
        "true" => matches!(value, Value::Bool(true)),
        "false" => matches!(value, Value::Bool(false)),
        "callable" => matches!(value, Value::Macro(_) | Value::Function(_)),
        "lower" | "upper" => {
            let Value::Str(text) = value else { return Ok(false) };
            renderer.pay(text.len())?;
            let has_lower = text.chars().any(char::is_lowercase);
            let has_upper = text.chars().any(char::is_uppercase);
            if name == "lower" { has_lower && !has_upper } else { has_upper && !has_lower }
        }
        _ => return Err(renderer.error(format!("test {name} is not supported"))),
    })
}
