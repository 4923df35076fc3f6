//! Strict checking of a tool's arguments against its JSON Schema.
//!
//! The subset that tools here need: an object of named `properties`, each a `string`, `number`,
//! `integer` or `boolean` with an optional `description`, and a list of `required` names. Nothing
//! beyond the properties is allowed in the arguments. A schema that says more is a [`SchemaFault`],
//! not ignored: an unchecked promise would be worse than none.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;
use serde_json::{Map, Value, json};

/// The type of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentType {
    /// Text.
    String,
    /// Any number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
}

impl ArgumentType {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }

    /// Its name in JSON Schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }

    fn accepts(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
        }
    }
}

impl fmt::Display for ArgumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Boolean => "true or false",
        })
    }
}

/// One argument that a tool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its type.
    pub argument_type: ArgumentType,
    /// Whether a call without it is refused.
    pub is_required: bool,
}

/// One argument, for [`object`].
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    name: &'static str,
    argument_type: ArgumentType,
    description: &'static str,
    is_required: bool,
}

impl Argument {
    /// An argument that every call has.
    pub const fn required(
        name: &'static str,
        argument_type: ArgumentType,
        description: &'static str,
    ) -> Self {
        Self { name, argument_type, description, is_required: true }
    }

    /// An argument that a call may leave out.
    pub const fn optional(
        name: &'static str,
        argument_type: ArgumentType,
        description: &'static str,
    ) -> Self {
        Self { name, argument_type, description, is_required: false }
    }
}

/// The schema of an object with these arguments and no others.
pub fn object(arguments: &[Argument]) -> Value {
    let property = |argument: &Argument| {
        let description = argument.description;
        let value = json!({"type": argument.argument_type.as_str(), "description": description});
        (argument.name.to_owned(), value)
    };
    let required: Vec<&str> =
        arguments.iter().filter(|argument| argument.is_required).map(|it| it.name).collect();
    json!({
        "type": "object",
        "properties": arguments.iter().map(property).collect::<Map<_, _>>(),
        "required": required,
        "additionalProperties": false
    })
}

/// Arguments that do not fit the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentError {
    /// They are not a JSON object.
    NotAnObject,
    /// A required one is absent.
    Missing {
        /// Its name.
        name: String,
    },
    /// One that the tool does not take.
    Unknown {
        /// Its name.
        name: String,
        /// The names that it takes, separated by commas.
        known: String,
    },
    /// One is of another type.
    WrongType {
        /// Its name.
        name: String,
        /// What it should be.
        expected: ArgumentType,
        /// What it is.
        found: &'static str,
    },
    /// Typed text that is not JSON.
    NotJson {
        /// What the JSON parser says.
        message: String,
    },
    /// Typed text with a quote that is not closed.
    UnclosedQuote {
        /// The argument it belongs to.
        name: String,
    },
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("the arguments are not a JSON object"),
            Self::Missing { name } => write!(f, "argument \"{name}\" is missing"),
            Self::Unknown { name, known } if known.is_empty() => {
                write!(f, "unknown argument \"{name}\"; there are none")
            }
            Self::Unknown { name, known } => {
                write!(f, "unknown argument \"{name}\"; expected {known}")
            }
            Self::WrongType { name, expected, found } => {
                write!(f, "argument \"{name}\" must be {expected}, not {found}")
            }
            Self::NotJson { message } => write!(f, "the arguments are not JSON: {message}"),
            Self::UnclosedQuote { name } => {
                write!(f, "argument \"{name}\": the quote is not closed")
            }
        }
    }
}

/// A schema that the checker does not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// The part that is not understood.
    pub at: String,
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tool's schema cannot be checked: {}", self.at)
    }
}

/// Why arguments were not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckError {
    /// The arguments are wrong.
    Arguments(ArgumentError),
    /// The schema is wrong.
    Schema(SchemaFault),
}

/// Checks `arguments` against `schema`.
///
/// # Errors
/// The first mismatch, in the order: unknown names, then the schema's properties one by one.
pub fn check(schema: &Value, arguments: &Value) -> Result<(), CheckError> {
    let properties = properties(schema).map_err(CheckError::Schema)?;
    let Some(given) = arguments.as_object() else {
        return Err(CheckError::Arguments(ArgumentError::NotAnObject));
    };
    check_object(&properties, given).map_err(CheckError::Arguments)
}

