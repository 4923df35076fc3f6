//! `enum` and `const`: values that are written in one way only.

use super::{
    super::{
        error::{GrammarError, Problem},
        expression::Expr,
    },
    Path,
};
use alloc::{string::ToString, vec::Vec};
use serde_json::Value;

/// One of `values`, of those that have one of `types`, or any if none are named.
pub(super) fn choice(values: &[Value], types: &[&str], path: &Path) -> Result<Expr, GrammarError> {
    let fits = |value: &&Value| types.is_empty() || types.iter().any(|name| has_type(value, name));
    let fitting: Vec<Expr> = values
        .iter()
        .filter(fits)
        .map(|value| Expr::Bytes(value.to_string().into_bytes()))
        .collect();
    if fitting.is_empty() {
        return path.fail(Problem::Unsatisfiable("none of the values has the type"));
    }
    Ok(Expr::Choice(fitting))
}

/// Whether a value has a type. A number without a fraction is an integer, however it is written.
pub(super) fn has_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
        Value::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|value| libm::trunc(value) == value);
            name == "number" || name == "integer" && is_whole
        }
    }
}
