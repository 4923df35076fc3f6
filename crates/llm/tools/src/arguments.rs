//! Arguments read: out of a checked JSON object by tools, out of typed text by `/tool`.

use crate::{
    ToolError,
    schema::{ArgumentError, ArgumentType, Property, properties, unknown},
};
use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};
use serde_json::{Map, Value};

/// A required string argument.
///
/// # Errors
/// `Missing` if it is not there as a string.
pub fn string<'a>(arguments: &'a Value, name: &str) -> Result<&'a str, ArgumentError> {
    arguments[name].as_str().ok_or_else(|| ArgumentError::Missing { name: name.to_owned() })
}

/// Typed text as the arguments of a tool with this schema. Three forms: a JSON object;
/// `name=value name="two words"`; or plain words, which fill the arguments in the schema's order,
/// the last of them taking all the rest.
///
/// # Errors
/// Text that is none of these, or (`Faulty`) a schema that cannot be read. The arguments still have
/// to pass the schema.
pub fn from_text(schema: &Value, text: &str) -> Result<Value, ToolError> {
    let properties = properties(schema)?;
    let text = text.trim();
    if text.starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| ArgumentError::NotJson { message: error.to_string() }.into());
    }
    let named = text.split_once('=').map(|(name, _)| name.trim_end());
    let object = if properties.iter().any(|property| named == Some(property.name.as_str())) {
        from_named(&properties, text)?
    } else {
        from_words(&properties, text)?
    };
    Ok(Value::Object(object))
}

fn from_named(properties: &[Property], text: &str) -> Result<Map<String, Value>, ArgumentError> {
    let mut object = Map::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim();
        let property = properties
            .iter()
            .find(|property| property.name == name)
            .ok_or_else(|| unknown(name, properties))?;
        let (value, after) = split_value(name, after.trim_start())?;
        object.insert(name.to_owned(), typed(property.argument_type, value));
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        return Err(unknown(rest, properties));
    }
    Ok(object)
}

/// A value, quoted or up to the next white space, and what follows it.
fn split_value<'a>(name: &str, text: &'a str) -> Result<(&'a str, &'a str), ArgumentError> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted
            .split_once('"')
            .ok_or_else(|| ArgumentError::UnclosedQuote { name: name.to_owned() });
    }
    Ok(text.split_once(char::is_whitespace).unwrap_or((text, "")))
}

fn from_words(properties: &[Property], text: &str) -> Result<Map<String, Value>, ArgumentError> {
    let mut object = Map::new();
    let mut rest = text;
    for (index, property) in properties.iter().enumerate() {
        if rest.is_empty() {
            break;
        }
        let is_last = index + 1 == properties.len();
        let (word, after) = match rest.split_once(char::is_whitespace) {
            Some((word, after)) if !is_last => (word, after.trim_start()),
            _ => (rest, ""),
        };
        object.insert(property.name.clone(), typed(property.argument_type, word));
        rest = after;
    }
    if rest.is_empty() { Ok(object) } else { Err(unknown(rest, properties)) }
}

/// Text as a value of the type; left as text where it is not one, for the schema check to name.
fn typed(argument_type: ArgumentType, text: &str) -> Value {
    match argument_type {
        ArgumentType::String => Value::from(text),
        ArgumentType::Number | ArgumentType::Integer | ArgumentType::Boolean => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {"key": {"type": "string"}, "times": {"type": "integer"}, "value": {"type": "string"}},
            "required": ["key"]
        })
    }

    fn read(text: &str) -> Result<Value, String> {
        from_text(&schema(), text).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_json_names_and_plain_words() {
        let expected = json!({"key": "gate", "times": 2, "value": "4417 or 5521"});
        assert_eq!(
            read(r#"{"key": "gate", "times": 2, "value": "4417 or 5521"}"#).unwrap(),
            expected
        );
        assert_eq!(read(r#"key=gate times=2 value="4417 or 5521""#).unwrap(), expected);
        assert_eq!(read("gate 2 4417 or 5521").unwrap(), expected);
        assert_eq!(read("  ").unwrap(), json!({}));
        assert_eq!(read("gate two").unwrap(), json!({"key": "gate", "times": "two"}));
    }

    #[test]
    fn an_equals_sign_alone_makes_no_names() {
        let schema = json!({"type": "object", "properties": {"text": {"type": "string"}}});
        assert_eq!(from_text(&schema, "a = b, c").unwrap(), json!({"text": "a = b, c"}));
    }

    #[test]
    fn says_what_cannot_be_read() {
        assert!(read("{key: 1}").unwrap_err().starts_with("the arguments are not JSON: "));
        assert_eq!(read(r#"key="gate"#).unwrap_err(), "argument \"key\": the quote is not closed");
        assert_eq!(
            read("key=gate colour=red").unwrap_err(),
            "unknown argument \"colour\"; expected key, times, value"
        );
        let none = json!({"type": "object", "properties": {}});
        assert_eq!(
            from_text(&none, "now").unwrap_err().to_string(),
            "unknown argument \"now\"; there are none"
        );
    }
}