fn check_object(properties: &[Property], given: &Map<String, Value>) -> Result<(), ArgumentError> {
    if let Some(name) = given.keys().find(|key| properties.iter().all(|p| p.name != **key)) {
        return Err(unknown(name, properties));
    }
    for property in properties {
        match given.get(&property.name) {
            None if property.is_required => {
                return Err(ArgumentError::Missing { name: property.name.clone() });
            }
            Some(value) if !property.argument_type.accepts(value) => {
                return Err(ArgumentError::WrongType {
                    name: property.name.clone(),
                    expected: property.argument_type,
                    found: kind(value),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn unknown(name: &str, properties: &[Property]) -> ArgumentError {
    let names: Vec<&str> = properties.iter().map(|property| property.name.as_str()).collect();
    ArgumentError::Unknown { name: name.to_owned(), known: names.join(", ") }
}

/// The arguments that a schema describes, in its order.
///
/// # Errors
/// The part of the schema that is not understood.
pub fn properties(schema: &Value) -> Result<Vec<Property>, SchemaFault> {
    let fault = |at: &str| SchemaFault { at: at.to_owned() };
    let object = schema.as_object().ok_or_else(|| fault("not an object"))?;
    const KEYWORDS: [&str; 4] = ["type", "properties", "required", "additionalProperties"];
    if let Some(keyword) = object.keys().find(|key| !KEYWORDS.contains(&key.as_str())) {
        return Err(fault(keyword));
    }
    if object.get("type").and_then(Value::as_str) != Some("object") {
        return Err(fault("type"));
    }
    if object.get("additionalProperties").is_some_and(|others| *others != Value::Bool(false)) {
        return Err(fault("additionalProperties"));
    }
    let required = match object.get("required") {
        None => &[][..],
        Some(list) => list.as_array().ok_or_else(|| fault("required"))?,
    };
    let Some(properties) = object.get("properties").and_then(Value::as_object) else {
        return Err(fault("properties"));
    };
    // A name that is required and not allowed would be a schema that nothing fits.
    let is_property =
        |name: &Value| name.as_str().is_some_and(|name| properties.contains_key(name));
    if !required.iter().all(is_property) {
        return Err(fault("required"));
    }
    properties
        .iter()
        .map(|(name, property)| {
            let keywords = property.as_object().ok_or_else(|| fault(name))?;
            if keywords.keys().any(|key| key != "type" && key != "description") {
                return Err(fault(name));
            }
            let argument_type = keywords
                .get("type")
                .and_then(Value::as_str)
                .and_then(ArgumentType::from_name)
                .ok_or_else(|| fault(name))?;
            let is_required = required.iter().any(|entry| entry.as_str() == Some(name));
            Ok(Property { name: name.clone(), argument_type, is_required })
        })
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use serde_json::json;

    fn message(arguments: Value) -> String {
        let schema = json!({
            "type": "object",
            "properties": {
                "key": {"type": "string", "description": "what to call it"},
                "count": {"type": "integer"},
                "ratio": {"type": "number"},
                "force": {"type": "boolean"}
            },
            "required": ["key"],
            "additionalProperties": false
        });
        match check(&schema, &arguments) {
            Ok(()) => "ok".to_string(),
            Err(CheckError::Arguments(error)) => error.to_string(),
            Err(CheckError::Schema(fault)) => fault.to_string(),
        }
    }

    #[test]
    fn names_what_is_missing_unknown_or_of_the_wrong_type() {
        assert_eq!(message(json!({"key": "a"})), "ok");
        assert_eq!(message(json!({"key": "a", "count": 3, "ratio": 0.5, "force": true})), "ok");
        assert_eq!(message(json!([])), "the arguments are not a JSON object");
        assert_eq!(message(json!({})), "argument \"key\" is missing");
        assert_eq!(
            message(json!({"key": "a", "keys": 1})),
            "unknown argument \"keys\"; expected key, count, ratio, force"
        );
        assert_eq!(message(json!({"key": 5})), "argument \"key\" must be a string, not a number");
        assert_eq!(
            message(json!({"key": "a", "count": 1.5})),
            "argument \"count\" must be an integer, not a number"
        );
        assert_eq!(
            message(json!({"key": "a", "force": null})),
            "argument \"force\" must be true or false, not null"
        );
    }

    #[test]
    fn a_schema_with_unknown_promises_is_a_fault() {
        for schema in [
            json!(true),
            json!({"type": "array"}),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {}, "minProperties": 1}),
            json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}),
            json!({"type": "object", "properties": {"a": {"type": "array"}}}),
            json!({"type": "object", "properties": {}, "required": ["a"]}),
            json!({"type": "object", "properties": {}, "required": [1]}),
            json!({"type": "object", "properties": {}, "additionalProperties": true}),
        ] {
            assert!(matches!(check(&schema, &json!({})), Err(CheckError::Schema(_))), "{schema}");
        }
    }
}
